#include "cli/curves.h"
#include "cli/gnuplot.h"
#include "cli/options.h"
#include "cli/plot_curves.h"
#include "cli/plot_timeline.h"
#include "cli/text_curves.h"
#include "cli/verb.h"

#include <stdlib.h>

typedef struct plot_options {
    locl_cli_common common;
    bool text;
    const char *by, *timeline, *out, *steps;
    uint64_t first, last; /* of `steps`; 0: not given */
} plot_options;

static const locl_cli_option options[] = {
    {"--by", "AXIS", "curves over epoch, step or second of training; else epoch", LOCL_CLI_TEXT,
     offsetof(plot_options, by), "epoch step second"},
    {"--text", NULL, "curves in the terminal, without gnuplot", LOCL_CLI_FLAG, offsetof(plot_options, text),
     NULL},
    {"--out", "FILE", "the picture, .svg or .png; else curves.svg, timeline.svg", LOCL_CLI_TEXT,
     offsetof(plot_options, out), NULL},
    {"--timeline", "FILE", "draw what devices and threads did when: a file of locl train --trace",
     LOCL_CLI_TEXT, offsetof(plot_options, timeline), NULL},
    {"--steps", "FIRST..LAST", "of that file; else three in the middle", LOCL_CLI_TEXT,
     offsetof(plot_options, steps), NULL},
    {NULL},
};

/* Refuses what goes with the other of curves and timelines. */
static locl_status check_what(const locl_cli_verb *verb, const plot_options *o, locl_error *err)
{
    size_t runs = o->common.positional.count;
    if (runs == 0 && !o->timeline) {
        locl_fail(err, LOCL_E_USAGE, "what should be drawn?");
        return locl_remedy(err, "locl plot %s", verb->arguments);
    }
    if (o->timeline && (runs > 0 || o->by || o->text)) {
        locl_fail(err, LOCL_E_USAGE, "--timeline: %s belongs to the curves of runs",
                  runs > 0 ? o->common.positional.value[0]
                  : o->by  ? "--by"
                           : "--text");
        return locl_remedy(err, "one command for each of the two pictures");
    }
    if (!o->timeline && o->steps) {
        locl_fail(err, LOCL_E_USAGE, "--steps belongs to --timeline FILE");
        return locl_remedy(err, "leave it out: curves are of the whole run");
    }
    return LOCL_OK;
}

static locl_status check(const locl_cli_verb *verb, void *given, locl_error *err)
{
    plot_options *o = given;
    LOCL_TRY(check_what(verb, o, err));
    if (!o->out && !o->text) {
        o->out = o->timeline ? "timeline.svg" : "curves.svg";
    }
    if (o->steps) {
        LOCL_TRY(locl_cli_steps("--steps", o->steps, &o->first, &o->last, err));
    }
    return o->out ? locl_gnuplot_check("--out", o->out, err) : LOCL_OK;
}

static locl_status plot_timeline(const plot_options *o, FILE *out, locl_error *err)
{
    enum { USUAL = 3 };
    locl_traced *traced;
    LOCL_TRY(locl_traced_read(o->timeline, &traced, err));
    uint64_t steps = traced->last - traced->first + 1, usual = steps < USUAL ? steps : USUAL;
    uint64_t first = o->steps ? o->first : traced->first + (steps - usual) / 2;
    uint64_t last = o->steps ? o->last : first + usual - 1;
    if (first <= traced->last && last >= traced->first) { /* of steps 5..1000 those that there are */
        first = first > traced->first ? first : traced->first;
        last = last < traced->last ? last : traced->last;
    }
    locl_status status = locl_plot_timeline(o->out, traced, o->timeline, first, last, err);
    locl_traced_free(traced);
    if (status == LOCL_OK) {
        fprintf(out, "%s: steps %llu to %llu\n", o->out, (unsigned long long)first, (unsigned long long)last);
    }
    return status;
}

static locl_status plot_curves(const plot_options *o, FILE *out, locl_error *err)
{
    const locl_cli_list *runs = &o->common.positional;
    locl_curves *curves = calloc(1, sizeof *curves);
    if (!curves) {
        return locl_fail(err, LOCL_E_MEMORY, "out of memory");
    }
    locl_status status = locl_curves_open(curves, runs->value, runs->count, o->by, err);
    if (status == LOCL_OK && o->text) {
        locl_text_curves(out, curves);
    }
    if (status == LOCL_OK && o->out) {
        status = locl_plot_curves(o->out, curves, err);
        if (status == LOCL_OK) {
            fprintf(out, "%s: %zu run%s by %s\n", o->out, curves->runs, curves->runs == 1 ? "" : "s",
                    locl_curves_axis(curves));
        }
    }
    locl_curves_close(curves);
    free(curves);
    return status;
}

static locl_status plot(const void *given, FILE *out, locl_error *err)
{
    const plot_options *o = given;
    return o->timeline ? plot_timeline(o, out, err) : plot_curves(o, out, err);
}

const locl_cli_verb locl_cli_plot = {
    .name = "plot",
    .arguments = "RUN... | --timeline FILE",
    .summary = "pictures of runs: curves, and what devices did when",
    .about = "Draws loss and error of a run, or of several beside each other: of training and test, of the\n"
             "classifier and each block. Or some steps of a run's timeline, which locl train --trace wrote: "
             "a row\n"
             "for each queue of each device and each thread; docs/trace.md says how to read it.\n",
    .options = options,
    .most = LOCL_CURVES_RUNS,
    .size = sizeof(plot_options),
    .check = check,
    .run = plot,
};
