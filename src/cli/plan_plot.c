#include "cli/plan_plot.h"

#include "cli/gnuplot.h"
#include "cli/output.h"

#include <math.h>
#include <stdlib.h>

enum { WIDTH = 1200, ROW_HEIGHT = 80, AROUND = 170 };

typedef struct view {
    const locl_run_plan *plan;
    locl_plan_summary s;
    bool timed;    /* what a step takes is predicted */
    double length; /* of a step, in milliseconds, or of the device with most to do, in GFLOP */
} view;

/* Returns how long a stage's box is. */
static double length_of(const view *v, const locl_plan_stage *stage)
{
    return v->timed ? 1e3 * stage->busy_seconds : stage->flops / 1e9;
}

/* Returns where the boxes of a device end, before stage `end`. */
static double end_of(const view *v, size_t device, size_t end)
{
    double at = 0;
    for (size_t i = 0; i < end; i++) {
        locl_plan_stage stage;
        locl_run_plan_describe_stage(v->plan, i, &stage);
        at += stage.device == device ? length_of(v, &stage) : 0;
    }
    return at;
}

/* Writes "blocks 0 to 3, 96 images" into the middle of a box. */
static void add_label(FILE *s, const locl_plan_stage *stage, double x, size_t images)
{
    char text[96];
    int used = snprintf(text, sizeof text, "block %zu", stage->first);
    if (stage->last - stage->first > 1) {
        used = snprintf(text, sizeof text, "blocks %zu to %zu", stage->first, stage->last - 1);
    }
    if (stage->rows < images) {
        snprintf(text + used, sizeof text - (size_t)used, ", %zu images", stage->rows);
    }
    fprintf(s, "set label ");
    locl_gnuplot_quote(s, text);
    fprintf(s, " at %.7g, %d center front noenhanced tc rgb 'white'\n", x, -(int)stage->device);
}

/* Writes the box of one device's part of a stage, "x y left right low high", with its label. */
static void add_stage(FILE *s, const view *v, size_t index)
{
    locl_plan_stage stage;
    locl_run_plan_describe_stage(v->plan, index, &stage);
    double left = end_of(v, stage.device, index), right = left + length_of(v, &stage);
    double y = -(double)stage.device;
    fprintf(s, "$stage%zu << EOD\n%.7g %g %.7g %.7g %g %g\nEOD\n", index, left, y, left, right, y - 0.35,
            y + 0.35);
    add_label(s, &stage, (left + right) / 2, v->s.microbatch);
}

/* Writes the devices' names, and beside their rows how much they wait and send. */
static void add_devices(FILE *s, const view *v)
{
    fprintf(s, "set ytics noenhanced (");
    for (size_t d = 0; d < v->s.devices; d++) {
        locl_plan_device device;
        char name[48];
        locl_run_plan_describe_device(v->plan, d, &device);
        snprintf(name, sizeof name, "device %zu (%s)", d, device.selector);
        fprintf(s, "%s", d ? ", " : "");
        locl_gnuplot_quote(s, name);
        fprintf(s, " %d", -(int)d);
    }
    fprintf(s, ")\n");
    for (size_t d = 0; d < v->s.devices && v->timed; d++) {
        locl_plan_device device;
        locl_run_plan_describe_device(v->plan, d, &device);
        fprintf(s, "set label 'idle %.1f %%, sends %.1f MiB' at graph 1.01, first %d left\n",
                100 * locl_cli_idle(1e3 * device.busy_seconds, v->length), (double)device.sent_bytes / 0x1p20,
                -(int)d);
    }
}

static void add_script(FILE *s, const void *what)
{
    const view *v = what;
    char title[256];
    snprintf(title, sizeof title, "%s, %s, batch %zu", v->s.network, v->s.rule, v->s.batch);
    for (size_t i = 0; i < v->s.stages; i++) {
        add_stage(s, v, i);
    }
    fprintf(s, "set title noenhanced ");
    locl_gnuplot_quote(s, title);
    fprintf(s,
            "\nset border 1\nset tics nomirror out scale 0.5\nset xlabel '%s'\nset rmargin %d\n"
            "set xrange [0:%.7g]\nset yrange [%g:0.5]\nset style fill solid 1.0 noborder\nunset key\n",
            v->timed ? "milliseconds of a step, predicted" : "GFLOP of a step", v->timed ? 28 : 4, v->length,
            0.5 - (double)v->s.devices);
    add_devices(s, v);
    fprintf(s, "plot ");
    for (size_t i = 0; i < v->s.stages; i++) {
        locl_plan_stage stage;
        locl_run_plan_describe_stage(v->plan, i, &stage);
        fprintf(s, "%s$stage%zu using 1:2:3:4:5:6 with boxxyerror lc rgb '%s'", i ? ", " : "", i,
                locl_gnuplot_colour(stage.number));
    }
    fprintf(s, "\n");
}

locl_status locl_plan_plot(const char *path, const locl_run_plan *plan, locl_error *err)
{
    view v = {.plan = plan};
    locl_run_plan_summarise(plan, &v.s);
    v.timed = v.s.step_seconds > 0;
    v.length = 1e3 * v.s.step_seconds;
    for (size_t d = 0; d < v.s.devices; d++) {
        v.length = fmax(v.length, end_of(&v, d, v.s.stages));
    }
    unsigned height = AROUND + ROW_HEIGHT * (unsigned)v.s.devices;
    return locl_gnuplot_draw(path, WIDTH, height, add_script, &v, err);
}
