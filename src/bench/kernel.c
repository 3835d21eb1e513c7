/* locl bench kernel: rows of the table of kernels (src/check), each alone on the shapes of the presets, checked
 * against its reference before it is timed. */
#include "bench/bench.h"

#include "base/text.h"
#include "bench/race.h"
#include "check/check.h"

#include <fnmatch.h>
#include <stdlib.h>

enum { SEED = 41 };

static void add_row(const locl_bench_job *job, const locl_op *op, const char *shape, const char *variant,
                    const locl_op_counts *count, const locl_spread *seconds, const locl_peak *peaks)
{
    locl_report *report = job->report;
    double floor = locl_peak_floor(peaks, count->flops, count->bytes, count->launches);
    const locl_report_head head = {job->device->selector, "kernel", "us", floor / seconds->median};
    locl_report_add(report, &head, seconds, LOCL_REPORT_TIME, 1e6, "%s", op->name);
    locl_report_text(report, "variant", variant);
    locl_report_text(report, "shape", shape);
    locl_report_number(report, "launches", count->launches);
    locl_report_number(report, "flops", count->flops);
    locl_report_number(report, "bytes", count->bytes);
    locl_report_number(report, "floor", 1e6 * floor);
    locl_report_number(report, "gflop_per_second", 1e-9 * count->flops / seconds->median);
    locl_report_number(report, "gb_per_second", 1e-9 * count->bytes / seconds->median);
}

/* A row on a shape, in the variants that are compared. */
typedef struct subject {
    const locl_op *op;
    size_t dim[LOCL_OP_DIMS];
    char shape[LOCL_OP_SHAPE_TEXT];
    const locl_op_variant **variant; /* [count] */
    locl_op_runner *runner;          /* [count] */
    size_t count;
} subject;

static locl_status check_subject(const locl_bench_job *job, const subject *s, locl_error *err)
{
    const locl_check check = {.device = job->device};
    locl_check_result result;
    LOCL_TRY(locl_check_shape(&check, s->op, s->dim, SEED, s->variant, s->count, &result, err));
    return result.passed ? LOCL_OK
                         : locl_fail(err, LOCL_E_FAILED, "a kernel computes wrong values: %s", result.text);
}

static locl_status race_subject(locl_bench_job *job, subject *s, locl_bench_race *race, locl_error *err)
{
    for (size_t i = 0; i < s->count; i++) {
        LOCL_TRY(locl_op_runner_open(s->op, s->dim, SEED, job->device, s->variant[i], &s->runner[i], err));
        locl_bench_race_enter(race, locl_op_runner_enter(&s->runner[i]));
    }
    LOCL_TRY(locl_bench_race_calibrate(race, err));
    LOCL_TRY(locl_bench_race_run(race, job, err));
    for (size_t i = 0; i < s->count; i++) {
        locl_spread spread = locl_bench_race_spread(race, i);
        add_row(job, s->op, s->shape, s->variant[i]->name, &s->runner[i].count, &spread, &race->peaks);
    }
    return LOCL_OK;
}

static locl_status bench_shape(locl_bench_job *job, locl_bench_race *race, const locl_op *op,
                               const char *shape, locl_error *err)
{
    subject s = {.op = op,
                 .variant = calloc(op->rivals, sizeof(*s.variant)),
                 .runner = calloc(op->rivals, sizeof *s.runner)};
    locl_status status;
    if (!s.variant || !s.runner) {
        status = locl_fail_memory(err, op->rivals * sizeof *s.runner);
        goto fail;
    }
    for (size_t i = 0; i < op->rivals; i++) {
        if (!locl_op_variant_idle(op, &op->variant[i], &job->device->caps)) {
            s.variant[s.count++] = &op->variant[i];
        }
    }
    LOCL_TRY_GOTO(status, locl_op_shape_parse(op, shape, s.dim, err));
    locl_op_shape_print(op, s.dim, s.shape, sizeof s.shape);
    LOCL_TRY_GOTO(status, check_subject(job, &s, err));
    status = race_subject(job, &s, race, err);
fail:
    locl_bench_race_clear(race);
    for (size_t i = 0; i < s.count && s.runner; i++) {
        locl_op_runner_close(&s.runner[i]);
    }
    free(s.runner);
    free(s.variant);
    return status;
}

static locl_status bench_row(locl_bench_job *job, locl_bench_race *race, const locl_op *op, locl_error *err)
{
    locl_bench_tell(job, op->name);
    for (size_t i = op->shapes - (op->presets ? op->presets : 1); i < op->shapes; i++) {
        LOCL_TRY(bench_shape(job, race, op, op->shape[i], err));
    }
    return LOCL_OK;
}

/* Whether a row is asked for, and the device has what one of its rivals takes. */
static bool is_wanted(const locl_bench_job *job, const locl_op *op)
{
    bool runs = false;
    for (size_t i = 0; i < op->rivals; i++) {
        runs = runs || !locl_op_variant_idle(op, &op->variant[i], &job->device->caps);
    }
    return runs && (!job->setup->only || fnmatch(job->setup->only, op->name, 0) == 0);
}

locl_status locl_bench_kernel(locl_bench_job *job, locl_error *err)
{
    size_t rows = 0, most = 0;
    locl_bench_race race;
    locl_status status;
    for (const locl_op *const *op = locl_ops; *op; op++) {
        rows += is_wanted(job, *op);
        most = (*op)->rivals > most ? (*op)->rivals : most;
    }
    if (rows == 0) {
        locl_fail(err, LOCL_E_USAGE, "no row of the table of kernels is called %s", job->setup->only);
        return locl_remedy(err, "a row's name or a shell pattern, as 'layernorm_*', of what the device has; "
                                "docs/kernels.md has more");
    }
    LOCL_TRY_GOTO(status, locl_bench_race_open(job, most, &race, err));
    for (const locl_op *const *op = locl_ops; *op && status == LOCL_OK; op++) {
        status = is_wanted(job, *op) ? bench_row(job, &race, *op, err) : LOCL_OK;
    }
    if (status == LOCL_OK) {
        locl_bench_race_report(&race, job);
    }
fail:
    locl_bench_race_close(&race);
    return status;
}
