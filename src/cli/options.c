#include "cli/options.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

enum { NAMES = 32, HELP_COLUMN = 26 };

static const locl_cli_option *find(const locl_cli_command *command, const char *name, size_t length)
{
    for (const locl_cli_option *o = command->options; o->name; o++) {
        if (strlen(o->name) == length && !strncmp(o->name, name, length)) {
            return o;
        }
    }
    return NULL;
}

static locl_status fail_unknown(const locl_cli_command *command, const char *given, locl_error *err)
{
    const char *names[NAMES] = {"--help"};
    size_t count = 1;
    for (const locl_cli_option *o = command->options; o->name && count + 1 < NAMES; o++) {
        names[count++] = o->name;
    }
    const char *nearest = locl_text_nearest(given, names);
    locl_fail(err, LOCL_E_USAGE, "%s: there is no such option", given);
    return nearest ? locl_remedy(err, "%s? All of them: locl %s --help", nearest, command->name)
                   : locl_remedy(err, "all options: locl %s --help", command->name);
}

static locl_status add(locl_cli_list *list, const char *value, locl_error *err)
{
    if (list->count == LOCL_CLI_LIST) {
        return locl_fail(err, LOCL_E_USAGE, "%s: more than %d of the kind", value, LOCL_CLI_LIST);
    }
    list->value[list->count++] = value;
    return LOCL_OK;
}

/* argv[*i] is an option; takes its value from behind "=" or from the next argument. */
static locl_status take(const locl_cli_command *command, int argc, char **argv, int *i, locl_error *err)
{
    const char *given = argv[*i], *equals = strchr(given, '='), *value = equals ? equals + 1 : NULL;
    const locl_cli_option *o = find(command, given, equals ? (size_t)(equals - given) : strlen(given));
    if (!o) {
        return fail_unknown(command, given, err);
    }
    if (o->flag) {
        *o->flag = true;
        return value ? locl_fail(err, LOCL_E_USAGE, "%s: %s takes no value", given, o->name) : LOCL_OK;
    }
    if (!value && *i + 1 < argc) {
        value = argv[++*i];
    }
    if (!value) {
        return locl_fail(err, LOCL_E_USAGE, "%s: should be followed by %s", o->name, o->argument);
    }
    if (o->list) {
        return add(o->list, value, err);
    }
    *o->text = value;
    return LOCL_OK;
}

locl_status locl_cli_parse(const locl_cli_command *command, int argc, char **argv, bool *help,
                           locl_error *err)
{
    bool options = true;
    *help = false;
    for (int i = 1; i < argc; i++) {
        if (options && (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))) {
            *help = true;
            return LOCL_OK;
        }
        if (options && !strcmp(argv[i], "--")) {
            options = false;
        } else if (options && argv[i][0] == '-' && argv[i][1]) {
            LOCL_TRY(take(command, argc, argv, &i, err));
        } else {
            LOCL_TRY(add(command->positional, argv[i], err));
        }
    }
    if (command->positional->count > command->most) {
        locl_fail(err, LOCL_E_USAGE, "%s: one argument too many", command->positional->value[command->most]);
        return locl_remedy(err, "locl %s %s", command->name, command->arguments);
    }
    return LOCL_OK;
}

void locl_cli_help(const locl_cli_command *command)
{
    printf("usage: locl %s %s\n\n%s\n", command->name, command->arguments, command->about);
    for (const locl_cli_option *o = command->options; o->name; o++) {
        char left[64];
        snprintf(left, sizeof left, "%s%s%s", o->name, o->argument ? " " : "",
                 o->argument ? o->argument : "");
        printf("  %-*s %s\n", HELP_COLUMN, left, o->help);
    }
    printf("  %-*s this text\n", HELP_COLUMN, "--help");
    printf("\nExit codes: 0 done, 1 failed, 2 wrong usage or configuration, 3 no such device,\n"
           "4 unreadable data or checkpoint, 5 interrupted and saved.\n");
}
