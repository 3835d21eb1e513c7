/* Holds tensors against those that are expected: what `locl probe` wrote against what double precision gave.
 *
 *     build/bin/same_tensors EXPECTED.safetensors FOUND.safetensors [TOLERANCE]
 *
 * An error is the norm of the difference over the norm of what is expected; where that is nearly 0 (a bias before its
 * layer norm), over the largest norm of its block. Prints one line of JSON: tensors, the worst error and where it is. The
 * exit code is 1 where an error is above the tolerance (1e-4) or a tensor is missing, misshaped or not finite. */
#include "base/safetensors.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct worst {
    double error;
    const char *name, *flaw; /* flaw: "" where the error says all */
} worst;

static double norm_of(const locl_array *a)
{
    double sum = 0;
    for (size_t i = 0; i < a->count; i++) {
        double v = (double)((const float *)a->data)[i];
        sum += v * v;
    }
    return sqrt(sum);
}

static double difference_of(const locl_array *a, const locl_array *b)
{
    double sum = 0;
    for (size_t i = 0; i < a->count; i++) {
        double d = (double)((const float *)a->data)[i] - (double)((const float *)b->data)[i];
        sum += d * d;
    }
    return sqrt(sum);
}

/* Returns the largest norm of the tensors whose names begin as this one's up to its block's number. */
static double norm_beside(const locl_arrays *set, const char *name)
{
    double largest = 0;
    size_t prefix = strcspn(name, "0123456789") + 2;
    for (size_t i = 0; i < set->count; i++) {
        if (!strncmp(set->array[i]->name, name, prefix)) {
            largest = fmax(largest, norm_of(set->array[i]));
        }
    }
    return largest;
}

static worst compare(const locl_arrays *expected, const locl_arrays *found)
{
    worst w = {.name = "", .flaw = ""};
    for (size_t i = 0; i < expected->count && !w.flaw[0]; i++) {
        const locl_array *e = expected->array[i], *f = locl_arrays_find(found, e->name);
        w.flaw = !f                                             ? "is missing"
                 : f->dtype != LOCL_F32 || f->count != e->count ? "has another shape or type"
                 : locl_array_nonfinite(f)                      ? "is not finite"
                                                                : "";
        double scale = norm_of(e), beside = norm_beside(expected, e->name);
        double error = w.flaw[0] ? 0 : difference_of(e, f) / (scale > 1e-9 * beside ? scale : beside);
        if (w.flaw[0] || error > w.error) {
            w.error = error;
            w.name = e->name;
        }
    }
    return w;
}

static int report(const locl_arrays *expected, const worst *w, double tolerance)
{
    int passed = !w->flaw[0] && w->error <= tolerance;
    char *text =
        json_dumps(json_pack("{sb sI sf sf ss ss}", "passed", passed, "tensors", (json_int_t)expected->count,
                             "error", w->error, "tolerance", tolerance, "worst", w->name, "flaw", w->flaw),
                   JSON_COMPACT);
    printf("%s\n", text ? text : "{}");
    free(text);
    return passed ? 0 : 1;
}

int main(int argc, char **argv)
{
    locl_arrays expected = {0}, found = {0};
    locl_error err = {0};
    double tolerance = argc == 4 ? atof(argv[3]) : 1e-4;
    if (argc < 3 || argc > 4 || !(tolerance > 0)) {
        fprintf(stderr, "usage: same_tensors EXPECTED FOUND [TOLERANCE]\n");
        return 2;
    }
    int code = 4;
    if (locl_safetensors_read(argv[1], &expected, &err) == LOCL_OK &&
        locl_safetensors_read(argv[2], &found, &err) == LOCL_OK) {
        worst w = compare(&expected, &found);
        code = report(&expected, &w, tolerance);
    } else {
        fprintf(stderr, "same_tensors: %s\n", err.message);
    }
    locl_arrays_free(&expected);
    locl_arrays_free(&found);
    return code;
}
