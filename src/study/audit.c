#include "study/audit.h"

#include "base/clock.h"
#include "study/audit_judge.h"
#include "study/audit_tally.h"
#include "study/audit_stages.h"
#include "config/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Steps of rules without draws, made for their time alone, and how many times are kept. */
enum { TIMED = 10, MOST_TIMES = 10000 };

/* A rule that takes part. Those that give exact gradients come before the estimators. */
typedef struct member {
    locl_rule_options rule;
    bool drawn; /* its steps differ from draw to draw */
    char label[160];
    locl_stages stages;
    double *seconds; /* [times] of its first steps, without the very first, which may build kernels */
    size_t times;
    uint64_t steps;
    float *gradient;            /* [values], of exact rules */
    const struct member *exact; /* what an estimator is compared with */
    locl_audit_tally tally;     /* of estimators */
} member;

typedef struct comparison {
    const locl_audit_input *in;
    locl_audit_layers layers;
    member *member; /* [members], of which the first `yardsticks` are exact; number 0 is lg-bp */
    size_t members, yardsticks;
    locl_queue queue;
    locl_arena *workspace, *io;
    locl_stages_buffers *buffers; /* [slices] */
    size_t slices;                /* of the batch */
    float *gradient;              /* [values] of the last step */
    uint64_t rounds, stride;      /* every `stride` rounds the rules without draws are timed */
    size_t done, total, first;    /* steps done, of all, and before the first round but one */
    double started;               /* when the first round but one began */
} comparison;

/* ---- who takes part, and when ---- */

static locl_rule_options exact_rule(const locl_rule_options *rule)
{
    locl_rule_options exact = locl_rule_options_default();
    exact.kind = locl_rule_of(rule->kind)->yardstick;
    exact.loss_block = rule->loss_block;
    return exact;
}

static member *find_yardstick(comparison *c, const locl_rule_options *exact)
{
    for (size_t i = 0; i < c->yardsticks; i++) {
        const locl_rule_options *r = &c->member[i].rule;
        if (r->kind == exact->kind && r->loss_block == exact->loss_block) {
            return &c->member[i];
        }
    }
    member *m = &c->member[c->yardsticks++];
    m->rule = *exact;
    return m;
}

static locl_status choose_members(comparison *c, locl_error *err)
{
    const locl_audit_input *in = c->in;
    locl_rule_options cost = locl_rule_options_default();
    c->member = calloc(1 + 2 * in->rules, sizeof *c->member);
    if (!c->member) {
        return locl_fail_memory(err, (1 + 2 * in->rules) * sizeof *c->member);
    }
    cost.kind = LOCL_RULE_LG_BP;
    find_yardstick(c, &cost);
    for (size_t i = 0; i < in->rules; i++) {
        locl_rule_options exact = exact_rule(&in->rule[i]);
        find_yardstick(c, &exact);
    }
    c->members = c->yardsticks;
    for (size_t i = 0; i < in->rules; i++) {
        locl_rule_options exact = exact_rule(&in->rule[i]);
        member *m = &c->member[c->members++];
        m->rule = in->rule[i];
        m->drawn = locl_rule_of(m->rule.kind)->draws;
        m->exact = find_yardstick(c, &exact);
    }
    return LOCL_OK;
}

static bool takes_part(const comparison *c, const member *m, uint64_t round)
{
    bool timed = m->exact || m == c->member;
    return round == 0 || m->drawn || (timed && round % c->stride == 0);
}

/* Counts steps. All rules take turns, so that what else the machine does affects all alike. */
static void count_steps(comparison *c)
{
    c->rounds = 1 + TIMED;
    for (size_t i = c->yardsticks; i < c->members; i++) {
        c->rounds = c->member[i].drawn ? c->in->draws : c->rounds;
    }
    c->stride = c->rounds > TIMED ? (c->rounds - 1) / TIMED : 1;
    c->total = c->members;
    for (size_t i = 0; i < c->members; i++) {
        for (uint64_t round = 1; round < c->rounds; round++) {
            c->total += takes_part(c, &c->member[i], round) ? 1 : 0;
        }
    }
}

/* ---- memory ---- */

