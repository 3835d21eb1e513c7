/* Sylvester's Hadamard matrices, of an order that is a power of two. Entries are +1 and -1, rows are
 * orthogonal, and so are columns. The matrix of a smaller order is the top left corner of a larger one. Used
 * by rules and by locl probe. cl/noise.clh has the same on devices. */
#ifndef LOCL_OPS_HADAMARD_H
#define LOCL_OPS_HADAMARD_H

#include <stddef.h>

/* Returns the smallest order with at least `width` columns. */
static inline size_t locl_hadamard_order(size_t width)
{
    size_t order = 1;
    while (order < width) {
        order *= 2;
    }
    return order;
}

static inline float locl_hadamard(size_t row, size_t column)
{
    float entry = 1.0f;
    for (size_t common = row & column; common; common &= common - 1) {
        entry = -entry;
    }
    return entry;
}

#endif
