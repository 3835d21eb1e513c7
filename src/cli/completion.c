#include "cli/pages.h"

#include <string.h>

/* Returns whether an option's argument is completed with files, where its table has no values. */
static bool is_file(const locl_cli_option *o)
{
    return o->argument && !strcmp(o->argument, "FILE");
}

static bool is_folder(const locl_cli_option *o)
{
    return o->argument && !strcmp(o->argument, "RUN");
}

/* Writes text in single quotes, as shells read it: ' is ends, \', begins again. */
static void put_quoted(FILE *out, const char *text)
{
    for (const char *c = text; *c; c++) {
        if (*c == '\'') {
            fputs("'\\''", out);
        } else {
            fputc(*c, out);
        }
    }
}

/* ---- bash ---- */

/* Writes a row of the case over "verb option": how its value is completed. */
static void put_bash_value(FILE *out, const locl_cli_verb *verb, const locl_cli_option *o)
{
    if (o->kind == LOCL_CLI_FLAG) {
        return;
    }
    fprintf(out, "    '%s %s') ", verb->name, o->name);
    if (o->values) {
        fprintf(out, "words='%s' ;;\n", o->values);
    } else {
        fprintf(out, "kind=%s ;;\n", is_file(o) ? "file" : is_folder(o) ? "directory" : "none");
    }
}

static void print_bash(FILE *out)
{
    fputs("# Made by: locl help --completion bash\n"
          "_locl()\n"
          "{\n"
          "    local word=${COMP_WORDS[COMP_CWORD]} verb=${COMP_WORDS[1]} words='' options='' kind=file\n"
          "    COMPREPLY=()\n"
          "    case $verb in\n",
          out);
    for (size_t i = 0; i < LOCL_CLI_VERBS; i++) {
        const locl_cli_verb *verb = locl_cli_verbs[i];
        fprintf(out, "    %s) options='", verb->name);
        for (const locl_cli_option *o = verb->options; o->name; o++) {
            fprintf(out, "%s ", o->name);
        }
        fprintf(out, "--help'%s ;;\n", verb->most ? "" : " kind=none");
    }
    fputs("    esac\n    case \"$verb ${COMP_WORDS[COMP_CWORD-1]}\" in\n", out);
    for (size_t i = 0; i < LOCL_CLI_VERBS; i++) {
        for (const locl_cli_option *o = locl_cli_verbs[i]->options; o->name; o++) {
            put_bash_value(out, locl_cli_verbs[i], o);
        }
    }
    fputs("    *) [[ $word == -* ]] && words=$options ;;\n    esac\n    local verbs='", out);
    for (size_t i = 0; i < LOCL_CLI_VERBS; i++) {
        fprintf(out, "%s%s", i ? " " : "", locl_cli_verbs[i]->name);
    }
    fputs("'\n"
          "    [ \"$COMP_CWORD\" -eq 1 ] && words=\"$verbs help --help --version\"\n"
          "    [ \"$COMP_CWORD\" -eq 2 ] && [ \"$verb\" = help ] && words=$verbs\n"
          "    if [ -n \"$words\" ]; then\n"
          "        mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
          "    elif [ $kind != none ]; then\n"
          "        compopt -o filenames\n"
          "        mapfile -t COMPREPLY < <(compgen -A $kind -- \"$word\")\n"
          "    fi\n"
          "}\n"
          "complete -F _locl locl\n",
          out);
}

/* ---- zsh ---- */

/* Writes help between [ and ]. What those brackets mean has a backslash before it. */
static void put_zsh_help(FILE *out, const char *help)
{
    for (const char *c = help; *c; c++) {
        char one[2] = {*c, '\0'};
        if (strchr("[]:\\", *c)) {
            fputc('\\', out);
        }
        put_quoted(out, one);
    }
}

static void put_zsh_option(FILE *out, const locl_cli_option *o)
{
    fprintf(out, " \\\n            '%s%s[", o->kind == LOCL_CLI_LIST ? "*" : "", o->name);
    put_zsh_help(out, o->help);
    fputc(']', out);
    if (o->values) {
        fprintf(out, ":%s:(%s)", o->argument, o->values);
    } else if (o->argument) {
        fprintf(out, ":%s:%s", o->argument, is_file(o) ? "_files" : is_folder(o) ? "_files -/" : " ");
    }
    fputc('\'', out);
}

static void print_zsh(FILE *out)
{
    fputs("#compdef locl\n"
          "# Made by: locl help --completion zsh\n"
          "_locl()\n"
          "{\n"
          "    local -a verbs\n"
          "    verbs=(\n",
          out);
    for (size_t i = 0; i < LOCL_CLI_VERBS; i++) {
        fprintf(out, "        '%s:", locl_cli_verbs[i]->name);
        put_quoted(out, locl_cli_verbs[i]->summary);
        fputs("'\n", out);
    }
    fputs("        'help:what there is'\n"
          "    )\n"
          "    if (( CURRENT == 2 )); then\n"
          "        _describe command verbs\n"
          "        return\n"
          "    fi\n"
          "    shift words\n"
          "    (( CURRENT-- ))\n"
          "    case $words[1] in\n",
          out);
    for (size_t i = 0; i < LOCL_CLI_VERBS; i++) {
        const locl_cli_verb *verb = locl_cli_verbs[i];
        fprintf(out, "    %s)\n        _arguments", verb->name);
        for (const locl_cli_option *o = verb->options; o->name; o++) {
            put_zsh_option(out, o);
        }
        fprintf(out, " \\\n            '--help[this text]'%s ;;\n", verb->most ? " '*:file:_files'" : "");
    }
    fputs("    esac\n}\n_locl \"$@\"\n", out);
}

/* ---- fish ---- */

static void put_fish_option(FILE *out, const locl_cli_verb *verb, const locl_cli_option *o)
{
    fprintf(out, "complete -c locl -n '__fish_seen_subcommand_from %s' -l %s", verb->name, o->name + 2);
    if (o->values) {
        fprintf(out, " -x -a '%s'", o->values);
    } else if (is_folder(o)) {
        fputs(" -x -a '(__fish_complete_directories)'", out);
    } else if (o->argument) {
        fputs(is_file(o) ? " -r -F" : " -x", out);
    }
    fputs(" -d '", out);
    /* fish reads \' and '\'' alike within single quotes */
    put_quoted(out, o->help);
    fputs("'\n", out);
}

static void print_fish(FILE *out)
{
    fputs("# Made by: locl help --completion fish\n", out);
    for (size_t i = 0; i < LOCL_CLI_VERBS; i++) {
        const locl_cli_verb *verb = locl_cli_verbs[i];
        fprintf(out, "complete -c locl -n __fish_use_subcommand -f -a %s -d '", verb->name);
        put_quoted(out, verb->summary);
        fputs("'\n", out);
        for (const locl_cli_option *o = verb->options; o->name; o++) {
            put_fish_option(out, verb, o);
        }
    }
}

/* ---- all ---- */

static const struct {
    const char *name;
    void (*print)(FILE *out);
} shells[] = {{"bash", print_bash}, {"zsh", print_zsh}, {"fish", print_fish}};

locl_status locl_cli_print_completion(FILE *out, const char *shell, locl_error *err)
{
    for (size_t i = 0; i < sizeof shells / sizeof *shells; i++) {
        if (!strcmp(shells[i].name, shell)) {
            shells[i].print(out);
            return LOCL_OK;
        }
    }
    return locl_fail(err, LOCL_E_USAGE, "--completion %s: should be bash, zsh or fish", shell);
}
