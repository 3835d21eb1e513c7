#include "cli/findings.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/verb.h"

#include <stdlib.h>
#include <string.h>

typedef struct verify_options {
    locl_cli_common common;
    const char *only, *deadline;
    double seconds; /* 0: the library's */
} verify_options;

static const locl_cli_option options[] = {
    {"--device", "SELECTOR", "devices instead of all, see locl devices", LOCL_CLI_TEXT,
     offsetof(locl_cli_common, devices), "auto all gpu cpu accelerator"},
    {"--only", "PATTERN", "kernels by name, as a shell pattern; a passport is kept only if one fails",
     LOCL_CLI_TEXT, offsetof(verify_options, only), NULL},
    {"--deadline", "SECONDS", "in which a shape of a kernel has to be built and checked; 120", LOCL_CLI_TEXT,
     offsetof(verify_options, deadline), NULL},
    LOCL_CLI_JSON("one JSON object instead of the table: rows"),
    LOCL_CLI_QUIET("the result alone, no progress"),
    LOCL_CLI_PROGRESS,
    {NULL},
};

static locl_status check(const locl_cli_verb *verb, void *given, locl_error *err)
{
    verify_options *o = given;
    (void)verb;
    return locl_cli_read_deadline(o->deadline, &o->seconds, err);
}

static void tell(void *user, size_t done, size_t total)
{
    locl_run_event event = {
        .moment = LOCL_RUN_BUILDING, .stage = "verifying kernels", .done = done, .total = total};
    locl_progress_event(user, &event);
}

static void print_table(FILE *out, const locl_verification *verification)
{
    locl_verified row;
    size_t width = 0;
    for (size_t i = 0; i < locl_verification_rows(verification); i++) {
        locl_verification_describe(verification, i, &row);
        width = strlen(row.finding.name) > width ? strlen(row.finding.name) : width;
    }
    for (size_t i = 0; i < locl_verification_rows(verification); i++) {
        locl_verification_describe(verification, i, &row);
        locl_cli_put_finding(out, &row.finding, (int)width);
    }
}

static locl_status print(const locl_cli_common *o, FILE *out, const locl_verification *verification,
                         locl_error *err)
{
    size_t errors = 0;
    char first[512] = "";
    if (o->json) {
        char *json = NULL;
        LOCL_TRY(locl_verification_to_json(verification, &json, err));
        LOCL_TRY(locl_cli_print(out, json, err));
    } else {
        print_table(out, verification);
    }
    fflush(out);
    for (size_t i = 0; i < locl_verification_rows(verification); i++) {
        locl_verified row;
        locl_verification_describe(verification, i, &row);
        locl_cli_count_error(&row.finding, &errors, first, sizeof first);
    }
    return locl_cli_fail_findings(errors, first, err);
}

static locl_status verify(const void *given, FILE *out, locl_error *err)
{
    const verify_options *o = given;
    locl_progress progress;
    const locl_verify_setup setup = {.program = "/proc/self/exe",
                                     .devices = o->common.devices,
                                     .only = o->only,
                                     .deadline = o->seconds,
                                     .tell = tell,
                                     .user = &progress};
    locl_verification *verification = NULL;
    locl_progress_start(&progress, stderr, &o->common);
    locl_status status = locl_verify_run(&setup, &verification, err);
    locl_progress_clear(&progress);
    LOCL_TRY(status);
    status = print(&o->common, out, verification, err);
    locl_verification_free(verification);
    return status;
}

const locl_cli_verb locl_cli_verify = {
    .name = "verify",
    .arguments = "[--device SELECTOR] [--json]",
    .summary = "every kernel on a device against the C reference",
    .about = "Holds every kernel, product and optimiser, in every variant that the device may use, against "
             "its reference\n"
             "in C, on all devices unless told otherwise: worst errors, special floats, the same bits in "
             "every run. The\n"
             "verdict is kept as the device's passport; training refuses a device that failed. See "
             "docs/verify.md.\n",
    .options = options,
    .size = sizeof(verify_options),
    .check = check,
    .run = verify,
};
