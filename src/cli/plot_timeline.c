#include "cli/plot_timeline.h"

#include "cli/gnuplot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 1400, ROW_HEIGHT = 34, AROUND = 150 };

/* What events look like: those of a stage, or of the host. */
typedef enum look { LOOK_WAIT, LOOK_WORK, LOOK_STAGE } look;

/* When a step's work on a device begins. */
typedef struct beginning {
    uint64_t step;
    double start; /* microseconds */
} beginning;

/* The part of a timeline that is drawn. */
typedef struct view {
    const locl_traced *traced;
    const char *name;     /* of the timeline */
    uint64_t first, last; /* steps */
    double start, end;    /* microseconds */
    int stages;
    size_t *place; /* [rows] from above, of those that have events; else SIZE_MAX */
    size_t places;
    beginning *begin; /* [begun] of the steps' events, in the order of steps, then of time */
    size_t begun;
} view;

static bool is_seen(const view *v, const locl_traced_event *e)
{
    return e->end >= v->start && e->start <= v->end;
}

/* Whether it is of the steps, on a device. */
static bool is_of_steps(const view *v, const locl_traced_event *e)
{
    return e->kind != LOCL_TRACED_HOST && e->step >= v->first && e->step <= v->last;
}

/* Finds the time that the steps take on the devices. Returns false where there is none of them. */
static bool find_span(view *v)
{
    v->start = INFINITY;
    v->end = -INFINITY;
    for (size_t i = 0; i < v->traced->events; i++) {
        const locl_traced_event *e = &v->traced->event[i];
        if (is_of_steps(v, e)) {
            v->start = fmin(v->start, e->start);
            v->end = fmax(v->end, e->end);
        }
        v->stages = e->stage >= v->stages ? e->stage + 1 : v->stages;
    }
    return v->end > v->start;
}

static int compare_beginnings(const void *a, const void *b)
{
    const beginning *x = a, *y = b;
    return x->step != y->step ? (x->step > y->step) - (x->step < y->step)
                              : (x->start > y->start) - (x->start < y->start);
}

/* Notes when the steps' events begin. */
static locl_status note_beginnings(view *v, locl_error *err)
{
    v->begin = calloc(v->traced->events + 1, sizeof *v->begin);
    if (!v->begin) {
        return locl_fail(err, LOCL_E_MEMORY, "out of memory for the picture's steps");
    }
    for (size_t i = 0; i < v->traced->events; i++) {
        const locl_traced_event *e = &v->traced->event[i];
        if (is_of_steps(v, e)) {
            v->begin[v->begun++] = (beginning){e->step, e->start};
        }
    }
    qsort(v->begin, v->begun, sizeof *v->begin, compare_beginnings);
    return LOCL_OK;
}

/* Gives the rows with events their places: devices above, the host below. */
static locl_status place_rows(view *v, locl_error *err)
{
    const locl_traced *t = v->traced;
    v->place = calloc(t->rows + 1, sizeof *v->place);
    if (!v->place) {
        return locl_fail(err, LOCL_E_MEMORY, "out of memory for the picture's rows");
    }
    for (size_t i = 0; i < t->events; i++) {
        v->place[t->event[i].row] |= is_seen(v, &t->event[i]) ? 1 : 0;
    }
    for (int device = 1; device >= 0; device--) {
        for (size_t r = 0; r < t->rows; r++) {
            if (t->row[r].device == (device == 1)) {
                v->place[r] = v->place[r] ? v->places++ : SIZE_MAX;
            }
        }
    }
    return LOCL_OK;
}

static bool is_wait(const locl_traced_event *e)
{
    return e->kind == LOCL_TRACED_HOST && !strncmp(e->name, "wait", 4);
}

static bool has_look(const locl_traced_event *e, look l, int stage)
{
    bool host = e->kind == LOCL_TRACED_HOST;
    return l == LOOK_STAGE ? !host && e->stage == stage : host && is_wait(e) == (l == LOOK_WAIT);
}

/* Writes "x y left right low high" of all events that look so. Kernels fill their row, copies half of it. */
static void add_boxes(FILE *s, const view *v, const char *block, look l, int stage)
{
    fprintf(s, "$%s << EOD\n", block);
    for (size_t i = 0; i < v->traced->events; i++) {
        const locl_traced_event *e = &v->traced->event[i];
        if (is_seen(v, e) && has_look(e, l, stage)) {
            double y = -(double)v->place[e->row], half = e->kind == LOCL_TRACED_COPY ? 0.22 : 0.4;
            double left = (fmax(e->start, v->start) - v->start) / 1e3;
            double right = (fmin(e->end, v->end) - v->start) / 1e3;
            fprintf(s, "%.7g %g %.7g %.7g %g %g\n", left, y, left, right, y - half, y + half);
        }
    }
    fprintf(s, "EOD\n");
}