/* Opens the stages of all rules. `options` has room for the model's blocks. */
static locl_status open_stages(comparison *c, locl_stage_options *options, locl_error *err)
{
    const locl_audit_input *in = c->in;
    for (size_t i = 0; i < c->members; i++) {
        member *m = &c->member[i];
        locl_stage_options like = {.model = in->model,
                                   .rule = &m->rule,
                                   .train = true,
                                   .products = {.engine = locl_stage_engine(in->engine, in->device)},
                                   .seed = in->seed,
                                   .batch = in->batch * in->model->views,
                                   .slice = in->slice * in->model->views};
        locl_config_rule_label(&m->rule, m->label, sizeof m->label);
        size_t count = locl_stage_cut_options(&like, options);
        LOCL_TRY(locl_stages_open(options, count, in->device, c->workspace, &m->stages, err));
    }
    return LOCL_OK;
}

static locl_status take_buffers(comparison *c, locl_error *err)
{
    const locl_stage *first = &c->member[0].stages.stage[0];
    size_t widest = 0, images = locl_stage_slice(&first->options);
    for (size_t i = 0; i < c->members; i++) {
        size_t values = locl_stages_widest(&c->member[i].stages);
        widest = values > widest ? values : widest;
    }
    c->slices = locl_stage_slices(&first->options);
    c->buffers = calloc(c->slices, sizeof *c->buffers);
    if (!c->buffers) {
        return locl_fail_memory(err, c->slices * sizeof *c->buffers);
    }
    for (int i = 0; i < 2; i++) {
        c->buffers[0].between[i] = locl_arena_take(c->io, widest * sizeof(float), "activations");
    }
    for (size_t s = 0; s < c->slices; s++) {
        locl_stages_buffers *b = &c->buffers[s];
        *b = c->buffers[0];
        b->x = locl_arena_take(c->io, locl_stage_input_values(first) * sizeof(float), "images");
        b->labels = locl_arena_take(c->io, images * sizeof *c->in->labels, "labels");
    }
    return LOCL_OK;
}

static locl_status upload(comparison *c, size_t slice, locl_error *err)
{
    const locl_stages_buffers *b = &c->buffers[slice];
    const float *x = c->in->x + slice * (b->x->bytes / sizeof *x);
    const int32_t *labels = c->in->labels + slice * (b->labels->bytes / sizeof *labels);
    LOCL_TRY(locl_buffer_write(&c->queue, b->x->mem, 0, b->x->bytes, x, LOCL_BLOCKING, NULL, NULL, err));
    return locl_buffer_write(&c->queue, b->labels->mem, 0, b->labels->bytes, labels, LOCL_BLOCKING, NULL,
                             NULL, err);
}

static locl_status bind(comparison *c, locl_error *err)
{
    const locl_audit_input *in = c->in;
    LOCL_TRY(locl_arena_bind(c->workspace, in->device, err));
    LOCL_TRY(locl_arena_bind(c->io, in->device, err));
    for (size_t i = 0; i < c->members; i++) {
        LOCL_TRY(locl_audit_stages_bind(&c->member[i].stages, &c->queue, in->values, in->feedback, err));
    }
    for (size_t s = 0; s < c->slices; s++) {
        LOCL_TRY(upload(c, s, err));
    }
    return LOCL_OK;
}

/* Allocates what each rule keeps on the host. */
static locl_status allocate(comparison *c, locl_error *err)
{
    size_t bytes = c->layers.values * sizeof(float);
    c->gradient = malloc(bytes);
    bool good = c->gradient != NULL;
    for (size_t i = 0; i < c->members; i++) {
        member *m = &c->member[i];
        m->seconds = calloc(MOST_TIMES, sizeof *m->seconds);
        good = good && m->seconds;
        if (!m->exact) {
            m->gradient = malloc(bytes);
            good = good && m->gradient;
        }
    }
    return good ? LOCL_OK : locl_fail_memory(err, bytes);
}

static locl_status open_comparison(comparison *c, locl_error *err)
{
    const locl_audit_input *in = c->in;
    LOCL_TRY(locl_audit_layers_of(in->model, &c->layers, err));
    LOCL_TRY(choose_members(c, err));
    count_steps(c);
    LOCL_TRY(allocate(c, err));
    LOCL_TRY(locl_queue_create(in->device, LOCL_QUEUE_PLAIN, &c->queue, err));
    LOCL_TRY(locl_arena_create("workspace", &in->device->caps, &c->workspace, err));
    LOCL_TRY(locl_arena_create("tensors", &in->device->caps, &c->io, err));
    locl_stage_options *options = calloc(in->model->blocks, sizeof *options);
    if (!options) {
        return locl_fail_memory(err, in->model->blocks * sizeof *options);
    }
    locl_status status = open_stages(c, options, err);
    free(options);
    LOCL_TRY(status);
    LOCL_TRY(take_buffers(c, err));
    return bind(c, err);
}

