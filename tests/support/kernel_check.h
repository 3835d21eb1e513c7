/* Checks of rows of the table of operations (check/table.h), for cmocka programs.
 * LOCL_TEST_SMALL=1 keeps to small shapes and gives each tensor a buffer of exactly its size: for simulators.
 * LOCL_TEST_ALL=1 leaves nothing out. */
#ifndef LOCL_TESTS_SUPPORT_KERNEL_CHECK_H
#define LOCL_TESTS_SUPPORT_KERNEL_CHECK_H

#include "check/check.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

/* Returns the first device that LOCL_DEVICES selects, else `auto`. It is the same one in each call. */
locl_device *locl_check_device(void);
int locl_check_close(void **state); /* closes it; a group's teardown */
bool locl_check_small(void);
bool locl_check_all(void);
/* Returns whether the test of a row leaves a shape out, as too large for a simulator or for a test's time. */
bool locl_check_skips(const locl_op *op, const locl_op_variant *variant, const char *shape);

typedef enum locl_check_family {
    LOCL_CHECK_OPERATION,
    LOCL_CHECK_PRODUCT,
    LOCL_CHECK_OPTIMISER
} locl_check_family;
locl_check_family locl_check_family_of(const locl_op *op);

/* Runs `test` once for each row that is `wanted` (NULL: all), with the row as *state, and then `tests`
 * [more]. Returns how many failed. */
int locl_check_run_rows(const char *group, CMUnitTestFunction test, bool (*wanted)(const locl_op *),
                        const struct CMUnitTest *tests, size_t more);

/* End the test with a message on failure. `variant` is NULL for the row's first. */
void locl_check_parse(const locl_op *op, const char *shape, size_t dim[LOCL_OP_DIMS]);
locl_op_case *locl_check_make(const char *op, const char *shape, uint64_t seed, locl_op_inputs inputs);
void locl_check_expect(locl_op_case *c);
void locl_check_run(locl_op_case *c, const char *variant);
/* Returns the seed of a row's shape in all tests. */
uint64_t locl_check_seed(size_t shape);
/* Checks all shapes of a row in all of its variants, except what locl_check_skips() leaves out. Where `every`
 * is above 1, variants but the first run on every so many shapes, and on none of the row's covers. */
void locl_check_row(const locl_op *op, size_t every);

#endif
