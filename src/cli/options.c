#include "cli/options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { NAMES = 32, HELP_COLUMN = 26, CODES_IN_LINE = 4 };

const char *const locl_cli_exit_codes[LOCL_CLI_EXIT_CODES] = {
    "done",
    "failed",
    "wrong usage or configuration",
    "no such device",
    "unreadable data or checkpoint",
    "interrupted and saved",
    "a device was lost, saved",
};

static const locl_cli_option *find(const locl_cli_verb *verb, const char *name, size_t length)
{
    for (const locl_cli_option *o = verb->options; o->name; o++) {
        if (strlen(o->name) == length && !strncmp(o->name, name, length)) {
            return o;
        }
    }
    return NULL;
}

static locl_status fail_unknown(const locl_cli_verb *verb, const char *given, locl_error *err)
{
    const char *names[NAMES] = {"--help"};
    size_t count = 1;
    for (const locl_cli_option *o = verb->options; o->name && count + 1 < NAMES; o++) {
        names[count++] = o->name;
    }
    const char *nearest = locl_text_nearest(given, names);
    locl_fail(err, LOCL_E_USAGE, "%s: there is no such option", given);
    return nearest ? locl_remedy(err, "%s? All of them: locl %s --help", nearest, verb->name)
                   : locl_remedy(err, "all options: locl %s --help", verb->name);
}

static locl_status add(locl_cli_list *list, const char *value, locl_error *err)
{
    if (list->count == LOCL_CLI_LIST_MOST) {
        return locl_fail(err, LOCL_E_USAGE, "%s: more than %d of the kind", value, LOCL_CLI_LIST_MOST);
    }
    list->value[list->count++] = value;
    return LOCL_OK;
}

/* Puts an option's value, NULL for a flag, into its member of the options. */
static locl_status put(const locl_cli_option *o, const char *value, void *options, locl_error *err)
{
    char *member = (char *)options + o->offset;
    switch (o->kind) {
    case LOCL_CLI_FLAG:
        *(bool *)(void *)member = true;
        return LOCL_OK;
    case LOCL_CLI_TEXT:
        *(const char **)(void *)member = value;
        return LOCL_OK;
    case LOCL_CLI_LIST:
        return add((locl_cli_list *)(void *)member, value, err);
    }
    return LOCL_OK;
}

/* Takes option argv[*i], with its value from behind "=" or from the next argument. */
static locl_status take(const locl_cli_verb *verb, int argc, char **argv, int *i, void *options,
                        locl_error *err)
{
    const char *given = argv[*i], *equals = strchr(given, '='), *value = equals ? equals + 1 : NULL;
    const locl_cli_option *o = find(verb, given, equals ? (size_t)(equals - given) : strlen(given));
    if (!o) {
        return fail_unknown(verb, given, err);
    }
    if (o->kind == LOCL_CLI_FLAG) {
        return value ? locl_fail(err, LOCL_E_USAGE, "%s: %s takes no value", given, o->name)
                     : put(o, NULL, options, err);
    }
    if (!value && *i + 1 < argc) {
        value = argv[++*i];
    }
    return value ? put(o, value, options, err)
                 : locl_fail(err, LOCL_E_USAGE, "%s: should be followed by %s", o->name, o->argument);
}

locl_status locl_cli_parse(const locl_cli_verb *verb, int argc, char **argv, void *options, bool *help,
                           locl_error *err)
{
    locl_cli_list *positional = &((locl_cli_common *)options)->positional;
    bool ended = false;
    *help = false;
    for (int i = 1; i < argc; i++) {
        if (!ended && (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))) {
            *help = true;
            return LOCL_OK;
        }
        if (!ended && !strcmp(argv[i], "--")) {
            ended = true;
        } else if (!ended && argv[i][0] == '-' && argv[i][1]) {
            LOCL_TRY(take(verb, argc, argv, &i, options, err));
        } else {
            LOCL_TRY(add(positional, argv[i], err));
        }
    }
    if (positional->count > verb->most) {
        locl_fail(err, LOCL_E_USAGE, "%s: one argument too many", positional->value[verb->most]);
        return locl_remedy(err, "locl %s %s", verb->name, verb->arguments);
    }
    return LOCL_OK;
}

void locl_cli_help(const locl_cli_verb *verb, FILE *out)
{
    fprintf(out, "usage: locl %s %s\n\n%s\n", verb->name, verb->arguments, verb->about);
    for (const locl_cli_option *o = verb->options; o->name; o++) {
        char left[64];
        snprintf(left, sizeof left, "%s%s%s", o->name, o->argument ? " " : "",
                 o->argument ? o->argument : "");
        fprintf(out, "  %-*s %s\n", HELP_COLUMN, left, o->help);
    }
    fprintf(out, "  %-*s this text\n\nExit codes: ", HELP_COLUMN, "--help");
    for (int i = 0; i < LOCL_CLI_EXIT_CODES; i++) {
        const char *after = i + 1 == LOCL_CLI_EXIT_CODES ? ".\n" : i + 1 == CODES_IN_LINE ? ",\n" : ", ";
        fprintf(out, "%d %s%s", i, locl_cli_exit_codes[i], after);
    }
}

/* Reads a whole number from 1 on and returns what follows it; NULL: there is none. */
static const char *read_step(const char *text, uint64_t *out)
{
    char *end;
    errno = 0;
    *out = strtoull(text, &end, 10);
    return *text >= '0' && *text <= '9' && errno == 0 && *out > 0 ? end : NULL;
}

locl_status locl_cli_steps(const char *option, const char *text, uint64_t *first, uint64_t *last,
                           locl_error *err)
{
    const char *end = read_step(text, first);
    end = end && !strncmp(end, "..", 2) ? read_step(end + 2, last) : NULL;
    if (!end || *end || *last < *first) {
        locl_fail(err, LOCL_E_USAGE, "%s %s: should be FIRST..LAST, steps counted from 1", option, text);
        return locl_remedy(err, "as in %s 11..20", option);
    }
    return LOCL_OK;
}
