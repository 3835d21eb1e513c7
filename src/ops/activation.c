#include "ops/activation.h"

#include "ops/row.h"

#define ACTIVATION_OPTIONS                                                                                   \
    LOCL_ROW_OPTIONS                                                                                         \
    " -D NORM=%d -D BIAS=%d -D BIAS_COLUMNS=%d -D NOISE=%d -D HADAMARD=%zu -D HADAMARD_WIDTH=%zu"

/* Channels of a row that share one loss, and one row of a Hadamard matrix: a chunk must not cross them. */
static size_t unit_of(const locl_layer_shape *s)
{
    return s->layer == LOCL_LAYER_CHANNEL ? s->width / s->groups : locl_layer_n(s);
}

/* How many values a row of the Hadamard matrix has; 0: there is none. */
static size_t hadamard_width(const locl_layer_shape *s, const locl_perturbation *u)
{
    return u->source == LOCL_SOURCE_HADAMARD ? unit_of(s) : 0;
}

static void record_dual(locl_command_buffer *cmd, const locl_activation *a, bool primal,
                        const locl_tensor *dz, const locl_tensor *x, const locl_tensor *dx,
                        const locl_perturbation *u, size_t tangents, const locl_tensor *dpost)
{
    const locl_layer_shape *s = &a->shape;
    size_t rows = locl_layer_rows(s), n = locl_layer_n(s);
    double values = (double)rows * (double)n, m = (double)tangents;
    size_t width = hadamard_width(s, u);
    locl_row_cut cut = locl_row_cut_for(locl_command_buffer_caps(cmd), rows, n, width ? width : n);
    locl_command_buffer_kernel(cmd, "activation.cl", "activation_dual",
                               ACTIVATION_OPTIONS
                               " -D TANGENT=%d -D RESIDUAL=%d -D RESIDUAL_TANGENT=%d -D KEEP=%d"
                               " -D TANGENT_BIAS=%d -D SHIFT=%d -D PRIMAL=%d",
                               cut.chunk, cut.items, s->norm, a->bias != NULL, locl_layer_bias_has_columns(s),
                               (int)u->source, u->rows, width, dz != NULL, x != NULL, dx != NULL,
                               u->kept != NULL, u->bias != NULL, u->epsilon > 0, primal);
    locl_command_buffer_tensor(cmd, a->z);
    locl_command_buffer_tensor(cmd, dz);
    locl_command_buffer_tensor(cmd, a->bias);
    locl_command_buffer_tensor(cmd, u->bias);
    locl_command_buffer_tensor(cmd, x);
    locl_command_buffer_tensor(cmd, dx);
    locl_command_buffer_tensor(cmd, u->given);
    locl_command_buffer_tensor(cmd, u->kept);
    locl_command_buffer_tensor(cmd, a->post);
    locl_command_buffer_tensor(cmd, dpost);
    locl_command_buffer_tensor(cmd, a->stats);
    locl_command_buffer_u32(cmd, rows);
    locl_command_buffer_u32(cmd, n);
    locl_command_buffer_u32(cmd, locl_layer_bias_rows(s));
    locl_command_buffer_u32(cmd, tangents);
    locl_command_buffer_f32(cmd, u->epsilon);
    locl_command_buffer_u32(cmd, u->pass);
    locl_command_buffer_u64(cmd, u->seed);
    locl_command_buffer_u32(cmd, u->tag);
    locl_command_buffer_scalar(cmd, LOCL_SCALAR_STEP);
    locl_command_buffer_cost(
        cmd, values * (10 + (dz ? 10 : 2) * m),
        values * 4 * (2 + (x ? 1 : 0) + m * (1 + (dz ? 1 : 0) + (dx ? 1 : 0) + (u->kept ? 1 : 0))));
    locl_command_buffer_range(cmd, cut.groups, cut.items);
}

void locl_activation_dual(locl_command_buffer *cmd, const locl_activation *a, const locl_tensor *dz,
                          const locl_tensor *x, const locl_tensor *dx, const locl_perturbation *u,
                          size_t tangents, const locl_tensor *dpost)
{
    record_dual(cmd, a, true, dz, x, dx, u, tangents, dpost);
}

