#include "doctor/verify_child.h"

#include "base/json.h"
#include "check/case.h"
#include "check/check.h"
#include "check/floats.h"
#include "check/measure.h"
#include "check/passport.h"
#include "device/inventory.h"
#include "doctor/tell.h"

#include <fnmatch.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SEED = 41, MOST_VARIANTS = 16, SOON = 1 << 18, LARGEST_SHAPE = 1 << 21 };

/* ---- which devices ---- */

static void tell_error(const locl_error *err)
{
    locl_tell(json_pack("{s:i, s:o, s:o, s:o}", "error", (int)err->status, "where",
                        locl_json_text(err->where), "message", locl_json_text(err->message), "remedy",
                        locl_json_text(err->remedy)));
}

/* Opens what was chosen, so that it is known by the selectors that devices have. */
static locl_status select_chosen(const char *selectors, json_t *out, locl_error *err)
{
    locl_devices *devices = NULL;
    LOCL_TRY(selectors[0] ? locl_devices_open_text(selectors, &devices, err)
                          : locl_devices_open(NULL, 0, &devices, err));
    for (size_t i = 0; i < devices->count; i++) {
        json_array_append_new(out, json_string(devices->device[i]->selector));
    }
    locl_devices_close(devices);
    return LOCL_OK;
}

static locl_status select_all(json_t *out, locl_error *err)
{
    locl_inventory *inventory = NULL;
    LOCL_TRY(locl_inventory_open(LOCL_INVENTORY_LIST, &inventory, err));
    for (size_t i = 0; i < inventory->count; i++) {
        json_array_append_new(out, json_string(inventory->info[i].selector));
    }
    locl_inventory_close(inventory);
    if (!json_array_size(out)) {
        locl_fail(err, LOCL_E_NODEVICE, "there is no OpenCL device");
        return locl_remedy(err, "locl doctor says why, and what to do");
    }
    return LOCL_OK;
}

void locl_verify_select(const char *selectors)
{
    const char *set = getenv("LOCL_DEVICES");
    locl_error err = {0};
    json_t *out = json_array();
    locl_tell_doing("looking for devices");
    bool chosen = selectors[0] || (set && set[0]);
    if ((chosen ? select_chosen(selectors, out, &err) : select_all(out, &err)) == LOCL_OK) {
        locl_tell(json_pack("{s:O}", "selected", out));
    } else {
        tell_error(&err);
    }
    json_decref(out);
}

/* ---- one kernel in one variant ---- */

/* What was found of a variant so far. */
typedef struct tally {
    const locl_op_variant *variant;
    size_t shapes, runs;
    locl_op_measure worst;
    double tolerated;
    bool deterministic;
    size_t bad, lost;   /* outputs of poisoned inputs that are no numbers in the reference; finite here */
    char failure[2048]; /* the first; "" */
    char again[512];    /* where bits differed from run to run */
} tally;

static double share_of(const locl_op_case *c)
{
    double error = locl_op_case_error(c);
    return c->op->tolerance > 0 ? error / c->op->tolerance : error > 0 ? INFINITY : 0;
}

/* Runs a case twice and holds it against its reference and against itself. */
static locl_status run_case(locl_op_case *c, locl_device *device, tally *t, locl_error *err)
{
    locl_op_copy first = {.got = {NULL}};
    locl_status status;
    LOCL_TRY(locl_op_case_run(c, device, t->variant, LOCL_OP_GUARDED, err));
    t->runs++;
    locl_op_case_measure(c, &t->worst);
    t->tolerated = fmax(t->tolerated, share_of(c));
    if (!t->failure[0] && !locl_op_case_near(c, device, t->variant, t->failure, sizeof t->failure)) {
        return LOCL_OK;
    }
    LOCL_TRY_GOTO(status, locl_op_copy_take(c, &first, err));
    LOCL_TRY_GOTO(status, locl_op_case_run(c, device, t->variant, LOCL_OP_GUARDED, err));
    t->runs++;
    if (t->deterministic && !locl_op_copy_same(c, &first)) {
        t->deterministic = false;
        locl_op_case_command(c, device, t->variant, t->again, sizeof t->again);
    }
fail:
    locl_op_copy_free(&first);
    return status;
}

