#include "cli/drivers.h"
#include "cli/interrupt.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/pages.h"
#include "cli/verb.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void print_usage(FILE *to)
{
    fprintf(to, "usage: locl COMMAND ...\n\n%s\n", locl_cli_about);
    for (size_t i = 0; i < LOCL_CLI_VERBS; i++) {
        fprintf(to, "  %-10s %s\n", locl_cli_verbs[i]->name, locl_cli_verbs[i]->summary);
    }
    fprintf(to, "\n`locl COMMAND --help` tells more; `locl --version` the version.\n");
}

static const locl_cli_verb *find(const char *name)
{
    for (size_t i = 0; i < LOCL_CLI_VERBS; i++) {
        if (!strcmp(locl_cli_verbs[i]->name, name)) {
            return locl_cli_verbs[i];
        }
    }
    return NULL;
}

static int fail_unknown(const char *name)
{
    const char *names[LOCL_CLI_VERBS + 1] = {NULL};
    for (size_t i = 0; i < LOCL_CLI_VERBS; i++) {
        names[i] = locl_cli_verbs[i]->name;
    }
    const char *nearest = locl_text_nearest(name, names);
    fprintf(stderr, "locl: %s: there is no such command\n", name);
    if (nearest) {
        fprintf(stderr, "  remedy: locl %s? All of them: locl help\n", nearest);
    } else {
        fprintf(stderr, "  remedy: all commands: locl help\n");
    }
    return locl_status_exit_code(LOCL_E_USAGE);
}

/* Runs a verb from its arguments to its end, the one path of all verbs. argv[0] is its name. */
static locl_status run(const locl_cli_verb *verb, int argc, char **argv, void *options, locl_error *err)
{
    bool help;
    LOCL_TRY(locl_cli_parse(verb, argc, argv, options, &help, err));
    if (help) {
        locl_cli_help(verb, stdout);
        return LOCL_OK;
    }
    if (verb->check) {
        LOCL_TRY(verb->check(verb, options, err));
    }
    return locl_cli_run(verb, options, err);
}

static int run_verb(const locl_cli_verb *verb, int argc, char **argv)
{
    locl_error err = {0};
    void *options = calloc(1, verb->size);
    locl_status status =
        options ? run(verb, argc, argv, options, &err) : locl_fail(&err, LOCL_E_MEMORY, "out of memory");
    free(options);
    return status == LOCL_OK ? 0 : locl_cli_fail(verb->name, &err);
}

/* Runs `help`, `help COMMAND`, and what is installed beside the command: `help --man`, `help --completion
 * SHELL`. */
static int help(int argc, char **argv)
{
    if (argc < 2) {
        print_usage(stdout);
        return 0;
    }
    if (!strcmp(argv[1], "--man")) {
        locl_cli_print_man(stdout);
        return 0;
    }
    if (!strcmp(argv[1], "--completion")) {
        locl_error err = {0};
        const char *shell = argc > 2 ? argv[2] : "of nothing";
        return locl_cli_print_completion(stdout, shell, &err) == LOCL_OK ? 0 : locl_cli_fail("help", &err);
    }
    const locl_cli_verb *verb = find(argv[1]);
    if (!verb) {
        return fail_unknown(argv[1]);
    }
    locl_cli_help(verb, stdout);
    return 0;
}

/* Ends the process where a driver would wait, at its exit, for a device that does not answer. */
static int end(int code)
{
    if (locl_devices_silent()) {
        fflush(NULL);
        _exit(code);
    }
    return code;
}

int main(int argc, char **argv)
{
    int code;
    if (locl_doctor_is_child(argc, argv, &code)) {
        return code;
    }
    locl_cli_prepare_drivers(argv);
    locl_cli_watch_signals();
    if (argc < 2) {
        print_usage(stderr);
        return locl_status_exit_code(LOCL_E_USAGE);
    }
    if (!strcmp(argv[1], "help") || !strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
        return help(argc - 1, argv + 1);
    }
    if (!strcmp(argv[1], "--version")) {
        printf("locl %s\n", locl_version());
        return 0;
    }
    const locl_cli_verb *verb = find(argv[1]);
    return end(verb ? run_verb(verb, argc - 1, argv + 1) : fail_unknown(argv[1]));
}
