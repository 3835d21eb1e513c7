#include "cli/bench_page.h"

#include "cli/page.h"

#include <math.h>
#include <string.h>

enum { BARS = 64, LABEL = 64 };

/* Bars that are being put together, with their labels. */
typedef struct bars {
    locl_bench_bar bar[BARS];
    char label[BARS][LABEL];
    size_t count;
} bars;

static void add_bar(bars *b, const char *label, const char *unit, const char *colour, double value,
                    double low, double high)
{
    if (b->count < BARS) {
        snprintf(b->label[b->count], LABEL, "%s", label);
        b->bar[b->count] = (locl_bench_bar){b->label[b->count], unit, colour, value, low, high};
        b->count++;
    }
}

static bool is_of(const locl_bench_row *r, const char *device, const char *kind)
{
    return !strcmp(r->kind, kind) && (!device || !strcmp(r->device, device));
}

/* ---- the machine ---- */

static void write_group(FILE *out, const char *title, const locl_bench_group *g)
{
    for (size_t i = 0; i < g->fields; i++) {
        fputs("<tr><td>", out);
        locl_page_text(out, title);
        fputs("</td><td>", out);
        locl_page_text(out, g->field[i].name);
        fputs("</td><td>", out);
        if (g->field[i].text) {
            locl_page_text(out, g->field[i].text);
        } else {
            fprintf(out, "%.12g", g->field[i].number);
        }
        fputs("</td></tr>\n", out);
    }
}

static void write_about(FILE *out, const locl_bench_report *report)
{
    static const char *const columns[] = {"", "what", "value", NULL};
    static const char *const groups[] = {"machine", "options", "fingerprint"};
    fputs("<h2>How it was measured</h2>\n", out);
    locl_page_table(out, columns);
    for (int i = 0; i < LOCL_BENCH_GROUPS; i++) {
        write_group(out, groups[i], &report->group[i]);
    }
    locl_page_table_end(out);
}

/* ---- one device ---- */

static void write_row(FILE *out, const locl_bench_row *r)
{
    bool done = r->outcome == LOCL_BENCH_DONE;
    const char *note = done ? locl_bench_text(r, "note") : r->reason;
    fprintf(out, "<tr%s><td>", done ? "" : " class=\"off\"");
    locl_page_text(out, r->kind);
    fputs("</td><td>", out);
    locl_page_text(out, r->name);
    fputs("</td>", out);
    locl_page_cell(out, r->median);
    locl_page_cell(out, r->q1);
    locl_page_cell(out, r->q3);
    fputs("<td>", out);
    locl_page_text(out, r->unit);
    fputs("</td>", out);
    fprintf(out, "<td class=\"n\" data-v=\"%llu\">%llu</td>", (unsigned long long)r->runs,
            (unsigned long long)r->runs);
    locl_page_cell(out, r->peak_fraction > 0 ? r->peak_fraction : NAN);
    fputs("<td>", out);
    locl_page_text(out, locl_bench_outcome_text(r->outcome));
    fputs("</td><td>", out);
    locl_page_text(out, note ? note : "");
    fputs("</td></tr>\n", out);
}

static void write_rows(FILE *out, const locl_bench_report *report, const char *device)
{
    static const char *const columns[] = {"kind",  "row",      "#median", "#quartile", "#quartile", "unit",
                                          "#runs", "#of peak", "status",  "note",      NULL};
    locl_page_table(out, columns);
    for (size_t i = 0; i < report->rows; i++) {
        if (!strcmp(report->row[i].device, device)) {
            write_row(out, &report->row[i]);
        }
    }
    locl_page_table_end(out);
}

/* Draws what part of its peak each row reaches, with the quartiles. */
static void draw_fractions(FILE *out, const locl_bench_report *report, const char *device)
{
    static const char *const kinds[] = {"train", "product", "kernel", "transfer"}, *const colours[] = {
                                                                                       "#b3261e", "#1f6feb",
                                                                                       "#2a8a3e", "#8a6d3b"};
    bars b = {.count = 0};
    for (int k = 0; k < 4; k++) {
        for (size_t i = 0; i < report->rows; i++) {
            const locl_bench_row *r = &report->row[i];
            bool time = !strcmp(r->unit, "us") || !strcmp(r->unit, "ms");
            double low = time ? r->median / r->q3 : r->q1 / r->median;
            double high = time ? r->median / r->q1 : r->q3 / r->median;
            if (is_of(r, device, kinds[k]) && r->outcome == LOCL_BENCH_DONE && r->peak_fraction > 0) {
                add_bar(&b, r->name, "of peak", colours[k], r->peak_fraction, r->peak_fraction * low,
                        r->peak_fraction * high);
            }
        }
    }
    locl_bench_draw_bars(out, b.bar, b.count);
}

