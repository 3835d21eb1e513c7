#include "ops/activation.h"

#include "kernels/kernels.h"
#include "ops/row.h"

/* Sets what all launches share: macros and arguments of bias and norm. */
static void layer_macros(locl_launch *l, const locl_activation *a)
{
    bool bias = a->bias != NULL;
    locl_launch_macro(l, "NORM", a->shape.norm);
    locl_launch_macro(l, "BIAS", bias);
    locl_launch_macro(l, "BIAS_COLUMNS", bias && locl_layer_bias_has_columns(&a->shape));
    locl_launch_in(l, "bias", a->bias, bias ? locl_layer_biases(&a->shape) : 0);
    locl_launch_u32(l, "rows", locl_layer_rows(&a->shape));
    locl_launch_u32(l, "n", locl_layer_n(&a->shape));
    locl_launch_u32(l, "bias_rows", locl_layer_bias_rows(&a->shape));
}

/* Arguments of an activation_dual launch, whatever the motion. */
typedef struct dual {
    bool primal, shift;
    const locl_tensor *x, *dz, *dx, *dbias, *kept, *dpost;
    locl_perturbation u;
    float epsilon;
    size_t tangents;
} dual;

/* Returns whether a tangent goes through LN. Without the primal, z is read only for that. */
static bool through_norm(const locl_activation *a, const dual *d)
{
    return a->shape.norm && d->dz;
}

/* Returns the FLOPs per value. LN costs 6, of which y = (z + b - mean) r is 2. Its map costs 7. Each further
 * term of a tangent costs 1. */
static double dual_flops(const locl_activation *a, const dual *d)
{
    bool norm = a->shape.norm, through = through_norm(a, d);
    double bias = a->bias ? 1 : 0, draw = locl_noise_flops(&d->u);
    double primal = bias + (norm ? 6 : 0) + (d->x ? 1 : 0) + (d->shift ? 2 + draw : 0);
    int terms = (d->dz != NULL) + (d->dbias != NULL) + (d->u.source != LOCL_SOURCE_NONE) + (d->dx != NULL);
    double tangent = (through ? 7 : 0) + (terms > 1 ? terms - 1 : 0) + draw;
    return (d->primal ? primal : through ? bias + 2 : 0) + tangent * (double)d->tangents;
}

static double dual_bytes(const locl_activation *a, const dual *d)
{
    const locl_layer_shape *s = &a->shape;
    bool z = d->primal || through_norm(a, d), stats = d->primal ? s->norm && a->stats : through_norm(a, d);
    size_t biases = (z && a->bias ? locl_layer_biases(s) : 0) + (d->dbias ? locl_layer_biases(s) : 0);
    size_t noise = locl_noise_read(&d->u, d->shift ? 1 : d->tangents);
    size_t kept = d->kept ? d->tangents : 0;
    size_t primals = 1u + z + (d->x != NULL);
    size_t tangents = (1u + (d->dz != NULL) + (d->dx != NULL)) * d->tangents;
    size_t value = primals * locl_tensor_element(a->post) + tangents * locl_tensor_element(d->dpost) +
                   4 * (noise + kept);
    return (double)locl_layer_values(s) * (double)value +
           4 * (double)(biases + (stats ? 2 * locl_layer_rows(s) : 0));
}

