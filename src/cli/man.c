#include "cli/options.h"
#include "cli/pages.h"

#include <string.h>

const char *const locl_cli_about =
    "Trains neural networks without backpropagation on any mix of OpenCL devices.\n";

/* A name and what it stands for. */
typedef struct term {
    const char *name, *meaning;
} term;

static const term environment[] = {
    {"LOCL_DEVICES", "devices, instead of the configuration's; --device comes before it"},
    {"LOCL_DEVICE_FILE", "sets and settings of devices, else ~/.config/locl/devices.yaml; empty for none"},
    {"LOCL_CAPS", "lowers what devices say they can do, for tests: cpu=0,work_group=64"},
    {"LOCL_KERNELS", "a folder whose kernels replace those in the library"},
    {"LOCL_DEADLINE", "seconds that a device may take before that is an error; none without it"},
    {"XDG_CACHE_HOME, HOME", "compiled kernels are kept in $XDG_CACHE_HOME/locl/v1, else ~/.cache/locl/v1"},
};

static const term files[] = {
    {"config.yaml", "of a run's folder: its whole configuration, defaults included"},
    {"plan.json", "devices, engines and placement, which a resumed run keeps"},
    {"metrics.jsonl", "what was measured, an object a line"},
    {"checkpoints/last.safetensors, previous.safetensors, best.safetensors",
     "parameters, optimiser state and position; the one before; parameters with the lowest test error"},
};

/* Writes text so that roff prints it, with quotes and dashes as they are typed. */
static void put(FILE *out, const char *text)
{
    static const char special[] = "\\-'`^~";
    static const char *const escapes[] = {"\\e", "\\-", "\\(aq", "\\(ga", "\\(ha", "\\(ti"};
    for (const char *c = text; *c; c++) {
        const char *found = strchr(special, *c);
        if (found) {
            fputs(escapes[found - special], out);
        } else if (*c == '.' && (c == text || c[-1] == '\n')) {
            fputs("\\&.", out);
        } else {
            fputc(*c, out);
        }
    }
}

/* Writes "<macro> <text>" on a line of its own. The text is in quotes, which it does not hold. */
static void put_macro(FILE *out, const char *macro, const char *before, const char *text)
{
    fprintf(out, ".%s \"", macro);
    put(out, before);
    put(out, text);
    fputs("\"\n", out);
}

static void put_terms(FILE *out, const char *title, const term *terms, size_t count)
{
    fprintf(out, ".SH %s\n", title);
    for (size_t i = 0; i < count; i++) {
        fputs(".TP\n", out);
        put_macro(out, "B", "", terms[i].name);
        put(out, terms[i].meaning);
        fputc('\n', out);
    }
}

static void put_option(FILE *out, const char *name, const char *argument, const char *help)
{
    fputs(".TP\n\\fB", out);
    put(out, name);
    fputs("\\fR", out);
    if (argument) {
        fputs(" \\fI", out);
        put(out, argument);
        fputs("\\fR", out);
    }
    fputc('\n', out);
    put(out, help);
    fputc('\n', out);
}

static void put_verb(FILE *out, const locl_cli_verb *verb)
{
    fputs(".SS \"locl ", out);
    put(out, verb->name);
    fputc(' ', out);
    put(out, verb->arguments);
    fputs("\"\n", out);
    put(out, verb->about);
    for (const locl_cli_option *o = verb->options; o->name; o++) {
        put_option(out, o->name, o->argument, o->help);
    }
    put_option(out, "--help", NULL, "what this page says of it");
}

static void put_synopsis(FILE *out)
{
    fputs(".SH SYNOPSIS\n", out);
    for (size_t i = 0; i < LOCL_CLI_VERBS; i++) {
        const locl_cli_verb *verb = locl_cli_verbs[i];
        fprintf(out, "%s\\fBlocl %s\\fR ", i ? ".br\n" : "", verb->name);
        put(out, verb->arguments);
        fputs(strchr(verb->arguments, '[') ? "\n" : " [OPTION]...\n", out);
    }
    fputs(".br\n\\fBlocl help\\fR [COMMAND]\n", out);
}

void locl_cli_print_man(FILE *out)
{
    fprintf(out, ".\\\" Made by: locl help --man\n.TH LOCL 1 \"\" \"locl %s\" \"User Commands\"\n",
            locl_version());
    fputs(".SH NAME\nlocl \\- train neural networks without backpropagation on OpenCL devices\n", out);
    put_synopsis(out);
    fputs(".SH DESCRIPTION\n", out);
    put(out, locl_cli_about);
    fputs("Results go to standard output, warnings and errors to standard error, the latter with what to do "
          "about them.\n",
          out);
    fputs(".SH COMMANDS\n", out);
    for (size_t i = 0; i < LOCL_CLI_VERBS; i++) {
        put_verb(out, locl_cli_verbs[i]);
    }
    fputs(".SH \"EXIT STATUS\"\n", out);
    for (int i = 0; i < LOCL_CLI_EXIT_CODES; i++) {
        fprintf(out, ".TP\n.B %d\n", i);
        put(out, locl_cli_exit_codes[i]);
        fputc('\n', out);
    }
    put_terms(out, "ENVIRONMENT", environment, sizeof environment / sizeof *environment);
    put_terms(out, "FILES", files, sizeof files / sizeof *files);
    fputs(".SH \"SEE ALSO\"\nThe documentation that is installed with it, in share/doc/locl: README.md, "
          "docs/command.md,\ndocs/configuration.md, docs/devices.md.\n",
          out);
}