static void write_device(FILE *out, const locl_bench_report *report, const locl_bench_device *d)
{
    const char *disturbed = locl_bench_device_text(d, "disturbed");
    fputs("<h2>", out);
    locl_page_text(out, d->name);
    fputs("</h2>\n<p>", out);
    locl_page_text(out, d->device);
    fputs(", ", out);
    locl_page_text(out, d->platform);
    fputs(", driver ", out);
    locl_page_text(out, d->driver);
    fputs("</p>\n", out);
    if (disturbed) {
        fputs("<p class=\"warn\">Disturbed: ", out);
        locl_page_text(out, disturbed);
        fputs("</p>\n", out);
    }
    fputs("<h3>Roofline: what rows reach below what multiply-adds and copies allow</h3>\n", out);
    locl_bench_draw_roofline(out, report, d->device);
    fputs("<h3>Part of the peak, with quartiles</h3>\n", out);
    draw_fractions(out, report, d->device);
    fputs("<h3>All rows</h3>\n", out);
    write_rows(out, report, d->device);
}

/* ---- all devices ---- */

static void write_cards(FILE *out, const locl_bench_report *report)
{
    fputs("<div class=\"cards\">\n", out);
    for (size_t d = 0; d < report->devices; d++) {
        const locl_bench_row *row = locl_bench_headline(report, report->device[d].device);
        fputs("<div class=\"card\"><span>", out);
        locl_page_text(out, report->device[d].name);
        fputs("</span><br><b>", out);
        locl_page_number(out, row ? locl_bench_number(row, "images_per_second") : NAN);
        fputs("</b> images/s<br><span>training ", out);
        locl_page_text(out, row ? row->name : "nothing");
        if (row) {
            fprintf(out, ", %.1f %% of its own peak", 100 * row->peak_fraction);
        }
        fputs("</span></div>\n", out);
    }
    fputs("</div>\n", out);
}

/* Draws the rates of one network, each device's. */
static void draw_network(FILE *out, const locl_bench_report *report, const char *name)
{
    bars b = {.count = 0};
    for (size_t i = 0; i < report->rows; i++) {
        const locl_bench_row *r = &report->row[i];
        if (is_of(r, NULL, "train") && r->outcome == LOCL_BENCH_DONE && !strcmp(r->name, name)) {
            char label[LABEL];
            snprintf(label, sizeof label, "%s on %s", r->name, r->device);
            add_bar(&b, label, r->unit, "#b3261e", r->median, r->q1, r->q3);
        }
    }
    locl_bench_draw_bars(out, b.bar, b.count);
}

/* Returns whether an earlier row trains the same network. */
static bool is_repeated(const locl_bench_report *report, size_t row)
{
    for (size_t i = 0; i < row; i++) {
        const locl_bench_row *r = &report->row[i];
        if (is_of(r, NULL, "train") && !strcmp(r->name, report->row[row].name)) {
            return true;
        }
    }
    return false;
}

/* Draws rates of training, one network after another. */
static void draw_trainings(FILE *out, const locl_bench_report *report)
{
    bool any = false;
    for (size_t i = 0; i < report->rows; i++) {
        const locl_bench_row *r = &report->row[i];
        if (is_of(r, NULL, "train") && !is_repeated(report, i)) {
            fputs(any ? "" : "<h2>Training</h2>\n", out);
            draw_network(out, report, r->name);
            any = true;
        }
    }
}

/* Draws all devices together beside each alone and the equal split. */
static void draw_together(FILE *out, const locl_bench_report *report)
{
    static const char *const kinds[] = {"alone", "whole", "equal_split", "together"},
                             *const words[] = {"alone", "whole", "equal split", "together"},
                             *const colours[] = {"#8a939c", "#8a939c", "#8a6d3b", "#b3261e"};
    bars b = {.count = 0};
    for (int k = 0; k < 4; k++) {
        for (size_t i = 0; i < report->rows; i++) {
            const locl_bench_row *r = &report->row[i];
            char label[LABEL];
            snprintf(label, sizeof label, "%s: %s", words[k], r->name);
            if (is_of(r, NULL, kinds[k]) && r->outcome == LOCL_BENCH_DONE) {
                add_bar(&b, label, r->unit, colours[k], r->median, r->q1, r->q3);
            }
        }
    }
    if (b.count > 0) {
        fputs("<h2>All devices together</h2>\n", out);
        locl_bench_draw_bars(out, b.bar, b.count);
        if (report->identical != LOCL_BENCH_NOT_COMPARED) {
            fprintf(out, "<p>Parameters are %s those of the same stages one after another.</p>\n",
                    report->identical == LOCL_BENCH_IDENTICAL ? "bit for bit" : "<strong>not</strong>");
        }
    }
}

static void write_body(FILE *out, const void *user)
{
    const locl_bench_report *report = user;
    fputs("<h1>locl bench</h1>\n<p>locl ", out);
    locl_page_text(out, report->version);
    fputs(", ", out);
    locl_page_text(out, locl_bench_kind_text(report->kind));
    fputs("</p>\n", out);
    write_cards(out, report);
    draw_trainings(out, report);
    draw_together(out, report);
    for (size_t d = 0; d < report->devices; d++) {
        write_device(out, report, &report->device[d]);
    }
    write_about(out, report);
}

locl_status locl_bench_page(const char *path, const locl_bench_report *report, locl_error *err)
{
    return locl_page_write(path, "locl bench", write_body, report, err);
}