static void record_dual(locl_command_buffer *cmd, const locl_activation *a, const dual *d)
{
    const locl_layer_shape *s = &a->shape;
    size_t rows = locl_layer_rows(s), n = locl_layer_n(s), values = rows * n, all = d->tangents * values;
    bool stats = s->norm && a->stats, hadamard = d->u.source == LOCL_SOURCE_HADAMARD;
    locl_row_cut cut =
        locl_row_cut_for(locl_command_buffer_caps(cmd), rows, n, hadamard ? locl_noise_unit(s) : n);
    locl_launch l = locl_launch_begin(cmd, &locl_kernel_activation_dual);
    layer_macros(&l, a);
    locl_noise_set(&l, s, &d->u, d->shift ? 1 : d->tangents);
    locl_launch_in(&l, "z", a->z, values);
    locl_launch_in(&l, "dz", d->dz, d->dz ? all : 0);
    locl_launch_in(&l, "dbias", d->dbias, d->dbias ? locl_layer_biases(s) : 0);
    locl_launch_in(&l, "x", d->x, d->x ? values : 0);
    locl_launch_in(&l, "dx", d->dx, d->dx ? all : 0);
    locl_launch_out(&l, "kept", d->kept, d->kept ? all : 0);
    locl_launch_in_out(&l, "post", a->post, values);
    locl_launch_out(&l, "dpost", d->dpost, all);
    locl_launch_in_out(&l, "stats", stats ? a->stats : NULL, stats || (s->norm && !d->primal) ? 2 * rows : 0);
    locl_launch_u32(&l, "tangents", d->tangents);
    locl_launch_f32(&l, "epsilon", d->epsilon);
    locl_launch_u32(&l, "pass", d->u.pass);
    locl_launch_macro(&l, "TANGENT", d->dz != NULL);
    locl_launch_macro(&l, "RESIDUAL", d->x != NULL);
    locl_launch_macro(&l, "RESIDUAL_TANGENT", d->dx != NULL);
    locl_launch_macro(&l, "KEEP", d->kept != NULL);
    locl_launch_macro(&l, "TANGENT_BIAS", d->dbias != NULL);
    locl_launch_macro(&l, "SHIFT", d->shift);
    locl_launch_macro(&l, "PRIMAL", d->primal);
    locl_launch_cost(&l, (double)values * dual_flops(a, d), dual_bytes(a, d));
    locl_row_run(&l, &cut);
}

void locl_activation_dual(locl_command_buffer *cmd, const locl_activation *a, const locl_tensor *x,
                          const locl_activation_motion *motion)
{
    dual d = {.primal = true, .x = x};
    switch (motion->kind) {
    case LOCL_MOTION_NONE:
        break;
    case LOCL_MOTION_ACTIVITY_TANGENT:
        d.dz = motion->activity.dz;
        d.dx = motion->activity.dx;
        d.dpost = motion->activity.dpost;
        d.kept = motion->activity.kept;
        d.u = motion->activity.u;
        d.tangents = motion->activity.count;
        break;
    case LOCL_MOTION_WEIGHT_TANGENT:
        d.dz = motion->weight.dz;
        d.dx = motion->weight.dx;
        d.dpost = motion->weight.dpost;
        d.dbias = motion->weight.dbias;
        d.tangents = 1;
        break;
    case LOCL_MOTION_SHIFT:
        d.shift = motion->shift.u.source != LOCL_SOURCE_NONE;
        d.u = motion->shift.u;
        d.epsilon = motion->shift.epsilon;
        break;
    }
    record_dual(cmd, a, &d);
}

void locl_activation_tangents(locl_command_buffer *cmd, const locl_activation *a, const locl_tensor *dz,
                              const locl_perturbation *u, size_t tangents, const locl_tensor *dpost)
{
    record_dual(cmd, a, &(dual){.dz = dz, .dpost = dpost, .u = *u, .tangents = tangents});
}

/* Sets the cost of both ways back. `flops` and `read` are per value and count what comes before J', of floats. J' takes
 * z, bias and stats: y costs 2, with a bias 3, and the map 7. post is read and q written. */
static void back_cost(locl_launch *l, const locl_activation *a, double flops, size_t read)
{
    const locl_layer_shape *s = &a->shape;
    size_t values = locl_layer_values(s), biases = a->bias ? locl_layer_biases(s) : 0;
    size_t norm = s->norm ? biases + 2 * locl_layer_rows(s) : 0;
    size_t kept = (s->norm ? 2 : 1) * values; /* post and z */
    flops += s->norm ? 9 + (a->bias != NULL) : 0;
    locl_launch_cost(l, (double)values * flops,
                     4 * (double)(read + values + norm) + (double)(kept * locl_tensor_element(a->post)));
}

