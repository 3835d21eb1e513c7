#include "cli/plot_curves.h"

#include "cli/gnuplot.h"

#include <math.h>
#include <string.h>

/* Points of the picture, of one run's panels and of several runs' */
enum { ALONE_WIDTH = 460, ALONE_HEIGHT = 400, WIDTH = 320, HEIGHT = 250, LEFT = 75, ABOVE = 55, BELOW = 55 };
enum { GAP_ACROSS = 45, GAP_DOWN = 80, LEGEND = 90, LETTER = 7, COLUMNS = 5 };

/* How the panels lie. */
typedef struct layout {
    size_t heads;   /* panels of loss, and of error: one for all heads of a single run, else each head's */
    size_t columns; /* of those; then as many of error below, and so on */
    size_t bands;   /* of loss and error together */
    unsigned width, height;
    double legend; /* x of it, in parts of the width */
    double panel_width, panel_height;
} layout;

/* Returns how many colours there are. One run has one for each head, several have one each. */
static size_t colours(const locl_curves *c)
{
    return c->runs > 1 ? c->runs : c->heads;
}

static void legend_name(const locl_curves *c, size_t colour, char *out, size_t size)
{
    if (c->runs > 1) {
        snprintf(out, size, "%s", c->name[colour]);
    } else {
        locl_curves_head(colour, out, size);
    }
}

static layout lay_out(const locl_curves *c)
{
    size_t longest = 0, legend;
    bool alone = c->runs == 1;
    layout l = {.heads = alone ? 1 : c->heads};
    for (size_t i = 0; i < colours(c); i++) {
        char name[LOCL_CURVES_NAME];
        legend_name(c, i, name, sizeof name);
        longest = strlen(name) > longest ? strlen(name) : longest;
    }
    legend = LEGEND + LETTER * longest;
    l.columns = l.heads < COLUMNS ? l.heads : COLUMNS;
    l.bands = (l.heads + l.columns - 1) / l.columns;
    size_t across = alone ? 2 : l.columns, down = alone ? 1 : 2 * l.bands;
    l.panel_width = alone ? ALONE_WIDTH : WIDTH;
    l.panel_height = alone ? ALONE_HEIGHT : HEIGHT;
    size_t gap = alone ? GAP_ACROSS + LEFT / 2 : GAP_ACROSS;
    l.width = (unsigned)(LEFT + across * (size_t)l.panel_width + (across - 1) * gap + legend);
    l.height = (unsigned)(ABOVE + down * (size_t)l.panel_height + (down - 1) * GAP_DOWN + BELOW);
    l.legend = 1 - ((double)legend - 25) / l.width;
    return l;
}

/* ---- data ---- */

static void add_value(FILE *s, double value)
{
    if (isfinite(value)) {
        fprintf(s, " %.9g", value);
    } else {
        fprintf(s, " NaN"); /* a gap */
    }
}

/* Writes "x loss error" of a curve. It begins with a place out of sight, since there may be no other. */
static void add_curve(FILE *s, const locl_curves *c, const locl_curve *curve)
{
    locl_curve_point p;
    fprintf(s, "$c%zu_%zu_%d << EOD\n-1 -1 -1\n\n", curve->run, curve->head, curve->test);
    for (size_t i = 0; i < c->run[curve->run]->lines; i++) {
        if (locl_curves_point(c, curve, i, &p)) {
            fprintf(s, "%.9g", p.x);
            add_value(s, p.loss);
            add_value(s, 100 * p.error);
            fputc('\n', s);
        }
    }
    fprintf(s, "EOD\n");
}

static void add_data(FILE *s, const locl_curves *c)
{
    for (size_t run = 0; run < c->runs; run++) {
        for (size_t head = 0; head < c->heads && locl_curves_has(c, run, head); head++) {
            add_curve(s, c, &(locl_curve){run, head, false});
            add_curve(s, c, &(locl_curve){run, head, true});
        }
    }
}

/* ---- panels ---- */

/* Plots training thin and pale, tests over it with points. */
static void add_plot(FILE *s, const locl_curve *curve, int column, size_t colour)
{
    const char *rgb = locl_gnuplot_colour(colour);
    if (curve->test) {
        fprintf(s, ", $c%zu_%zu_1 using 1:%d with linespoints lw 1.8 pt 7 ps 0.5 * mark lc rgb '%s' notitle",
                curve->run, curve->head, column, rgb);
    } else {
        fprintf(s, ", $c%zu_%zu_0 using 1:%d with lines lw 1 lc rgb '#80%s' notitle", curve->run, curve->head,
                column, rgb + 1);
    }
}