void locl_activation_tangents(locl_command_buffer *cmd, const locl_activation *a, const locl_tensor *dz,
                              const locl_perturbation *u, size_t tangents, const locl_tensor *dpost)
{
    record_dual(cmd, a, false, dz, NULL, NULL, u, tangents, dpost);
}

/* The arguments that both ways back begin with; `side` of an estimate, else 0. */
static void begin_vjp(locl_command_buffer *cmd, const locl_activation *a, const locl_row_cut *cut,
                      const locl_perturbation *u, size_t side)
{
    const locl_layer_shape *s = &a->shape;
    locl_command_buffer_kernel(
        cmd, "activation.cl", "activation_vjp",
        ACTIVATION_OPTIONS " -D ESTIMATE=%d -D LAYER_TOKEN=%d -D LAYER_GROUP=%d -D SIDE=%zu", cut->chunk,
        cut->items, s->norm, a->bias != NULL, locl_layer_bias_has_columns(s), (int)u->source, u->rows,
        hadamard_width(s, u), side > 0, side && s->layer == LOCL_LAYER_TOKEN,
        side && s->layer == LOCL_LAYER_GROUP, side);
    locl_command_buffer_tensor(cmd, a->z);
    locl_command_buffer_tensor(cmd, a->bias);
    locl_command_buffer_tensor(cmd, a->post);
    locl_command_buffer_tensor(cmd, a->stats);
}

static void end_vjp(locl_command_buffer *cmd, const locl_activation *a, const locl_row_cut *cut,
                    const locl_tensor *q)
{
    const locl_layer_shape *s = &a->shape;
    locl_command_buffer_tensor(cmd, q);
    locl_command_buffer_u32(cmd, locl_layer_rows(s));
    locl_command_buffer_u32(cmd, locl_layer_n(s));
    locl_command_buffer_u32(cmd, locl_layer_bias_rows(s));
    locl_command_buffer_cost(cmd, (double)locl_layer_values(s) * 12, (double)locl_layer_values(s) * 16);
    locl_command_buffer_range(cmd, cut->groups, cut->items);
}

void locl_activation_vjp(locl_command_buffer *cmd, const locl_activation *a, const locl_tensor *t,
                         const locl_tensor *q)
{
    size_t n = locl_layer_n(&a->shape);
    locl_row_cut cut = locl_row_cut_for(locl_command_buffer_caps(cmd), locl_layer_rows(&a->shape), n, n);
    begin_vjp(cmd, a, &cut, &(locl_perturbation){.source = LOCL_SOURCE_NONE}, 0);
    locl_command_buffer_tensor(cmd, t);
    end_vjp(cmd, a, &cut, q);
}

void locl_activation_estimate(locl_command_buffer *cmd, const locl_activation *a, const locl_estimate *e,
                              const locl_tensor *q)
{
    const locl_layer_shape *s = &a->shape;
    locl_row_cut cut =
        locl_row_cut_for(locl_command_buffer_caps(cmd), locl_layer_rows(s), locl_layer_n(s), unit_of(s));
    begin_vjp(cmd, a, &cut, &e->u, e->side);
    locl_command_buffer_tensor(cmd, e->dl);
    locl_command_buffer_tensor(cmd, e->u.given);
    locl_command_buffer_u32(cmd, s->patches);
    locl_command_buffer_u32(cmd, s->groups);
    locl_command_buffer_u32(cmd, e->lp);
    locl_command_buffer_u32(cmd, e->lg);
    locl_command_buffer_u64(cmd, s->batch * e->lp * e->lg);
    locl_command_buffer_u32(cmd, unit_of(s));
    locl_command_buffer_u32(cmd, e->tangents);
    locl_command_buffer_f32(cmd, (float)(1.0 / ((double)e->tangents * (double)s->batch)));
    locl_command_buffer_u64(cmd, e->u.seed);
    locl_command_buffer_u32(cmd, e->u.tag);
    locl_command_buffer_scalar(cmd, LOCL_SCALAR_STEP);
    end_vjp(cmd, a, &cut, q);
}
