/* What a device, the kernels and a training step achieve, each beside what was measured to be possible in the
 * same run. No data set is opened, but by TRAIN: images are made up. docs/benchmarks.md says what the rows mean.
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
    X(SUITE, "suite", "a balanced choice of the others, as `locl bench` without a kind does")                \
    X(PRODUCT, "product", "the products of a training step, engine against engine")                          \
    X(KERNEL, "kernel", "the kernels of the table of checks, each alone")                                    \
    X(STEP, "step", "a training step, its floor and its kernels")                                            \
    X(MEMORY, "memory", "the device's memory, and what a step needs of it")                                  \
    X(TRANSFER, "transfer", "copies between host and device")                                                \
    X(START, "start", "from the start of a process to the end of its first step")                            \
    X(PIPELINE, "pipeline", "all devices together, beside each alone")                                       \
    X(TRAIN, "train", "time to a target error, and whether it takes the epochs that it should")

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
    const char *only;  /* KERNEL: rows of the table, as a shell pattern; TRAIN: a data set; NULL: all */
    const char *mllog; /* TRAIN: path of logs as MLPerf has them, before "_mnist_0.txt"; NULL: none */
    /* Selectors, separated by commas; NULL: the configuration's; SUITE: all devices. Each is measured alone, but for
     * PIPELINE. */
    const char *devices;
    unsigned rounds; /* samples of each row, of SUITE the most; 0: as many as is usual for the kind */
    double seconds;  /* after which no further round begins, but for the third; 0: no limit; SUITE: 90 */
    /* START: path of the locl command, run anew for each sample, as a process starts but once. NULL: one
     * sample, of this process, which began when locl_clock_seconds() was `began`; 0: with this call.
     * SUITE: the same, run for each device, so that one that crashes or hangs ends but its own rows. NULL: all in this
     * process. */
    const char *command;
    double began;
    /* SUITE alone. */
    uint64_t seed;       /* of the order of rows; 0: another one each time */
    double deadline;     /* seconds without a sign after which a started process is ended; 0: 600 */
    bool quick;          /* small networks, few samples: to see that all works, not to compare */
    const char *partial; /* file that the report is written to as it grows; NULL: none */
    /* Called on the calling thread; may be NULL; must not call the library. */
    void (*handler)(void *user, const locl_bench_event *event);
    void *user;
} locl_bench_setup;

/* What a row, a device or a report has beside its figures. It is a text or, where that is NULL, a number. */
typedef struct locl_bench_field {
    const char *name, *text;
    double number;
} locl_bench_field;

/* name, meaning of what became of a row */
#define LOCL_BENCH_OUTCOME_TABLE(X)                                                                          \
    X(DONE, "ok")                                                                                            \
    X(UNSUPPORTED, "unsupported") /* the device or the system lacks what it takes */                         \
    X(SKIPPED, "skipped")         /* it does not fit, or would take too long */                              \
    X(ERROR, "error")             /* it was tried, and failed */

typedef enum locl_bench_outcome {
#define LOCL_BENCH_OUTCOME_ENUM(id, name) LOCL_BENCH_##id,
    LOCL_BENCH_OUTCOME_TABLE(LOCL_BENCH_OUTCOME_ENUM)
#undef LOCL_BENCH_OUTCOME_ENUM
        LOCL_BENCH_OUTCOMES
} locl_bench_outcome;

/* One result. Of times less is better, of rates more. */
typedef struct locl_bench_row {
    char device[32]; /* its selector */
    char kind[16], name[96], unit[16];
    double median, q1, q3;         /* q1 <= median <= q3; NAN where there are no samples */
    uint64_t runs;                 /* samples */
    double peak_fraction;          /* of what was measured to be possible; 0: there is no such limit */
    const locl_bench_field *field; /* [fields] */
    size_t fields;
    locl_bench_outcome outcome;
    const char *reason;   /* why it is not DONE; else NULL */
    const double *sample; /* [samples] in the row's unit, in the order in which they were taken */
    size_t samples;       /* 0: they were not kept */
} locl_bench_row;

typedef struct locl_bench_device {
    char device[32]; /* its selector */
    char name[128], platform[128], driver[128];
    char id[160];                  /* names it on every machine that has it, whatever its selector is there */
    const locl_bench_field *field; /* [fields] */
    size_t fields;
} locl_bench_device;

