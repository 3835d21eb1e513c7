/* Named tensors in double precision, for the reference. A missing tensor or a name that is taken twice ends
 * the test program. */
#ifndef TESTS_SUPPORT_STEP_SET_H
#define TESTS_SUPPORT_STEP_SET_H

#include <stddef.h>

typedef struct step_tensor {
    char name[96];
    size_t count;
    double *v; /* [count], owned by the set */
} step_tensor;

/* Starts as {0}. */
typedef struct step_set {
    step_tensor *tensor; /* [count] */
    size_t count;
    double nearest; /* of a step: how near to 0 a value before a ReLU was; else 0 */
} step_set;

double *step_set_add(step_set *set, size_t count, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
const step_tensor *step_set_find(const step_set *set, const char *name); /* NULL when there is none */
double *step_set_get(const step_set *set, const char *format, ...) __attribute__((format(printf, 2, 3)));
void step_set_free(step_set *set);

#endif
