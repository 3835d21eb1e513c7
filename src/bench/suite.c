/* locl bench: the suite of a device, in this process. */
#include "bench/suite.h"

#include "base/clock.h"
#include "base/file.h"
#include "bench/machine.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { QUICK_LEAST = 3, QUICK_ROUNDS = 3 };

static const double usual_seconds = 90, usual_spread = 0.025;

static const locl_suite_part *const parts[] = {&locl_suite_peaks, &locl_suite_transfers,
                                               &locl_suite_trainings, &locl_suite_products,
                                               &locl_suite_kernels};
enum { PARTS = sizeof parts / sizeof parts[0] };

/* ---- rows ---- */

static locl_suite_row *add_row(locl_suite *suite, const locl_suite_row *row)
{
    locl_suite_row *copy = suite->rows < LOCL_SUITE_ROWS ? malloc(sizeof *copy) : NULL;
    if (!copy) {
        suite->failed = suite->rows < LOCL_SUITE_ROWS ? true : suite->failed;
        return NULL;
    }
    *copy = *row;
    suite->row[suite->rows++] = copy;
    return copy;
}

/* Keeps what the peaks are thought to be before the race, for what may be too slow for it. */
static void keep_peak(locl_suite *suite, const locl_suite_row *row)
{
    double seconds = row->runner.estimate;
    if (!row->peak || !(seconds > 0)) {
        return;
    }
    if (!strcmp(row->name, "fma")) {
        suite->flops = row->scale * 1e9 / seconds;
    } else if (!strcmp(row->name, "copy")) {
        suite->bytes = row->scale * 1e9 / seconds;
    } else if (!strcmp(row->name, "launch")) {
        suite->launch = seconds;
    }
}

locl_suite_row *locl_suite_add(locl_suite *suite, const locl_suite_row *given, locl_race_runner runner)
{
    locl_suite_row *row = add_row(suite, given);
    char what[128];
    if (!row) {
        return NULL;
    }
    row->runner.sample = runner.sample;
    row->runner.user = runner.user;
    row->runner.least = runner.least;
    snprintf(what, sizeof what, "%s %s", row->kind, row->name);
    locl_bench_tell(suite->job, what);
    locl_steady_prepare(&row->runner, locl_suite_share(suite), suite->options.least);
    keep_peak(suite, row);
    return row;
}

locl_suite_row *locl_suite_put(locl_suite *suite, const locl_suite_row *given, const double *value,
                               size_t count)
{
    locl_suite_row *row = add_row(suite, given);
    double *copy = row ? malloc(count * sizeof *copy) : NULL;
    if (copy) {
        memcpy(copy, value, count * sizeof *copy);
        row->runner.seconds = copy;
        row->runner.samples = count;
    }
    suite->failed = suite->failed || (row && !copy);
    return row;
}

