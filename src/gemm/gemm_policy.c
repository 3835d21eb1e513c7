#include "gemm/policy.h"
#include <stdlib.h>
static size_t env(const char*n,size_t d){const char*v=getenv(n);return v?(size_t)atol(v):d;}


static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

static size_t divide_up(size_t value, size_t by)
{
    return (value + by - 1) / by;
}

static size_t round_up(size_t value, size_t to)
{
    return divide_up(value, to) * to;
}

size_t locl_gemm_groups(const locl_gemm_shape *shape, const locl_gemm_choice *choice)
{
    return divide_up(shape->m, choice->group_rows) * divide_up(shape->n, choice->group_columns) *
           divide_up(shape->batch, choice->group_batch) * choice->slabs;
}

/* Cuts the sum over s and k into about `wanted` slabs of at least `least` values. */
static void cut_sum(const locl_gemm_shape *shape, size_t wanted, size_t least, locl_gemm_choice *choice)
{
    wanted = smaller(wanted, shape->sum * shape->k / least);
    if (wanted <= 1) {
        return;
    }
    choice->s_step = divide_up(shape->sum, smaller(wanted, shape->sum));
    size_t s_slabs = divide_up(shape->sum, choice->s_step);
    choice->k_step = smaller(shape->k, round_up(divide_up(shape->k, divide_up(wanted, s_slabs)), 16));
    choice->slabs = s_slabs * divide_up(shape->k, choice->k_step);
}

/* Halves a group's part of C, then its batches, until there are `target` groups. */
static void cut_result(const locl_gemm_shape *shape, size_t target, locl_gemm_choice *choice)
{
    enum { LEAST_ROWS = 16, LEAST_COLUMNS = 64 };
    while (locl_gemm_groups(shape, choice) < target) {
        if (choice->group_batch > 1) {
            choice->group_batch = divide_up(choice->group_batch, 2);
        } else if (choice->group_rows > LEAST_ROWS && choice->group_rows * 4 >= choice->group_columns) {
            choice->group_rows = round_up(choice->group_rows / 2, 8);
        } else if (choice->group_columns > LEAST_COLUMNS) {
            choice->group_columns = round_up(choice->group_columns / 2, 32);
        } else if (choice->group_rows > LEAST_ROWS) {
            choice->group_rows = round_up(choice->group_rows / 2, 8);
        } else {
            return;
        }
    }
}

static bool grouped(const locl_gemm_shape *shape)
{
    return shape->batch > 1 && shape->stride_a > 0 && shape->stride_a < shape->lda;
}

/* On CPUs. Where A is stored transposed every k touches another row of both operands, so a group has as much
 * of C as it can get, and the sum is cut first; else a group's rows of A stay in the first-level cache and
 * its block of B in the second. Grouped channels are walked together, since they share their rows of memory.
 */
static locl_gemm_choice choose_cpu(const locl_gemm_shape *shape, const locl_caps *caps)
{
    enum { GROUPS_PER_UNIT = 4, LEAST_SLAB = 512, REUSE = 128 };
    size_t target = (size_t)caps->units * env("GPU",GROUPS_PER_UNIT);
    size_t reuse = shape->stride_b == 0 ? shape->m * shape->batch : shape->m; /* of one value of B */
    bool inside = shape->tb && !shape->ta && reuse < REUSE;
    locl_gemm_choice choice = {
        .kernel = LOCL_GEMM_OUTER,
        .transpose_b = shape->tb && !inside,
        .group_rows = smaller(shape->m, shape->ta ? env("GR",512) : env("GR",64)),
        .group_columns = smaller(shape->n, shape->ta ? env("GC",512) : env("GC",256)),
        .group_batch = grouped(shape) ? shape->batch : 1,
        .k_block = inside || shape->ta ? env("KB",128) : env("KB",512),
        .k_step = shape->k,
        .s_step = shape->sum,
        .slabs = 1,
    };
    size_t groups = locl_gemm_groups(shape, &choice);
    if ((shape->ta || shape->sum > 1) && groups < target) {
        cut_sum(shape, divide_up(target, groups), env("LS",LEAST_SLAB), &choice);
    }
    cut_result(shape, target, &choice);
    groups = locl_gemm_groups(shape, &choice);
    if (choice.slabs == 1 && groups < target) {
        cut_sum(shape, divide_up(target, groups), env("LS",LEAST_SLAB), &choice);
    }
    return choice;
}

/* Elsewhere. Small results get smaller tiles, then a cut sum, to have work for all units. */
static locl_gemm_choice choose_wide(const locl_gemm_shape *shape, const locl_caps *caps)
{
    enum { GROUPS_PER_UNIT = 4, LEAST_SLAB = 256 };
    size_t target = larger(caps->units, 1) * env("GPU",GROUPS_PER_UNIT);
    locl_gemm_choice choice = {
        .kernel = LOCL_GEMM_LOCAL,
        .group_batch = 1,
        .side = 16,
        .each = 4,
        .k_step = shape->k,
        .s_step = shape->sum,
        .slabs = 1,
    };
    while (choice.side > 1 && choice.side * choice.side > caps->work_group) {
        choice.side /= 2;
    }
    choice.group_rows = choice.group_columns = choice.side * choice.each;
    if (locl_gemm_groups(shape, &choice) < target) {
        choice.each = 2;
        choice.group_rows = choice.group_columns = choice.side * choice.each;
    }
    size_t groups = locl_gemm_groups(shape, &choice);
    if (groups < target) {
        cut_sum(shape, divide_up(target, groups), env("LS",LEAST_SLAB), &choice);
    }
    return choice;
}

locl_gemm_choice locl_gemm_choose(const locl_gemm_shape *shape, const locl_caps *caps)
{
    return caps->cpu ? choose_cpu(shape, caps) : choose_wide(shape, caps);
}
