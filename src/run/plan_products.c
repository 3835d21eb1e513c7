#include "run/plan_products.h"

#include <stdlib.h>
#include <string.h>

/* The numbers of a shape, in the file's order. */
static const struct {
    const char *name;
    size_t offset;
    size_t least;
} numbers[] = {
    {"m", offsetof(locl_gemm_shape, m), 1},
    {"n", offsetof(locl_gemm_shape, n), 1},
    {"k", offsetof(locl_gemm_shape, k), 1},
    {"lda", offsetof(locl_gemm_shape, lda), 1},
    {"ldb", offsetof(locl_gemm_shape, ldb), 1},
    {"ldc", offsetof(locl_gemm_shape, ldc), 1},
    {"batch", offsetof(locl_gemm_shape, batch), 1},
    {"stride_a", offsetof(locl_gemm_shape, stride_a), 0},
    {"stride_b", offsetof(locl_gemm_shape, stride_b), 0},
    {"stride_c", offsetof(locl_gemm_shape, stride_c), 0},
    {"sum", offsetof(locl_gemm_shape, sum), 1},
    {"sum_a", offsetof(locl_gemm_shape, sum_a), 0},
    {"sum_b", offsetof(locl_gemm_shape, sum_b), 0},
};
enum { NUMBERS = sizeof numbers / sizeof numbers[0], MOST = 1 << 16 };

/* [ta][tb] */
static const char *const ops[2][2] = {{"nn", "nt"}, {"tn", "tt"}};

static json_t *product_json(const locl_gemm_choice *choice)
{
    const locl_gemm_shape *shape = &choice->shape;
    json_t *json = json_pack("{s:s}", "op", ops[shape->ta][shape->tb]);
    for (size_t i = 0; i < NUMBERS && json; i++) {
        size_t value = *(const size_t *)(const void *)((const char *)shape + numbers[i].offset);
        json_object_set_new(json, numbers[i].name, json_integer((json_int_t)value));
    }
    json_object_set_new(json, "solver", json_string(locl_gemm_solver_name(choice->solver)));
    return json;
}

json_t *locl_plan_products_json(const locl_gemm_choice *list, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(array, product_json(&list[i]));
    }
    return array;
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

static bool parse_product(const json_t *json, locl_gemm_choice *out)
{
    const char *solver = json_string_value(json_object_get(json, "solver"));
    *out = (locl_gemm_choice){.solver = solver ? locl_gemm_solver_named(solver) : NULL};
    bool good = out->solver && parse_op(json_string_value(json_object_get(json, "op")), &out->shape);
    for (size_t i = 0; i < NUMBERS && good; i++) {
        const json_t *value = json_object_get(json, numbers[i].name);
        good = json_is_integer(value) && json_integer_value(value) >= (json_int_t)numbers[i].least;
        *(size_t *)(void *)((char *)&out->shape + numbers[i].offset) = (size_t)json_integer_value(value);
    }
    return good;
}

bool locl_plan_products_parse(const json_t *json, locl_gemm_choice **out, size_t *count)
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
        good = parse_product(json_array_get(json, i), &list[i]);
    }
    if (!good) {
        free(list);
        return false;
    }
    *out = list;
    *count = length;
    return true;
}