/* Notes that a kernel could not even be run as a failure of it. */
static void note_failure(tally *t, const locl_error *err)
{
    if (!t->failure[0]) {
        snprintf(t->failure, sizeof t->failure, "%s%s%s", err->where, err->where[0] ? ": " : "",
                 err->message);
    }
}

static locl_status run_inputs(locl_device *device, const locl_op *op, const size_t *dim, uint64_t seed,
                              locl_op_inputs inputs, tally *t, size_t count, locl_error *err)
{
    locl_op_case *c = NULL;
    LOCL_TRY(locl_op_case_create(op, dim, seed, inputs, &c, err));
    locl_status status = locl_op_case_expect(c, err);
    for (size_t i = 0; i < count && status == LOCL_OK; i++) {
        locl_error failed = {0};
        if (!t[i].failure[0] && run_case(c, device, &t[i], &failed) != LOCL_OK) {
            note_failure(&t[i], &failed);
        }
    }
    locl_op_case_release(c);
    return status;
}

/* Checks a shape with plain values where hard ones would hide others, and with hard ones, as check.c does. */
static locl_status run_shape(locl_device *device, const locl_op *op, const char *shape, uint64_t seed,
                             tally *t, size_t count, locl_error *err)
{
    size_t dim[LOCL_OP_DIMS];
    LOCL_TRY(locl_op_shape_parse(op, shape, dim, err));
    size_t largest = locl_op_largest(op, dim);
    if (largest > LARGEST_SHAPE) {
        return LOCL_OK;
    }
    locl_tell_doing("%s %s [%s]", device->selector, op->name, shape);
    for (size_t i = 0; i < count; i++) {
        t[i].shapes++;
    }
    if (op->sums) {
        LOCL_TRY(run_inputs(device, op, dim, seed, LOCL_OP_PLAIN, t, count, err));
        if (largest > SOON) {
            return LOCL_OK;
        }
    }
    return run_inputs(device, op, dim, seed, LOCL_OP_HARD, t, count, err);
}

/* Puts a NaN and an infinity into each input that holds values, once; the rest is plain. */
static void poison(locl_op_case *c)
{
    for (locl_op_tensor *t = c->t; t < c->t + LOCL_OP_TENSORS; t++) {
        if ((t->use == LOCL_OP_IN || t->use == LOCL_OP_IN_OUT) && t->fill == LOCL_FILL_VALUES &&
            t->rows > 1) {
            t->in[0] = NAN;
            t->in[(t->rows - 1) * t->n] = INFINITY;
        }
    }
    if (c->op->derive) {
        c->op->derive(c);
    }
}

/* Counts outputs that are no number in the reference, and those of them that the device made finite. */
static void count_lost(const locl_op_case *c, tally *t)
{
    for (const locl_op_tensor *o = c->t; o < c->t + LOCL_OP_TENSORS; o++) {
        for (size_t e = 0; o->want && e < o->rows * o->n; e++) {
            t->bad += !o->gaps && !isfinite(o->want[e]);
            t->lost += !o->gaps && !isfinite(o->want[e]) && isfinite(o->got[e]);
        }
    }
}

/* Runs a small shape with inputs that are no numbers: what is made of them has to show it, since training looks for
 * that. */
static locl_status run_poisoned(locl_device *device, const locl_op *op, tally *t, size_t count,
                                locl_error *err)
{
    size_t dim[LOCL_OP_DIMS];
    locl_op_case *c = NULL;
    locl_error failed = {0};
    LOCL_TRY(locl_op_shape_parse(op, op->shape[op->shapes > 1], dim, err));
    locl_tell_doing("%s %s, with NaN", device->selector, op->name);
    LOCL_TRY(locl_op_case_create(op, dim, SEED, LOCL_OP_PLAIN, &c, err));
    poison(c);
    locl_status status = locl_op_case_expect(c, err);
    for (size_t i = 0; i < count && status == LOCL_OK; i++) {
        if (locl_op_case_run(c, device, t[i].variant, LOCL_OP_GUARDED, &failed) == LOCL_OK) {
            count_lost(c, &t[i]);
        } else {
            note_failure(&t[i], &failed);
        }
    }
    locl_op_case_release(c);
    return status;
}