/* Writes the names of the rows: "device 0 compute". */
static void add_names(FILE *s, const view *v)
{
    fprintf(s, "set ytics noenhanced (");
    for (size_t r = 0, written = 0; r < v->traced->rows; r++) {
        const locl_traced_row *row = &v->traced->row[r];
        char name[128];
        bool host_timed = row->device && strstr(row->owner, ", host-timed") != NULL;
        int owner = row->device ? (int)strcspn(row->owner, ":") : 0;
        snprintf(name, sizeof name, "%.*s%s%s%s", owner, row->owner, owner ? " " : "", row->name,
                 host_timed ? " (host-timed)" : "");
        if (v->place[r] != SIZE_MAX) {
            fprintf(s, "%s", written++ ? ", " : "");
            locl_gnuplot_quote(s, name);
            fprintf(s, " %d", -(int)v->place[r]);
        }
    }
    fprintf(s, ")\n");
}

/* Marks when each of the steps begins on a device. */
static void add_steps(FILE *s, const view *v)
{
    for (size_t i = 0; i < v->begun; i++) {
        if (i == 0 || v->begin[i].step != v->begin[i - 1].step) {
            double x = (v->begin[i].start - v->start) / 1e3;
            fprintf(s, "set arrow from %.7g, graph 0 to %.7g, graph 1 nohead lc rgb '#808080' dt 3\n", x, x);
            fprintf(s, "set label '%llu' at %.7g, graph 1.03 center\n", (unsigned long long)v->begin[i].step,
                    x);
        }
    }
}

static void add_script(FILE *s, const void *what)
{
    const view *v = what;
    char title[256], block[32];
    snprintf(title, sizeof title, "steps %llu to %llu of %s", (unsigned long long)v->first,
             (unsigned long long)v->last, v->name);
    add_boxes(s, v, "wait", LOOK_WAIT, -1);
    add_boxes(s, v, "work", LOOK_WORK, -1);
    for (int i = 0; i < v->stages; i++) {
        snprintf(block, sizeof block, "stage%d", i);
        add_boxes(s, v, block, LOOK_STAGE, i);
    }
    fprintf(s, "set tmargin 4\nset title noenhanced offset 0, 1.2 ");
    locl_gnuplot_quote(s, title);
    fprintf(s,
            "\nset border 1\nset tics nomirror out scale 0.5\nset xlabel 'milliseconds'\n"
            "set xrange [0:%.7g]\nset yrange [%g:0.5]\nset style fill solid 1.0 noborder\n"
            "set key outside bottom center horizontal noenhanced samplen 1\n",
            (v->end - v->start) / 1e3, 0.5 - (double)v->places);
    add_names(s, v);
    add_steps(s, v);
    fprintf(s, "plot $wait using 1:2:3:4:5:6 with boxxyerror lc rgb '#dddddd' title 'host waits',"
               " $work using 1:2:3:4:5:6 with boxxyerror lc rgb '#444444' title 'host works'");
    for (int i = 0; i < v->stages; i++) {
        fprintf(s, ", $stage%d using 1:2:3:4:5:6 with boxxyerror lc rgb '%s' title 'stage %d'", i,
                locl_gnuplot_colour((size_t)i), i);
    }
    fprintf(s, "\n");
}

locl_status locl_plot_timeline(const char *path, const locl_traced *traced, const char *name, uint64_t first,
                               uint64_t last, locl_error *err)
{
    view v = {.traced = traced, .name = name, .first = first, .last = last};
    if (traced->last == 0) {
        return locl_fail(err, LOCL_E_DATA, "%s has nothing that a device did", name);
    }
    if (!find_span(&v)) {
        locl_fail(err, LOCL_E_USAGE, "%s has none of the steps %llu..%llu", name, (unsigned long long)first,
                  (unsigned long long)last);
        return locl_remedy(err, "some of its steps, which are %llu..%llu", (unsigned long long)traced->first,
                           (unsigned long long)traced->last);
    }
    locl_status status = place_rows(&v, err);
    status = status == LOCL_OK ? note_beginnings(&v, err) : status;
    if (status == LOCL_OK) {
        unsigned height = AROUND + ROW_HEIGHT * (unsigned)v.places;
        status = locl_gnuplot_draw(path, WIDTH, height, add_script, &v, err);
    }
    free(v.begin);
    free(v.place);
    return status;
}
