#include "cli/progress.h"

#include "cli/output.h"

#include <stdarg.h>
#include <string.h>
#include <unistd.h>

/* Seconds between two refreshes of the live line, and between two lines. */
#define LIVE_SECONDS 0.1
#define LINE_SECONDS 10.0

/* Seconds of building kernels that are not worth a line. */
#define BUILDING_SECONDS 1.0

enum { LINE = 512 };

/* Text that is put together piece by piece. What does not fit is left out. */
typedef struct line {
    char text[LINE];
    size_t length;
} line;

static void LOCL_PRINTF(2, 3) add(line *l, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(l->text + l->length, sizeof l->text - l->length, format, args);
    va_end(args);
    l->length += n > 0 ? (size_t)n : 0;
    l->length = l->length < sizeof l->text ? l->length : sizeof l->text - 1;
}

void locl_progress_start(locl_progress *progress, FILE *out, const locl_cli_common *common)
{
    bool terminal = isatty(fileno(out)) == 1;
    *progress = (locl_progress){.out = out, .shown = locl_clock_seconds()};
    if (common->json) {
        progress->style = LOCL_PROGRESS_JSON;
    } else if (common->quiet) {
        progress->style = LOCL_PROGRESS_QUIET;
    } else {
        progress->style = terminal || common->progress ? LOCL_PROGRESS_LIVE : LOCL_PROGRESS_LINES;
    }
}

void locl_progress_clear(locl_progress *progress)
{
    if (progress->width > 0) {
        fprintf(progress->out, "\r%*s\r", progress->width, "");
        progress->width = 0;
    }
    fflush(progress->out);
}

static void print_line(locl_progress *progress, const line *l)
{
    locl_progress_clear(progress);
    fprintf(progress->out, "%s\n", l->text);
    fflush(progress->out);
    if (progress->style == LOCL_PROGRESS_LINES) {
        progress->shown = locl_clock_seconds();
    }
}

/* Prints over the live line that stands there, cut at the terminal's edge. */
static void print_live(locl_progress *progress, const line *l)
{
    int columns = locl_cli_columns(progress->out), length = (int)l->length;
    length = length < columns ? length : columns - 1;
    int blank = progress->width > length ? progress->width - length : 0;
    fprintf(progress->out, "\r%.*s%*s", length, l->text, blank, "");
    fflush(progress->out);
    progress->width = length;
    progress->shown = locl_clock_seconds();
}

void locl_progress_show(locl_progress *progress, const char *text)
{
    line l = {.length = 0};
    if (progress->style == LOCL_PROGRESS_LIVE && locl_clock_seconds() - progress->shown >= LIVE_SECONDS) {
        add(&l, "%s", text);
        print_live(progress, &l);
    }
}

static void add_place(line *l, const locl_run_event *event)
{
    add(l, "epoch %llu/%llu  step %llu/%llu", (unsigned long long)event->epoch,
        (unsigned long long)event->epochs, (unsigned long long)event->step, (unsigned long long)event->steps);
}

/* Adds "loss 0.812 0.701 | 0.655  error 12.34 %": blocks, if they have any, then the classifier. */
static void add_result(line *l, const locl_result *result)
{
    add(l, "loss");
    for (size_t k = 0; k < result->blocks; k++) {
        add(l, " %.3f", result->block[k].loss);
    }
    add(l, "%s %.3f  error %.2f %%", result->blocks ? " |" : "", result->classifier.loss,
        100 * result->classifier.error);
}

/* Adds "  busy 97 64 %": of each device. */
static void add_busy(line *l, const locl_run_event *event)
{
    for (size_t d = 0; d < event->devices; d++) {
        add(l, "%s %.0f", d ? "" : "  busy", 100 * event->busy[d]);
    }
    add(l, "%s", event->devices ? " %" : "");
}

