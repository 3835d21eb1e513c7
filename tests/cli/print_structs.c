/* Prints the size of each struct that src/python/locl.py has once more, and where its members are. */
#include <locl/locl.h>

#include <stdio.h>

#define STRUCT(name, python) printf(#python " %zu\n", sizeof(name))
#define MEMBER(name, python, member) printf(#python "." #member " %zu\n", offsetof(name, member))

static void print_results(void)
{
    STRUCT(locl_error, _Error);
    MEMBER(locl_error, _Error, message);
    MEMBER(locl_error, _Error, remedy);
    MEMBER(locl_error, _Error, key);
    MEMBER(locl_error, _Error, step);
    STRUCT(locl_score, _Score);
    MEMBER(locl_score, _Score, error);
    STRUCT(locl_result, _Result);
    MEMBER(locl_result, _Result, step);
    MEMBER(locl_result, _Result, classifier);
    MEMBER(locl_result, _Result, block);
    MEMBER(locl_result, _Result, blocks);
    STRUCT(locl_run_event, _Event);
    MEMBER(locl_run_event, _Event, epochs);
    MEMBER(locl_run_event, _Event, images_per_second);
    MEMBER(locl_run_event, _Event, seconds_left);
    MEMBER(locl_run_event, _Event, train);
    MEMBER(locl_run_event, _Event, test);
    MEMBER(locl_run_event, _Event, stage);
    MEMBER(locl_run_event, _Event, total);
    MEMBER(locl_run_event, _Event, json);
}

static void print_runs(void)
{
    STRUCT(locl_run_setup, _Setup);
    MEMBER(locl_run_setup, _Setup, config);
    MEMBER(locl_run_setup, _Setup, folder);
    MEMBER(locl_run_setup, _Setup, checkpoint);
    MEMBER(locl_run_setup, _Setup, set);
    MEMBER(locl_run_setup, _Setup, sets);
    MEMBER(locl_run_setup, _Setup, devices);
    MEMBER(locl_run_setup, _Setup, trace);
    MEMBER(locl_run_setup, _Setup, handler);
    MEMBER(locl_run_setup, _Setup, user);
    STRUCT(locl_run_summary, _Summary);
    MEMBER(locl_run_summary, _Summary, network);
    MEMBER(locl_run_summary, _Summary, epochs);
    MEMBER(locl_run_summary, _Summary, parameters);
    MEMBER(locl_run_summary, _Summary, train);
    MEMBER(locl_run_summary, _Summary, test);
    MEMBER(locl_run_summary, _Summary, best_step);
    MEMBER(locl_run_summary, _Summary, idle);
    STRUCT(locl_run_shape, _Shape);
    MEMBER(locl_run_shape, _Shape, channels);
    MEMBER(locl_run_shape, _Shape, classes);
    MEMBER(locl_run_shape, _Shape, images);
    MEMBER(locl_run_shape, _Shape, std);
}

int main(void)
{
    print_results();
    print_runs();
    STRUCT(locl_probe_setup, _ProbeSetup);
    MEMBER(locl_probe_setup, _ProbeSetup, in);
    MEMBER(locl_probe_setup, _ProbeSetup, out);
    MEMBER(locl_probe_setup, _ProbeSetup, sets);
    MEMBER(locl_probe_setup, _ProbeSetup, devices);
    STRUCT(locl_probe_result, _ProbeResult);
    MEMBER(locl_probe_result, _ProbeResult, name);
    MEMBER(locl_probe_result, _ProbeResult, tensors);
    return 0;
}
