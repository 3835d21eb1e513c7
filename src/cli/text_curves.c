#include "cli/text_curves.h"

#include "cli/output.h"

#include <math.h>
#include <string.h>

/* Letters: of a pair of charts, of a chart within its axes, and of the values beside it. */
enum { NARROWEST = 60, WIDEST = 160, CANVAS_ROWS = 14, ROWS = 10, VALUES = 7, GAP = 2 };

/* Two charts beside each other, letter by letter. */
typedef struct canvas {
    char letter[CANVAS_ROWS][WIDEST + 1];
    int width;
} canvas;

/* A chart: where it lies, and what of. */
typedef struct chart {
    canvas *canvas;
    int left, columns; /* of the room within its axes */
    bool test, error;
    double right, top; /* largest x and y */
} chart;

static char mark_of(const locl_curves *c, size_t run, size_t head)
{
    if (c->runs > 1) {
        return (char)('A' + run);
    }
    return head == 0 ? '*' : (char)(head <= 10 ? '0' + (head - 1) : 'A' + (head - 11) % 26);
}

static void put(canvas *k, int row, int column, const char *text)
{
    for (; *text && column < k->width; text++, column++) {
        k->letter[row][column] = *text;
    }
}

/* Marks where a curve goes from one point to the next, in each column that it passes. */
static void draw_piece(const chart *h, const locl_curve_point *from, const locl_curve_point *to, char mark)
{
    double last = h->columns - 1, first_column = from->x / h->right * last,
           last_column = to->x / h->right * last;
    double y0 = h->error ? from->error : from->loss, y1 = h->error ? to->error : to->loss;
    for (int column = (int)lround(first_column); column <= (int)lround(last_column); column++) {
        double part = last_column > first_column ? (column - first_column) / (last_column - first_column) : 1;
        double y = y0 + (y1 - y0) * fmin(fmax(part, 0), 1);
        double up = fmin(fmax(y / h->top, 0), 1); /* a loss below 0 is marked on the axis */
        int row = ROWS - (int)lround(up * (ROWS - 1));
        h->canvas->letter[row][h->left + column] = mark;
    }
}

static void draw_curve(const chart *h, const locl_curves *c, const locl_curve *curve)
{
    locl_curve_point before = {0}, p;
    bool drawn = false; /* the point before */
    for (size_t i = 0; i < c->run[curve->run]->lines; i++) {
        if (!locl_curves_point(c, curve, i, &p)) {
            continue;
        }
        bool finite = isfinite(h->error ? p.error : p.loss);
        if (finite) {
            draw_piece(h, drawn ? &before : &p, &p, mark_of(c, curve->run, curve->head));
        }
        drawn = finite;
        before = p;
    }
}

static void draw_axes(const chart *h, const char *axis)
{
    char text[32];
    canvas *k = h->canvas;
    int start = h->left - 1;
    snprintf(text, sizeof text, "%s, %s", h->error ? "error, %" : "loss", h->test ? "test" : "train");
    put(k, 0, h->left, text);
    for (int row = 1; row <= ROWS; row++) {
        k->letter[row][start] = '|';
    }
    for (int column = 0; column <= h->columns; column++) {
        k->letter[ROWS + 1][start + column] = column ? '-' : '+';
    }
    for (int i = 0; i < 2; i++) { /* the top and the middle */
        double value = (h->error ? 100 * h->top : h->top) * (i ? 0.5 : 1);
        snprintf(text, sizeof text, "%*.3g", VALUES - 1, value);
        put(k, i ? ROWS / 2 : 1, start - VALUES, text);
    }
    put(k, ROWS, start - 2, "0");
    put(k, ROWS + 2, h->left, "0");
    int length = snprintf(text, sizeof text, "%.5g %s", h->right, axis);
    put(k, ROWS + 2, h->left + h->columns - length, text);
}

/* Draws loss or error of a head, or of all heads of a single run. */
static void draw_chart(chart *h, const locl_curves *c, size_t head)
{
    draw_axes(h, locl_curves_axis(c));
    size_t curves = c->runs > 1 ? c->runs : c->heads;
    for (size_t i = curves; i-- > 0;) {
        const locl_curve curve = {c->runs > 1 ? i : 0, c->runs > 1 ? head : i, h->test};
        if (locl_curves_has(c, curve.run, curve.head)) {
            draw_curve(h, c, &curve);
        }
    }
}

