#include "gemm/choice_json.h"

#include <stdlib.h>
#include <string.h>

/* A number of a struct, in the file's order. */
typedef struct number {
    const char *name;
    size_t offset;
    size_t least;
    bool optional; /* absent: 0 */
} number;

#define OF_SHAPE(member, least)                                                                              \
    {                                                                                                        \
#member, offsetof(locl_gemm_shape, member), (least), false                                           \
    }
static const number shape_numbers[] = {
    OF_SHAPE(m, 1),   OF_SHAPE(n, 1),     OF_SHAPE(k, 1),        OF_SHAPE(lda, 1),      OF_SHAPE(ldb, 1),
    OF_SHAPE(ldc, 1), OF_SHAPE(batch, 1), OF_SHAPE(stride_a, 0), OF_SHAPE(stride_b, 0), OF_SHAPE(stride_c, 0),
    OF_SHAPE(sum, 1), OF_SHAPE(sum_a, 0), OF_SHAPE(sum_b, 0)};

#define OF_CUT(member)                                                                                       \
    {                                                                                                        \
#member, offsetof(locl_gemm_cut, member), 0, false                                                   \
    }
#define OPTIONAL_OF_CUT(member)                                                                              \
    {                                                                                                        \
#member, offsetof(locl_gemm_cut, member), 0, true                                                    \
    }
static const number cut_numbers[] = {OF_CUT(rows),
                                     OF_CUT(columns),
                                     OF_CUT(group_rows),
                                     OF_CUT(group_columns),
                                     OF_CUT(group_batch),
                                     OF_CUT(k_block),
                                     OF_CUT(workers),
                                     OF_CUT(side),
                                     OF_CUT(each),
                                     OF_CUT(k_step),
                                     OF_CUT(s_step),
                                     OF_CUT(slabs),
                                     OPTIONAL_OF_CUT(buffers)};

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))
enum { MOST = 1 << 16 };

/* By [ta][tb]. */
static const char *const ops[2][2] = {{"nn", "nt"}, {"tn", "tt"}};
static const char *const kernels[] = {
    [LOCL_GEMM_UNCUT] = "",       [LOCL_GEMM_OUTER] = "outer", [LOCL_GEMM_PACKED] = "packed",
    [LOCL_GEMM_LOCAL] = "local",  [LOCL_GEMM_TILES] = "tiles", [LOCL_GEMM_LANES] = "lanes",
    [LOCL_GEMM_MATRIX] = "matrix"};

static void put_numbers(json_t *json, const number *list, size_t count, const void *from)
{
    for (size_t i = 0; i < count && json; i++) {
        size_t value = *(const size_t *)(const void *)((const char *)from + list[i].offset);
        if (value || !list[i].optional) {
            json_object_set_new(json, list[i].name, json_integer((json_int_t)value));
        }
    }
}

static bool take_numbers(const json_t *json, const number *list, size_t count, void *to)
{
    for (size_t i = 0; i < count; i++) {
        const json_t *value = json_object_get(json, list[i].name);
        if (!value && list[i].optional) {
            continue;
        }
        if (!json_is_integer(value) || json_integer_value(value) < (json_int_t)list[i].least) {
            return false;
        }
        *(size_t *)(void *)((char *)to + list[i].offset) = (size_t)json_integer_value(value);
    }
    return true;
}

static json_t *cut_to_json(const locl_gemm_cut *cut)
{
    json_t *json = json_pack("{s:s, s:b, s:b}", "kernel", kernels[cut->kernel], "transpose_b",
                             (int)cut->transpose_b, "pack_b", (int)cut->pack_b);
    put_numbers(json, cut_numbers, COUNT(cut_numbers), cut);
    return json;
}

static bool cut_from_json(const json_t *json, locl_gemm_cut *out)
{
    const char *kernel = json_string_value(json_object_get(json, "kernel"));
    const json_t *transpose = json_object_get(json, "transpose_b"), *pack = json_object_get(json, "pack_b");
    for (size_t i = LOCL_GEMM_OUTER; kernel && i < COUNT(kernels); i++) {
        out->kernel = !strcmp(kernel, kernels[i]) ? (locl_gemm_kernel)i : out->kernel;
    }
    out->transpose_b = json_is_true(transpose);
    out->pack_b = json_is_true(pack);
    return out->kernel != LOCL_GEMM_UNCUT && json_is_boolean(transpose) && json_is_boolean(pack) &&
           take_numbers(json, cut_numbers, COUNT(cut_numbers), out);
}

json_t *locl_gemm_choice_to_json(const locl_gemm_choice *choice)
{
    const locl_gemm_shape *shape = &choice->shape;
    json_t *json = json_pack("{s:s}", "op", ops[shape->ta][shape->tb]);
    put_numbers(json, shape_numbers, COUNT(shape_numbers), shape);
    json_object_set_new(json, "solver", json_string(locl_gemm_solver_name(choice->solver)));
    if (choice->cut.kernel != LOCL_GEMM_UNCUT) {
        json_object_set_new(json, "cut", cut_to_json(&choice->cut));
    }
    return json;
}

static bool parse_op(const char *op, locl_gemm_shape *shape)
{
    for (int ta = 0; op && ta < 2; ta++) {
        for (int tb = 0; tb < 2; tb++) {
            if (!strcmp(op, ops[ta][tb])) {
                shape->ta = ta;
                shape->tb = tb;
                return true;
            }
        }
    }
    return false;
}

bool locl_gemm_choice_from_json(const json_t *json, locl_gemm_choice *out)
{
    const char *solver = json_string_value(json_object_get(json, "solver"));
    const json_t *cut = json_object_get(json, "cut");
    *out = (locl_gemm_choice){.solver = solver ? locl_gemm_solver_named(solver) : NULL};
    return out->solver && parse_op(json_string_value(json_object_get(json, "op")), &out->shape) &&
           take_numbers(json, shape_numbers, COUNT(shape_numbers), &out->shape) &&
           (!cut || cut_from_json(cut, &out->cut));
}

json_t *locl_gemm_choices_to_json(const locl_gemm_choice *list, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(array, locl_gemm_choice_to_json(&list[i]));
    }
    return array;
}

bool locl_gemm_choices_from_json(const json_t *json, locl_gemm_choice **out, size_t *count)
{
    size_t length = json_array_size(json);
    *out = NULL;
    *count = 0;
    if (!json || length == 0) {
        return !json || json_is_array(json);
    }
    locl_gemm_choice *list = length <= MOST ? calloc(length, sizeof *list) : NULL;
    bool good = list != NULL;
    for (size_t i = 0; i < length && good; i++) {
        good = locl_gemm_choice_from_json(json_array_get(json, i), &list[i]);
    }
    if (!good) {
        free(list);
        return false;
    }
    *out = list;
    *count = length;
    return true;
}