/* Whether PIPELINE found the parameters of training together to be, bit for bit, those of training in turn. */
typedef enum locl_bench_bits {
    LOCL_BENCH_NOT_COMPARED,
    LOCL_BENCH_IDENTICAL,
    LOCL_BENCH_DIFFERENT
} locl_bench_bits;

/* What a report says of itself: groups of fields. */
#define LOCL_BENCH_GROUP_TABLE(X)                                                                            \
    X(HOST, "host")               /* the machine */                                                          \
    X(OPTIONS, "options")         /* what was asked for */                                                   \
    X(FINGERPRINT, "fingerprint") /* what has to be the same for results to be compared */

typedef enum locl_bench_group_kind {
#define LOCL_BENCH_GROUP_ENUM(id, name) LOCL_BENCH_##id,
    LOCL_BENCH_GROUP_TABLE(LOCL_BENCH_GROUP_ENUM)
#undef LOCL_BENCH_GROUP_ENUM
        LOCL_BENCH_GROUPS
} locl_bench_group_kind;

typedef struct locl_bench_group {
    const locl_bench_field *field; /* [fields] */
    size_t fields;
} locl_bench_group;

/* Version of the JSON, which goes up with every change that readers have to know. */
enum { LOCL_BENCH_SCHEMA = 1 };

typedef struct locl_bench_report {
    locl_bench_kind kind;
    const char *config;              /* the setup's, or "default"; the report's own */
    const locl_bench_device *device; /* [devices] */
    size_t devices;
    const locl_bench_row *row; /* [rows] */
    size_t rows;
    locl_bench_bits identical;
    char version[32]; /* of locl */
    locl_bench_group group[LOCL_BENCH_GROUPS];
} locl_bench_report;

/* Measures. *out is the caller's until locl_bench_free(), and NULL on error. START and SUITE with `command` start
 * processes, START some with a folder of their own for caches. SUITE: what fails on a device is a row of the report,
 * not an error. LOCL_E_USAGE: variants or rows that the kind does not have; LOCL_E_CONFIG: also where model.image and
 * model.classes are not known; LOCL_E_NODEVICE; LOCL_E_TOO_LARGE; LOCL_E_FAILED: a kernel computes wrong values, or a
 * started process failed. */
LOCL_API locl_status locl_bench_run(const locl_bench_setup *setup, locl_bench_report **out, locl_error *err);
LOCL_API void locl_bench_free(locl_bench_report *report); /* NULL is fine */
/* Returns a field that is a number, NAN where there is none of the name. */
LOCL_API double locl_bench_number(const locl_bench_row *row, const char *name);
/* Returns a field that is a text, NULL where there is none of the name. The text is the report's. */
LOCL_API const char *locl_bench_text(const locl_bench_row *row, const char *name);
/* The same of a device and of a group of the report. */
LOCL_API double locl_bench_device_number(const locl_bench_device *device, const char *name);
LOCL_API const char *locl_bench_device_text(const locl_bench_device *device, const char *name);
LOCL_API const char *locl_bench_group_text(const locl_bench_report *report, locl_bench_group_kind group,
                                           const char *name);
LOCL_API const char *locl_bench_kind_text(locl_bench_kind kind);          /* returns "product" */
LOCL_API const char *locl_bench_outcome_text(locl_bench_outcome outcome); /* returns "ok" */
/* Returns the row that stands for all of a device: training M/8/16, or the largest network that was trained. NULL:
 * nothing was. */
LOCL_API const locl_bench_row *locl_bench_headline(const locl_bench_report *report, const char *device);
/* Writes that row as the line "locl-bench: images/s 324.1 M/8/16 device 0:0 ...", whose words keep their places. */
LOCL_API void locl_bench_headline_text(const locl_bench_report *report, const locl_bench_row *row, char *out,
                                       size_t size);
/* Writes the report as one JSON object, as `locl bench --json` prints it. *out is the caller's to free().
 * LOCL_E_MEMORY. */
LOCL_API locl_status locl_bench_to_json(const locl_bench_report *report, char **out, locl_error *err);
/* Reads such an object from a file. Texts lose what a terminal would obey. *out is the caller's until
 * locl_bench_free(), and NULL on error. LOCL_E_DATA: no file, no such object, of a later schema, or damaged. */
LOCL_API locl_status locl_bench_read(const char *path, locl_bench_report **out, locl_error *err);

#ifdef __cplusplus
}
#endif
#endif