/* Returns whether training may take a variant on a device: it is no stand-in for machines cut otherwise. Matrix units
 * are looked at by the runs that ask for them (tune/matrix.h), which do without one that is wrong. */
static bool may_be_used(const locl_op *op, const locl_op_variant *v, const locl_caps *caps)
{
    bool fits = v->caps == LOCL_OP_AS_IT_IS || (v->caps == LOCL_OP_AS_CPU) == caps->cpu;
    return fits && !v->matrix && !v->units && !v->work_group && !locl_op_variant_idle(op, v, caps);
}

/* ---- rows ---- */

/* Says a row; `place` orders the rows of all parts. */
static void tell_row(const locl_device *device, size_t place, const char *name, locl_finding_status status,
                     const char *remedy, const char *detail, json_t *numbers)
{
    char full[160];
    snprintf(full, sizeof full, "%s %s", device->selector, name);
    const locl_finding finding = {full, status, detail, remedy};
    json_t *row = locl_finding_json(&finding);
    if (row && numbers) {
        json_object_set_new(row, "device", json_string(device->selector));
        json_object_update(row, numbers);
        locl_tell(json_pack("{s:I, s:o}", "place", (json_int_t)place, "row", row));
    }
    json_decref(numbers);
}

static json_t *numbers_of(const locl_op *op, const tally *t)
{
    return json_pack("{s:s, s:s, s:I, s:I, s:o, s:o, s:o, s:b, s:I, s:I}", "kernel", op->name, "variant",
                     t->variant->name, "shapes", (json_int_t)t->shapes, "runs", (json_int_t)t->runs, "ulp",
                     locl_json_number(t->worst.ulp), "relative", locl_json_number(t->worst.relative),
                     "tolerated", locl_json_number(t->tolerated), "deterministic", (int)t->deterministic,
                     "nonfinite", (json_int_t)t->bad, "nonfinite_lost", (json_int_t)t->lost);
}

static void tell_kernel(const locl_device *device, const locl_op *op, size_t place, const tally *t)
{
    char name[96], detail[2400];
    bool exact = op->tolerance <= 0;
    snprintf(name, sizeof name, "%s%s%s", op->name, strcmp(t->variant->name, "device") ? " " : "",
             strcmp(t->variant->name, "device") ? t->variant->name : "");
    locl_finding_status status = LOCL_FINDING_OK;
    const char *remedy = "";
    if (t->failure[0]) {
        status = LOCL_FINDING_ERROR;
        remedy = "update the device's driver, or leave the device out (`!P:D` in devices)";
        snprintf(detail, sizeof detail, "%s", t->failure);
    } else if (!t->deterministic) {
        status = LOCL_FINDING_WARNING;
        remedy = "do not count on the same bits from run to run on this device, or update its driver";
        snprintf(detail, sizeof detail, "right, but not with the same bits in every run; again: %s",
                 t->again);
    } else if (t->lost) {
        status = LOCL_FINDING_WARNING;
        remedy = "watch the loss: training that diverges may go unnoticed; or update the device's driver";
        snprintf(detail, sizeof detail,
                 "right, but %zu of %zu results that are NaN or infinite in the reference are finite here",
                 t->lost, t->bad);
    } else if (exact && t->worst.same_bits) {
        snprintf(detail, sizeof detail, "%zu runs of %zu shapes, every bit as in the reference", t->runs,
                 t->shapes);
    } else {
        snprintf(detail, sizeof detail,
                 "%zu runs of %zu shapes, worst error %.3g ulp, relative %.2g, %.0f %% of what is allowed",
                 t->runs, t->shapes, t->worst.ulp, t->worst.relative, 100 * t->tolerated);
    }
    tell_row(device, place, name, status, remedy, detail, numbers_of(op, t));
}

