/* check_trace FILE DEVICES HOW: what a timeline of training on so many devices, a stage on each, promises. HOW its
 * commands are timed: stamps, host, mixed, or any. */
#include <locl/locl.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STAGES = 8, STEPS = 1001 };

/* Microseconds that clocks of two devices may be wrong by, and rounding. */
static const double clocks = 1000, rounding = 0.002;

static void expect(bool met, const char *what, size_t index)
{
    if (!met) {
        printf("%s: %zu\n", what, index);
        exit(1);
    }
}

static size_t count_rows(const locl_traced *t, const char *name)
{
    size_t count = 0;
    for (size_t r = 0; r < t->rows; r++) {
        count += strncmp(t->row[r].name, name, strlen(name)) ? 0 : 1;
    }
    return count;
}

/* Events of a row follow each other, and those of a device do not take longer than all took. */
static void check_row(const locl_traced *t, size_t row, double wall)
{
    double before = 0, sum = 0;
    size_t count = 0;
    for (size_t i = 0; i < t->events; i++) {
        const locl_traced_event *e = &t->event[i];
        if (e->row == row) {
            expect(e->start >= before - rounding, "begins before the one ahead ended", i);
            before = e->end;
            sum += e->end - e->start;
            count++;
        }
    }
    expect(count > 0, "row without events", row);
    expect(sum <= wall + rounding, "row busier than possible", row);
}

/* Every stage has kernels in every step, after those of the stage before. */
static void check_stages(const locl_traced *t, size_t stages)
{
    static double start[STAGES][STEPS], end[STAGES][STEPS];
    for (size_t i = 0; i < t->events; i++) {
        const locl_traced_event *e = &t->event[i];
        if (e->kind == LOCL_TRACED_KERNEL) {
            expect(e->stage >= 0 && e->stage < (int)stages && e->step < STEPS, "stage or step", i);
            double *first = &start[e->stage][e->step], *last = &end[e->stage][e->step];
            *first = *last == 0 || e->start < *first ? e->start : *first;
            *last = e->end > *last ? e->end : *last;
        }
    }
    for (size_t s = 0; s < stages; s++) {
        for (uint64_t n = t->first; n <= t->last; n++) {
            expect(end[s][n] > start[s][n], "a stage lacks step", (size_t)n);
            expect(s == 0 || start[s][n] >= end[s - 1][n] - clocks, "begins before its input is there", s);
        }
    }
}

static void check_timing(const locl_traced *t, const char *how)
{
    size_t by_host = 0, commands = 0;
    for (size_t i = 0; i < t->events; i++) {
        commands += t->event[i].kind == LOCL_TRACED_HOST ? 0 : 1;
        by_host += t->event[i].host_timed ? 1 : 0;
    }
    bool met = !strcmp(how, "stamps") ? by_host == 0
               : !strcmp(how, "host") ? by_host == commands
               : !strcmp(how, "any")  ? true
                                      : by_host > 0 && by_host < commands;
    expect(met, "commands timed by the host", by_host);
}

int main(int argc, char **argv)
{
    locl_error err;
    locl_traced *t;
    size_t devices = argc == 4 ? (size_t)atoi(argv[2]) : 0;
    if (devices < 1 || devices > STAGES) {
        return 2;
    }
    if (locl_traced_read(argv[1], &t, &err) != LOCL_OK) {
        printf("%s\n", err.message);
        return 1;
    }
    double wall = 0;
    for (size_t i = 0; i < t->events; i++) {
        wall = t->event[i].end > wall ? t->event[i].end : wall;
    }
    expect(count_rows(t, "compute") == devices, "compute rows", count_rows(t, "compute"));
    expect(count_rows(t, "worker") == devices, "worker rows", count_rows(t, "worker"));
    expect(count_rows(t, "loader") == 1 && count_rows(t, "report") == 1, "loader and report", t->rows);
    for (size_t r = 0; r < t->rows; r++) {
        check_row(t, r, wall);
    }
    check_stages(t, devices);
    check_timing(t, argv[3]);
    printf("steps %llu to %llu\n", (unsigned long long)t->first, (unsigned long long)t->last);
    locl_traced_free(t);
    return 0;
}
