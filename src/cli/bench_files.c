#include "cli/bench_files.h"

#include "cli/bench_report.h"
#include "cli/output.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

locl_status locl_bench_files_read(const locl_cli_list *paths, locl_bench_files *out, locl_error *err)
{
    out->count = 0;
    for (size_t i = 0; i < paths->count; i++) {
        LOCL_TRY(locl_bench_read(paths->value[i], &out->report[i], err));
        out->input[i] = (locl_compare_input){paths->value[i], out->report[i]};
        out->count++;
    }
    return LOCL_OK;
}

void locl_bench_files_free(locl_bench_files *files)
{
    for (size_t i = 0; i < files->count; i++) {
        locl_bench_free(files->report[i]);
    }
}

/* ---- words ---- */

static void print_speed(FILE *out, const locl_compare_speed *s)
{
    if (isfinite(s->low) && isfinite(s->high)) {
        fprintf(out, "%6.3f [%.3f, %.3f]", s->ratio, s->low, s->high);
    } else {
        fprintf(out, "%6.3f %-14s", s->ratio, "");
    }
}

static void print_row(FILE *out, const locl_compare_row *r)
{
    fprintf(out, "%-10s %-28.60s %11.5g %11.5g %-8s ", r->base->kind, r->base->name, r->base->median,
            r->other->median, r->base->unit);
    print_speed(out, &r->speed);
    fprintf(out, "  %s\n", locl_compare_verdict_text(r->verdict));
}

/* Says what it comes to in a sentence. */
static void print_verdict(FILE *out, const locl_compare_pair *p)
{
    const double noise = 100 * expm1(p->noise);
    if (p->rows == 0) {
        fprintf(out, "no row of the one has one of the other to be compared with\n");
    } else if (p->faster + p->slower == 0 && p->alike == 0) {
        fprintf(out, "too few samples to tell: %d of a row are needed\n", LOCL_COMPARE_LEAST);
    } else if (p->faster + p->slower == 0) {
        fprintf(out, "no difference: all %zu rows are within noise, of %.1f %%\n", p->alike, noise);
    } else {
        fprintf(out, "%zu faster, %zu slower, %zu within noise, of %.1f %%\n", p->faster, p->slower, p->alike,
                noise);
    }
    if (p->few > 0 && p->faster + p->slower + p->alike > 0) {
        fprintf(out, "%zu row%s too few samples (%d are needed)\n", p->few, p->few == 1 ? " has" : "s have",
                LOCL_COMPARE_LEAST);
    }
    if (p->only_base + p->only_other > 0) {
        fprintf(out,
                "not compared, since the other has none of the same work: %zu rows of the first, %zu of the "
                "second\n",
                p->only_base, p->only_other);
    }
}

static void print_pair(FILE *out, const locl_compare_pair *p)
{
    fprintf(out, "%s, %s (%s)\n  against %s, %s (%s)\n", p->other->name, p->other_device->name,
            p->other_device->device, p->base->name, p->base_device->name, p->base_device->device);
    if (p->note[0]) {
        fprintf(out, "note: %s\n", p->note);
    }
    print_verdict(out, p);
    for (size_t m = 0; m < p->means; m++) {
        fprintf(out, "%s%-10s of %3zu row%s ", m == 0 ? "\ntimes as fast, geometric means [95 %]\n" : "",
                p->mean[m].kind ? p->mean[m].kind : "all", p->mean[m].rows, p->mean[m].rows == 1 ? " " : "s");
        print_speed(out, &p->mean[m].speed);
        fputc('\n', out);
    }
    if (p->rows > 0) {
        fprintf(out, "\n%-10s %-28s %11s %11s %-8s %s\n", "kind", "row", "first", "second", "",
                "times as fast [95 %]");
    }
    for (size_t i = 0; i < p->rows; i++) {
        print_row(out, &p->row[i]);
    }
}

/* ---- Markdown ---- */

void locl_bench_print_escaped(FILE *out, const char *text)
{
    for (; *text; text++) {
        fprintf(out, strchr("|<>&`*_[]\\", *text) ? "\\%c" : "%c", *text);
    }
}

static void print_markdown(FILE *out, const locl_compare *c)
{
    fprintf(out, "| device | against | rows | times as fast | 95 %% | faster | slower | within noise |\n");
    fprintf(out, "|---|---|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < c->pairs; i++) {
        const locl_compare_pair *p = &c->pair[i];
        fprintf(out, "| ");
        locl_bench_print_escaped(out, p->other_device->name);
        fprintf(out, " (");
        locl_bench_print_escaped(out, p->other->name);
        fprintf(out, ") | ");
        locl_bench_print_escaped(out, p->base_device->name);
        fprintf(out, " (");
        locl_bench_print_escaped(out, p->base->name);
        fprintf(out, ") | %zu | ", p->rows);
        if (p->means > 0 && isfinite(p->mean[0].speed.low)) {
            fprintf(out, "%.3f | %.3f to %.3f", p->mean[0].speed.ratio, p->mean[0].speed.low,
                    p->mean[0].speed.high);
        } else if (p->means > 0) {
            fprintf(out, "%.3f | too few samples", p->mean[0].speed.ratio);
        } else {
            fprintf(out, "- | -");
        }
        fprintf(out, " | %zu | %zu | %zu |\n", p->faster, p->slower, p->alike);
    }
}

/* ---- */

static locl_status tell(const locl_compare *c, bool json, bool markdown, const char *path, FILE *out,
                        locl_error *err)
{
    char *text;
    LOCL_TRY(locl_compare_to_json(c, &text, err));
    locl_status status = path ? locl_file_write(path, text, strlen(text), err) : LOCL_OK;
    if (status == LOCL_OK && json) {
        return locl_cli_print(out, text, err);
    }
    free(text);
    if (status == LOCL_OK && markdown) {
        print_markdown(out, c);
    } else if (status == LOCL_OK) {
        for (size_t i = 0; i < c->pairs; i++) {
            fputs(i ? "\n" : "", out);
            print_pair(out, &c->pair[i]);
        }
    }
    return status;
}

locl_status locl_bench_compare(const locl_bench_files *files, bool json, bool markdown, const char *path,
                               FILE *out, locl_error *err)
{
    locl_compare *c;
    LOCL_TRY(locl_compare_open(files->input, files->count, &c, err));
    locl_status status = tell(c, json, markdown, path, out, err);
    locl_compare_close(c);
    return status;
}
