/* A verb of the command. One table gives parsing, --help, the manual page and the completion of shells. One
 * path, in main.c, parses, helps, checks, runs and says what failed. A new verb is a file with a
 * locl_cli_verb in it, its `extern` and count here, and a row in verbs.c. */
#ifndef LOCL_CLI_VERB_H
#define LOCL_CLI_VERB_H

#include <locl/locl.h>

#include <stddef.h>
#include <stdio.h>

enum { LOCL_CLI_LIST_MOST = 256 };

/* Values of an option that may be repeated. They point into argv. */
typedef struct locl_cli_list {
    const char *value[LOCL_CLI_LIST_MOST];
    size_t count;
} locl_cli_list;

/* What every verb's options begin with. A verb takes those that its table names. */
typedef struct locl_cli_common {
    locl_cli_list positional, set;
    const char *devices;
    bool json, quiet, progress, verbose;
} locl_cli_common;

/* What an option takes, and the type of the member that it goes to. */
typedef enum locl_cli_kind {
    LOCL_CLI_FLAG, /* nothing; bool */
    LOCL_CLI_TEXT, /* const char * */
    LOCL_CLI_LIST  /* locl_cli_list: may be repeated */
} locl_cli_kind;

typedef struct locl_cli_option {
    const char *name;     /* "--set"; a table ends with NULL */
    const char *argument; /* "KEY=VALUE"; "FILE" and "RUN" are completed as such; NULL for a flag */
    const char *help;     /* one line */
    locl_cli_kind kind;
    size_t offset;      /* of the member in the verb's options */
    const char *values; /* "test train": those worth completing; may be NULL */
} locl_cli_option;

/* Options that several verbs take. */
#define LOCL_CLI_SET(example)                                                                                \
    {                                                                                                        \
        "--set", "KEY=VALUE", "put over the configuration, repeatable: --set " example, LOCL_CLI_LIST,       \
            offsetof(locl_cli_common, set), NULL                                                             \
    }
#define LOCL_CLI_DEVICE(which)                                                                               \
    {                                                                                                        \
        "--device", "SELECTOR", which " instead of the configuration's, see locl devices", LOCL_CLI_TEXT,    \
            offsetof(locl_cli_common, devices), "auto all gpu cpu accelerator"                               \
    }
#define LOCL_CLI_JSON(help)                                                                                  \
    {                                                                                                        \
        "--json", NULL, help, LOCL_CLI_FLAG, offsetof(locl_cli_common, json), NULL                           \
    }
#define LOCL_CLI_QUIET(help)                                                                                 \
    {                                                                                                        \
        "--quiet", NULL, help, LOCL_CLI_FLAG, offsetof(locl_cli_common, quiet), NULL                         \
    }
#define LOCL_CLI_PROGRESS                                                                                    \
    {                                                                                                        \
        "--progress", NULL, "the live line even where there is no terminal", LOCL_CLI_FLAG,                  \
            offsetof(locl_cli_common, progress), NULL                                                        \
    }
#define LOCL_CLI_VERBOSE                                                                                     \
    {                                                                                                        \
        "--verbose", NULL, "all log events, not only warnings", LOCL_CLI_FLAG,                               \
            offsetof(locl_cli_common, verbose), NULL                                                         \
    }

typedef struct locl_cli_verb {
    const char *name;      /* "train" */
    const char *arguments; /* "CONFIG | --resume RUN" */
    const char *summary;   /* one line, without a stop */
    const char *about;     /* what --help says before the options; ends with a newline */
    const locl_cli_option *options;
    size_t most; /* positional arguments */
    size_t size; /* of the struct of its options, which begins with a locl_cli_common and starts zeroed */
    /* Checks what was given once it is parsed, and fills in what follows from it. May be NULL. */
    locl_status (*check)(const struct locl_cli_verb *verb, void *options, locl_error *err);
    /* Runs the verb. Its results go to `out`. */
    locl_status (*run)(const void *options, FILE *out, locl_error *err);
} locl_cli_verb;

/* [LOCL_CLI_VERBS], in the order of `locl help` */
enum { LOCL_CLI_VERBS = 13 };
extern const locl_cli_verb *const locl_cli_verbs[LOCL_CLI_VERBS];

extern const locl_cli_verb locl_cli_devices, locl_cli_doctor, locl_cli_verify, locl_cli_train, locl_cli_eval,
    locl_cli_audit, locl_cli_plan, locl_cli_plot, locl_cli_probe, locl_cli_bench, locl_cli_tune,
    locl_cli_simulate, locl_cli_data;

#endif
