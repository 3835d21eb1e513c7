/* How the images of a slice are dealt out among the devices that share a stage. Pure. */
#ifndef LOCL_SCHED_ROWS_H
#define LOCL_SCHED_ROWS_H

#include <stddef.h>

/* Deals `rows` out by shares [count] >= 0, whose sum is positive: rounded so that they sum up, the largest
 * remainders first, the earlier device where they are equal. Everybody with a share gets a row, so there are no
 * more such than rows. out [count]. */
void locl_rows_deal(const double *share, size_t count, size_t rows, size_t *out);

#endif
