#include "gemm/solver.h"
#include "kernels/kernels.h"

#include <string.h>

double locl_gemm_flops(const locl_gemm_shape *shape)
{
    return 2.0 * (double)shape->m * (double)shape->n * (double)shape->k * (double)shape->batch *
           (double)shape->sum;
}

double locl_gemm_bytes(const locl_gemm_shape *shape, locl_gemm_operands operands)
{
    double a = (double)shape->m * (double)shape->k * (double)(shape->stride_a ? shape->batch : 1);
    double b = (double)shape->k * (double)shape->n * (double)(shape->stride_b ? shape->batch : 1);
    double c = (double)shape->m * (double)shape->n * (double)shape->batch;
    return (a * (double)locl_tensor_element(operands.a) + b * (double)locl_tensor_element(operands.b)) *
               (double)shape->sum +
           c * (double)locl_tensor_element(operands.c) * (shape->beta != 0 ? 2.0 : 1.0);
}

locl_tensor *locl_gemm_scratch(locl_command_buffer *cmd, size_t count, const char *name)
{
    if (!locl_command_buffer_workspace(cmd)) {
        locl_command_buffer_fail(cmd, LOCL_E_FAILED,
                                 "a product needs scratch, but its command buffer has no workspace");
        return NULL;
    }
    return locl_command_buffer_scratch(cmd, count, name);
}

/* Layout of an operand: `sum` times `batch` matrices of [rows,columns]. */
typedef struct operand {
    const char *name;
    size_t rows, columns, ld, stride, sum_stride, batch, sum;
} operand;

static operand operand_a(const locl_gemm_shape *s)
{
    return (operand){"A",   s->ta ? s->k : s->m, s->ta ? s->m : s->k, s->lda, s->stride_a, s->sum_a, s->batch,
                     s->sum};
}

static operand operand_b(const locl_gemm_shape *s)
{
    return (operand){"B",   s->tb ? s->n : s->k, s->tb ? s->k : s->n, s->ldb, s->stride_b, s->sum_b, s->batch,
                     s->sum};
}

static operand operand_c(const locl_gemm_shape *s)
{
    return (operand){"C", s->m, s->n, s->ldc, s->stride_c, 0, s->batch, 1};
}

/* Returns the values from the first to the last one. It is in double, which does not overflow. */
static double extent(operand x)
{
    return (double)(x.batch - 1) * (double)x.stride + (double)(x.sum - 1) * (double)x.sum_stride +
           (double)(x.rows - 1) * (double)x.ld + (double)x.columns;
}

locl_gemm_extents locl_gemm_extents_of(const locl_gemm_shape *shape)
{
    return (locl_gemm_extents){(size_t)extent(operand_a(shape)), (size_t)extent(operand_b(shape)),
                               (size_t)extent(operand_c(shape))};
}

void locl_gemm_reduce(locl_command_buffer *cmd, const locl_gemm_shape *shape, const locl_tensor *part,
                      size_t slabs, const locl_tensor *c)
{
    const locl_caps *caps = locl_command_buffer_caps(cmd);
    size_t span = caps->cpu ? shape->n : 1, items = caps->cpu || caps->work_group < 64 ? 1 : 64;
    size_t count = shape->batch * shape->m * ((shape->n + span - 1) / span);
    double values = (double)shape->batch * (double)shape->m * (double)shape->n;
    locl_launch l = locl_launch_begin(cmd, &locl_kernel_gemm_reduce);
    locl_launch_in(&l, "part", part, slabs * shape->batch * shape->m * shape->n);
    locl_launch_in_out(&l, "c", c, locl_gemm_extents_of(shape).c);
    locl_launch_u32(&l, "m", shape->m);
    locl_launch_u32(&l, "n", shape->n);
    locl_launch_u32(&l, "batch", shape->batch);
    locl_launch_u32(&l, "slabs", slabs);
    locl_launch_u64(&l, "ldc", shape->ldc);
    locl_launch_u64(&l, "stride_c", shape->stride_c);
    locl_launch_u32(&l, "span", span);
    locl_launch_f32(&l, "alpha", shape->alpha);
    locl_launch_f32(&l, "beta", shape->beta);
    locl_launch_cost(
        &l, 0,
        values * (4.0 * (double)slabs + (double)locl_tensor_element(c) * (shape->beta != 0 ? 2.0 : 1.0)));
    locl_launch_run(&l, (count + items - 1) / items, items);
}

static void check_operand(locl_command_buffer *cmd, operand x, const locl_tensor *tensor)
{
    size_t has = tensor->bytes / locl_tensor_element(tensor);
    if (x.ld < x.columns) {
        locl_command_buffer_fail(cmd, LOCL_E_FAILED,
                                 "product: the leading dimension of %s, %zu, is below its row, %zu", x.name,
                                 x.ld, x.columns);
    }
    if (extent(x) > (double)has) {
        locl_command_buffer_fail(cmd, LOCL_E_FAILED, "product: %s takes %.0f values, but %s has only %zu",
                                 x.name, extent(x), tensor->name, has);
    }
}

