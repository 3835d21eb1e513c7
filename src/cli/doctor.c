#include "cli/findings.h"
#include "cli/output.h"
#include "cli/verb.h"

#include <stdlib.h>
#include <string.h>

typedef struct doctor_options {
    locl_cli_common common;
    const char *deadline;
    double seconds;
    bool variables;
} doctor_options;

static const locl_cli_option options[] = {
    LOCL_CLI_JSON("one JSON object instead of the table: rows"),
    {"--deadline", "SECONDS", "in which a driver has to do something; 20", LOCL_CLI_TEXT,
     offsetof(doctor_options, deadline), NULL},
    {"--variables", NULL, "the variables by which other programs find the same drivers, as shell code",
     LOCL_CLI_FLAG, offsetof(doctor_options, variables), NULL},
    {NULL},
};

static locl_status check(const locl_cli_verb *verb, void *given, locl_error *err)
{
    doctor_options *o = given;
    (void)verb;
    return locl_cli_read_deadline(o->deadline, &o->seconds, err);
}

static void print_table(FILE *out, const locl_diagnosis *diagnosis)
{
    size_t width = 0, rows = locl_diagnosis_rows(diagnosis);
    for (size_t i = 0; i < rows; i++) {
        size_t length = strlen(locl_diagnosis_row(diagnosis, i)->name);
        width = length > width && length <= 40 ? length : width;
    }
    for (size_t i = 0; i < rows; i++) {
        locl_cli_put_finding(out, locl_diagnosis_row(diagnosis, i), (int)width);
    }
}

static locl_status print(const doctor_options *o, FILE *out, const locl_diagnosis *diagnosis, locl_error *err)
{
    size_t errors = 0;
    char first[512] = "";
    if (o->common.json) {
        char *json = NULL;
        LOCL_TRY(locl_diagnosis_to_json(diagnosis, &json, err));
        LOCL_TRY(locl_cli_print(out, json, err));
    } else {
        print_table(out, diagnosis);
    }
    fflush(out);
    for (size_t i = 0; i < locl_diagnosis_rows(diagnosis); i++) {
        locl_cli_count_error(locl_diagnosis_row(diagnosis, i), &errors, first, sizeof first);
    }
    return locl_cli_fail_findings(errors, first, err);
}

/* Prints what this process was given, or gave itself, for drivers: `eval` takes it. */
static void print_variables(FILE *out)
{
    static const char *const names[] = {"OCL_ICD_VENDORS", "LD_LIBRARY_PATH", "GPU_SINGLE_ALLOC_PERCENT"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = getenv(names[i]);
        if (value) {
            fprintf(out, "export %s='", names[i]);
            for (const char *c = value; *c; c++) {
                fputs(*c == '\'' ? "'\\''" : (const char[]){*c, 0}, out);
            }
            fputs("'\n", out);
        }
    }
}

static locl_status doctor(const void *given, FILE *out, locl_error *err)
{
    const doctor_options *o = given;
    if (o->variables) {
        print_variables(out);
        return LOCL_OK;
    }
    const locl_doctor_setup setup = {.program = "/proc/self/exe", .deadline = o->seconds};
    locl_diagnosis *diagnosis = NULL;
    LOCL_TRY(locl_doctor_run(&setup, &diagnosis, err));
    locl_status status = print(o, out, diagnosis, err);
    locl_diagnosis_free(diagnosis);
    return status;
}

const locl_cli_verb locl_cli_doctor = {
    .name = "doctor",
    .arguments = "[--json | --variables]",
    .summary = "what keeps OpenCL from working, and the remedy",
    .about = "Examines the OpenCL loader, each registered driver in a process of its own, each device by "
             "small trials,\n"
             "and the machine around them: variables, device nodes, kernel drivers, containers, caches. A "
             "driver that\n"
             "crashes, hangs or prints is a row. Exit code 1 where a row is an error. See docs/doctor.md.\n",
    .options = options,
    .size = sizeof(doctor_options),
    .check = check,
    .run = doctor,
};