static void close_comparison(comparison *c)
{
    for (size_t i = 0; i < c->members; i++) {
        member *m = &c->member[i];
        locl_stages_close(&m->stages);
        locl_audit_tally_close(&m->tally);
        free(m->gradient);
        free(m->seconds);
    }
    locl_arena_release(c->workspace);
    locl_arena_release(c->io);
    locl_queue_release(&c->queue);
    locl_audit_layers_free(&c->layers);
    free(c->buffers);
    free(c->member);
    free(c->gradient);
}

/* ---- rounds ---- */

static void tell(const comparison *c, const char *next)
{
    double left = 0;
    if (c->done > c->first && c->first > 0) {
        left =
            (locl_clock_seconds() - c->started) / (double)(c->done - c->first) * (double)(c->total - c->done);
    }
    if (c->in->handler) {
        c->in->handler(c->in->user, c->done, c->total, next, left);
    }
}

/* Takes what a step gave. A rule without draws gives the same each time, so its first step is enough. */
static locl_status take_gradient(comparison *c, member *m, locl_error *err)
{
    if (m->exact && m->steps == 0) {
        LOCL_TRY(locl_audit_tally_open(&c->layers, m->exact->gradient, &m->tally, err));
    }
    if (m->exact && (m->drawn || m->steps == 0)) {
        return locl_audit_tally_add(&m->tally, c->gradient, err);
    }
    if (!m->exact && m->steps == 0) {
        memcpy(m->gradient, c->gradient, c->layers.values * sizeof *c->gradient);
    }
    return LOCL_OK;
}

static locl_status step(comparison *c, member *m, uint64_t round, locl_error *err)
{
    double seconds;
    LOCL_TRY(locl_audit_stages_step(&m->stages, &c->queue, c->buffers, round, &c->layers, c->gradient,
                                    &seconds, err));
    LOCL_TRY(take_gradient(c, m, err));
    if (round > 0 && m->times < MOST_TIMES) {
        m->seconds[m->times++] = seconds;
    }
    m->steps++;
    c->done++;
    return LOCL_OK;
}

/* Runs the rounds. *rounds counts those that every rule completed. */
static locl_status run_rounds(comparison *c, uint64_t *rounds, locl_error *err)
{
    for (*rounds = 0; *rounds < c->rounds; ++*rounds) {
        for (size_t i = 0; i < c->members; i++) {
            member *m = &c->member[i];
            if (!takes_part(c, m, *rounds)) {
                continue;
            }
            tell(c, m->label);
            if (c->in->stop && *c->in->stop) {
                return LOCL_OK;
            }
            locl_status status = step(c, m, *rounds, err);
            if (status != LOCL_OK) {
                locl_error_where(err, "%s", m->label);
                return status;
            }
        }
        if (*rounds == 0) {
            c->first = c->done;
            c->started = locl_clock_seconds();
        }
    }
    return LOCL_OK;
}

/* ---- results ---- */

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Returns quantile q of `count` sorted values, linearly interpolated. */
static double quantile(const double *value, size_t count, double q)
{
    double at = q * (double)(count - 1);
    size_t below = (size_t)at, above = below + 1 < count ? below + 1 : below;
    return value[below] + (at - (double)below) * (value[above] - value[below]);
}

static locl_audit_time time_of(member *m)
{
    if (m->times == 0) {
        return (locl_audit_time){0};
    }
    qsort(m->seconds, m->times, sizeof *m->seconds, ascending);
    return (locl_audit_time){.median = quantile(m->seconds, m->times, 0.5),
                             .low = quantile(m->seconds, m->times, 0.25),
                             .high = quantile(m->seconds, m->times, 0.75)};
}

/* Returns whether a rule is under the exception of SPEC 3: one derivative for a group's losses trains that
 * group's columns, though with a norm over all of them other groups' losses depend on them too. */
