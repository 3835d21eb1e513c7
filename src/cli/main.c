#include "base/text.h"
#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/output.h"

#include <stdio.h>
#include <string.h>

typedef struct command {
    const char *name, *summary;
    int (*run)(int argc, char **argv);
} command;

static const command commands[] = {
    {"devices", "what devices there are, what is wrong with them and the remedy", locl_cli_devices},
    {"train", "train a network as a configuration says", locl_cli_train},
    {"eval", "loss and error of a run or a checkpoint on a split", locl_cli_eval},
    {"audit", "how far estimates are from the exact gradient, and what they cost", locl_cli_audit},
    {"probe", "one step of a rule on given tensors, for checks from outside", locl_cli_probe},
};

enum { COMMANDS = sizeof commands / sizeof commands[0] };

static void print_usage(FILE *to)
{
    fprintf(to, "usage: locl COMMAND ...\n\nTrains neural networks without backpropagation on any mix of "
                "OpenCL devices.\n\n");
    for (size_t i = 0; i < COMMANDS; i++) {
        fprintf(to, "  %-10s %s\n", commands[i].name, commands[i].summary);
    }
    fprintf(to, "\n`locl COMMAND --help` tells more; `locl --version` the version.\n");
}

static const command *find(const char *name)
{
    for (size_t i = 0; i < COMMANDS; i++) {
        if (!strcmp(commands[i].name, name)) {
            return &commands[i];
        }
    }
    return NULL;
}

static int fail_unknown(const char *name)
{
    const char *names[COMMANDS + 1] = {NULL};
    for (size_t i = 0; i < COMMANDS; i++) {
        names[i] = commands[i].name;
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

static int help(int argc, char **argv)
{
    char option[] = "--help";
    if (argc > 1) {
        const command *c = find(argv[1]);
        char *arguments[] = {argv[1], option, NULL};
        return c ? c->run(2, arguments) : fail_unknown(argv[1]);
    }
    print_usage(stdout);
    return 0;
}

int main(int argc, char **argv)
{
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
    const command *c = find(argv[1]);
    return c ? c->run(argc - 1, argv + 1) : fail_unknown(argv[1]);
}
