/* The safetensors reader and writer: round trips, equal bytes, and files that are damaged in every way. */
#include "base/safetensors.h"

#include "base/file.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/locl_safetensors_XXXXXX";
static char path[256];

static int setup(void **state)
{
    (void)state;
    snprintf(path, sizeof path, "%s/x.safetensors", mkdtemp(folder));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder);
}

static locl_array *add(locl_arrays *set, const char *name, locl_dtype dtype, size_t rank, const size_t *dims)
{
    locl_error err = {0};
    locl_array *array = locl_arrays_add(set, name, dtype, rank, dims, &err);
    if (!array) {
        fail_msg("%s", err.message);
    }
    return array;
}

/* Four arrays of all dtypes, ranks 0 to 3, and two metadata strings; `backwards` adds in the other order. */
static void fill(locl_arrays *set, int backwards)
{
    const size_t dims[] = {3, 5, 2};
    for (int i = 0; i < 4; i++) {
        switch (backwards ? 3 - i : i) {
        case 0: {
            float *w = add(set, "blocks.0.group.weight", LOCL_F32, 3, dims)->data;
            for (int j = 0; j < 30; j++) {
                w[j] = (float)j * 0.25f - 3.0f;
            }
            break;
        }
        case 1: {
            int64_t *n = add(set, "position", LOCL_I64, 0, NULL)->data;
            n[0] = -5000000000;
            break;
        }
        case 2: {
            int32_t *y = add(set, "labels", LOCL_I32, 1, dims)->data;
            y[0] = 7, y[1] = -1, y[2] = INT32_MAX;
            break;
        }
        default:
            add(set, "empty \"\xc3\xa4\"", LOCL_F32, 2, (const size_t[]){4, 0});
        }
    }
    assert_int_equal(locl_arrays_set_meta(set, backwards ? "step" : "epoch", "old", NULL), LOCL_OK);
    assert_int_equal(locl_arrays_set_meta(set, "step", "12", NULL), LOCL_OK);
    assert_int_equal(locl_arrays_set_meta(set, "epoch", "3 \"x\"\n", NULL), LOCL_OK);
}

static char *written(const locl_arrays *set, size_t *size)
{
    char *bytes;
    assert_int_equal(locl_safetensors_write(path, set, NULL), LOCL_OK);
    assert_int_equal(locl_file_read(path, 1 << 20, LOCL_E_DATA, &bytes, size, NULL), LOCL_OK);
    return bytes;
}

static void round_trip(void **state)
{
    (void)state;
    locl_arrays set = {0}, again = {0};
    size_t size, size2;
    fill(&set, 0);
    char *bytes = written(&set, &size);
    locl_error err = {0};
    if (locl_safetensors_read(path, &again, &err) != LOCL_OK) {
        fail_msg("%s: %s", err.where, err.message);
    }
    assert_int_equal(again.count, 4);
    for (size_t i = 0; i < set.count; i++) {
        const locl_array *a = set.array[i], *b = locl_arrays_find(&again, a->name);
        assert_non_null(b);
        assert_int_equal(a->dtype, b->dtype);
        assert_int_equal(a->rank, b->rank);
        assert_memory_equal(a->dim, b->dim, sizeof a->dim);
        assert_int_equal(a->count, b->count);
        assert_memory_equal(a->data, b->data, locl_array_bytes(a));
    }
    assert_int_equal(again.metas, 2);
    assert_string_equal(locl_arrays_get_meta(&again, "epoch"), "3 \"x\"\n");
    assert_string_equal(locl_arrays_get_meta(&again, "step"), "12");
    assert_null(locl_arrays_get_meta(&again, "none"));
    char *bytes2 = written(&again, &size2);
    assert_int_equal(size, size2);
    assert_memory_equal(bytes, bytes2, size);
    uint64_t header;
    memcpy(&header, bytes, 8);
    assert_int_equal(header % 8, 0);
    free(bytes);
    free(bytes2);
    locl_arrays_free(&set);
    locl_arrays_free(&again);
}

