/* The must-fail test: each row's kernels spoiled on purpose, and wrong arguments, have to be noticed by the
 * row's own check; and no kernel is without a row that runs it and notices when it is spoiled. */
#include "support/kernel_check.h"

#include "check/time.h"
#include "device/kernel_sources.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SEED = 41, NAME = 64 };

static bool left_out(const locl_op *op, const locl_op_break *b)
{
    bool slow = locl_check_small() && locl_op_break_variant(op, b)->engine == LOCL_ENGINE_CLBLAST;
    return slow || (op->whole_blocks && !locl_check_device()->caps.whole_blocks);
}

static void is_noticed_when_spoiled(void **state)
{
    const locl_op *op = *state;
    const locl_check check = {.device = locl_check_device(), .exact_buffers = locl_check_small()};
    locl_check_result result;
    locl_error err = {0};
    assert_true(op->break_count > 0);
    for (const locl_op_break *b = op->breaks; b < op->breaks + op->break_count; b++) {
        if (left_out(op, b)) {
            continue;
        }
        if (locl_check_break(&check, op, b, SEED, &result, &err) != LOCL_OK) {
            fail_msg("%s: %s: %s", op->name, err.where, err.message);
        }
        if (!result.passed) {
            fail_msg("%s", result.text);
        }
    }
}

/* A change that is none has to pass the check, so that a row is not noticed for being spoiled at all; and one
 * that cannot be made is an error. */
static void a_kernel_that_is_right_is_not_noticed(void **state)
{
    const locl_op *op = locl_op_find("layernorm_dual");
    const locl_check check = {.device = locl_check_device(), .exact_buffers = locl_check_small()};
    locl_op_break b = {.shape = "rows=31 n=17 tangents=3",
                       .kernel = "layernorm_dual",
                       .file = "layernorm.cl",
                       .from = "r[row] = s.r",
                       .to = "r[row] = s.r + 0.0f"};
    locl_check_result result;
    locl_error err = {0};
    (void)state;
    assert_int_equal(locl_check_break(&check, op, &b, SEED, &result, &err), LOCL_OK);
    assert_false(result.passed);
    assert_non_null(strstr(result.text, "FAIL layernorm_dual: not noticed on "));
    assert_non_null(strstr(result.text, "--break"));
    b.from = "no such text";
    assert_int_equal(locl_check_break(&check, op, &b, SEED, &result, &err), LOCL_E_FAILED);
    assert_non_null(strstr(err.message, "layernorm.cl has no \"no such text\""));
    b.file = NULL;
    b.argument = "rows=31";
    assert_int_equal(locl_check_break(&check, op, &b, SEED, &result, &err), LOCL_OK);
    assert_false(result.passed);
}

/* The name before the next "(" behind `at`. */
static void kernel_name(const char *at, char *name)
{
    const char *end, *open = strchr(at, '(');
    if (!strncmp(at, "kernel __attribute__", 20)) {
        open = strchr(strstr(at, "void"), '(');
    }
    for (end = open; isspace((unsigned char)end[-1]); end--) {
    }
    const char *start = end;
    while (isalnum((unsigned char)start[-1]) || start[-1] == '_') {
        start--;
    }
    snprintf(name, NAME, "%.*s", (int)(end - start), start);
}

static bool spoils(const char *kernel)
{
    for (const locl_op *const *op = locl_ops; *op; op++) {
        for (const locl_op_break *b = (*op)->breaks; b < (*op)->breaks + (*op)->break_count; b++) {
            if (b->kernel && !strcmp(b->kernel, kernel)) {
                return true;
            }
        }
    }
    return false;
}

/* The list of the kernels is that of the sources, where a kernel begins a line. */
static void every_kernel_has_its_must_fail(void **state)
{
    size_t kernels = 0;
    (void)state;
    for (const locl_kernel_source *source = locl_kernel_sources; source->name; source++) {
        for (const char *at = source->text; (at = strstr(at, "\nkernel ")); at++) {
            char name[NAME];
            kernel_name(at + 1, name);
            kernels++;
            if (!spoils(name)) {
                fail_msg("%s has the kernel %s, which no row of the table spoils", source->name, name);
            }
        }
    }
    assert_true(kernels > 30);
}

/* What a break says that it spoils is run by its row on its shape. */
static void what_is_spoiled_is_run(void **state)
{
    locl_error err = {0};
    (void)state;
    for (const locl_op *const *op = locl_ops; *op; op++) {
        for (const locl_op_break *b = (*op)->breaks; b < (*op)->breaks + (*op)->break_count; b++) {
            const locl_op_variant *v = locl_op_break_variant(*op, b);
            char *kernels = NULL, name[NAME + 1];
            locl_op_counts count;
            if (!b->kernel || left_out(*op, b)) {
                continue;
            }
            locl_op_case *c = locl_check_make((*op)->name, b->shape, SEED, LOCL_OP_PLAIN);
            if (locl_op_count(c, locl_check_device(), v, &count, &kernels, &err) != LOCL_OK) {
                fail_msg("%s: %s", (*op)->name, err.message);
            }
            snprintf(name, sizeof name, " %s", b->kernel);
            if (!strstr(kernels, name)) {
                fail_msg("%s [%s] runs%s, not %s", (*op)->name, b->shape, kernels, b->kernel);
            }
            free(kernels);
            locl_op_case_release(c);
        }
    }
}

int main(void)
{
    const struct CMUnitTest more[] = {
        cmocka_unit_test(a_kernel_that_is_right_is_not_noticed),
        cmocka_unit_test(every_kernel_has_its_must_fail),
        cmocka_unit_test(what_is_spoiled_is_run),
    };
    return locl_check_run_rows("kernels spoiled on purpose", is_noticed_when_spoiled, NULL, more,
                               sizeof more / sizeof *more);
}