static void check(locl_command_buffer *cmd, const locl_gemm_shape *s, locl_gemm_operands operands)
{
    if (!s->m || !s->n || !s->k || !s->batch || !s->sum) {
        locl_command_buffer_fail(cmd, LOCL_E_FAILED,
                                 "product: a size of 0 (m %zu, n %zu, k %zu, batch %zu, sum %zu)", s->m, s->n,
                                 s->k, s->batch, s->sum);
        return;
    }
    if (!operands.a || !operands.b || !operands.c) {
        locl_command_buffer_fail(cmd, LOCL_E_FAILED, "product: an operand is missing");
        return;
    }
    if (s->batch > 1 && !s->stride_c) {
        locl_command_buffer_fail(cmd, LOCL_E_FAILED, "product: %zu results in the same place", s->batch);
    }
    check_operand(cmd, operand_a(s), operands.a);
    check_operand(cmd, operand_b(s), operands.b);
    check_operand(cmd, operand_c(s), operands.c);
}

/* Products of a command buffer. */
typedef struct products {
    locl_gemm_choices choices;
    locl_gemm_choice *recorded; /* [count] */
    size_t count, capacity;
} products;

/* Returns the products of a command buffer; NULL once memory ran out. */
static products *products_of(locl_command_buffer *cmd)
{
    products *p = locl_command_buffer_context(cmd);
    if (!p) {
        p = locl_command_buffer_memory(cmd, 1, sizeof *p);
        locl_command_buffer_set_context(cmd, p);
    }
    return p;
}

void locl_gemm_use(locl_command_buffer *cmd, const locl_gemm_choices *choices)
{
    products *p = products_of(cmd);
    locl_gemm_choice *known =
        p && choices->count ? locl_command_buffer_memory(cmd, choices->count, sizeof *known) : NULL;
    if (!p || (choices->count && !known)) {
        return;
    }
    if (known) {
        memcpy(known, choices->known, choices->count * sizeof *known);
    }
    p->choices = (locl_gemm_choices){.engine = choices->engine, .known = known, .count = choices->count};
}

static void note(locl_command_buffer *cmd, products *p, locl_gemm_choice choice)
{
    if (p->count == p->capacity) {
        size_t capacity = p->capacity ? 2 * p->capacity : 16;
        locl_gemm_choice *grown = locl_command_buffer_memory(cmd, capacity, sizeof *grown);
        if (!grown) {
            return;
        }
        if (p->count) {
            memcpy(grown, p->recorded, p->count * sizeof *grown);
        }
        p->recorded = grown;
        p->capacity = capacity;
    }
    p->recorded[p->count++] = choice;
}

size_t locl_gemm_recorded(const locl_command_buffer *cmd, const locl_gemm_choice **list)
{
    const products *p = locl_command_buffer_context(cmd);
    *list = p ? p->recorded : NULL;
    return p ? p->count : 0;
}

void locl_gemm_note(locl_command_buffer *cmd, const locl_gemm_shape *shape)
{
    products *p = products_of(cmd);
    if (p) {
        note(cmd, p, (locl_gemm_choice){.shape = *shape, .solver = &locl_gemm_native, .within = true});
    }
}

/* Chooses who computes a product. With operands of halves that is a solver that takes them, cut as for a GPU: what was
 * measured with floats counts where it is such a one. */
static locl_gemm_choice choose(const locl_command_buffer *cmd, const products *p,
                               const locl_gemm_shape *shape, locl_gemm_operands operands)
{
    locl_caps caps = *locl_command_buffer_caps(cmd);
    if (!operands.a->half && !operands.b->half && !operands.c->half) {
        return locl_gemm_choose(&p->choices, shape, &caps);
    }
    caps.cpu = false;
    locl_gemm_choice choice = locl_gemm_choose(&p->choices, shape, &caps);
    return choice.solver && choice.solver->takes_halves && choice.solver->takes_halves(&choice.cut)
               ? choice
               : locl_gemm_choose(&(locl_gemm_choices){.engine = LOCL_ENGINE_NATIVE}, shape, &caps);
}

void locl_gemm(locl_command_buffer *cmd, const locl_gemm_shape *shape, const locl_tensor *a,
               const locl_tensor *b, const locl_tensor *c)
{
    locl_gemm_operands operands = {a, b, c};
    locl_arena *workspace = locl_command_buffer_workspace(cmd);
    products *p = products_of(cmd);
    check(cmd, shape, operands);
    if (locl_command_buffer_failed(cmd)) {
        return;
    }
    const locl_gemm_choice choice = choose(cmd, p, shape, operands);
    if (!choice.solver) {
        locl_command_buffer_fail(cmd, LOCL_E_TOO_LARGE, "product: no engine can compute it on this device");
        return;
    }
    note(cmd, p, choice);
    if (choice.solver->prepare) {
        locl_command_buffer_require(cmd, choice.solver->prepare);
    }
    locl_arena_mark mark = workspace ? locl_arena_here(workspace) : (locl_arena_mark){0};
    choice.solver->record(cmd, &choice, operands);
    if (workspace) {
        locl_arena_back(workspace, mark);
    }
}
