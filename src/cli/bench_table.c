#include "cli/bench_report.h"

#include <math.h>
#include <string.h>

/* A field that stands in a column of its own: `scale` times a number, or a text, which is at the end where it has no
 * width. */
typedef struct column {
    const char *title, *field;
    int width, digits; /* digits behind the point; -1: a text */
    double scale;
} column;

enum { COLUMNS = 8 };

/* Rows that stand in one table. `kind` and `other` are those of rows. */
typedef struct table {
    const char *kind, *other;
    column column[COLUMNS]; /* ends with a title of NULL */
} table;

static const table tables[] = {
    {"step",
     NULL,
     {{"label", "label", 34, -1, 1},
      {"floor", "floor", 9, 3, 1},
      {"of floor", "over_floor", 9, 2, 1},
      {"of first", "ratio", 9, 2, 1},
      {"GFLOP", "launched_flops", 9, 2, 1e-9},
      {"launches", "launches", 9, 0, 1},
      {"MiB", "workspace", 8, 0, 0x1p-20}}},
    {"product",
     "candidate",
     {{"us", "us", 11, 1, 1},
      {"a step", "per_step", 7, 0, 1},
      {"how", "how", 34, -1, 1},
      {"note", "note", 0, -1, 1}}},
    {"train", NULL, {{"floor", "floor", 9, 3, 1}, {"us", "us", 11, 1, 1}, {"note", "note", 0, -1, 1}}},
    {"kernel",
     NULL,
     {{"variant", "variant", 9, -1, 1},
      {"launches", "launches", 9, 1, 1},
      {"GFLOP/s", "gflop_per_second", 9, 1, 1},
      {"GB/s", "gb_per_second", 8, 1, 1},
      {"share %", "share", 8, 1, 100},
      {"shape", "shape", 0, -1, 1},
      {"note", "note", 0, -1, 1}}},
    {"energy",
     NULL,
     {{"images/J", "images_per_joule", 10, 2, 1},
      {"watts", "watts", 8, 1, 1},
      {"source", "source", 0, -1, 1}}},
    {"clock", NULL, {{"held back by", "held_back", 28, -1, 1}, {"source", "source", 0, -1, 1}}},
    {"memory", NULL, {{NULL}}},
    {"transfer", NULL, {{"bytes", "bytes", 10, 0, 1}, {"us", "us", 11, 1, 1}, {"note", "note", 0, -1, 1}}},
    {"start", NULL, {{"cache", "cache", 0, -1, 1}}},
    {"alone", NULL, {{"steps", "steps", 6, 0, 1}}},
    {"whole", NULL, {{"steps", "steps", 6, 0, 1}}},
    {"equal_split", NULL, {{"steps", "steps", 6, 0, 1}}},
    {"together", NULL, {{"steps", "steps", 6, 0, 1}}},
    {"efficiency", NULL, {{NULL}}},
    {"prediction", NULL, {{NULL}}},
    {"target",
     NULL,
     {{"seconds", "seconds", 9, 2, 1},
      {"epochs", "epochs", 8, 2, 1},
      {"reference", "reference_epochs", 10, 2, 1},
      {"note", "note", 0, -1, 1}}},
    {"peak", NULL, {{"note", "note", 0, -1, 1}}},
    {"control", NULL, {{"note", "note", 0, -1, 1}}},
    {"process", NULL, {{NULL}}},
};

static bool is_in(const table *t, const locl_bench_row *row, const char *device)
{
    return !strcmp(row->device, device) &&
           (!strcmp(row->kind, t->kind) || (t->other && !strcmp(row->kind, t->other)));
}

/* Returns whether any of the table's rows has the field. */
static bool is_used(const table *t, const column *c, const locl_bench_report *report, const char *device)
{
    for (size_t i = 0; i < report->rows; i++) {
        const locl_bench_row *row = &report->row[i];
        if (is_in(t, row, device) &&
            (locl_bench_text(row, c->field) || !isnan(locl_bench_number(row, c->field)))) {
            return true;
        }
    }
    return false;
}

static void print_head(FILE *out, const table *t, const locl_bench_report *report, const char *device,
                       int width)
{
    fprintf(out, "\n%-*s %10s %10s %10s %-8s %5s %8s", width, t->kind, "median", "quartile", "quartile", "",
            "runs", "of peak");
    for (const column *c = t->column; c < t->column + COLUMNS && c->title; c++) {
        if (is_used(t, c, report, device)) {
            fprintf(out, c->digits < 0 ? "  %-*s" : " %*s", c->width, c->title);
        }
    }
    fputc('\n', out);
}

static void print_field(FILE *out, const column *c, const locl_bench_row *row)
{
    const char *text = locl_bench_text(row, c->field);
    double number = locl_bench_number(row, c->field);
    if (c->digits < 0) {
        fprintf(out, "  %-*s", c->width, text ? text : "");
    } else if (isnan(number)) {
        fprintf(out, " %*s", c->width, "-");
    } else {
        fprintf(out, " %*.*f", c->width, c->digits, c->scale * number);
    }
}

/* Prints four digits: "0.0123", "12.34", "1234". */
static void print_figure(FILE *out, double value)
{
    int digits = value >= 1000 ? 0 : value >= 100 ? 1 : value >= 10 ? 2 : value >= 1 ? 3 : 4;
    fprintf(out, " %10.*f", digits, value);
}

/* Prints why a row has no figures. */
static void print_outcome(FILE *out, const locl_bench_row *row, int width)
{
    fprintf(out, "%-*s %s: %s\n", width, row->name, locl_bench_outcome_text(row->outcome),
            row->reason ? row->reason : "");
}

