/* The program cache: what is built once is found again, and no damaged entry is ever believed. */
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "device/call.h"
#include "device/program.h"
#include "device/program_disk.h"
#include "support/kernel_folder.h"

#include <dirent.h>
#include <limits.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static int warnings; /* log events of level warning since the last reset */

static void count_warnings(void *user, locl_log_level level, const char *text)
{
    (void)user;
    (void)text;
    warnings += level == LOCL_LOG_WARNING;
}

static int set_up(void **state)
{
    *state = locl_kernel_folder_make();
    locl_kernel_folder_write(*state, "inner.clh", "#define INNER 40\n");
    locl_kernel_folder_write(*state, "outer.clh", "#include \"inner.clh\"\n#define OUTER (INNER + ADD)\n");
    locl_kernel_folder_write(*state, "fill.cl",
                             "#include \"inner.clh\"\n#include \"outer.clh\"\n"
                             "kernel void fill(global int *x) { x[get_global_id(0)] = OUTER; }\n");
    locl_log_set_handler(count_warnings, NULL);
    setenv("LOCL_CAPS", "builds_late=0",
           1); /* else the driver keeps what it built, and the disk has nothing */
    return 0;
}

static int tear_down(void **state)
{
    locl_log_set_handler(NULL, NULL);
    locl_kernel_folder_remove(*state);
    return 0;
}

/* What the kernel writes, built with `options` on `device`. */
static int run_fill(locl_device *device, const char *options)
{
    locl_error err = {0};
    locl_queue queue;
    cl_mem buffer;
    cl_kernel kernel;
    size_t one = 1;
    int value = 0;
    if (locl_kernel_create(device, "fill.cl", "fill", options, 1, &kernel, &err) != LOCL_OK) {
        fail_msg("%s", err.message);
    }
    assert_int_equal(locl_queue_create(device, LOCL_QUEUE_PLAIN, &queue, &err), LOCL_OK);
    assert_int_equal(locl_buffer_create(device, sizeof value, "x", &buffer, &err), LOCL_OK);
    assert_int_equal(clSetKernelArg(kernel, 0, sizeof buffer, &buffer), CL_SUCCESS);
    assert_int_equal(clEnqueueNDRangeKernel(queue.cl, kernel, 1, NULL, &one, &one, 0, NULL, NULL),
                     CL_SUCCESS);
    assert_int_equal(
        locl_buffer_read(&queue, buffer, 0, sizeof value, &value, LOCL_BLOCKING, NULL, NULL, &err), LOCL_OK);
    clReleaseKernel(kernel);
    locl_buffer_release(&buffer);
    locl_queue_release(&queue);
    return value;
}

/* The same on a device opened for it, so that nothing is left in memory. */
static int fresh_fill(const char *options)
{
    locl_devices *devices = NULL;
    locl_error err = {0};
    if (locl_devices_open_text("auto", &devices, &err) != LOCL_OK) {
        fail_msg("%s", err.message);
    }
    int value = run_fill(devices->device[0], options);
    locl_devices_close(devices);
    return value;
}

/* Number of entries on disk; `path` gets the last one's. */
static size_t entries(const char *folder, char *path, size_t size)
{
    char programs[PATH_MAX];
    size_t count = 0;
    snprintf(programs, sizeof programs, "%s/locl/v1/programs", folder);
    DIR *dir = opendir(programs);
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        if (entry->d_name[0] != '.') {
            snprintf(path, size, "%s/%s", programs, entry->d_name);
            count++;
        }
    }
    if (dir) {
        closedir(dir);
    }
    return count;
}

static void remove_entries(const char *folder)
{
    char path[PATH_MAX];
    while (entries(folder, path, sizeof path)) {
        assert_int_equal(remove(path), 0);
    }
}