static locl_status verify_kernel(locl_device *device, const locl_op *op, size_t place, locl_error *err)
{
    static tally t[MOST_VARIANTS]; /* large */
    char shape[LOCL_OP_SHAPE_TEXT];
    size_t count = 0;
    for (size_t i = 0; i < op->variants && count < MOST_VARIANTS; i++) {
        if (may_be_used(op, &op->variant[i], &device->caps)) {
            t[count++] = (tally){.variant = &op->variant[i], .worst.same_bits = true, .deterministic = true};
        }
    }
    for (size_t i = 0; count && locl_op_shape_at(op, i, shape); i++) {
        LOCL_TRY(run_shape(device, op, shape, SEED + i, t, count, err));
    }
    LOCL_TRY(count ? run_poisoned(device, op, t, count, err) : LOCL_OK);
    for (size_t i = 0; i < count; i++) {
        tell_kernel(device, op, place, &t[i]);
    }
    return LOCL_OK;
}

static void verify_floats(locl_device *device)
{
    locl_floats floats;
    locl_error err = {0};
    char detail[512];
    locl_tell_doing("%s special floats", device->selector);
    if (locl_floats_check(device, &floats, &err) != LOCL_OK) {
        tell_row(device, 0, "special floats", LOCL_FINDING_ERROR, "update the device's driver", err.message,
                 json_object());
        return;
    }
    if (floats.wrong) {
        snprintf(detail, sizeof detail, "%zu of %zu operations on NaN, infinities and zeros are wrong: %s",
                 floats.wrong, floats.cases, floats.first);
        tell_row(device, 0, "special floats", LOCL_FINDING_ERROR,
                 "update the device's driver: training that diverges would not be noticed", detail,
                 json_object());
        return;
    }
    snprintf(detail, sizeof detail,
             "%zu operations on NaN, infinities, zeros and the largest floats as IEEE 754 says",
             floats.cases);
    tell_row(device, 0, "special floats", LOCL_FINDING_OK, "", detail, json_object());
    tell_row(device, 0, "denormals", LOCL_FINDING_OK, "",
             floats.denormals_flushed
                 ? "flushed to 0: values below 1.2e-38 are lost, which training does not notice"
                 : "kept",
             json_object());
}

/* Which kernels a child looks at. */
typedef struct part {
    const char *pattern;
    size_t index, parts;
} part;

static bool wants(const part *p, size_t number, const locl_op *op)
{
    return number % p->parts == p->index && fnmatch(p->pattern, op->name, 0) == 0;
}

static locl_status verify(locl_devices *devices, const part *p, locl_error *err)
{
    locl_device *device = devices->device[0];
    char kernels[LOCL_HASH_TEXT];
    size_t total = 0, done = 0;
    LOCL_TRY(locl_passport_kernels(kernels, err));
    locl_tell(json_pack("{s:o, s:s, s:o}", "key", locl_passport_key(device), "kernels", kernels, "name",
                        locl_json_text(device->name)));
    if (p->index == 0) {
        verify_floats(device);
    }
    for (size_t i = 0; locl_ops[i]; i++) {
        total += wants(p, i, locl_ops[i]);
    }
    for (size_t i = 0; locl_ops[i]; i++) {
        if (wants(p, i, locl_ops[i])) {
            locl_tell(json_pack("{s:I, s:I}", "part", (json_int_t)done++, "of", (json_int_t)total));
            LOCL_TRY(verify_kernel(device, locl_ops[i], i + 1, err));
        }
    }
    return LOCL_OK;
}

void locl_verify_device(const char *selector, const char *pattern, const char *text)
{
    locl_devices *devices = NULL;
    locl_error err = {0};
    part p = {.pattern = pattern};
    if (sscanf(text, "%zu/%zu", &p.index, &p.parts) != 2 || !p.parts) {
        return;
    }
    locl_tell_doing("%s being opened", selector);
    if (locl_devices_open_text(selector, &devices, &err) != LOCL_OK || verify(devices, &p, &err) != LOCL_OK) {
        tell_error(&err);
    }
    locl_devices_close(devices);
}