static void bytes_do_not_depend_on_the_order_of_adding(void **state)
{
    (void)state;
    locl_arrays one = {0}, two = {0};
    size_t size1, size2;
    fill(&one, 0);
    fill(&two, 1);
    char *bytes1 = written(&one, &size1), *bytes2 = written(&two, &size2);
    assert_int_equal(size1, size2);
    assert_memory_equal(bytes1, bytes2, size1);
    ((float *)locl_arrays_find(&two, "blocks.0.group.weight")->data)[29] += 1.0f;
    free(bytes2);
    bytes2 = written(&two, &size2);
    assert_memory_not_equal(bytes1, bytes2, size1);
    free(bytes1);
    free(bytes2);
    locl_arrays_free(&one);
    locl_arrays_free(&two);
}

static void set_refuses_wrong_arrays(void **state)
{
    (void)state;
    locl_arrays set = {0};
    locl_error err;
    char name[LOCL_ARRAY_NAME + 1];
    memset(name, 'a', LOCL_ARRAY_NAME);
    name[LOCL_ARRAY_NAME] = '\0';
    add(&set, "a", LOCL_F32, 1, (const size_t[]){2});
    assert_null(locl_arrays_add(&set, "a", LOCL_F32, 1, (const size_t[]){2}, &err));
    assert_non_null(strstr(err.message, "tensor a already"));
    assert_null(locl_arrays_add(&set, "", LOCL_F32, 0, NULL, &err));
    assert_null(locl_arrays_add(&set, name, LOCL_F32, 0, NULL, &err));
    assert_null(locl_arrays_add(&set, "__metadata__", LOCL_F32, 0, NULL, &err));
    assert_null(locl_arrays_add(&set, "b", LOCL_F32, 6, (const size_t[]){1, 1, 1, 1, 1, 1}, &err));
    assert_null(locl_arrays_add(&set, "b", LOCL_F32, 2, (const size_t[]){SIZE_MAX / 2, 3}, &err));
    assert_null(locl_arrays_add(&set, "b", LOCL_I64, 1, (const size_t[]){SIZE_MAX / 4}, &err));
    /* products that wrap around to 0 or to little, which memory would be there for */
    assert_null(locl_arrays_add(&set, "b", LOCL_F32, 2, (const size_t[]){(size_t)1 << 62, 4}, &err));
    assert_null(locl_arrays_add(&set, "b", LOCL_F32, 2, (const size_t[]){((size_t)1 << 62) + 1, 4}, &err));
    assert_null(locl_arrays_add(&set, "b", LOCL_I64, 1, (const size_t[]){((size_t)1 << 61) + 1}, &err));
    assert_int_equal(set.count, 1);
    add(&set, "\xff", LOCL_F32, 0, NULL);
    assert_int_equal(locl_safetensors_write(path, &set, &err), LOCL_E_FAILED);
    locl_arrays_free(&set);
}

static void nonfinite_values_are_counted(void **state)
{
    (void)state;
    locl_arrays set = {0};
    locl_array *a = add(&set, "a", LOCL_F32, 1, (const size_t[]){5});
    float *value = a->data;
    assert_int_equal(locl_array_nonfinite(a), 0);
    value[1] = NAN;
    value[4] = -INFINITY;
    assert_int_equal(locl_array_nonfinite(a), 2);
    locl_arrays_free(&set);
}

/* A file of the given header and `data` zero bytes; its reading. */
static locl_status read_made(const char *header, size_t data, locl_arrays *set, locl_error *err)
{
    char bytes[2048] = {0};
    uint64_t length = strlen(header);
    assert_true(8 + length + data < sizeof bytes);
    memcpy(bytes, &length, 8);
    memcpy(bytes + 8, header, length);
    assert_int_equal(locl_file_write(path, bytes, 8 + length + data, NULL), LOCL_OK);
    memset(err, 0, sizeof *err);
    return locl_safetensors_read(path, set, err);
}

