#include "locl/compare.h"

#include "base/error.h"
#include "bench/statistics.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double least_noise = 0.025, level = 0.05;

const char *locl_compare_verdict_text(locl_compare_verdict verdict)
{
#define TEXT(id, text) text,
    static const char *const texts[] = {LOCL_COMPARE_TABLE(TEXT)};
#undef TEXT
    return texts[verdict];
}

/* ---- rows ---- */

/* Returns whether less is better. */
static bool less_is_better(const locl_bench_row *row)
{
    static const char *const units[] = {"us", "ms", "s", "J", "MiB"};
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (!strcmp(row->unit, units[i])) {
            return true;
        }
    }
    return false;
}

static bool same_text(const char *a, const char *b)
{
    return (!a && !b) || (a && b && !strcmp(a, b));
}

/* Returns whether both are of the same work, done by whichever device. */
static bool is_same(const locl_bench_row *a, const locl_bench_row *b)
{
    return !strcmp(a->kind, b->kind) && !strcmp(a->name, b->name) && !strcmp(a->unit, b->unit) &&
           same_text(locl_bench_text(a, "work"), locl_bench_text(b, "work")) &&
           same_text(locl_bench_text(a, "cache"), locl_bench_text(b, "cache")) &&
           same_text(locl_bench_text(a, "label"), locl_bench_text(b, "label")) &&
           same_text(locl_bench_text(a, "shape"), locl_bench_text(b, "shape")) &&
           same_text(locl_bench_text(a, "variant"), locl_bench_text(b, "variant"));
}

/* Returns whether a row of a device has a figure that means anything beside another's. */
static bool counts(const locl_bench_row *row, const locl_bench_device *device)
{
    return row->outcome == LOCL_BENCH_DONE && row->median > 0 && !strcmp(row->device, device->device);
}

/* Returns row number `nth`, from 0, of those that are of the same work as `like`; NULL: there are fewer. */
static const locl_bench_row *find(const locl_bench_report *report, const locl_bench_device *device,
                                  const locl_bench_row *like, size_t nth)
{
    for (size_t i = 0; i < report->rows; i++) {
        const locl_bench_row *row = &report->row[i];
        if (counts(row, device) && is_same(row, like) && nth-- == 0) {
            return row;
        }
    }
    return NULL;
}

/* Counts the rows before `row` that are of the same work: products of one shape may be several. */
static size_t count_before(const locl_bench_report *report, const locl_bench_device *device, size_t row)
{
    size_t found = 0;
    for (size_t i = 0; i < row; i++) {
        found += counts(&report->row[i], device) && is_same(&report->row[i], &report->row[row]);
    }
    return found;
}

/* Compares the samples, or the medians where there are too few. */
static locl_status compare_row(locl_compare_row *r, locl_error *err)
{
    const locl_bench_row *under = less_is_better(r->base) ? r->other : r->base,
                         *over = less_is_better(r->base) ? r->base : r->other;
    locl_ratio ratio;
    r->p = 1;
    if (r->base->samples < LOCL_COMPARE_LEAST || r->other->samples < LOCL_COMPARE_LEAST) {
        r->speed = (locl_compare_speed){over->median / under->median, NAN, NAN};
        r->verdict = LOCL_COMPARE_FEW;
        return LOCL_OK;
    }
    LOCL_TRY(locl_ratio_of(under->sample, under->samples, over->sample, over->samples, &ratio, err));
    r->speed = (locl_compare_speed){ratio.ratio, ratio.low, ratio.high};
    r->p = ratio.p;
    return LOCL_OK;
}

static locl_status add_rows(locl_compare_pair *p, locl_error *err)
{
    const locl_bench_report *base = p->base->report, *other = p->other->report;
    size_t theirs = 0;
    p->row = calloc(base->rows + 1, sizeof *p->row);
    if (!p->row) {
        return locl_fail_memory(err, base->rows * sizeof *p->row);
    }
    for (size_t i = 0; i < base->rows; i++) {
        const locl_bench_row *row = &base->row[i];
        const locl_bench_row *with = NULL;
        if (counts(row, p->base_device)) {
            with = find(other, p->other_device, row, count_before(base, p->base_device, i));
            p->only_base += !with;
        }
        if (with) {
            p->row[p->rows] = (locl_compare_row){.base = row, .other = with};
            LOCL_TRY(compare_row(&p->row[p->rows++], err));
        }
    }
    for (size_t i = 0; i < other->rows; i++) {
        theirs += counts(&other->row[i], p->other_device);
    }
    p->only_other = theirs > p->rows ? theirs - p->rows : 0;
    return LOCL_OK;
}

