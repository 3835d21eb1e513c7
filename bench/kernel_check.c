/* Checks, breaks and times rows of the table of kernels (src/check), each alone.
 *
 *     build/bin/kernel_check                                    every row on every shape, in every variant
 *     build/bin/kernel_check --break                            each kernel spoiled: has to be noticed
 *     build/bin/kernel_check --op 'product_*' --time            the presets' products, engine against engine
 *     build/bin/kernel_check --op layernorm_dual --shape "rows=31 n=17" --seed 41 --variant wide
 *
 * A shape names some of its row's dimensions. --list shows them, their defaults and the shapes that there
 * are. The last line is "N passed, N failed". The exit code is 1 when one failed. */
#include "base/text.h"
#include "check/check.h"
#include "check/peak.h"
#include "check/time.h"

#include <fnmatch.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_SEED = 41, SAMPLES = 15 };

typedef struct options {
    const char *op, *shape, *device, *variant;
    uint64_t seed;
    size_t repeat;
    bool has_seed, time, spoil, json, list;
} options;

typedef struct program {
    options o;
    locl_devices *devices;
    locl_device *device;
    locl_peak peak;
    size_t passed, failed;
    locl_error err;
} program;

static void print_json(json_t *object)
{
    char *text = json_dumps(object, JSON_COMPACT);
    printf("%s\n", text ? text : "{}");
    fflush(stdout);
    free(text);
    json_decref(object);
}

/* Prints one result, for people or as JSON. */
static void report(program *p, const locl_op *op, const char *shape, const char *what, uint64_t seed,
                   const locl_check_result *result)
{
    p->passed += result->passed;
    p->failed += !result->passed;
    if (p->o.json) {
        print_json(json_pack("{ss ss ss sI sb sf ss}", "op", op->name, "shape", shape, "what", what, "seed",
                             (json_int_t)seed, "passed", (int)result->passed, "error",
                             result->error < 1e300 ? result->error : 1e300, "text", result->text));
    } else if (!result->passed) {
        printf("%s\n", result->text);
    } else {
        printf("ok   %s [%s] seed %llu, %s: error %.2g of %.2g\n", op->name, shape, (unsigned long long)seed,
               what, result->error, op->tolerance);
    }
    fflush(stdout);
}

static bool wants_variant(const program *p, const locl_op *op, const locl_op_variant *v)
{
    return p->o.variant ? !strcmp(p->o.variant, v->name) : !locl_op_variant_idle(op, v, &p->device->caps);
}

/* Chooses the variant that was asked for, or all that differ here. For timing these are those that are
 * compared. *out is the caller's to free. Their names, with a blank between, go to `names`. */
static locl_status choose(program *p, const locl_op *op, const locl_op_variant ***out, size_t *count,
                          locl_text *names)
{
    const locl_op_variant **chosen = calloc(op->variants, sizeof *chosen);
    *out = chosen;
    *count = 0;
    if (!chosen) {
        locl_fail_memory(&p->err, op->variants * sizeof *chosen);
        return LOCL_E_MEMORY;
    }
    for (size_t i = 0; i < op->variants; i++) {
        bool compared = !p->o.time || p->o.variant || i < op->rivals;
        if (compared && wants_variant(p, op, &op->variant[i])) {
            locl_text_add(names, "%s%s", *count ? " " : "", op->variant[i].name);
            chosen[(*count)++] = &op->variant[i];
        }
    }
    return LOCL_OK;
}

static locl_status check_variants(program *p, const locl_op *op, const size_t *dim, uint64_t seed,
                                  const locl_op_variant *const *variants, size_t count, const char *names)
{
    const locl_check check = {.device = p->device};
    char shape[LOCL_OP_SHAPE_TEXT];
    locl_check_result result;
    locl_op_shape_print(op, dim, shape, sizeof shape);
    for (size_t i = 0; i < (p->o.repeat ? p->o.repeat : 1); i++) {
        LOCL_TRY(locl_check_shape(&check, op, dim, seed + i, variants, count, &result, &p->err));
        report(p, op, shape, names, seed + i, &result);
    }
    return LOCL_OK;
}

static locl_status break_row(program *p, const locl_op *op)
{
    const locl_check check = {.device = p->device};
    char what[512];
    locl_check_result result;
    for (const locl_op_break *b = op->breaks; b < op->breaks + op->break_count; b++) {
        if (wants_variant(p, op, locl_op_break_variant(op, b))) {
            locl_op_break_print(b, what, sizeof what);
            LOCL_TRY(locl_check_break(&check, op, b, p->o.seed, &result, &p->err));
            report(p, op, b->shape, what, p->o.seed, &result);
        }
    }
    return LOCL_OK;
}