static bool has_own_groups(const locl_model *model, const locl_rule_options *rule)
{
    const locl_rule *law = locl_rule_of(rule->kind);
    bool groups = false, coupled = model->options.post_linear_ln && model->options.norm != LOCL_NORM_BATCH;
    for (size_t k = 0; k < model->blocks; k++) {
        groups = groups || model->block[k].groups > 1;
    }
    return law->weights && law->yardstick == LOCL_RULE_LG_BP && rule->loss_group && groups && coupled;
}

static double ratio(double a, double b)
{
    return b > 0 ? a / b : 0;
}

static locl_status report_estimator(const comparison *c, member *m, const locl_audit *audit,
                                    locl_audit_estimator *out, locl_error *err)
{
    locl_audit_layer *layer = calloc(c->layers.count + 1, sizeof *layer);
    if (!layer) {
        return locl_fail_memory(err, (c->layers.count + 1) * sizeof *layer);
    }
    locl_audit_tally_result(&m->tally, m->drawn ? LOCL_AUDIT_DRAWN : LOCL_AUDIT_ALL_SAME, layer);
    *out = (locl_audit_estimator){.rule = locl_rule_of(m->rule.kind)->name,
                                  .exact = locl_rule_of(m->exact->rule.kind)->name,
                                  .own_groups = has_own_groups(c->in->model, &m->rule),
                                  .draws = m->drawn ? m->tally.draws : 0,
                                  .flops = locl_stages_flops(&m->stages),
                                  .seconds = time_of(m),
                                  .layer = layer,
                                  .layers = c->layers.count + 1};
    snprintf(out->label, sizeof out->label, "%s", m->label);
    out->flops_ratio = ratio(out->flops, audit->flops);
    out->seconds_ratio = ratio(out->seconds.median, audit->seconds.median);
    locl_audit_judge(out, layer);
    return LOCL_OK;
}

static locl_status report(const comparison *c, locl_audit **out, locl_error *err)
{
    locl_status status = LOCL_OK;
    locl_audit *audit = calloc(1, sizeof *audit);
    locl_audit_estimator *estimator = calloc(c->in->rules, sizeof *estimator);
    if (!audit || !estimator) {
        free(audit);
        free(estimator);
        return locl_fail_memory(err, c->in->rules * sizeof *estimator);
    }
    *audit = (locl_audit){.blocks = c->in->model->blocks,
                          .batch = c->in->batch,
                          .flops = locl_stages_flops(&c->member->stages),
                          .seconds = time_of(c->member),
                          .estimator = estimator};
    snprintf(audit->device, sizeof audit->device, "%s", c->in->device->name);
    for (size_t i = 0; i < c->in->rules; i++) {
        LOCL_TRY_GOTO(status, report_estimator(c, &c->member[c->yardsticks + i], audit, &estimator[i], err));
        audit->estimators++;
    }
    *out = audit;
    return LOCL_OK;
fail:
    locl_audit_free(audit);
    return status;
}

void locl_audit_free(locl_audit *audit)
{
    if (!audit) {
        return;
    }
    for (size_t i = 0; i < audit->estimators; i++) {
        free((void *)audit->estimator[i].layer);
    }
    free((void *)audit->estimator);
    free(audit);
}

static locl_status run_and_report(comparison *c, locl_audit **out, locl_error *err)
{
    uint64_t rounds;
    bool drawn = false;
    LOCL_TRY(open_comparison(c, err));
    LOCL_TRY(run_rounds(c, &rounds, err));
    for (size_t i = 0; i < c->members; i++) {
        drawn = drawn || c->member[i].drawn;
    }
    if (rounds >= (drawn ? LOCL_AUDIT_LEAST_DRAWS : 1)) {
        LOCL_TRY(report(c, out, err));
    }
    return rounds == c->rounds ? LOCL_OK
                               : locl_fail(err, LOCL_E_INTERRUPTED, "interrupted after %llu of %llu draws",
                                           (unsigned long long)rounds, (unsigned long long)c->rounds);
}

locl_status locl_audit_measure(const locl_audit_input *input, locl_audit **out, locl_error *err)
{
    comparison c = {.in = input};
    *out = NULL;
    locl_status status = run_and_report(&c, out, err);
    close_comparison(&c);
    return status;
}