/* ---- what they add up to ---- */

static bool is_control(const locl_compare_row *r)
{
    return !strcmp(r->base->kind, "control");
}

/* Differences of the control are the machine's doing, so no smaller one is a row's. */
static double noise_of(const locl_compare_pair *p)
{
    double noise = least_noise;
    for (size_t i = 0; i < p->rows && p->same_device; i++) {
        double apart = fabs(log(p->row[i].speed.ratio));
        noise = is_control(&p->row[i]) && apart > noise ? apart : noise;
    }
    return noise;
}

static void judge(locl_compare_pair *p, locl_compare_row *r)
{
    if (r->verdict != LOCL_COMPARE_FEW) {
        bool differs = r->p < level && fabs(log(r->speed.ratio)) > p->noise;
        r->verdict = !differs               ? LOCL_COMPARE_NOISE
                     : r->speed.ratio > 1.0 ? LOCL_COMPARE_FASTER
                                            : LOCL_COMPARE_SLOWER;
    }
    p->few += r->verdict == LOCL_COMPARE_FEW;
    p->faster += r->verdict == LOCL_COMPARE_FASTER;
    p->slower += r->verdict == LOCL_COMPARE_SLOWER;
    p->alike += r->verdict == LOCL_COMPARE_NOISE;
}

/* Corrects the chances for the number of rows, and judges each. */
static locl_status judge_all(locl_compare_pair *p, locl_error *err)
{
    double *chance = calloc(p->rows + 1, sizeof *chance);
    if (!chance) {
        return locl_fail_memory(err, p->rows * sizeof *chance);
    }
    for (size_t i = 0; i < p->rows; i++) {
        chance[i] = p->row[i].p;
    }
    locl_status status = locl_holm(chance, p->rows, err);
    p->noise = noise_of(p);
    for (size_t i = 0; i < p->rows && status == LOCL_OK; i++) {
        p->row[i].p = chance[i];
        judge(p, &p->row[i]);
    }
    free(chance);
    return status;
}

/* Adds the geometric mean of a kind's rows, NULL: of all. Its interval is that of rows that err independently. */
static void add_mean(locl_compare_pair *p, const char *kind)
{
    double sum = 0, variance = 0;
    size_t rows = 0;
    for (size_t i = 0; i < p->rows; i++) {
        const locl_compare_row *r = &p->row[i];
        if (!is_control(r) && (!kind || !strcmp(r->base->kind, kind))) {
            double half = 0.5 * log(r->speed.high / r->speed.low);
            sum += log(r->speed.ratio);
            variance += half * half;
            rows++;
        }
    }
    if (rows > 0 && p->means < LOCL_COMPARE_KINDS) {
        double mean = sum / (double)rows, half = sqrt(variance) / (double)rows;
        p->mean[p->means++] = (locl_compare_mean){
            .kind = kind, .rows = rows, .speed = {exp(mean), exp(mean - half), exp(mean + half)}};
    }
}

static void add_means(locl_compare_pair *p)
{
    add_mean(p, NULL);
    for (size_t i = 0; i < p->rows; i++) {
        bool seen = is_control(&p->row[i]);
        for (size_t m = 1; m < p->means; m++) {
            seen = seen || !strcmp(p->mean[m].kind, p->row[i].base->kind);
        }
        if (!seen) {
            add_mean(p, p->row[i].base->kind);
        }
    }
}

/* ---- what else differs ---- */

static void add_note(locl_compare_pair *p, const char *format, const char *a, const char *b)
{
    size_t length = strlen(p->note);
    if (length + 3 < sizeof p->note) {
        length += (size_t)snprintf(p->note + length, sizeof p->note - length, "%s", length ? "; " : "");
        snprintf(p->note + length, sizeof p->note - length, format, a, b);
    }
}