static void print_row(FILE *out, const table *t, const locl_bench_report *report, const locl_bench_row *row,
                      int width)
{
    bool other = strcmp(row->kind, t->kind) != 0;
    if (row->outcome != LOCL_BENCH_DONE) {
        print_outcome(out, row, width);
        return;
    }
    fprintf(out, "%-*s", width, other ? "" : row->name);
    print_figure(out, row->median);
    print_figure(out, row->q1);
    print_figure(out, row->q3);
    fprintf(out, " %-8s %5llu", row->unit, (unsigned long long)row->runs);
    if (row->peak_fraction > 0) {
        fprintf(out, " %8.3f", row->peak_fraction);
    } else {
        fprintf(out, " %8s", "-");
    }
    for (const column *c = t->column; c < t->column + COLUMNS && c->title; c++) {
        if (is_used(t, c, report, row->device)) {
            print_field(out, c, row);
        }
    }
    fputc('\n', out);
}

static void print_table(FILE *out, const table *t, const locl_bench_report *report, const char *device)
{
    int width = (int)strlen(t->kind);
    size_t rows = 0;
    for (size_t i = 0; i < report->rows; i++) {
        if (is_in(t, &report->row[i], device)) {
            int length = (int)strlen(report->row[i].name);
            width = length > width ? length : width;
            rows++;
        }
    }
    if (rows == 0) {
        return;
    }
    print_head(out, t, report, device, width);
    for (size_t i = 0; i < report->rows; i++) {
        if (is_in(t, &report->row[i], device)) {
            print_row(out, t, report, &report->row[i], width);
        }
    }
}

/* Prints what the floor is made of. */
static void print_floor(FILE *out, const locl_bench_row *row)
{
    double flops = locl_bench_number(row, "flops"), peak = locl_bench_number(row, "peak"),
           bytes = locl_bench_number(row, "bytes"), copy = locl_bench_number(row, "copy");
    fprintf(out, "\n%s, batch %.0f: %.2f of its floor, %.4g ms, the greater of\n",
            locl_bench_text(row, "label"), locl_bench_number(row, "batch"),
            locl_bench_number(row, "over_floor"), locl_bench_number(row, "floor"));
    fprintf(out, "  %10.4g ms for its products' %.4g GFLOP at the best product's %.4g GFLOP/s, and\n",
            1e-6 * flops / peak, 1e-9 * flops, peak);
    fprintf(out, "  %10.4g ms for the least of %.4g MB at a copy's %.4g GB/s;\n", 1e-6 * bytes / copy,
            1e-6 * bytes, copy);
    fprintf(out, "  %10.4g ms its %.0f launches take if they do nothing\n",
            locl_bench_number(row, "launch_floor"), locl_bench_number(row, "launches"));
    fprintf(out, "its launches say: %.4g GFLOP, %.4g MB; %.1f images/s\n",
            1e-9 * locl_bench_number(row, "launched_flops"), 1e-6 * locl_bench_number(row, "launched_bytes"),
            locl_bench_number(row, "images_per_second"));
}

static void print_bits(FILE *out, const locl_bench_report *report)
{
    if (report->identical != LOCL_BENCH_NOT_COMPARED) {
        fprintf(out, "\nparameters are %s those of the same stages one after another\n",
                report->identical == LOCL_BENCH_IDENTICAL ? "bit for bit" : "NOT");
    }
}

/* Prints what disturbed, and a line for each device that scripts find by its first word. */
static void print_headlines(FILE *out, const locl_bench_report *report)
{
    for (size_t d = 0; d < report->devices; d++) {
        const char *disturbed = locl_bench_device_text(&report->device[d], "disturbed");
        if (disturbed) {
            fprintf(out, "\n%s was disturbed: %s\n", report->device[d].device, disturbed);
        }
    }
    fputc('\n', out);
    for (size_t d = 0; d < report->devices; d++) {
        const locl_bench_row *row = locl_bench_headline(report, report->device[d].device);
        char line[512];
        if (row) {
            locl_bench_headline_text(report, row, line, sizeof line);
            fprintf(out, "%s\n", line);
        }
    }
}

void locl_bench_print(FILE *out, const locl_bench_report *report)
{
    for (size_t d = 0; d < report->devices; d++) {
        const locl_bench_device *device = &report->device[d];
        fprintf(out, "%s%s, %s (%s), %s\n", d ? "\n" : "", device->name, device->platform, device->device,
                report->config);
        for (size_t t = 0; t < sizeof tables / sizeof tables[0]; t++) {
            print_table(out, &tables[t], report, device->device);
        }
        for (size_t i = 0; i < report->rows; i++) {
            if (!strcmp(report->row[i].kind, "step") && !strcmp(report->row[i].device, device->device)) {
                print_floor(out, &report->row[i]);
            }
        }
    }
    print_bits(out, report);
    if (report->kind == LOCL_BENCH_SUITE) {
        print_headlines(out, report);
    }
}

void locl_bench_markdown(FILE *out, const locl_bench_report *report)
{
    fprintf(out, "| device | network | images/s | of peak | locl |\n|---|---|---|---|---|\n");
    for (size_t d = 0; d < report->devices; d++) {
        const locl_bench_row *row = locl_bench_headline(report, report->device[d].device);
        fprintf(out, "| ");
        locl_bench_print_escaped(out, report->device[d].name);
        if (row) {
            fprintf(out, " | %s | %.1f | %.3f | %s |\n", row->name,
                    locl_bench_number(row, "images_per_second"), row->peak_fraction, report->version);
        } else {
            fprintf(out, " | - | - | - | %s |\n", report->version);
        }
    }
}
