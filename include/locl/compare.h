/* Compares results of benchmarks: of one device before and after a change, or of several devices. docs/benchmarks.md
 * says how it is decided what differs.
 *
 *     locl_bench_report *report[2];
 *     ... locl_bench_read("before.json", &report[0], &err), locl_bench_read("after.json", &report[1], &err) ...
 *     const locl_compare_input input[] = {{"before.json", report[0]}, {"after.json", report[1]}};
 *     locl_compare *compare;
 *     if (locl_compare_open(input, 2, &compare, &err) == LOCL_OK) {
 *         printf("%.2f times as fast\n", compare->pair[0].mean[0].speed.ratio);
 *         locl_compare_close(compare);
 *     }
 */
#ifndef LOCL_COMPARE_H
#define LOCL_COMPARE_H

#include "locl/bench.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Samples of a row below which nothing is decided. */
enum { LOCL_COMPARE_LEAST = 9 };

typedef struct locl_compare_input {
    const char *name; /* of the file */
    const locl_bench_report *report;
} locl_compare_input;

/* name, in words */
#define LOCL_COMPARE_TABLE(X)                                                                                \
    X(NOISE, "within noise")                                                                                 \
    X(FASTER, "faster")                                                                                      \
    X(SLOWER, "slower")                                                                                      \
    X(FEW, "too few samples")

typedef enum locl_compare_verdict {
#define LOCL_COMPARE_ENUM(id, text) LOCL_COMPARE_##id,
    LOCL_COMPARE_TABLE(LOCL_COMPARE_ENUM)
#undef LOCL_COMPARE_ENUM
        LOCL_COMPARE_VERDICTS
} locl_compare_verdict;

/* How many times as fast: above 1 is better, of times and rates alike. */
typedef struct locl_compare_speed {
    double ratio, low, high; /* 95 % interval; NAN where there are too few samples */
} locl_compare_speed;

/* Same row of two devices or files. */
typedef struct locl_compare_row {
    const locl_bench_row *base, *other;
    locl_compare_speed speed;
    double p; /* corrected for the number of rows */
    locl_compare_verdict verdict;
} locl_compare_row;

typedef struct locl_compare_mean {
    const char *kind; /* of rows; NULL: of all */
    size_t rows;
    locl_compare_speed speed;
} locl_compare_mean;

enum { LOCL_COMPARE_KINDS = 8 };

/* A device of a file beside the one that it is compared with. */
typedef struct locl_compare_pair {
    const locl_compare_input *base, *other;
    const locl_bench_device *base_device, *other_device;
    bool same_device;      /* both are of one identity */
    double noise;          /* logarithms of quotients up to this are no differences: 0.025 or more */
    char note[512];        /* what else differs, or disturbed; may be "" */
    locl_compare_row *row; /* [rows] */
    size_t rows;
    size_t only_base, only_other; /* rows that the other has not, or that are of other work */
    size_t faster, slower, alike, few;
    locl_compare_mean mean[LOCL_COMPARE_KINDS]; /* [means], the first of all */
    size_t means;
} locl_compare_pair;

typedef struct locl_compare {
    locl_compare_pair *pair; /* [pairs] */
    size_t pairs;
} locl_compare;

/* Compares every device with one of the first input: that of the same identity or, where there is none, its first one.
 * With one input its devices are compared with its first one. Inputs outlive *out, which is the caller's until
 * locl_compare_close(), and NULL on error. LOCL_E_USAGE: there is nothing to compare; LOCL_E_MEMORY. */
LOCL_API locl_status locl_compare_open(const locl_compare_input *input, size_t inputs, locl_compare **out,
                                       locl_error *err);
LOCL_API void locl_compare_close(locl_compare *compare);                      /* NULL is fine */
LOCL_API const char *locl_compare_verdict_text(locl_compare_verdict verdict); /* returns "within noise" */
/* Writes it as one JSON object, as `locl bench --compare --json` prints it. *out is the caller's to free(). */
LOCL_API locl_status locl_compare_to_json(const locl_compare *compare, char **out, locl_error *err);

#ifdef __cplusplus
}
#endif
#endif