static void note_fingerprint(locl_compare_pair *p, const char *name, const char *what)
{
    const char *a = locl_bench_group_text(p->base->report, LOCL_BENCH_FINGERPRINT, name);
    const char *b = locl_bench_group_text(p->other->report, LOCL_BENCH_FINGERPRINT, name);
    if (a && b && strcmp(a, b) != 0) {
        add_note(p, what, a, b);
    }
}

static void note_differences(locl_compare_pair *p)
{
    const char *a = locl_bench_device_text(p->base_device, "disturbed");
    const char *b = locl_bench_device_text(p->other_device, "disturbed");
    note_fingerprint(p, "kernels", "other kernels (%.4s, %.4s)");
    note_fingerprint(p, "rule", "other rules (%.60s, %.60s)");
    note_fingerprint(p, "precision", "other precision (%.16s, %.16s)");
    if (strcmp(p->base->report->version, p->other->report->version) != 0) {
        add_note(p, "locl %s and %s", p->base->report->version, p->other->report->version);
    }
    if (p->same_device && strcmp(p->base_device->driver, p->other_device->driver) != 0) {
        add_note(p, "drivers %.60s and %.60s", p->base_device->driver, p->other_device->driver);
    }
    if (a) {
        add_note(p, "%.40s was disturbed: %.120s", p->base->name, a);
    }
    if (b) {
        add_note(p, "%.40s was disturbed: %.120s", p->other->name, b);
    }
}

/* ---- pairs ---- */

static const locl_bench_device *same_device(const locl_bench_report *report, const locl_bench_device *like)
{
    for (size_t i = 0; i < report->devices; i++) {
        if (!strcmp(report->device[i].id, like->id)) {
            return &report->device[i];
        }
    }
    return NULL;
}

static locl_status add_pair(locl_compare *c, const locl_compare_input *base, const locl_compare_input *other,
                            const locl_bench_device *device, locl_error *err)
{
    const locl_bench_device *same = base == other ? NULL : same_device(base->report, device);
    locl_compare_pair *p = &c->pair[c->pairs++];
    *p = (locl_compare_pair){.base = base,
                             .other = other,
                             .base_device = same ? same : &base->report->device[0],
                             .other_device = device,
                             .same_device = same != NULL};
    LOCL_TRY(add_rows(p, err));
    LOCL_TRY(judge_all(p, err));
    add_means(p);
    note_differences(p);
    return LOCL_OK;
}

static locl_status add_pairs(locl_compare *c, const locl_compare_input *input, size_t inputs, locl_error *err)
{
    for (size_t i = 0; i < inputs; i++) {
        const locl_bench_report *report = input[i].report;
        for (size_t d = i == 0 ? 1 : 0; d < report->devices; d++) {
            if (i > 0 || inputs == 1) {
                LOCL_TRY(add_pair(c, &input[0], &input[i], &report->device[d], err));
            }
        }
    }
    return LOCL_OK;
}

locl_status locl_compare_open(const locl_compare_input *input, size_t inputs, locl_compare **out,
                              locl_error *err)
{
    LOCL_OWN_ERROR(err);
    size_t most = 1;
    *out = NULL;
    for (size_t i = 0; i < inputs; i++) {
        most += input[i].report->devices;
    }
    if (inputs == 0 || input[0].report->devices == 0 || most < 3) {
        locl_fail(err, LOCL_E_USAGE, "there is nothing to compare: there should be two devices or two files");
        return locl_remedy(err, "locl bench --compare BEFORE.json AFTER.json");
    }
    locl_compare *c = calloc(1, sizeof *c);
    locl_compare_pair *pair = calloc(most, sizeof *pair);
    if (!c || !pair) {
        free(c);
        free(pair);
        return locl_fail_memory(err, most * sizeof *pair);
    }
    c->pair = pair;
    locl_status status = add_pairs(c, input, inputs, err);
    if (status != LOCL_OK) {
        locl_compare_close(c);
        return status;
    }
    *out = c;
    return LOCL_OK;
}

void locl_compare_close(locl_compare *c)
{
    for (size_t i = 0; c && i < c->pairs; i++) {
        free(c->pair[i].row);
    }
    if (c) {
        free(c->pair);
    }
    free(c);
}
