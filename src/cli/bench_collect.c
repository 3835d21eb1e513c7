/* A page that ranks devices of several files. */
#include "cli/bench_page.h"
#include "cli/page.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A device of a file. */
typedef struct entry {
    const locl_compare_input *input;
    const locl_bench_device *device;
    const locl_bench_row *row; /* its headline */
} entry;

typedef struct board {
    entry *entry;         /* [count], the fastest first */
    size_t count, silent; /* devices without a headline */
} board;

static double rate_of(const entry *e)
{
    return locl_bench_number(e->row, "images_per_second");
}

static const char *text_or_empty(const char *text)
{
    return text ? text : "";
}

/* Compares what was trained: only the same is ranked against each other. */
static int compare_work(const entry *x, const entry *y)
{
    int name = strcmp(x->row->name, y->row->name);
    return name ? name
                : strcmp(text_or_empty(locl_bench_text(x->row, "work")),
                         text_or_empty(locl_bench_text(y->row, "work")));
}

/* Orders by what was trained, and then by rate. */
static int before(const void *a, const void *b)
{
    const entry *x = a, *y = b;
    int work = compare_work(x, y);
    return work ? work : (rate_of(x) < rate_of(y)) - (rate_of(x) > rate_of(y));
}

static void write_entry(FILE *out, const entry *e, size_t rank)
{
    const locl_bench_report *report = e->input->report;
    fprintf(out, "<tr><td class=\"n\" data-v=\"%zu\">%zu</td><td>", rank, rank);
    locl_page_text(out, e->device->name);
    fputs("</td>", out);
    locl_page_cell(out, rate_of(e));
    locl_page_cell(out, e->row->q1);
    locl_page_cell(out, e->row->q3);
    locl_page_cell(out, e->row->peak_fraction);
    const char *const texts[] = {
        e->device->driver, locl_bench_group_text(report, LOCL_BENCH_HOST, "processor"),
        report->version,   locl_bench_group_text(report, LOCL_BENCH_FINGERPRINT, "kernels"),
        e->input->name,    locl_bench_device_text(e->device, "disturbed")};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        fputs("<td>", out);
        locl_page_text(out, text_or_empty(texts[i]));
        fputs("</td>", out);
    }
    fputs("</tr>\n", out);
}

static void draw(FILE *out, const entry *ranked, size_t count)
{
    locl_bench_bar *bar = calloc(count + 1, sizeof *bar);
    for (size_t i = 0; i < count && bar; i++) {
        const entry *e = &ranked[i];
        bar[i] = (locl_bench_bar){e->device->name, "images/s", "#b3261e", rate_of(e), e->row->q1, e->row->q3};
    }
    if (bar) {
        locl_bench_draw_bars(out, bar, count);
    }
    free(bar);
}

/* Writes the devices [count] that trained the same. */
static void write_ranks(FILE *out, const entry *ranked, size_t count)
{
    static const char *const columns[] = {"#rank",        "device",    "#images/s", "#quartile", "#quartile",
                                          "#of own peak", "driver",    "host",      "locl",      "kernels",
                                          "file",         "disturbed", NULL};
    fputs("<h2>", out);
    locl_page_text(out, ranked->row->name);
    fputs("</h2>\n<p>", out);
    locl_page_text(out, text_or_empty(locl_bench_text(ranked->row, "work")));
    fputs("</p>\n", out);
    draw(out, ranked, count);
    locl_page_table(out, columns);
    for (size_t i = 0; i < count; i++) {
        write_entry(out, &ranked[i], i + 1);
    }
    locl_page_table_end(out);
}

static void write_body(FILE *out, const void *user)
{
    const board *b = user;
    fputs("<h1>Devices training with locl</h1>\n<p>Images per second, the fastest first, networks apart. "
          "Beside it "
          "what part of the device's own peak that is.</p>\n",
          out);
    for (size_t first = 0, end; first < b->count; first = end) {
        end = first + 1;
        while (end < b->count && compare_work(&b->entry[first], &b->entry[end]) == 0) {
            end++;
        }
        write_ranks(out, &b->entry[first], end - first);
    }
    if (b->silent > 0) {
        fprintf(out, "<p>%zu device%s trained nothing.</p>\n", b->silent, b->silent == 1 ? "" : "s");
    }
}

static void collect(board *b, const locl_compare_input *input)
{
    for (size_t d = 0; d < input->report->devices; d++) {
        const locl_bench_device *device = &input->report->device[d];
        const locl_bench_row *row = locl_bench_headline(input->report, device->device);
        if (row) {
            b->entry[b->count++] = (entry){input, device, row};
        } else {
            b->silent++;
        }
    }
}

locl_status locl_bench_collect_page(const char *path, const locl_compare_input *input, size_t inputs,
                                    locl_error *err)
{
    size_t most = 1;
    for (size_t i = 0; i < inputs; i++) {
        most += input[i].report->devices;
    }
    board b = {.entry = calloc(most, sizeof *b.entry)};
    if (!b.entry) {
        return locl_fail(err, LOCL_E_MEMORY, "out of memory");
    }
    for (size_t i = 0; i < inputs; i++) {
        collect(&b, &input[i]);
    }
    qsort(b.entry, b.count, sizeof *b.entry, before);
    locl_status status = locl_page_write(path, "locl: devices", write_body, &b, err);
    free(b.entry);
    return status;
}