/* Prints training and tests beside each other. */
static void print_pair(FILE *out, const locl_curves *c, size_t head, bool error, double top, int width)
{
    canvas k = {.width = width};
    int half = (width - GAP) / 2;
    memset(k.letter, ' ', sizeof k.letter);
    for (int i = 0; i < 2; i++) {
        chart h = {.canvas = &k,
                   .left = i * (half + GAP) + VALUES + 1,
                   .columns = half - VALUES - 1,
                   .test = i == 1,
                   .error = error,
                   .right = c->right,
                   .top = top > 0 ? top : 1};
        draw_chart(&h, c, head);
    }
    for (int row = 0; row < CANVAS_ROWS; row++) {
        int length = width;
        while (length > 0 && k.letter[row][length - 1] == ' ') {
            length--;
        }
        fprintf(out, "%.*s\n", length, k.letter[row]);
    }
}

static void print_legend(FILE *out, const locl_curves *c)
{
    char head[32];
    for (size_t i = 0; i < (c->runs > 1 ? c->runs : c->heads); i++) {
        locl_curves_head(i, head, sizeof head);
        if (c->runs > 1) {
            fprintf(out, "%c %s\n", mark_of(c, i, 0), c->name[i]);
        } else {
            fprintf(out, "%s%c %s", i ? "   " : "", mark_of(c, 0, i), head);
        }
    }
    fprintf(out, c->runs > 1 ? "\n" : "\n\n");
}

/* ---- the table ---- */

static void print_score(FILE *out, const locl_curve_point *p)
{
    if (p) {
        fprintf(out, " %10.4f %8.2f %%", p->loss, 100 * p->error);
    } else {
        fprintf(out, " %10s %10s", "-", "-");
    }
}

/* Prints the last values of a head, and its lowest test error. */
static void print_row(FILE *out, const locl_curves *c, size_t run, size_t head)
{
    locl_curve_point p, last[2] = {{0}}, best = {.error = INFINITY};
    bool found[2] = {false, false};
    char name[32];
    for (size_t i = 0; i < c->run[run]->lines; i++) {
        const locl_curve curve = {run, head, c->run[run]->line[i].test};
        locl_curves_point(c, &curve, i, &p);
        last[curve.test] = p;
        found[curve.test] = isfinite(p.error); /* heads have none in tests under contrast */
        best = curve.test && p.error < best.error ? p : best;
    }
    locl_curves_head(head, name, sizeof name);
    fprintf(out, "%c %-12s", mark_of(c, run, head), name);
    print_score(out, found[0] ? &last[0] : NULL);
    print_score(out, found[1] ? &last[1] : NULL);
    if (isfinite(best.error)) {
        fprintf(out, " %8.2f %% at %.5g", 100 * best.error, best.x);
    }
    fputc('\n', out);
}

static void print_table(FILE *out, const locl_curves *c)
{
    fprintf(out, "%-14s %10s %10s %10s %10s %10s at %s\n", "at the end", "train loss", "error", "test loss",
            "error", "lowest", c->by == LOCL_BY_SECOND ? "second" : locl_curves_axis(c));
    for (size_t run = 0; run < c->runs; run++) {
        for (size_t head = 0; head < c->heads && locl_curves_has(c, run, head); head++) {
            print_row(out, c, run, head);
        }
    }
}

void locl_text_curves(FILE *out, const locl_curves *c)
{
    double loss, error;
    char head[32];
    int width = locl_cli_columns(out) - 1;
    width = width < NARROWEST ? NARROWEST : width > WIDEST ? WIDEST : width;
    locl_curves_tops(c, &loss, &error);
    if (c->runs == 1) {
        const locl_history *h = c->run[0];
        fprintf(out, "%s%s%s%s%s\n", h->folder, h->network[0] ? ": " : "", h->network, h->rule[0] ? ", " : "",
                h->rule);
    }
    print_legend(out, c);
    for (size_t i = 0; i < (c->runs > 1 ? c->heads : 1); i++) {
        if (c->runs > 1) {
            locl_curves_head(i, head, sizeof head);
            fprintf(out, "%s\n", head);
        }
        print_pair(out, c, i, false, loss, width);
        print_pair(out, c, i, true, error, width);
    }
    print_table(out, c);
}