/* Begins a launch of either way back. `side` is that of an estimate, else 0. */
static locl_launch begin_back(locl_command_buffer *cmd, const locl_kernel *kernel, const locl_activation *a,
                              const locl_tensor *q, size_t side)
{
    const locl_layer_shape *s = &a->shape;
    size_t values = locl_layer_values(s);
    locl_launch l = locl_launch_begin(cmd, kernel);
    layer_macros(&l, a);
    locl_launch_in(&l, "z", a->z, values);
    locl_launch_in(&l, "post", a->post, values);
    locl_launch_in(&l, "stats", s->norm ? a->stats : NULL, s->norm ? 2 * locl_layer_rows(s) : 0);
    locl_launch_out(&l, "q", q, values);
    locl_launch_macro(&l, "ESTIMATE", side > 0);
    locl_launch_macro(&l, "LAYER_TOKEN", side && s->layer == LOCL_LAYER_TOKEN);
    locl_launch_macro(&l, "LAYER_GROUP", side && s->layer == LOCL_LAYER_GROUP);
    locl_launch_macro(&l, "SIDE", side);
    return l;
}

void locl_activation_vjp(locl_command_buffer *cmd, const locl_activation *a, const locl_tensor *t,
                         const locl_tensor *q)
{
    size_t n = locl_layer_n(&a->shape);
    locl_row_cut cut = locl_row_cut_for(locl_command_buffer_caps(cmd), locl_layer_rows(&a->shape), n, n);
    locl_launch l = begin_back(cmd, &locl_kernel_activation_vjp, a, q, 0);
    locl_launch_in(&l, "t", t, locl_layer_values(&a->shape));
    locl_launch_macro(&l, "NOISE", LOCL_SOURCE_NONE);
    locl_launch_macro(&l, "GUESS", false);
    locl_launch_macro(&l, "HADAMARD", 0);
    locl_launch_macro(&l, "HADAMARD_WIDTH", 0);
    back_cost(&l, a, 0, locl_layer_values(&a->shape));
    locl_row_run(&l, &cut);
}

/* Returns the FLOPs per value of an estimate. Each draw costs a product dL u and a sum, and the total is scaled and
 * added to the guess. Of a Hadamard matrix's rows, the signed dL are summed first and then multiplied by u. */
static double estimate_flops(const locl_estimate *e)
{
    size_t products = e->u.source == LOCL_SOURCE_HADAMARD ? e->tangents / e->u.hadamard.rows : e->tangents;
    return (e->guess ? 1 : 0) + (double)(e->tangents + products) +
           locl_noise_flops(&e->u) * (double)e->tangents;
}

void locl_activation_estimate(locl_command_buffer *cmd, const locl_activation *a, const locl_estimate *e,
                              const locl_tensor *q)
{
    const locl_layer_shape *s = &a->shape;
    size_t losses = s->batch * e->lp * e->lg;
    locl_row_cut cut = locl_row_cut_for(locl_command_buffer_caps(cmd), locl_layer_rows(s), locl_layer_n(s),
                                        locl_noise_unit(s));
    locl_launch l = begin_back(cmd, &locl_kernel_activation_estimate, a, q, e->side);
    locl_noise_set(&l, s, &e->u, e->tangents);
    locl_launch_macro(&l, "GUESS", e->guess != NULL);
    locl_launch_in(&l, "guess", e->guess, e->guess ? locl_layer_values(s) : 0);
    locl_launch_in(&l, "dl", e->dl, e->tangents * losses);
    locl_launch_u32(&l, "patches", s->patches);
    locl_launch_u32(&l, "groups", s->groups);
    locl_launch_u32(&l, "lp", e->lp);
    locl_launch_u32(&l, "lg", e->lg);
    locl_launch_u64(&l, "loss_pass", losses);
    locl_launch_u32(&l, "width", locl_noise_unit(s));
    locl_launch_u32(&l, "tangents", e->tangents);
    locl_launch_f32(&l, "scale", (float)(1.0 / ((double)e->tangents * (double)s->batch)));
    size_t maps = locl_noise_read(&e->u, e->tangents) + (e->guess != NULL);
    back_cost(&l, a, estimate_flops(e), e->tangents * losses + maps * locl_layer_values(s));
    locl_row_run(&l, &cut);
}
