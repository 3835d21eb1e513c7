#include "cli/gnuplot.h"
#include "cli/options.h"
#include "cli/plot_timeline.h"
#include "cli/verb.h"

typedef struct plot_options {
    locl_cli_common common;
    const char *timeline, *out, *steps;
    uint64_t first, last; /* of `steps`; 0: not given */
} plot_options;

static const locl_cli_option options[] = {
    {"--timeline", "FILE", "draw what devices and threads did when: a file of locl train --trace",
     LOCL_CLI_TEXT, offsetof(plot_options, timeline), NULL},
    {"--steps", "FIRST..LAST", "of that file; else three in the middle", LOCL_CLI_TEXT,
     offsetof(plot_options, steps), NULL},
    {"--out", "FILE", "the picture, .svg or .png; else timeline.svg", LOCL_CLI_TEXT,
     offsetof(plot_options, out), NULL},
    {NULL},
};

static locl_status check(const locl_cli_verb *verb, void *given, locl_error *err)
{
    plot_options *o = given;
    if (!o->timeline) {
        locl_fail(err, LOCL_E_USAGE, "what should be drawn?");
        return locl_remedy(err, "locl plot %s", verb->arguments);
    }
    o->out = o->out ? o->out : "timeline.svg";
    if (o->steps) {
        LOCL_TRY(locl_cli_steps("--steps", o->steps, &o->first, &o->last, err));
    }
    return locl_gnuplot_check("--out", o->out, err);
}

static locl_status plot(const void *given, FILE *out, locl_error *err)
{
    enum { USUAL = 3 };
    const plot_options *o = given;
    locl_traced *traced;
    LOCL_TRY(locl_traced_read(o->timeline, &traced, err));
    uint64_t steps = traced->last - traced->first + 1, usual = steps < USUAL ? steps : USUAL;
    uint64_t first = o->steps ? o->first : traced->first + (steps - usual) / 2;
    uint64_t last = o->steps ? o->last : first + usual - 1;
    locl_status status = locl_plot_timeline(o->out, traced, o->timeline, first, last, err);
    locl_traced_free(traced);
    if (status == LOCL_OK && fprintf(out, "%s: steps %llu to %llu\n", o->out, (unsigned long long)first,
                                     (unsigned long long)last) < 0) {
        status = locl_fail(err, LOCL_E_IO, "cannot write to standard output");
    }
    return status;
}

const locl_cli_verb locl_cli_plot = {
    .name = "plot",
    .arguments = "--timeline FILE",
    .summary = "a picture of a run: what its devices did when",
    .about =
        "Draws some steps of a run's timeline, which locl train --trace wrote: a row for each queue of\n"
        "each device and each thread, with a colour for each stage. docs/trace.md says how to read it.\n",
    .options = options,
    .size = sizeof(plot_options),
    .check = check,
    .run = plot,
};
