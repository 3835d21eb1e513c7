#include "cli/bench_page.h"
#include "cli/page.h"

#include <math.h>
#include <string.h>

/* ---- a roofline ---- */

enum { WIDTH = 760, HEIGHT = 420, LEFT = 70, RIGHT = 20, TOP = 20, BOTTOM = 50 };

/* What is drawn where, in decades. */
typedef struct axes {
    double x0, x1, y0, y1;
} axes;

static double across(const axes *a, double intensity)
{
    return LEFT + (log10(intensity) - a->x0) / (a->x1 - a->x0) * (WIDTH - LEFT - RIGHT);
}

static double up(const axes *a, double rate)
{
    return HEIGHT - BOTTOM - (log10(rate) - a->y0) / (a->y1 - a->y0) * (HEIGHT - TOP - BOTTOM);
}

static double peak_of(const locl_bench_report *report, const char *device, const char *name)
{
    for (size_t i = 0; i < report->rows; i++) {
        const locl_bench_row *r = &report->row[i];
        if (r->outcome == LOCL_BENCH_DONE && !strcmp(r->device, device) && !strcmp(r->kind, "peak") &&
            !strcmp(r->name, name)) {
            return r->median;
        }
    }
    return NAN;
}

/* Finds FLOP per byte and GFLOP/s of a row. */
static bool place_of(const locl_bench_row *r, const char *device, double *intensity, double *rate)
{
    double flops = locl_bench_number(r, "flops"), bytes = locl_bench_number(r, "bytes");
    *intensity = flops / bytes;
    *rate = 1e-3 * flops / locl_bench_number(r, "us");
    return r->outcome == LOCL_BENCH_DONE && !strcmp(r->device, device) && strcmp(r->kind, "peak") != 0 &&
           *intensity > 1e-6 && *intensity < 1e9 && *rate > 1e-6 && *rate < 1e12;
}

static axes find_axes(const locl_bench_report *report, const char *device, double fma, double copy)
{
    double ridge = fma / copy, intensity, rate;
    axes a = {floor(log10(ridge)) - 1, ceil(log10(ridge)) + 1, log10(fma) - 2, ceil(log10(fma * 1.05))};
    for (size_t i = 0; i < report->rows; i++) {
        if (place_of(&report->row[i], device, &intensity, &rate)) {
            a.x0 = fmin(a.x0, floor(log10(intensity)));
            a.x1 = fmax(a.x1, ceil(log10(intensity)));
            a.y0 = fmin(a.y0, log10(rate));
            a.y1 = fmax(a.y1, ceil(log10(rate)));
        }
    }
    a.y0 = floor(a.y0);
    return a;
}