static void add_legend(FILE *s, const locl_curves *c)
{
    for (size_t i = 0; i < colours(c); i++) {
        char name[LOCL_CURVES_NAME];
        legend_name(c, i, name, sizeof name);
        fprintf(s, ", NaN with lines lw 3 lc rgb '%s' title ", locl_gnuplot_colour(i));
        locl_gnuplot_quote(s, name);
    }
    fprintf(s, ", NaN with linespoints lw 1.8 pt 7 ps 0.5 * mark lc rgb '#404040' title 'test'"
               ", NaN with lines lw 1 lc rgb '#80404040' title 'train'");
}

/* Plots loss (column 2) or error (column 3) of a head, or of all heads of a single run. */
static void add_panel(FILE *s, const locl_curves *c, size_t panel, int column, double top, bool legend)
{
    fprintf(s, "set yrange [0:%.7g]\nplot -1 notitle", top > 0 ? 1.05 * top : 1);
    for (int test = 0; test < 2; test++) {
        for (size_t i = colours(c); i-- > 0;) {
            const locl_curve curve = {c->runs > 1 ? i : 0, c->runs > 1 ? panel : i, test == 1};
            if (locl_curves_has(c, curve.run, curve.head)) {
                add_plot(s, &curve, column, i);
            }
        }
    }
    if (legend) {
        add_legend(s, c);
    }
    fprintf(s, "\nunset key\n");
}

static void add_panels(FILE *s, const locl_curves *c, const layout *l)
{
    double top[2]; /* of loss and error */
    locl_curves_tops(c, &top[0], &top[1]);
    top[1] *= 100;
    for (size_t band = 0; band < l->bands; band++) {
        for (int measure = 0; measure < 2; measure++) {
            for (size_t i = 0; i < l->columns; i++) {
                size_t panel = band * l->columns + i;
                char head[32];
                if (panel >= l->heads) {
                    fprintf(s, "set multiplot next\n");
                    continue;
                }
                locl_curves_head(panel, head, sizeof head);
                fprintf(s, "set title '%s'\nset ylabel '%s'\n", c->runs > 1 ? head : "",
                        i > 0     ? ""
                        : measure ? "error, %"
                                  : "loss");
                add_panel(s, c, panel, 2 + measure, top[measure], band == 0 && measure == 0 && i == 0);
            }
        }
    }
}

static void add_title(FILE *s, const locl_curves *c)
{
    const locl_history *h = c->run[0];
    char title[640];
    if (c->runs > 1) {
        snprintf(title, sizeof title, "%zu runs", c->runs);
    } else {
        snprintf(title, sizeof title, "%.256s%s%s%s%s%s%s", h->folder, h->network[0] ? ": " : "", h->network,
                 h->rule[0] ? ", " : "", h->rule, h->data[0] ? ", " : "", h->data);
    }
    locl_gnuplot_quote(s, title);
}

/* What is drawn, and how it lies. */
typedef struct picture {
    const locl_curves *curves;
    layout layout;
} picture;

static void add_script(FILE *s, const void *what)
{
    const locl_curves *c = ((const picture *)what)->curves;
    const layout *l = &((const picture *)what)->layout;
    bool alone = c->runs == 1;
    double width = l->width, height = l->height;
    size_t across = alone ? 2 : l->columns, down = alone ? 1 : 2 * l->bands;
    double gap = alone ? GAP_ACROSS + LEFT / 2.0 : GAP_ACROSS;
    double right = LEFT + (double)across * l->panel_width + (double)(across - 1) * gap;
    add_data(s, c);
    fprintf(s, "set multiplot layout %zu,%zu rowsfirst title ", down, across);
    add_title(s, c);
    fprintf(s, " noenhanced margins screen %.5f,%.5f,%.5f,%.5f spacing screen %.5f,%.5f\n", LEFT / width,
            right / width, BELOW / height, 1 - ABOVE / height, gap / width, GAP_DOWN / height);
    fprintf(s,
            "set border 3\nset tics nomirror out scale 0.5\nset grid ytics lc rgb '#e4e4e4' lt 1\n"
            "set title noenhanced offset 0, -0.6\nset xlabel '%s' offset 0, 0.4\nset xrange [0:%.9g]\n"
            "set key at screen %.5f, screen %.5f left top Left reverse noenhanced samplen 1.5 spacing 1.3\n",
            locl_curves_axis(c), c->right, l->legend, 1 - ABOVE / height);
    add_panels(s, c, l);
    fprintf(s, "unset multiplot\n");
}

locl_status locl_plot_curves(const char *path, const locl_curves *c, locl_error *err)
{
    const picture p = {c, lay_out(c)};
    return locl_gnuplot_draw(path, p.layout.width, p.layout.height, add_script, &p, err);
}
