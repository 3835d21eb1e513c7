/* The suite, each device in a process of its own: a driver that crashes or hangs ends its process, which is a row. */
#include "bench/spawn.h"
#include "bench/suite.h"

#include "base/file.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ARGUMENTS = 32, SELECTORS = 4096 };

static const double usual_deadline = 600;

/* One of the processes. */
typedef struct part {
    const locl_bench_source *source;
    const char *kind;   /* of benchmark */
    const char *device; /* selectors */
    const char *argument[2 * 256 + ARGUMENTS];
    char seed[24], rounds[16], seconds[32];
    char path[256]; /* of the report that it writes */
    FILE *errors;
} part;

static void tell_line(void *user, const char *line)
{
    const part *p = user;
    const locl_bench_setup *setup = p->source->setup;
    const locl_bench_event event = {p->device, line, 0, 0};
    if (setup->handler) {
        setup->handler(setup->user, &event);
    }
}

/* ---- its arguments ---- */

static size_t add(part *p, size_t n, const char *option, const char *value)
{
    p->argument[n++] = option;
    p->argument[n++] = value;
    return n;
}

static void set_arguments(part *p, uint64_t seed)
{
    const locl_bench_setup *s = p->source->setup;
    bool suite = !strcmp(p->kind, "suite");
    size_t n = 0;
    snprintf(p->seed, sizeof p->seed, "%llu", (unsigned long long)seed);
    snprintf(p->rounds, sizeof p->rounds, "%u", s->rounds);
    snprintf(p->seconds, sizeof p->seconds, "%.9g", s->seconds);
    n = add(p, n, s->command, "bench");
    n = add(p, n, p->kind, "--here");
    p->argument[n++] = p->path;
    n = add(p, n, "--device", p->device);
    if (suite) {
        n = add(p, n, "--seed", p->seed);
    }
    if (s->rounds) {
        n = add(p, n, "--rounds", p->rounds);
    }
    if (s->seconds > 0) {
        n = add(p, n, "--seconds", p->seconds);
    }
    if (s->quick && suite) {
        p->argument[n++] = "--quick";
    } else if (s->quick) {
        n = add(p, n, "--set", "model={preset: S/1/1, image: [28, 28, 1], classes: 10}");
        n = s->rounds ? n : add(p, n, "--rounds", "3");
    }
    for (size_t i = 0; i < s->sets && i < 256; i++) {
        n = add(p, n, "--set", s->set[i]);
    }
}

/* ---- its run ---- */

static locl_status open_files(part *p, locl_error *err)
{
    const char *parent = getenv("TMPDIR");
    snprintf(p->path, sizeof p->path, "%s/locl-bench-XXXXXX", parent && parent[0] ? parent : "/tmp");
    int file = mkstemp(p->path);
    if (file < 0) {
        return locl_fail_errno(err, LOCL_E_IO, "make a file like", p->path);
    }
    close(file);
    p->errors = tmpfile();
    return p->errors ? LOCL_OK : locl_fail_errno(err, LOCL_E_IO, "make", "a temporary file");
}

/* Takes what the process wrote, as far as it came. */
static void take_report(const part *p, locl_report *report)
{
    locl_bench_report *read;
    locl_error unread;
    if (locl_bench_read(p->path, &read, &unread) == LOCL_OK) {
        locl_report_merge(report, read);
        report->public.identical =
            read->kind == LOCL_BENCH_PIPELINE ? read->identical : report->public.identical;
        locl_bench_free(read);
    }
}

static locl_status run_part(part *p, uint64_t seed, locl_report *report, locl_error *err)
{
    const locl_bench_setup *setup = p->source->setup;
    double deadline = setup->deadline > 0 ? setup->deadline : usual_deadline;
    locl_spawned spawned;
    char fault[1024];
    LOCL_TRY(open_files(p, err));
    set_arguments(p, seed);
    LOCL_TRY(locl_spawn_watched(p->argument, fileno(p->errors), deadline, tell_line, p, &spawned, err));
    take_report(p, report);
    if (locl_spawned_fault(&spawned, p->errors, fault, sizeof fault)) {
        char first[32];
        snprintf(first, sizeof first, "%.*s", (int)strcspn(p->device, ","), p->device);
        const locl_report_head head = {first, "process", "", 0};
        locl_report_fail(report, &head, LOCL_BENCH_ERROR, fault, p->kind);
    }
    return LOCL_OK;
}

static locl_status run(const locl_bench_source *source, const char *kind, const char *device, uint64_t seed,
                       locl_report *report, locl_error *err)
{
    part p = {.source = source, .kind = kind, .device = device};
    locl_status status = run_part(&p, seed, report, err);
    if (p.errors) {
        fclose(p.errors);
    }
    if (p.path[0]) {
        remove(p.path);
    }
    return status;
}

locl_status locl_bench_suite_children(const locl_bench_source *source, uint64_t seed, locl_report *report,
                                      locl_error *err)
{
    char all[SELECTORS] = "";
    size_t count = report->public.devices;
    for (size_t i = 0; i < count; i++) {
        char selector[32];
        size_t length = strlen(all);
        snprintf(selector, sizeof selector, "%s", report->device[i].device);
        snprintf(all + length, sizeof all - length, "%s%s", i ? "," : "", selector);
        LOCL_TRY(run(source, "suite", selector, seed, report, err));
    }
    return count > 1 ? run(source, "pipeline", all, seed, report, err) : LOCL_OK;
}