static void programs_are_found_again(void **state)
{
    char path[PATH_MAX];
    remove_entries(*state);
    warnings = 0;
    assert_int_equal(fresh_fill("-D ADD=2"), 42);
    assert_int_equal(entries(*state, path, sizeof path), 1);
    assert_int_equal(fresh_fill("-D ADD=2"), 42);
    assert_int_equal(entries(*state, path, sizeof path), 1);
    assert_int_equal(fresh_fill("-D ADD=3"), 43);
    assert_int_equal(entries(*state, path, sizeof path), 2);
    locl_kernel_folder_write(*state, "inner.clh", "#define INNER 50\n");
    assert_int_equal(fresh_fill("-D ADD=2"), 52);
    assert_int_equal(entries(*state, path, sizeof path), 3);
    locl_kernel_folder_write(*state, "inner.clh", "#define INNER 40\n");
    assert_int_equal(warnings, 0);
}

typedef struct damage {
    const char *what;
    void (*apply)(char **data, size_t *size);
} damage;

static void make_empty(char **data, size_t *size)
{
    (void)data;
    *size = 0;
}
static void cut_head(char **data, size_t *size)
{
    (void)data;
    *size = 11;
}
static void cut_half(char **data, size_t *size)
{
    (void)data;
    *size /= 2;
}
static void cut_last(char **data, size_t *size)
{
    (void)data;
    *size -= 1;
}
static void append(char **data, size_t *size)
{
    *data = realloc(*data, *size + 1);
    (*data)[(*size)++] = 'x';
}
static void make_foreign(char **data, size_t *size)
{
    memset(*data, 'F', *size);
}
static void flip_magic(char **data, size_t *size)
{
    (void)size;
    (*data)[0] ^= 1;
}
static void flip_length(char **data, size_t *size)
{
    (void)size;
    (*data)[23] ^= 0x40;
}
static void flip_key(char **data, size_t *size)
{
    (void)size;
    (*data)[40] ^= 1;
}
static void flip_binary(char **data, size_t *size)
{
    (*data)[*size - 20] ^= 1;
}
static void flip_sum(char **data, size_t *size)
{
    (*data)[*size - 1] ^= 1;
}

static void damaged_entries_are_rebuilt(void **state)
{
    static const damage kinds[] = {
        {"empty", make_empty}, {"head cut", cut_head},    {"cut", cut_half},     {"last byte cut", cut_last},
        {"longer", append},    {"foreign", make_foreign}, {"magic", flip_magic}, {"length", flip_length},
        {"key", flip_key},     {"binary", flip_binary},   {"checksum", flip_sum}};
    char path[PATH_MAX], *good = NULL, *now = NULL;
    size_t size = 0, now_size = 0;
    locl_error err = {0};
    remove_entries(*state);
    assert_int_equal(fresh_fill("-D ADD=2"), 42);
    assert_int_equal(entries(*state, path, sizeof path), 1);
    assert_int_equal(locl_file_read(path, 1 << 28, LOCL_E_IO, &good, &size, &err), LOCL_OK);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        char *bad = malloc(size);
        size_t bad_size = size;
        memcpy(bad, good, size);
        kinds[i].apply(&bad, &bad_size);
        assert_int_equal(locl_file_write(path, bad, bad_size, &err), LOCL_OK);
        warnings = 0;
        assert_int_equal(fresh_fill("-D ADD=2"), 42);
        if (!warnings) {
            fail_msg("an entry spoiled by \"%s\" was believed", kinds[i].what);
        }
        warnings = 0;
        assert_int_equal(fresh_fill("-D ADD=2"), 42);
        if (warnings) {
            fail_msg("an entry spoiled by \"%s\" was not replaced", kinds[i].what);
        }
        free(bad);
    }
    assert_int_equal(locl_file_read(path, 1 << 28, LOCL_E_IO, &now, &now_size, &err), LOCL_OK);
    assert_true(now_size > 100);
    free(good);
    free(now);
}

