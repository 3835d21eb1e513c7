#include "check/check.h"

#include "base/file.h"
#include "base/text.h"
#include "device/kernel_sources.h"
#include "device/program.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Returns the text behind the head of a kernel in its file: "void NAME(", with any blanks between. */
static const char *behind_head(const char *text, const char *kernel)
{
    size_t length = strlen(kernel);
    for (const char *at = strstr(text, kernel); at; at = strstr(at + 1, kernel)) {
        if (at > text && (at[-1] == ' ' || at[-1] == '\n') && at[length] == '(') {
            return at;
        }
    }
    return NULL;
}

/* Writes the file's text with one change: the first `from` behind the kernel's head, or in the file where
 * there is no kernel, becomes `to`. */
static locl_status spoil(const locl_op_break *b, locl_text *out, locl_error *err)
{
    const locl_kernel_source *source = locl_kernel_sources;
    while (source->name && strcmp(source->name, b->file)) {
        source++;
    }
    const char *head = source->name ? behind_head(source->text, b->kernel) : NULL;
    const char *at = head ? strstr(head, b->from) : NULL;
    at = head && !at ? strstr(source->text, b->from) : at;
    if (!at) {
        return locl_fail(err, LOCL_E_FAILED, "kernel %s is not to be spoiled: %s has no \"%s\"", b->kernel,
                         b->file, head ? b->from : b->kernel);
    }
    locl_text_add_bytes(out, source->text, (size_t)(at - source->text));
    locl_text_add(out, "%s", b->to);
    locl_text_add(out, "%s", at + strlen(b->from));
    return out->failed ? locl_fail_memory(err, out->length) : LOCL_OK;
}

/* Runs the row with the file `path` in place of the library's, in a program cache of its own. */
static locl_status run_with(const locl_check *check, locl_op_case *c, const locl_op_variant *variant,
                            const char *folder, locl_error *err)
{
    locl_program_cache *kept = check->device->programs;
    const char *before = getenv("LOCL_KERNELS");
    char *restore = before ? strdup(before) : NULL;
    locl_status status;
    LOCL_TRY_GOTO(status, locl_program_cache_create(check->device, &check->device->programs, err));
    setenv("LOCL_KERNELS", folder, 1);
    status = locl_op_case_run(c, check->device, variant, locl_check_guards(check), err);
    if (restore) {
        setenv("LOCL_KERNELS", restore, 1);
    } else {
        unsetenv("LOCL_KERNELS");
    }
    locl_program_cache_release(check->device->programs);
fail:
    check->device->programs = kept;
    free(restore);
    return status;
}

static locl_status run_spoiled_kernel(const locl_check *check, locl_op_case *c, const locl_op_break *b,
                                      const locl_op_variant *variant, locl_error *err)
{
    const char *where = getenv("TMPDIR");
    char folder[PATH_MAX - 64], path[PATH_MAX];
    locl_text text = {0};
    locl_status status;
    snprintf(folder, sizeof folder, "%s/locl-spoiled-XXXXXX", where && where[0] ? where : "/tmp");
    LOCL_TRY_GOTO(status, spoil(b, &text, err));
    if (!mkdtemp(folder)) {
        status = locl_fail_errno(err, LOCL_E_IO, "make", folder);
        goto fail;
    }
    snprintf(path, sizeof path, "%s/%s", folder, b->file);
    status = locl_file_write(path, text.data, text.length, err);
    if (status == LOCL_OK) {
        status = run_with(check, c, variant, folder, err);
    }
    unlink(path);
    rmdir(folder);
fail:
    locl_text_free(&text);
    return status;
}

/* Records with the break's argument in place of the case's. Inputs and what is expected stay. */
static locl_status run_wrong_argument(const locl_check *check, locl_op_case *c, const locl_op_break *b,
                                      const locl_op_variant *variant, locl_error *err)
{
    size_t dim[LOCL_OP_DIMS];
    memcpy(dim, c->dim, sizeof dim);
    LOCL_TRY(locl_op_shape_change(c->op, b->argument, c->dim, err));
    locl_status status = locl_op_case_run(c, check->device, variant, locl_check_guards(check), err);
    memcpy(c->dim, dim, sizeof dim);
    return status;
}

void locl_op_break_print(const locl_op_break *b, char *text, size_t size)
{
    if (b->file) {
        snprintf(text, size, "%s in %s: \"%s\" -> \"%s\"", b->kernel, b->file, b->from, b->to);
    } else {
        snprintf(text, size, "recorded with %s", b->argument);
    }
}

/* Describes a spoiled kernel that passed. */
static void describe_unnoticed(const locl_op_case *c, const locl_check *check, const locl_op_break *b,
                               const locl_op_variant *variant, char *text, size_t size)
{
    char what[512], command[1024];
    locl_op_break_print(b, what, sizeof what);
    locl_op_case_command(c, check->device, variant, command, sizeof command);
    snprintf(text, size, "FAIL %s: not noticed on %s: %s\n  again: %s --break", c->op->name,
             check->device->selector, what, command);
}

const locl_op_variant *locl_op_break_variant(const locl_op *op, const locl_op_break *b)
{
    return b->variant ? locl_op_variant_find(op, b->variant) : op->variant;
}

/* Checks with one set of inputs whether the break is noticed. */
static locl_status break_inputs(const locl_check *check, const locl_op *op, const size_t *dim, uint64_t seed,
                                locl_op_inputs inputs, const locl_op_break *b, locl_check_result *out,
                                locl_error *err)
{
    const locl_op_variant *variant = locl_op_break_variant(op, b);
    locl_op_case *c = NULL;
    locl_status status;
    LOCL_TRY(locl_op_case_create(op, dim, seed, inputs, &c, err));
    LOCL_TRY_GOTO(status, locl_op_case_expect(c, err));
    LOCL_TRY_GOTO(status, b->file ? run_spoiled_kernel(check, c, b, variant, err)
                                  : run_wrong_argument(check, c, b, variant, err));
    out->passed = !locl_op_case_near(c, check->device, variant, out->text, sizeof out->text);
    out->error = locl_op_case_error(c);
    if (!out->passed) {
        describe_unnoticed(c, check, b, variant, out->text, sizeof out->text);
    }
fail:
    locl_op_case_release(c);
    return status;
}

locl_status locl_check_break(const locl_check *check, const locl_op *op, const locl_op_break *b,
                             uint64_t seed, locl_check_result *out, locl_error *err)
{
    size_t dim[LOCL_OP_DIMS];
    *out = (locl_check_result){.passed = false};
    LOCL_TRY(locl_op_shape_parse(op, b->shape, dim, err));
    LOCL_TRY(break_inputs(check, op, dim, seed, LOCL_OP_HARD, b, out, err));
    return op->sums && !out->passed ? break_inputs(check, op, dim, seed, LOCL_OP_PLAIN, b, out, err)
                                    : LOCL_OK;
}
