/* What a device, the kernels and a training step achieve, each beside what was measured to be possible in the
 * same run. No data set is opened: images are made up. docs/benchmarks.md says what the rows mean.
 *
 *     locl_bench_setup setup = {.kind = LOCL_BENCH_STEP, .config = "configs/cifar10.yaml"};
 *     locl_bench_report *report;
 *     if (locl_bench_run(&setup, &report, &err) == LOCL_OK) {
 *         for (size_t i = 0; i < report->rows; i++) {
 *             const locl_bench_row *r = &report->row[i];
 *             printf("%s %s: %g %s\n", r->kind, r->name, r->median, r->unit);
 *         }
 *         locl_bench_free(report);
 *     }
 */
#ifndef LOCL_BENCH_H
#define LOCL_BENCH_H

#include "locl/export.h"
#include "locl/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* name, what is measured */
#define LOCL_BENCH_TABLE(X)                                                                                  \
    X(PRODUCT, "product", "the products of a training step, engine against engine")                          \
    X(KERNEL, "kernel", "the kernels of the table of checks, each alone")                                    \
    X(STEP, "step", "a training step, its floor and its kernels")                                            \
    X(MEMORY, "memory", "the device's memory, and what a step needs of it")                                  \
    X(TRANSFER, "transfer", "copies between host and device")                                                \
    X(START, "start", "from the start of a process to the end of its first step")                            \
    X(PIPELINE, "pipeline", "all devices together, beside each alone")

typedef enum locl_bench_kind {
#define LOCL_BENCH_ENUM(id, name, text) LOCL_BENCH_##id,
    LOCL_BENCH_TABLE(LOCL_BENCH_ENUM)
#undef LOCL_BENCH_ENUM
        LOCL_BENCH_KINDS
} locl_bench_kind;

/* Finds a kind by its name, such as "product". Returns false where there is no such kind. */
LOCL_API bool locl_bench_kind_named(const char *name, locl_bench_kind *out);

/* Progress of a benchmark: what is being measured, and how many of its samples are there. */
typedef struct locl_bench_event {
    const char *device, *what;
    size_t done, total; /* total 0: not known */
} locl_bench_event;

/* Zero is the default for every field. Strings are only read during the call. */
typedef struct locl_bench_setup {
    locl_bench_kind kind;
    const char *config; /* YAML file, of which data is not opened; NULL: M/8/16 under lg-fg-a, batch 128 */
    const char *const *set; /* [sets] "key.path=value", put over the file */
    size_t sets;
    /* STEP: variants that take turns, the first being what the others are compared with. Rules by name
     * ("lg-bp") or as a mapping ("{name: lg-fg-a, passes: 2}"), and values put over the configuration
     * ("data.batch=64"); none: the configuration as it is, which also comes before variants of `vary`. */
    const char *const *rule; /* [rules] */
    size_t rules;
    const char *const *vary; /* [varied] */
    size_t varied;
    const char *only; /* KERNEL: rows of the table, as a shell pattern; NULL: all */
    /* Selectors, separated by commas; NULL: the configuration's. Each is measured alone, but for PIPELINE. */
    const char *devices;
    unsigned rounds; /* samples of each row; 0: as many as is usual for the kind */
    double seconds;  /* after which no further round begins, but for the third; 0: no limit */
    /* START: path of the locl command, run anew for each sample, as a process starts but once. NULL: one
     * sample, of this process, which began when locl_clock_seconds() was `began`; 0: with this call. */
    const char *command;
    double began;
    /* Called on the calling thread; may be NULL; must not call the library. */
    void (*handler)(void *user, const locl_bench_event *event);
    void *user;
} locl_bench_setup;

/* What a row has beside its figures. It is a text or, where that is NULL, a number. */
typedef struct locl_bench_field {
    const char *name, *text;
    double number;
} locl_bench_field;

/* One result. Of times less is better, of rates more. */
typedef struct locl_bench_row {
    char device[32]; /* its selector */
    char kind[16], name[96], unit[16];
    double median, q1, q3;         /* q1 <= median <= q3 */
    uint64_t runs;                 /* samples */
    double peak_fraction;          /* of what was measured to be possible; 0: there is no such limit */
    const locl_bench_field *field; /* [fields] */
    size_t fields;
} locl_bench_row;

typedef struct locl_bench_device {
    char device[32];  /* its selector */
    char stable[160]; /* names it for good */
    char name[128], platform[128], driver[128];
} locl_bench_device;

/* Whether PIPELINE found the parameters of training together to be, bit for bit, those of training in turn. */
typedef enum locl_bench_bits {
    LOCL_BENCH_NOT_COMPARED,
    LOCL_BENCH_IDENTICAL,
    LOCL_BENCH_DIFFERENT
} locl_bench_bits;

typedef struct locl_bench_report {
    locl_bench_kind kind;
    const char *config;              /* the setup's, or "default"; the report's own */
    const locl_bench_device *device; /* [devices] */
    size_t devices;
    const locl_bench_row *row; /* [rows] */
    size_t rows;
    locl_bench_bits identical;
} locl_bench_report;

/* Measures. *out is the caller's until locl_bench_free(), and NULL on error. START with `command` starts
 * processes, some with a folder of their own for caches. LOCL_E_USAGE: variants or rows that the kind does not
 * have; LOCL_E_CONFIG: also where model.image and model.classes are not known; LOCL_E_NODEVICE;
 * LOCL_E_TOO_LARGE; LOCL_E_FAILED: a kernel computes wrong values, or a started process failed. */
LOCL_API locl_status locl_bench_run(const locl_bench_setup *setup, locl_bench_report **out, locl_error *err);
LOCL_API void locl_bench_free(locl_bench_report *report); /* NULL is fine */
/* Returns a field that is a number, NAN where there is none of the name. */
LOCL_API double locl_bench_number(const locl_bench_row *row, const char *name);
/* Returns a field that is a text, NULL where there is none of the name. The text is the report's. */
LOCL_API const char *locl_bench_text(const locl_bench_row *row, const char *name);
/* Writes the report as one JSON object, as `locl bench --json` prints it. *out is the caller's to free().
 * LOCL_E_MEMORY. */
LOCL_API locl_status locl_bench_to_json(const locl_bench_report *report, char **out, locl_error *err);

#ifdef __cplusplus
}
#endif
#endif