/* An entry that is whole but another program's, as if two keys had one hash. */
static void an_entry_of_another_key_is_not_believed(void **state)
{
    char first[PATH_MAX], path[PATH_MAX], *data = NULL;
    size_t size = 0;
    locl_error err = {0};
    remove_entries(*state);
    assert_int_equal(fresh_fill("-D ADD=2"), 42);
    entries(*state, first, sizeof first);
    assert_int_equal(locl_file_read(first, 1 << 28, LOCL_E_IO, &data, &size, &err), LOCL_OK);
    assert_int_equal(remove(first), 0);
    assert_int_equal(fresh_fill("-D ADD=3"), 43);
    entries(*state, path, sizeof path);
    assert_string_not_equal(path, first);
    assert_int_equal(locl_file_write(path, data, size, &err), LOCL_OK);
    warnings = 0;
    assert_int_equal(fresh_fill("-D ADD=3"), 43);
    assert_true(warnings > 0);
    free(data);
}

/* An entry whose sums are right but whose binary the driver refuses. */
static void a_refused_binary_is_rebuilt(void **state)
{
    char path[PATH_MAX], *data = NULL;
    unsigned char *binary = NULL;
    size_t size = 0, key_size = 0;
    locl_error err = {0};
    locl_text key = {0};
    locl_devices *devices = NULL;
    assert_int_equal(locl_devices_open_text("auto", &devices, &err), LOCL_OK);
    bool aborts = strstr(devices->device[0]->platform_name, "rusticl") != NULL; /* 22.3: panics on it */
    locl_devices_close(devices);
    if (aborts) {
        skip();
    }
    remove_entries(*state);
    assert_int_equal(fresh_fill("-D ADD=2"), 42);
    entries(*state, path, sizeof path);
    assert_int_equal(locl_file_read(path, 1 << 28, LOCL_E_IO, &data, &size, &err), LOCL_OK);
    memcpy(&key_size, data + 8, sizeof key_size); /* see entry_head in program_disk.c */
    locl_text_add_bytes(&key, data + 24, key_size);
    free(data);
    assert_true(locl_program_disk_read(&key, &binary, &size));
    free(binary);
    locl_program_disk_write(&key, (const unsigned char *)"no binary at all", 16);
    assert_true(locl_program_disk_read(&key, &binary, &size));
    assert_int_equal(size, 16);
    free(binary);
    warnings = 0;
    assert_int_equal(fresh_fill("-D ADD=2"), 42);
    assert_true(warnings > 0);
    assert_true(locl_program_disk_read(&key, &binary, &size));
    assert_true(size > 16);
    free(binary);
    locl_text_free(&key);
}

static void goes_on_without_a_place_to_write(void **state)
{
    const char *folder = *state;
    setenv("XDG_CACHE_HOME", "/proc/nowhere", 1);
    assert_int_equal(fresh_fill("-D ADD=9"), 49);
    setenv("XDG_CACHE_HOME", folder, 1);
}

typedef struct builder {
    locl_device *device;
    cl_program program[4];
} builder;

static void *build_all(void *data)
{
    builder *work = data;
    for (size_t i = 0; i < 4; i++) {
        char options[32];
        snprintf(options, sizeof options, "-D ADD=%zu", 100 + i);
        locl_program_get(work->device, "fill.cl", options, &work->program[i], NULL);
    }
    return NULL;
}

static void threads_get_one_program_each(void **state)
{
    (void)state;
    enum { THREADS = 4 };
    builder work[THREADS];
    pthread_t thread[THREADS];
    locl_devices *devices = NULL;
    assert_int_equal(locl_devices_open_text("auto", &devices, NULL), LOCL_OK);
    for (size_t i = 0; i < THREADS; i++) {
        work[i] = (builder){.device = devices->device[0]};
        assert_int_equal(pthread_create(&thread[i], NULL, build_all, &work[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(thread[i], NULL);
        for (size_t j = 0; j < 4; j++) {
            assert_non_null(work[i].program[j]);
            assert_ptr_equal(work[i].program[j], work[0].program[j]);
        }
    }
    locl_devices_close(devices);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(programs_are_found_again),
        cmocka_unit_test(damaged_entries_are_rebuilt),
        cmocka_unit_test(an_entry_of_another_key_is_not_believed),
        cmocka_unit_test(a_refused_binary_is_rebuilt),
        cmocka_unit_test(goes_on_without_a_place_to_write),
        cmocka_unit_test(threads_get_one_program_each),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