void locl_suite_miss(locl_suite *suite, const char *kind, const char *name, locl_bench_outcome outcome,
                     const char *format, ...)
{
    char reason[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(reason, sizeof reason, format, args);
    va_end(args);
    locl_suite_row row = {.kind = kind, .unit = "", .outcome = outcome};
    snprintf(row.name, sizeof row.name, "%s", name);
    row.reason = strdup(reason);
    if (!row.reason || !add_row(suite, &row)) {
        suite->failed = true;
        free(row.reason);
    }
}

void locl_suite_fail(locl_suite *suite, const char *kind, const char *name, const locl_error *err)
{
    locl_suite_miss(suite, kind, name,
                    err->status == LOCL_E_TOO_LARGE ? LOCL_BENCH_SKIPPED : LOCL_BENCH_ERROR, "%s%s%.900s",
                    err->where, err->where[0] ? ": " : "", err->message);
}

void locl_suite_number(locl_suite *suite, locl_suite_row *row, const char *name, double value)
{
    suite->failed = suite->failed || (row && !locl_fields_number(&row->fields, name, value));
}

void locl_suite_text(locl_suite *suite, locl_suite_row *row, const char *name, const char *text)
{
    suite->failed = suite->failed || (row && !locl_fields_text(&row->fields, name, text));
}

double locl_suite_share(const locl_suite *suite)
{
    return 0.3 * suite->options.seconds;
}

/* ---- what comes of them ---- */

static locl_suite_row *find(const locl_suite *suite, const char *kind, const char *name)
{
    for (size_t i = 0; i < suite->rows; i++) {
        if (!strcmp(suite->row[i]->kind, kind) && !strcmp(suite->row[i]->name, name)) {
            return suite->row[i];
        }
    }
    return NULL;
}

/* Returns the median seconds of a row, 0 where it has none. */
static double median_of(const locl_suite *suite, const char *kind, const char *name)
{
    const locl_suite_row *row = find(suite, kind, name);
    locl_spread s = {.median = 0};
    locl_error err;
    if (row && row->runner.samples &&
        locl_steady_spread(row->runner.seconds, row->runner.samples, &s, &err) != LOCL_OK) {
        s.median = 0;
    }
    return s.median;
}

/* Sets the peaks to what the race has measured so far. */
static void measure_peaks(locl_suite *suite)
{
    double fma = median_of(suite, "peak", "fma"), copy = median_of(suite, "peak", "copy"),
           launch = median_of(suite, "peak", "launch");
    suite->flops = fma > 0 ? find(suite, "peak", "fma")->scale * 1e9 / fma : suite->flops;
    suite->bytes = copy > 0 ? find(suite, "peak", "copy")->scale * 1e9 / copy : suite->bytes;
    suite->launch = launch > 0 ? launch : suite->launch;
}

static double floor_of(const locl_suite *suite, const locl_suite_row *row)
{
    double compute = suite->flops > 0 ? row->floor_flops / suite->flops : 0;
    double memory = suite->bytes > 0 ? row->floor_bytes / suite->bytes : 0;
    return (compute > memory ? compute : memory) + row->floor_launches * suite->launch;
}

/* Says in words what is not as it should be with the samples. */
static void add_note(locl_report *report, const locl_suite_row *row, const locl_spread *s, size_t outliers)
{
    const locl_steady_runner *r = &row->runner;
    char note[256] = "";
    int length = 0;
    if (!r->steady) {
        length = snprintf(note, sizeof note, "not steady: quartiles %.1f %% apart",
                          100 * (s->q3 - s->q1) / s->median);
    }
    if (outliers) {
        length += snprintf(note + length, sizeof note - (size_t)length, "%s%zu outlier%s", length ? "; " : "",
                           outliers, outliers == 1 ? "" : "s");
    }
    if (r->first > 2 * s->median) {
        length += snprintf(note + length, sizeof note - (size_t)length, "%sfirst run took %.3g times as long",
                           length ? "; " : "", r->first / s->median);
    }
    if (!r->warm) {
        snprintf(note + length, sizeof note - (size_t)length, "%snever warmed up", length ? "; " : "");
    }
    if (note[0]) {
        locl_report_text(report, "note", note);
    }
}

/* Adds what the race says of a row. */
static void add_timing(locl_report *report, const locl_suite_row *row, const locl_spread *s)
{
    size_t outliers = locl_steady_outliers(row->runner.seconds, row->runner.samples, s);
    locl_report_number(report, "us", 1e6 * s->median);
    locl_report_number(report, "spread", (s->q3 - s->q1) / s->median);
    locl_report_number(report, "outliers", (double)outliers);
    locl_report_number(report, "first_us", 1e6 * row->runner.first);
    locl_report_number(report, "warm_up", (double)row->runner.warm_up);
    locl_report_number(report, "replays", (double)row->runner.replays);
    add_note(report, row, s, outliers);
}

static void add_fields(locl_report *report, const locl_suite *suite, const locl_suite_row *row,
                       const locl_spread *s)
{
    for (size_t i = 0; i < row->fields.count; i++) {
        const locl_bench_field *f = &row->fields.field[i];
        f->text ? locl_report_text(report, f->name, f->text) : locl_report_number(report, f->name, f->number);
    }
    if (row->work[0]) {
        locl_report_text(report, "work", row->work);
    }
    if (row->images > 0) {
        locl_report_number(report, "images_per_second", row->images / s->median);
        locl_report_number(report, "floor", 1e3 * floor_of(suite, row));
    }
    if (row->runner.sample) {
        add_timing(report, row, s);
    }
}

static locl_status add_timed(const locl_suite *suite, const locl_suite_row *row, locl_report *report,
                             locl_error *err)
{
    locl_spread s;
    LOCL_TRY(locl_steady_spread(row->runner.seconds, row->runner.samples, &s, err));
    const locl_report_head head = {suite->job->device->selector, row->kind, row->unit,
                                   row->peak ? 1 : floor_of(suite, row) / s.median};
    locl_report_add(report, &head, &s, row->sense, row->scale, "%s", row->name);
    locl_report_seconds(report, row->runner.seconds, row->runner.samples, row->sense, row->scale);
    add_fields(report, suite, row, &s);
    return LOCL_OK;
}

static locl_status report_row(const locl_suite *suite, const locl_suite_row *row, locl_report *report,
                              locl_error *err)
{
    const locl_report_head head = {suite->job->device->selector, row->kind, row->unit, 0};
    char text[1024];
    if (row->reason) {
        locl_report_fail(report, &head, row->outcome, row->reason, row->name);
    } else if (row->runner.failed) {
        const locl_error *failed = row->runner.failed;
        snprintf(text, sizeof text, "%s%s%.900s", failed->where, failed->where[0] ? ": " : "",
                 failed->message);
        locl_report_fail(report, &head, LOCL_BENCH_ERROR, text, row->name);
    } else if (row->runner.too_slow) {
        snprintf(text, sizeof text,
                 "a run takes %.3g s: %zu samples would take longer than their share of %g s",
                 row->runner.first, suite->options.least, suite->options.seconds);
        locl_report_fail(report, &head, LOCL_BENCH_SKIPPED, text, row->name);
    } else if (row->runner.samples == 0) {
        locl_report_fail(report, &head, LOCL_BENCH_SKIPPED, "it was not its turn yet", row->name);
    } else {
        return add_timed(suite, row, report, err);
    }
    return LOCL_OK;
}

static locl_status report_all(locl_suite *suite, locl_report *report, locl_error *err)
{
    measure_peaks(suite);
    for (size_t i = 0; i < suite->rows; i++) {
        LOCL_TRY(report_row(suite, suite->row[i], report, err));
    }
    return suite->failed ? locl_fail_memory(err, sizeof(locl_suite_row)) : locl_report_status(report, err);
}

/* Writes the report as it is so far, for whoever waits for this process. */
static locl_status write_partial(locl_suite *suite, locl_error *err)
{
    const locl_bench_job *job = suite->job;
    locl_report *report;
    char *json = NULL;
    if (!job->setup->partial) {
        return LOCL_OK;
    }
    LOCL_TRY(locl_report_open(LOCL_BENCH_SUITE, job->report->config, &report, err));
    locl_report_add_device(report, job->device);
    locl_status status = report_all(suite, report, err);
    status = status == LOCL_OK ? locl_bench_to_json(&report->public, &json, err) : status;
    status = status == LOCL_OK ? locl_file_write(job->setup->partial, json, strlen(json), err) : status;
    free(json);
    locl_bench_free(&report->public);
    return status;
}

/* ---- the race ---- */

static locl_status tell_round(void *user, size_t round, size_t steady, locl_error *err)
{
    locl_suite *suite = user;
    char what[64];
    snprintf(what, sizeof what, "round %zu of at most %zu: %zu of %zu rows done", round,
             suite->options.rounds, steady, suite->rows);
    locl_bench_tell(suite->job, what);
    return write_partial(suite, err);
}

/* What limits the other rows: multiply-adds, and memory, which a machine may share with others. */
static const char *const controls[] = {"fma", "copy"};
enum { CONTROLS = sizeof controls / sizeof controls[0] };

/* Times a peak twice, as if it were two: how far they differ is the machine's doing. */
static void add_control(locl_suite *suite, const char *name)
{
    const locl_suite_row *peak = find(suite, "peak", name);
    if (peak && !peak->runner.failed && !peak->reason) {
        locl_suite_row control = *peak;
        control.kind = "control";
        control.fields = (locl_fields){0};
        control.runner = (locl_steady_runner){.control = true};
        locl_suite_row *row = locl_suite_add(suite, &control,
                                             (locl_race_runner){.sample = peak->runner.sample,
                                                                .user = peak->runner.user,
                                                                .least = peak->runner.least});
        if (row) {
            row->runner.control = true;
        }
    }
}

/* Returns how far a control's later half is from its earlier one: 0.03 for 3 %. NAN: not known. */
static double drift_of(const locl_suite_row *control, locl_error *err)
{
    locl_spread early, late;
    size_t half = control ? control->runner.samples / 2 : 0;
    const double *seconds = control ? control->runner.seconds : NULL;
    if (half == 0 || locl_steady_spread(seconds, half, &early, err) != LOCL_OK ||
        locl_steady_spread(seconds + half, control->runner.samples - half, &late, err) != LOCL_OK) {
        return NAN;
    }
    return late.median / early.median - 1;
}

/* Adds to the device what the machine did meanwhile, and whether that disturbed. */
static void describe_load(const locl_suite *suite, const locl_machine_load *from, locl_report *report)
{
    enum { DISTURBING = 4 }; /* a fourth of a processor */
    const char *name = suite->job->device->selector;
    locl_error err;
    locl_machine_load to = locl_machine_load_now();
    double others = locl_machine_others(from, &to), drift = NAN;
    for (size_t i = 0; i < CONTROLS; i++) {
        double one = drift_of(find(suite, "control", controls[i]), &err);
        drift = isnan(drift) || fabs(one) > fabs(drift) ? one : drift;
    }
    locl_report_device_number(report, name, "load_before", from->average);
    locl_report_device_number(report, name, "load_after", to.average);
    locl_report_device_number(report, name, "other_processors", others);
    locl_report_device_number(report, name, "control_drift", drift);
    locl_report_device_number(report, name, "seconds", to.clock - from->clock);
    if (others > 1.0 / DISTURBING || fabs(drift) > 0.05) {
        char text[160];
        snprintf(text, sizeof text, "others kept %.2g processors busy; a control drifted by %.1f %%", others,
                 100 * drift);
        locl_report_device_text(report, name, "disturbed", text);
    }
}

static void describe_device(const locl_device *device, locl_report *report)
{
    const locl_caps *caps = &device->caps;
    const char *name = device->selector;
    locl_report_device_text(report, name, "type",
                            caps->type & CL_DEVICE_TYPE_GPU   ? "gpu"
                            : caps->type & CL_DEVICE_TYPE_CPU ? "cpu"
                                                              : "accelerator");
    locl_report_device_text(report, name, "vendor", device->vendor);
    locl_report_device_number(report, name, "units", caps->units);
    locl_report_device_number(report, name, "clock_mhz", caps->clock_mhz);
    locl_report_device_number(report, name, "memory", (double)caps->memory);
}

static locl_status race(locl_suite *suite, locl_error *err)
{
    locl_steady_runner *runner[LOCL_SUITE_ROWS];
    size_t count = 0;
    for (size_t i = 0; i < suite->rows; i++) {
        if (!suite->row[i]->reason) {
            runner[count++] = &suite->row[i]->runner;
        }
    }
    LOCL_TRY(write_partial(suite, err));
    return locl_steady_run(runner, count, &suite->options, err);
}

static void open_part(locl_suite *suite, const locl_suite_part *part, void **state)
{
    locl_error err = {0};
    *state = NULL;
    locl_bench_tell(suite->job, part->kind);
    if (part->open(suite, state, &err) != LOCL_OK) {
        locl_suite_fail(suite, part->kind, "all", &err);
    }
}

static void close_rows(locl_suite *suite)
{
    for (size_t i = 0; i < suite->rows; i++) {
        locl_steady_release(&suite->row[i]->runner);
        locl_fields_free(&suite->row[i]->fields);
        free(suite->row[i]->reason);
        free(suite->row[i]);
    }
}

static locl_steady_options options_of(const locl_bench_job *job)
{
    const locl_bench_setup *s = job->setup;
    locl_steady_options o = {.rounds = s->quick && !s->rounds ? QUICK_ROUNDS : job->race.rounds,
                             .least = s->quick ? QUICK_LEAST : LOCL_STEADY_LEAST,
                             .seconds = s->seconds > 0 ? s->seconds : usual_seconds,
                             .spread = usual_spread,
                             .seed = s->seed,
                             .tell = tell_round};
    o.least = o.least < o.rounds ? o.least : o.rounds;
    return o;
}

locl_status locl_bench_suite(locl_bench_job *job, locl_error *err)
{
    locl_suite *suite = calloc(1, sizeof *suite);
    void *state[PARTS];
    locl_machine_load from = locl_machine_load_now();
    if (!suite) {
        return locl_fail_memory(err, sizeof *suite);
    }
    *suite = (locl_suite){.job = job, .options = options_of(job)};
    suite->options.user = suite;
    for (int p = 0; p < PARTS; p++) {
        open_part(suite, parts[p], &state[p]);
    }
    for (size_t i = 0; i < CONTROLS; i++) {
        add_control(suite, controls[i]);
    }
    locl_status status = race(suite, err);
    if (status == LOCL_OK) {
        locl_suite_energy(suite);
    }
    status = status == LOCL_OK ? report_all(suite, job->report, err) : status;
    describe_device(job->device, job->report);
    describe_load(suite, &from, job->report);
    for (int p = PARTS; p > 0; p--) {
        parts[p - 1]->close(state[p - 1]);
    }
    close_rows(suite);
    free(suite);
    return status;
}
