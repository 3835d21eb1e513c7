/* Checks of rows of the table of operations (ops/table.h), for cmocka programs.
 * LOCL_TEST_SMALL=1 keeps to small shapes and gives each tensor a buffer of exactly its size: for simulators.
 */
#ifndef LOCL_TESTS_SUPPORT_KERNEL_CHECK_H
#define LOCL_TESTS_SUPPORT_KERNEL_CHECK_H

#include "check/run.h"

/* How a device's caps are lowered: as it is, as a GPU, as a GPU with tiny work-groups. */
typedef enum locl_check_caps {
    LOCL_CHECK_AS_IS,
    LOCL_CHECK_GPU,
    LOCL_CHECK_TINY,
    LOCL_CHECK_CAPS
} locl_check_caps;

/* The first device that LOCL_DEVICES selects, else `auto`; the same one in each call. */
locl_device *locl_check_device(locl_check_caps caps);
int locl_check_close(void **state); /* closes it; a group's teardown */
bool locl_check_small(void);
/* Too large for LOCL_TEST_SMALL? */
bool locl_check_skips(const locl_op *op, const size_t *dim);

/* These end the test with a message on failure. */
locl_op_case *locl_check_make(const locl_op *op, const size_t *dim, uint64_t seed, bool hard);
void locl_check_run(locl_op_case *c, locl_check_caps caps);
/* Makes, runs, compares and releases. */
void locl_check_shape(const locl_op *op, const size_t *dim, uint64_t seed, locl_check_caps caps);

#endif
