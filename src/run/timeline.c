/* The timeline of a run (setup.trace): which steps it has, and its file. */
#include "run/run.h"

#include "base/file.h"

#include <stdio.h>

locl_status locl_run_check_trace(locl_run *run, const locl_run_setup *setup, locl_error *err)
{
    uint64_t first = setup->trace_first, last = setup->trace_last;
    if (!setup->trace) {
        return LOCL_OK;
    }
    if (!setup->trace[0]) {
        locl_fail(err, LOCL_E_USAGE, "the name of the trace's file is empty");
        return locl_remedy(err, "name the file, as in --trace trace.json");
    }
    if (setup->profile) {
        locl_fail(err, LOCL_E_USAGE,
                  "a trace and a profile can't be made at once: profiling waits after each step");
        return locl_remedy(err, "leave out --profile");
    }
    if ((first > 0 || last > 0) && (first < 1 || last < first)) {
        return locl_fail(err, LOCL_E_USAGE, "steps %llu..%llu to trace: should be FIRST..LAST, from 1 on",
                         (unsigned long long)first, (unsigned long long)last);
    }
    if (last - first >= LOCL_TRACE_MOST_STEPS) {
        locl_fail(err, LOCL_E_USAGE, "steps %llu..%llu to trace are more than %d", (unsigned long long)first,
                  (unsigned long long)last, LOCL_TRACE_MOST_STEPS);
        return locl_remedy(err, "trace fewer steps: each takes kilobytes to megabytes of the file");
    }
    if (snprintf(run->trace_path, sizeof run->trace_path, "%s", setup->trace) >=
        (int)sizeof run->trace_path) {
        return locl_fail(err, LOCL_E_IO, "the path %s is too long", setup->trace);
    }
    run->trace_first = first;
    run->trace_last = last;
    return locl_file_check_writable(setup->trace, err);
}

locl_status locl_run_open_timeline(locl_run *run, locl_error *err)
{
    uint64_t done = run->state.step, first = run->trace_first, last = run->trace_last;
    if (!run->trace_path[0]) {
        return LOCL_OK;
    }
    if (last == 0) {
        first = done + 1;
        last = done + LOCL_TRACE_STEPS;
    } else if (last <= done) {
        locl_fail(err, LOCL_E_USAGE, "steps %llu..%llu to trace: the run goes on after step %llu",
                  (unsigned long long)first, (unsigned long long)last, (unsigned long long)done);
        return locl_remedy(err, "trace later steps");
    }
    return locl_timeline_open(first - 1, last, &run->timeline, err);
}

locl_status locl_run_check_timeline(const locl_run *run, locl_error *err)
{
    uint64_t total = locl_run_total_steps(run);
    if (!run->timeline || run->timeline->first < total) {
        return LOCL_OK;
    }
    locl_fail(err, LOCL_E_USAGE, "steps %llu..%llu to trace: the run has %llu",
              (unsigned long long)run->trace_first, (unsigned long long)run->trace_last,
              (unsigned long long)total);
    return locl_remedy(err, "trace earlier steps");
}

bool locl_run_has_timeline(const locl_run *run)
{
    return run->timeline && !run->traced && run->state.step >= run->timeline->end;
}

locl_status locl_run_write_timeline(locl_run *run, locl_error *err)
{
    run->traced = true;
    return locl_timeline_write(run->timeline, run->trace_path, err);
}