static void print_timing(const program *p, const locl_op *op, const char *shape, const locl_op_timing *t,
                         const locl_op_timing *against)
{
    double share = locl_peak_floor(&p->peak, t->count.flops, t->count.bytes, t->count.launches) / t->median;
    if (p->o.json) {
        print_json(json_pack("{ss ss ss sI sI sf sf sf sf sf sf sf sf sf}", "op", op->name, "shape", shape,
                             "variant", t->variant->name, "samples", (json_int_t)t->samples, "replays",
                             (json_int_t)t->replays, "best_s", t->best, "lower_s", t->lower, "median_s",
                             t->median, "upper_s", t->upper, "flops", t->count.flops, "bytes", t->count.bytes,
                             "launches", t->count.launches, "of_floor", share, "speed_to_first",
                             against->median / t->median));
        return;
    }
    printf("%-20s %-8s %10.1f %10.1f %10.1f %10.1f %9.2f %9.2f %8.2f", op->name, t->variant->name,
           t->best * 1e6, t->lower * 1e6, t->median * 1e6, t->upper * 1e6, t->count.flops / t->median * 1e-9,
           t->count.bytes / t->median * 1e-9, share);
    if (t != against) {
        printf(" %8.2f", against->median / t->median);
    } else {
        printf(" %8s", "-");
    }
    printf("  %s\n", shape);
    fflush(stdout);
}

/* Times variants that passed their check. */
static locl_status time_variants(program *p, const locl_op *op, const size_t *dim, uint64_t seed,
                                 const locl_op_variant *const *variants, size_t count, locl_op_timing *timing)
{
    const locl_check check = {.device = p->device};
    char shape[LOCL_OP_SHAPE_TEXT];
    locl_check_result result;
    locl_op_shape_print(op, dim, shape, sizeof shape);
    LOCL_TRY(locl_check_shape(&check, op, dim, seed, variants, count, &result, &p->err));
    if (!result.passed) {
        report(p, op, shape, "all", seed, &result);
        return LOCL_OK;
    }
    LOCL_TRY(locl_op_time(op, dim, seed, p->device, variants, count, p->o.repeat ? p->o.repeat : SAMPLES,
                          timing, &p->err));
    for (size_t i = 0; i < count; i++) {
        print_timing(p, op, shape, &timing[i], &timing[0]);
    }
    p->passed++;
    return LOCL_OK;
}

static locl_status time_chosen(program *p, const locl_op *op, const size_t *dim, uint64_t seed,
                               const locl_op_variant *const *variants, size_t count)
{
    locl_op_timing *timing = calloc(count, sizeof *timing);
    if (!timing) {
        locl_fail_memory(&p->err, count * sizeof *timing);
        return LOCL_E_MEMORY;
    }
    locl_status status = time_variants(p, op, dim, seed, variants, count, timing);
    free(timing);
    return status;
}

static locl_status run_shape(program *p, const locl_op *op, const size_t *dim, uint64_t seed)
{
    size_t count = 0;
    const locl_op_variant **chosen = NULL;
    locl_text names = {0};
    locl_status status;
    LOCL_TRY_GOTO(status, choose(p, op, &chosen, &count, &names));
    if (count) {
        status = p->o.time ? time_chosen(p, op, dim, seed, chosen, count)
                           : check_variants(p, op, dim, seed, chosen, count, names.data ? names.data : "");
    }
fail:
    free(chosen);
    locl_text_free(&names);
    return status;
}

/* Walks a row's shapes: the one that was asked for, or all. For timing these are those of the presets. */
static locl_status walk_shapes(program *p, const locl_op *op)
{
    char shape[LOCL_OP_SHAPE_TEXT];
    size_t dim[LOCL_OP_DIMS];
    size_t first = p->o.time ? op->shapes - (op->presets ? op->presets : 1) : 0;
    if (p->o.shape) {
        LOCL_TRY(locl_op_shape_parse(op, p->o.shape, dim, &p->err));
        return run_shape(p, op, dim, p->o.seed);
    }
    for (size_t i = first; (i < op->shapes || !p->o.time) && locl_op_shape_at(op, i, shape); i++) {
        LOCL_TRY(locl_op_shape_parse(op, shape, dim, &p->err));
        LOCL_TRY(run_shape(p, op, dim, p->o.has_seed ? p->o.seed : p->o.seed + i));
    }
    return LOCL_OK;
}

static void list_row(const program *p, const locl_op *op)
{
    char what[512];
    if (p->o.json) {
        json_t *shapes = json_array();
        for (size_t i = 0; i < op->shapes; i++) {
            json_array_append_new(shapes, json_string(op->shape[i]));
        }
        print_json(json_pack("{ss ss so}", "op", op->name, "dims", op->dims, "shapes", shapes));
        return;
    }
    printf("%s: %s\n  variants:", op->name, op->dims);
    for (size_t i = 0; i < op->variants; i++) {
        printf(" %s", op->variant[i].name);
    }
    printf("\n");
    for (size_t i = 0; i < op->shapes; i++) {
        printf("  shape: %s%s\n", op->shape[i], i + op->presets >= op->shapes ? " (of a preset)" : "");
    }
    for (size_t i = 0; i < op->covers; i++) {
        printf("  cover: %s\n", op->cover[i]);
    }
    for (const locl_op_break *b = op->breaks; b < op->breaks + op->break_count; b++) {
        locl_op_break_print(b, what, sizeof what);
        printf("  break: %s [%s]\n", what, b->shape);
    }
}

