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

/* What tells work apart beside kind, name and unit. */
static const char *const fields_of_work[] = {"work", "cache", "label", "shape", "variant"};

/* Returns whether both are of the same work, done by whichever device. */
static bool is_same(const locl_bench_row *a, const locl_bench_row *b)
{
    bool same = !strcmp(a->kind, b->kind) && !strcmp(a->name, b->name) && !strcmp(a->unit, b->unit);
    for (size_t i = 0; i < sizeof fields_of_work / sizeof *fields_of_work && same; i++) {
        same = same_text(locl_bench_text(a, fields_of_work[i]), locl_bench_text(b, fields_of_work[i]));
    }
    return same;
}

/* Returns whether a row of a device has a figure that means anything beside another's. */
static bool counts(const locl_bench_row *row, const locl_bench_device *device)
{
    return row->outcome == LOCL_BENCH_DONE && row->median > 0 && !strcmp(row->device, device->device);
}

/* The other report's rows, of which each is compared once: products of one shape may be several. */
typedef struct others {
    const locl_bench_report *report;
    uint64_t *work; /* [rows]: equal where the work is, and nearly never else */
    bool *taken;    /* [rows]: compared already, or of no use */
} others;

/* Mixes a text into a hash (FNV-1a); one that is missing is another than an empty one. */
static void mix(uint64_t *hash, const char *text)
{
    do {
        *hash = (*hash ^ (text ? (unsigned char)*text : 0x100u)) * 0x100000001B3u;
    } while (text && *text++);
}

static uint64_t hash_work(const locl_bench_row *row)
{
    uint64_t hash = 0xCBF29CE484222325u;
    mix(&hash, row->kind);
    mix(&hash, row->name);
    mix(&hash, row->unit);
    for (size_t i = 0; i < sizeof fields_of_work / sizeof *fields_of_work; i++) {
        mix(&hash, locl_bench_text(row, fields_of_work[i]));
    }
    return hash;
}

static void close_others(others *o)
{
    free(o->work);
    free(o->taken);
    *o = (others){NULL, NULL, NULL};
}

static locl_status open_others(const locl_bench_report *report, const locl_bench_device *device, others *o,
                               locl_error *err)
{
    *o = (others){report, calloc(report->rows + 1, sizeof *o->work),
                  calloc(report->rows + 1, sizeof *o->taken)};
    if (!o->work || !o->taken) {
        close_others(o);
        return locl_fail_memory(err, report->rows * sizeof *o->work);
    }
    for (size_t i = 0; i < report->rows; i++) {
        o->work[i] = hash_work(&report->row[i]);
        o->taken[i] = !counts(&report->row[i], device);
    }
    return LOCL_OK;
}

/* Takes the first row that is left of the same work as `like`; NULL: there is none. */
static const locl_bench_row *take(others *o, const locl_bench_row *like)
{
    uint64_t work = hash_work(like);
    for (size_t i = 0; i < o->report->rows; i++) {
        if (!o->taken[i] && o->work[i] == work && is_same(&o->report->row[i], like)) {
            o->taken[i] = true;
            return &o->report->row[i];
        }
    }
    return NULL;
}

/* Counts the rows that are left. */
static size_t count_left(const others *o)
{
    size_t left = 0;
    for (size_t i = 0; i < o->report->rows; i++) {
        left += !o->taken[i];
    }
    return left;
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

static locl_status pair_rows(locl_compare_pair *p, others *o, locl_error *err)
{
    const locl_bench_report *base = p->base->report;
    for (size_t i = 0; i < base->rows; i++) {
        const locl_bench_row *row = &base->row[i];
        bool wanted = counts(row, p->base_device);
        const locl_bench_row *with = wanted ? take(o, row) : NULL;
        p->only_base += wanted && !with;
        if (with) {
            p->row[p->rows] = (locl_compare_row){.base = row, .other = with};
            LOCL_TRY(compare_row(&p->row[p->rows++], err));
        }
    }
    p->only_other = count_left(o);
    return LOCL_OK;
}

static locl_status add_rows(locl_compare_pair *p, locl_error *err)
{
    size_t rows = p->base->report->rows;
    others o;
    p->row = calloc(rows + 1, sizeof *p->row);
    if (!p->row) {
        return locl_fail_memory(err, rows * sizeof *p->row);
    }
    LOCL_TRY(open_others(p->other->report, p->other_device, &o, err));
    locl_status status = pair_rows(p, &o, err);
    close_others(&o);
    return status;
}

/* ---- what they add up to ---- */

static bool is_control(const locl_compare_row *r)
{
    return !strcmp(r->base->kind, "control");
}

/* Differences of controls are the machine's doing, so no smaller one is a row's. */
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

/* A clock explains the other rows, and is no speed of its own; what devices achieve together of what they could, or of
 * what was predicted, is none either. */
static bool is_speed(const locl_compare_row *r)
{
    static const char *const not_speeds[] = {"clock", "efficiency", "prediction"};
    bool other = is_control(r);
    for (size_t i = 0; i < sizeof not_speeds / sizeof *not_speeds; i++) {
        other = other || !strcmp(r->base->kind, not_speeds[i]);
    }
    return !other;
}

/* Adds the geometric mean of a kind's rows, NULL: of all. Its interval is that of rows that err independently. */
static void add_mean(locl_compare_pair *p, const char *kind)
{
    double sum = 0, variance = 0;
    size_t rows = 0;
    for (size_t i = 0; i < p->rows; i++) {
        const locl_compare_row *r = &p->row[i];
        if (is_speed(r) && (!kind || !strcmp(r->base->kind, kind))) {
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
        bool seen = !is_speed(&p->row[i]);
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
    note_fingerprint(p, "preset", "other networks (%.60s, %.60s)");
    note_fingerprint(p, "rule", "other rules (%.60s, %.60s)");
    note_fingerprint(p, "precision", "other precision (%.16s, %.16s)");
    if (!same_text(p->base->report->config, p->other->report->config)) {
        add_note(p, "other configurations (%.120s, %.120s)", p->base->report->config,
                 p->other->report->config);
    }
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
        if (!strcmp(report->device[i].id, like->id) && !strcmp(report->device[i].name, like->name)) {
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