static void draw_axes(FILE *out, const axes *a)
{
    for (int x = (int)a->x0; x <= (int)a->x1; x++) {
        double at = across(a, pow(10, x));
        fprintf(out, "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\" stroke=\"#e6e9ec\"/>", at, at, TOP,
                HEIGHT - BOTTOM);
        fprintf(out, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%g</text>\n", at, HEIGHT - BOTTOM + 18,
                pow(10, x));
    }
    for (int y = (int)a->y0; y <= (int)a->y1; y++) {
        double at = up(a, pow(10, y));
        fprintf(out, "<line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#e6e9ec\"/>", LEFT,
                WIDTH - RIGHT, at, at);
        fprintf(out, "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%g</text>\n", LEFT - 6, at + 4,
                pow(10, y));
    }
    fprintf(out, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">FLOP per byte of memory</text>\n",
            (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10);
    fprintf(out, "<text transform=\"translate(14 %d) rotate(-90)\" text-anchor=\"middle\">GFLOP/s</text>\n",
            (TOP + HEIGHT - BOTTOM) / 2);
}

static void draw_roof(FILE *out, const axes *a, double fma, double copy)
{
    double low = pow(10, a->x0), ridge = fma / copy, bottom = low * copy;
    double x = low, y = bottom;
    if (log10(bottom) < a->y0) { /* enters from below */
        y = pow(10, a->y0);
        x = y / copy;
    }
    fprintf(out,
            "<polyline fill=\"none\" stroke=\"#1b1f24\" stroke-width=\"2\" points=\"%.1f,%.1f %.1f,%.1f "
            "%.1f,%.1f\"/>\n",
            across(a, x), up(a, y), across(a, ridge), up(a, fma), across(a, pow(10, a->x1)), up(a, fma));
    fprintf(out, "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">fma %.4g GFLOP/s</text>\n", WIDTH - RIGHT,
            up(a, fma) - 6, fma);
    fprintf(out, "<text x=\"%.1f\" y=\"%.1f\">copy %.4g GB/s</text>\n", across(a, x) + 8, up(a, y) - 8, copy);
}

static const char *colour_of(const char *kind)
{
    return !strcmp(kind, "train")     ? "#b3261e"
           : !strcmp(kind, "product") ? "#1f6feb"
           : !strcmp(kind, "kernel")  ? "#2a8a3e"
                                      : "#8a6d3b";
}

static void draw_point(FILE *out, const axes *a, const locl_bench_row *r, double intensity, double rate)
{
    bool named = !strcmp(r->kind, "train");
    double x = across(a, intensity), y = up(a, rate);
    fprintf(out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%d\" fill=\"%s\" fill-opacity=\".75\"><title>", x, y,
            named ? 6 : 4, colour_of(r->kind));
    locl_page_text(out, r->kind);
    fputc(' ', out);
    locl_page_text(out, r->name);
    fprintf(out, ": %.4g GFLOP/s at %.3g FLOP per byte</title></circle>", rate, intensity);
    if (named) {
        fprintf(out, "<text x=\"%.1f\" y=\"%.1f\">", x + 9, y + 4);
        locl_page_text(out, r->name);
        fputs("</text>", out);
    }
    fputc('\n', out);
}

static void draw_legend(FILE *out)
{
    static const char *const kinds[] = {"train", "product", "kernel"};
    for (int i = 0; i < 3; i++) {
        int y = HEIGHT - BOTTOM - 50 + 16 * i;
        fprintf(out, "<circle cx=\"%d\" cy=\"%d\" r=\"4\" fill=\"%s\"/><text x=\"%d\" y=\"%d\">%s</text>\n",
                WIDTH - RIGHT - 90, y, colour_of(kinds[i]), WIDTH - RIGHT - 80, y + 4, kinds[i]);
    }
}

void locl_bench_draw_roofline(FILE *out, const locl_bench_report *report, const char *device)
{
    double fma = peak_of(report, device, "fma"), copy = peak_of(report, device, "copy"), intensity, rate;
    if (!(fma > 1e-6 && fma < 1e12 && copy > 1e-6 && copy < 1e12)) {
        fputs("<p>No roofline: the peaks were not measured, or are none.</p>\n", out);
        return;
    }
    axes a = find_axes(report, device, fma, copy);
    fprintf(out, "<svg viewBox=\"0 0 %d %d\" width=\"%d\" role=\"img\" aria-label=\"roofline\">\n", WIDTH,
            HEIGHT, WIDTH);
    draw_axes(out, &a);
    draw_roof(out, &a, fma, copy);
    for (size_t i = 0; i < report->rows; i++) {
        if (place_of(&report->row[i], device, &intensity, &rate)) {
            draw_point(out, &a, &report->row[i], intensity, rate);
        }
    }
    draw_legend(out);
    fputs("</svg>\n", out);
}

/* ---- bars ---- */

enum { BAR = 20, LABELS = 250, FIGURES = 150 };

static void draw_bar(FILE *out, const locl_bench_bar *b, double y, double scale)
{
    double end = LABELS + b->value * scale, whisker = end;
    fprintf(out, "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">", LABELS - 8, y + 14);
    locl_page_text(out, b->label);
    fprintf(out,
            "</text><rect x=\"%d\" y=\"%.1f\" width=\"%.1f\" height=\"%d\" fill=\"%s\" fill-opacity=\".8\"/>",
            LABELS, y + 3, b->value * scale, BAR - 6, b->colour);
    if (isfinite(b->low) && isfinite(b->high)) {
        whisker = LABELS + b->high * scale;
        fprintf(out,
                "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#1b1f24\"/>"
                "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#1b1f24\"/>"
                "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#1b1f24\"/>",
                LABELS + b->low * scale, whisker, y + BAR / 2.0, y + BAR / 2.0, LABELS + b->low * scale,
                LABELS + b->low * scale, y + 6, y + BAR - 6, whisker, whisker, y + 6, y + BAR - 6);
    }
    fprintf(out, "<text x=\"%.1f\" y=\"%.1f\">", (whisker > end ? whisker : end) + 6, y + 14);
    locl_page_number(out, b->value);
    fputc(' ', out);
    locl_page_text(out, b->unit);
    fputs("</text>\n", out);
}

void locl_bench_draw_bars(FILE *out, const locl_bench_bar *bar, size_t bars)
{
    double most = 0;
    for (size_t i = 0; i < bars; i++) {
        most = fmax(most, fmax(bar[i].value, isfinite(bar[i].high) ? bar[i].high : 0));
    }
    if (!(most > 0)) {
        return;
    }
    double scale = (WIDTH - LABELS - FIGURES) / most;
    fprintf(out, "<svg viewBox=\"0 0 %d %zu\" width=\"%d\" role=\"img\" aria-label=\"bars\">\n", WIDTH,
            bars * BAR + 4, WIDTH);
    for (size_t i = 0; i < bars; i++) {
        draw_bar(out, &bar[i], 2 + BAR * (double)i, scale);
    }
    fputs("</svg>\n", out);
}