static void print_head(const program *p)
{
    if (p->o.json) {
        print_json(json_pack("{ss ss ss sf sf sf}", "device", p->device->name, "selector",
                             p->device->selector, "platform", p->device->platform_version, "peak_flops_per_s",
                             p->peak.flops, "copy_bytes_per_s", p->peak.bytes, "empty_launch_s",
                             p->peak.launch));
        return;
    }
    printf("%s, %s: %.1f GFLOP/s of multiply-adds, %.1f GB/s of a copy, an empty launch %.1f us\n",
           p->device->name, p->device->platform_version, p->peak.flops * 1e-9, p->peak.bytes * 1e-9,
           p->peak.launch * 1e6);
    printf("%-20s %-8s %10s %10s %10s %10s %9s %9s %8s %8s\n", "row", "variant", "best us", "quartile",
           "median", "quartile", "GFLOP/s", "GB/s", "of floor", "to first");
}

static locl_status run(program *p)
{
    locl_error *err = &p->err;
    size_t rows = 0;
    if (!p->o.list) {
        LOCL_TRY(p->o.device ? locl_devices_open_text(p->o.device, &p->devices, err)
                             : locl_devices_open(NULL, 0, &p->devices, err));
        p->device = p->devices->device[0];
    }
    if (p->o.time) {
        LOCL_TRY(locl_peak_measure(p->device, &p->peak, err));
        print_head(p);
    }
    for (const locl_op *const *op = locl_ops; *op; op++) {
        if (fnmatch(p->o.op, (*op)->name, 0) == 0) {
            rows++;
            if (p->o.list) {
                list_row(p, *op);
            } else {
                LOCL_TRY(p->o.spoil ? break_row(p, *op) : walk_shapes(p, *op));
            }
        }
    }
    if (!rows) {
        return locl_fail(err, LOCL_E_USAGE, "no row of the table is called %s", p->o.op);
    }
    return p->o.list || p->passed || p->failed
               ? LOCL_OK
               : locl_fail(err, LOCL_E_USAGE, "%s: there is no variant %s to be run", p->o.op,
                           p->o.variant ? p->o.variant : "");
}

static bool parse_count(const char *text, unsigned long long *out)
{
    char *end;
    *out = strtoull(text, &end, 10);
    return text[0] >= '0' && text[0] <= '9' && !*end;
}

static bool parse(int argc, char **argv, options *o)
{
    unsigned long long number;
    *o = (options){.op = "*", .seed = FIRST_SEED};
    for (int i = 1; i < argc; i++) {
        const char *name = argv[i], *value = i + 1 < argc ? argv[i + 1] : NULL;
        bool *flag = !strcmp(name, "--time")    ? &o->time
                     : !strcmp(name, "--break") ? &o->spoil
                     : !strcmp(name, "--json")  ? &o->json
                     : !strcmp(name, "--list")  ? &o->list
                                                : NULL;
        const char **text = !strcmp(name, "--op")        ? &o->op
                            : !strcmp(name, "--shape")   ? &o->shape
                            : !strcmp(name, "--device")  ? &o->device
                            : !strcmp(name, "--variant") ? &o->variant
                                                         : NULL;
        if (flag) {
            *flag = true;
            continue;
        }
        if (text && value) {
            *text = value;
        } else if (value && !strcmp(name, "--seed") && parse_count(value, &number)) {
            o->seed = number;
            o->has_seed = true;
        } else if (value && !strcmp(name, "--repeat") && parse_count(value, &number) && number) {
            o->repeat = number;
        } else {
            return false;
        }
        i++;
    }
    return !o->time || !o->spoil;
}

int main(int argc, char **argv)
{
    program p = {.passed = 0};
    if (!parse(argc, argv, &p.o)) {
        fprintf(
            stderr,
            "usage: kernel_check [--op PATTERN] [--shape TEXT] [--seed N] [--repeat N] [--device SELECTOR] "
            "[--variant NAME] [--time | --break] [--json] [--list]\n");
        return 2;
    }
    locl_status status = run(&p);
    locl_devices_close(p.devices);
    if (status != LOCL_OK) {
        fprintf(stderr, "kernel_check: %s%s%s\n%s", p.err.where, p.err.where[0] ? ": " : "", p.err.message,
                p.err.remedy);
        return locl_status_exit_code(status);
    }
    if (!p.o.list && !p.o.json) {
        printf("%zu passed, %zu failed\n", p.passed, p.failed);
    }
    return p.failed ? 1 : 0;
}