static void show_step(locl_progress *progress, const locl_run_event *event)
{
    line l = {.length = 0};
    char left[32];
    add_place(&l, event);
    if (event->images_per_second > 0) {
        locl_cli_time(event->seconds_left, left, sizeof left);
        add(&l, "  %.0f images/s", event->images_per_second);
        add_busy(&l, event);
        add(&l, "  %s left", left);
    }
    if (event->train->images > 0) {
        add(&l, "  ");
        add_result(&l, event->train);
    }
    if (progress->style == LOCL_PROGRESS_LIVE) {
        print_live(progress, &l);
    } else {
        print_line(progress, &l);
    }
}

/* Shows "test 3000/10000" or "decoding 200". */
static void show_part(locl_progress *progress, const char *what, const locl_run_event *event)
{
    line l = {.length = 0};
    add(&l, "%s %zu", what, event->done);
    if (event->total > 0) {
        add(&l, "/%zu", event->total);
    }
    print_live(progress, &l);
}

/* Shows "building kernels 35/150  0:07", once that takes over a second. */
static void show_building(locl_progress *progress, const locl_run_event *event)
{
    double now = locl_clock_seconds();
    bool live = progress->style == LOCL_PROGRESS_LIVE;
    progress->built = progress->built > 0 ? progress->built : now;
    double since = now - progress->built, last = now - progress->shown;
    bool due = live ? last >= LIVE_SECONDS : last >= LINE_SECONDS || progress->shown <= progress->built;
    if (since < BUILDING_SECONDS || !due) {
        return;
    }
    line l = {.length = 0};
    char time[32];
    locl_cli_time(since, time, sizeof time);
    add(&l, "%s %zu/%zu  %s", event->stage, event->done, event->total, time);
    if (live) {
        print_live(progress, &l);
    } else {
        print_line(progress, &l);
    }
}

/* Shows "audit 312/900 steps  2.4 steps/s  4:05 left  lg-fg-a, rademacher". */
static void show_audit(locl_progress *progress, const locl_run_event *event)
{
    line l = {.length = 0};
    char left[32];
    add(&l, "audit %zu/%zu steps", event->done, event->total);
    if (event->seconds_left > 0) {
        locl_cli_time(event->seconds_left, left, sizeof left);
        add(&l, "  %.1f steps/s  %s left", (double)(event->total - event->done) / event->seconds_left, left);
    }
    add(&l, "  %s", event->stage);
    print_live(progress, &l);
}

static void show_test(locl_progress *progress, const locl_run_event *event)
{
    line l = {.length = 0};
    add_place(&l, event);
    add(&l, "  train ");
    add_result(&l, event->train);
    add(&l, "  test ");
    add_result(&l, event->test);
    print_line(progress, &l);
}

void locl_progress_event(void *user, const locl_run_event *event)
{
    locl_progress *progress = user;
    bool live = progress->style == LOCL_PROGRESS_LIVE;
    if (progress->style == LOCL_PROGRESS_QUIET) {
        return;
    }
    if (progress->style == LOCL_PROGRESS_JSON) {
        if (event->json) {
            fprintf(progress->out, "%s\n", event->json);
            fflush(progress->out);
        }
        return;
    }
    if (event->moment == LOCL_RUN_BUILDING) {
        show_building(progress, event);
        return;
    }
    progress->built = 0;
    if (event->moment == LOCL_RUN_TESTED) {
        show_test(progress, event);
        return;
    }
    if (locl_clock_seconds() - progress->shown < (live ? LIVE_SECONDS : LINE_SECONDS)) {
        return;
    }
    if (event->moment == LOCL_RUN_STEPPED) {
        show_step(progress, event);
    } else if (live && event->moment == LOCL_RUN_TESTING) {
        show_part(progress, "test", event);
    } else if (live && event->moment == LOCL_RUN_READING) {
        show_part(progress, event->stage, event);
    } else if (live && event->moment == LOCL_RUN_AUDITING) {
        show_audit(progress, event);
    }
}