static void reads_what_others_write(void **state)
{
    (void)state;
    locl_arrays set = {0};
    locl_error err;
    assert_int_equal(read_made("{}", 0, &set, &err), LOCL_OK);
    assert_int_equal(set.count, 0);
    /* out of order, spaces, an unknown key, metadata in between, no checksum */
    const char *header = "{ \"b\": {\"dtype\":\"I32\",\"shape\":[1,2],\"data_offsets\":[4,12],\"x\":null},\n"
                         "\"__metadata__\":{\"format\":\"pt\"},"
                         "\"z\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[4,4]},"
                         "\"a\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]}}   ";
    assert_int_equal(read_made(header, 12, &set, &err), LOCL_OK);
    assert_int_equal(set.count, 3);
    assert_string_equal(set.array[0]->name, "a");
    assert_string_equal(set.array[1]->name, "z");
    assert_string_equal(set.array[2]->name, "b");
    assert_string_equal(locl_arrays_get_meta(&set, "format"), "pt");
    locl_arrays_free(&set);
}

static void malformed_headers_are_named(void **state)
{
    (void)state;
#define A(dtype, shape, begin, end)                                                                          \
    "\"a\":{\"dtype\":\"" dtype "\",\"shape\":" shape ",\"data_offsets\":[" #begin "," #end "]}"
    static const struct {
        const char *header;
        size_t data;
        const char *message;
    } cases[] = {
        {"{" A("F32", "[2]", 0, 8) "," A("F32", "[2]", 8, 16) "}", 16, "duplicate"},
        {"{" A("F16", "[2]", 0, 4) "}", 4, "tensor a has the dtype F16"},
        {"{" A("F32", "[2]", 0, 8) "}", 7, "tensor a ends at byte 8"},
        {"{" A("F32", "[2]", 0, 8) "}", 9, "the data has 9 bytes, the tensors take 8"},
        {"{" A("F32", "[3]", 0, 8) "}", 8, "tensor a: its shape needs 12 bytes"},
        {"{" A("F32", "[2]", 8, 0) "}", 8, "tensor a: data_offsets should be"},
        {"{" A("F32", "[2]", -8, 0) "}", 8, "tensor a: data_offsets should be"},
        {"{" A("F32", "[2]", 0, 8.0) "}", 8, "tensor a: data_offsets should be"},
        {"{" A("F32", "[2]", 4, 12) "}", 12, "tensor a begins at byte 4 of the data, where 0 is due"},
        {"{\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]}," A("F32", "[2]", 0, 8) "}", 12,
         "tensor b begins at byte 4 of the data, where 8 is due"},
        {"{" A("F32", "[-2]", 0, 8) "}", 8, "tensor a: dimension 0"},
        {"{" A("F32", "[2.5]", 0, 8) "}", 8, "tensor a: dimension 0"},
        {"{" A("F32", "[4611686018427387904,4]", 0, 8) "}", 8, "tensor a: dimension 0"},
        {"{" A("F32", "[2147483648,2147483648,4]", 0, 0) "}", 0, "tensor a: dimension 1"},
        {"{" A("F32", "[1,1,1,1,1,2]", 0, 8) "}", 8, "tensor a: its shape"},
        {"{" A("F32", "2", 0, 8) "}", 8, "tensor a: its shape"},
        {"{" A("F32", "[2]", 0, 99999999999999999999) "}", 8, "no JSON object"},
        {"{\"a\":[]}", 0, "tensor a is described"},
        {"{\"a\":{}}", 0, "tensor a has the dtype (none)"},
        {"{\"\":{\"dtype\":\"F32\"}}", 0, "a name has from 1"},
        {"{\"__metadata__\":[]}", 0, "__metadata__ should be"},
        {"{\"__metadata__\":{\"k\":1}}", 0, "__metadata__ k should be a string"},
        {"{\"__metadata__\":{\"locl.xxh3\":\"1\"}}", 0, "checksum"},
        {"[]", 0, "another type"},
        {"{} x", 0, "no JSON object"},
        {"{\"a\\u0000\":{}}", 0, "no JSON object"},
        {"{", 1, "no safetensors file"},
    };
#undef A
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        locl_arrays set = {0};
        locl_error err;
        locl_status status = read_made(cases[i].header, cases[i].data, &set, &err);
        if (status != LOCL_E_CHECKPOINT || !strstr(err.message, cases[i].message) ||
            strcmp(err.where, path)) {
            fail_msg("%s: %s '%s', expected '%s'", cases[i].header, locl_status_name(status), err.message,
                     cases[i].message);
        }
        assert_int_equal(set.count + set.metas, 0);
        assert_null(set.array);
    }
}

