#include "cli/audit_report.h"

#include "cli/gnuplot.h"

#include <math.h>
#include <string.h>

enum { WIDTH = 1400, HEIGHT = 560, COLOURS = 10, SHAPES = 6 };

/* Okabe and Ito's colours, which colour-blind people tell apart, and three more. Shapes differ too. */
static const char *const colour[COLOURS] = {"#d55e00", "#0072b2", "#009e73", "#cc79a7", "#e69f00",
                                            "#56b4e9", "#8c564b", "#000000", "#6a3d9a", "#999933"};
/* gnuplot's numbers of filled shapes: circle, square, up, down, diamond, pentagon */
static const int shape[SHAPES] = {7, 5, 9, 11, 13, 15};

/* share of a layer's room that its estimators take */
#define SPREAD 0.8

static bool drawable(const locl_audit_layer *l)
{
    return l->norm > 0 && l->error.value > 0 && !l->exact;
}

/* Finds the exponents of 10 around all errors. */
static void error_range(const locl_audit *audit, int *low, int *high)
{
    double least = INFINITY, most = 0;
    for (size_t i = 0; i < audit->estimators; i++) {
        const locl_audit_estimator *e = &audit->estimator[i];
        for (size_t j = 0; j < e->layers; j++) {
            if (drawable(&e->layer[j])) {
                least = fmin(least, e->layer[j].error.value);
                most = fmax(most, e->layer[j].error.value);
            }
        }
    }
    *low = most > 0 ? (int)floor(log10(least)) : 0;
    *high = most > 0 ? (int)ceil(log10(most)) : 1;
    *high = *high > *low ? *high : *low + 1;
}

/* Writes the data of estimator i. $layers<i> has place, error and its standard error. $exact<i> has the
 * places of layers that are exact. $cost<i> has time and error of all layers. */
static void add_data(FILE *s, const locl_audit *audit, size_t index, int low)
{
    const locl_audit_estimator *e = &audit->estimator[index];
    double shift = audit->estimators > 1 ? (double)index / (double)(audit->estimators - 1) - 0.5 : 0;
    fprintf(s, "$layers%zu << EOD\n", index);
    for (size_t j = 0; j < e->layers; j++) {
        if (drawable(&e->layer[j])) {
            fprintf(s, "%g %g %g\n", (double)j + SPREAD * shift, e->layer[j].error.value,
                    e->layer[j].error.error);
        }
    }
    fprintf(s, "EOD\n$exact%zu << EOD\n", index);
    for (size_t j = 0; j < e->layers; j++) {
        if (e->layer[j].exact) {
            fprintf(s, "%g %g\n", (double)j + SPREAD * shift, pow(10, low));
        }
    }
    fprintf(s, "EOD\n$cost%zu << EOD\n", index);
    if (drawable(locl_audit_all(e)) && e->seconds_ratio > 0) {
        fprintf(s, "%g %g\n", e->seconds_ratio, locl_audit_all(e)->error.value);
    }
    fprintf(s, "EOD\n");
}

static void add_style(FILE *s, size_t index)
{
    fprintf(s, "lc rgb '%s' pt %d ps mark", colour[index % COLOURS], shape[index % SHAPES]);
}

static void add_layers(FILE *s, const locl_audit *audit)
{
    const locl_audit_estimator *e = audit->estimator;
    fprintf(s,
            "set lmargin at screen 0.055\nset rmargin at screen 0.475\n"
            "set title 'One draw, layer by layer'\nset ylabel '|g - e|^2 / |e|^2, mean over draws'\n"
            "set xrange [-0.6:%g]\nset xtics %s noenhanced (",
            (double)e->layers - 0.4, e->layers > 5 ? "rotate by -35" : "");
    for (size_t j = 0; j < e->layers; j++) {
        const char *name = e->layer[j].name;
        fprintf(s, "%s", j ? ", " : "");
        locl_gnuplot_quote(s, strncmp(name, "blocks.", 7) ? name : name + 7);
        fprintf(s, " %zu", j);
    }
    fprintf(s, ")\nset grid y\nunset key\n");
    for (size_t j = 0; j + 1 < e->layers; j++) {
        fprintf(s, "set arrow from %g, graph 0 to %g, graph 1 nohead lc rgb '#e0e0e0' back\n",
                (double)j + 0.5, (double)j + 0.5);
    }
    fprintf(s, "plot ");
    for (size_t i = 0; i < audit->estimators; i++) {
        fprintf(s, "%s$layers%zu using 1:2:3 with yerrorbars ", i ? ", " : "", i);
        add_style(s, i);
        fprintf(s, ", $exact%zu using 1:2 with points ", i);
        fprintf(s, "lc rgb '%s' pt 10 ps mark", colour[i % COLOURS]);
    }
    fprintf(s, "\nunset arrow\n");
}

static void add_costs(FILE *s, const locl_audit *audit, int low, int high)
{
    double least = 1, most = 1;
    for (size_t i = 0; i < audit->estimators; i++) {
        double t = audit->estimator[i].seconds_ratio;
        least = t > 0 && t < least ? t : least;
        most = t > most ? t : most;
    }
    fprintf(
        s,
        "set lmargin at screen 0.525\nset rmargin at screen 0.745\nset title 'All layers as one, and cost'\n"
        "unset ylabel\nset xlabel 'time of a draw, steps of lg-bp'\nset logscale x 2\n"
        "set xrange [%g:%g]\nset xtics norotate auto\nset format x '%%g'\n",
        least / 1.3, most * 1.3);
    fprintf(s, "set key at screen 0.765, screen 0.87 left top Left reverse noenhanced samplen 1 spacing 1.4\n"
               "plot ");
    for (int k = low - 2; k <= high + 2; k++) {
        fprintf(s, "1e%d / x with lines lc rgb '#c0c0c0' dt 3 notitle, ", k);
    }
    for (size_t i = 0; i < audit->estimators; i++) {
        fprintf(s, "%s$cost%zu using 1:2 with points ", i ? ", " : "", i);
        add_style(s, i);
        fprintf(s, " title ");
        locl_gnuplot_quote(s, audit->estimator[i].label);
    }
    fprintf(s, ", NaN with lines lc rgb '#c0c0c0' dt 3 title 'equal error at equal time',"
               " NaN with points lc rgb '#808080' pt 10 ps mark title 'exact (at the lower edge)'\n");
}

static void add_script(FILE *s, const void *what)
{
    const locl_audit *audit = what;
    char title[160];
    int low, high;
    error_range(audit, &low, &high);
    snprintf(title, sizeof title,
             "%s after %llu steps: estimates against the exact gradient of a batch of %zu", audit->network,
             (unsigned long long)audit->step, audit->batch);
    for (size_t i = 0; i < audit->estimators; i++) {
        add_data(s, audit, i, low);
    }
    fprintf(s, "set multiplot title ");
    locl_gnuplot_quote(s, title);
    fprintf(s,
            "\nset tmargin at screen 0.87\nset bmargin at screen 0.17\nset border 3\n"
            "set tics nomirror out\nset logscale y\nset format y '10^{%%L}'\n"
            "set yrange [1e%d:1e%d]\nset bars 0.4\nmark = mark * %g\n",
            low, high, audit->estimator->layers > 7 ? 0.8 : 1.0);
    add_layers(s, audit);
    add_costs(s, audit, low, high);
    fprintf(s, "unset multiplot\n");
}

locl_status locl_audit_plot(const char *path, const locl_audit *audit, locl_error *err)
{
    return locl_gnuplot_draw(path, WIDTH, HEIGHT, add_script, audit, err);
}