static void files_that_cannot_be_opened(void **state)
{
    (void)state;
    locl_arrays set = {0};
    locl_error err = {0};
    assert_int_equal(locl_safetensors_read("/nonexistent/x", &set, &err), LOCL_E_CHECKPOINT);
    assert_non_null(strstr(err.message, "/nonexistent/x"));
    assert_int_equal(locl_safetensors_read(folder, &set, &err), LOCL_E_CHECKPOINT);
    unlink(path);
    assert_int_equal(mkfifo(path, 0666), 0); /* nothing writes to it */
    assert_int_equal(locl_safetensors_read(path, &set, &err), LOCL_E_CHECKPOINT);
    assert_non_null(strstr(err.message, "not a regular file"));
    unlink(path);
    assert_int_equal(locl_safetensors_write("/nonexistent/x", &set, &err), LOCL_E_IO);
}

static locl_status read_bytes(const char *bytes, size_t size)
{
    FILE *file = fopen(path, "wb"); /* no locl_file_write(): its sync makes thousands of files slow */
    locl_arrays set = {0};
    locl_error err = {0};
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    fclose(file);
    locl_status status = locl_safetensors_read(path, &set, &err);
    assert_true(status == LOCL_OK || (status == LOCL_E_CHECKPOINT && err.message[0]));
    locl_arrays_free(&set);
    return status;
}

static void every_truncation_is_an_error(void **state)
{
    (void)state;
    locl_arrays set = {0};
    size_t size;
    fill(&set, 0);
    char *bytes = written(&set, &size);
    for (size_t n = 0; n < size; n++) {
        assert_int_equal(read_bytes(bytes, n), LOCL_E_CHECKPOINT);
    }
    assert_int_equal(read_bytes(bytes, size), LOCL_OK);
    free(bytes);
    locl_arrays_free(&set);
}

/* Every bit of the header and the data, and some bytes that mean something in JSON: only names, shapes of the
 * same size and padding may change unnoticed, and nothing may crash. */
static void every_mutation_is_survived(void **state)
{
    (void)state;
    static const char special[] = {0,   ' ', '"', '{', '}', '[',  ']',
                                   ',', ':', '-', '9', 'e', '\\', (char)0xff};
    locl_arrays set = {0};
    size_t size;
    uint64_t header;
    fill(&set, 0);
    char *bytes = written(&set, &size);
    memcpy(&header, bytes, 8);
    for (size_t i = 0; i < size; i++) {
        char keep = bytes[i];
        for (int bit = 0; bit < 8; bit++) {
            bytes[i] = (char)(keep ^ (1 << bit));
            locl_status status = read_bytes(bytes, size);
            assert_true(status == LOCL_E_CHECKPOINT || (i >= 8 && i < 8 + header));
        }
        for (size_t k = 0; k < sizeof special && i < 8 + header; k++) {
            bytes[i] = special[k];
            read_bytes(bytes, size);
        }
        bytes[i] = keep;
    }
    free(bytes);
    locl_arrays_free(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip),
        cmocka_unit_test(bytes_do_not_depend_on_the_order_of_adding),
        cmocka_unit_test(set_refuses_wrong_arrays),
        cmocka_unit_test(nonfinite_values_are_counted),
        cmocka_unit_test(reads_what_others_write),
        cmocka_unit_test(malformed_headers_are_named),
        cmocka_unit_test(files_that_cannot_be_opened),
        cmocka_unit_test(every_truncation_is_an_error),
        cmocka_unit_test(every_mutation_is_survived),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
