/* Trains small.yaml for 20 steps on two halves of a device again and again, each time with another OpenCL call that fails,
 * another launch whose device hangs, or another read that gives NaN, and says what came of it. Many runs share a process:
 * starting one, and its driver, takes longer than training. Used by tests/faults.sh.
 *
 *     fault_runs calls                       the calls, launches and reads of a run without faults
 *     fault_runs fail|hang|nan FROM TO EVERY a line "N recovered", "N stopped", "N unharmed" or "N failed: WHY" for each
 *
 * Ends early, with exit code 3, where a run does not end. Works in the current folder, with data/ and small.yaml, and keeps
 * the runs that it compares with there. */
#define _XOPEN_SOURCE 700 /* nftw */
#include "locl/locl.h"
#include "support/opencl_layer.h"

#include <ftw.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PARTS = 2 };
static const char *const parts[PARTS] = {"0:0/0/2", "0:0/1/2"};
static const char both[] = "0:0/0/2,0:0/1/2";

/* Until when a device counts as hung: never, where none does; usually, and where that may have been too soon. */
static const char never[] = "run.deadline=0", soon[] = "run.deadline=0.8", late[] = "run.deadline=8";
/* Seconds until a run counts as hung. */
enum { RUN_SECONDS = 180, MOST_SETS = 16, LONGEST = 1024, DOES_NOT_END = 3 };

typedef enum kind { FAIL, HANG, NAN_READ } kind;

/* What came of a run. */
typedef struct outcome {
    locl_status status;
    locl_error err;
    int losses;
    unsigned long long step; /* of the snapshot that it went on from, after the last loss */
    char device[LONGEST];    /* the one that it went on with */
    char log[8 * LONGEST];   /* warnings */
    long held; /* references to OpenCL objects that it kept, but for the two parts themselves, which stay */
    int hung;  /* the part whose queue stood still; -1: none */
} outcome;

static outcome *current; /* of the run that is being made */

static void hear_log(void *user, locl_log_level level, const char *text)
{
    (void)user;
    size_t length = current ? strlen(current->log) : 0;
    if (current && level == LOCL_LOG_WARNING) {
        snprintf(current->log + length, sizeof current->log - length, "%s; ", text);
    }
}

static void hear_event(void *user, const locl_run_event *event)
{
    outcome *o = user;
    if (event->moment == LOCL_RUN_LOST &&
        sscanf(event->json, "{\"kind\": \"devices\", \"step\": %llu, \"devices\": [\"%1023[^\"]", &o->step,
               o->device) == 2) {
        o->losses++;
    }
}

static int remove_one(const char *path, const struct stat *about, int type, struct FTW *at)
{
    (void)about, (void)type, (void)at;
    return remove(path);
}

static void remove_folder(const char *path)
{
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static bool is_there(const char *folder, const char *file)
{
    char path[LONGEST];
    snprintf(path, sizeof path, "%s/%s", folder, file);
    return access(path, F_OK) == 0;
}

/* Opens a run, does what it is for, and closes it. */
static void make_run(locl_run_setup *setup, outcome *out)
{
    locl_run *run = NULL;
    locl_result result;
    long before = locl_layer_live();
    before = before < PARTS ? PARTS : before;
    *out = (outcome){0};
    current = out;
    setup->handler = hear_event;
    setup->user = out;
    out->status = locl_run_open(setup, &run, &out->err);
    if (out->status == LOCL_OK) {
        out->status = setup->purpose == LOCL_RUN_EVALUATE ? locl_run_evaluate(run, "test", &result, &out->err)
                                                          : locl_run_train(run, &out->err);
    }
    locl_run_close(run);
    current = NULL;
    out->held = locl_layer_live() - before;
}

/* Trains in a folder on some devices up to a step; on two of them a block each. */
static void train(const char *folder, const char *devices, int steps, const char *deadline, outcome *out)
{
    char dir[LONGEST], end[64];
    const char *set[MOST_SETS] = {"engine=native",
                                  "run.snapshot_steps=5",
                                  "train.save_steps=1000",
                                  "rebalance=off",
                                  deadline,
                                  dir,
                                  end};
    size_t sets = 7;
    snprintf(dir, sizeof dir, "run.dir=%s", folder);
    snprintf(end, sizeof end, "train.steps=%d", steps);
    if (devices == both) {
        set[sets++] = "placement=[{blocks: [0], devices: [0]}, {blocks: [1], devices: [1]}]";
    }
    remove_folder(folder);
    locl_run_setup setup = {.config = "small.yaml", .set = set, .sets = sets, .devices = devices};
    make_run(&setup, out);
}

/* Goes on with a run on one device. */
static void go_on(const char *folder, const char *device, outcome *out)
{
    static const char *const set[] = {"placement=auto", "train.steps=20"};
    locl_run_setup setup = {
        .purpose = LOCL_RUN_RESUME, .folder = folder, .set = set, .sets = 2, .devices = device};
    make_run(&setup, out);
}

static bool same_files(const char *one, const char *other)
{
    FILE *a = fopen(one, "rb"), *b = fopen(other, "rb");
    bool same = a && b;
    for (int x = 0; same && x != EOF;) {
        x = getc(a);
        same = x == getc(b);
    }
    if (a) {
        fclose(a);
    }
    if (b) {
        fclose(b);
    }
    return same;
}

/* Returns whether a run ended with the parameters, optimiser state and position of another. */
static bool same_runs(const char *one, const char *other)
{
    char a[LONGEST], b[LONGEST];
    snprintf(a, sizeof a, "%s/checkpoints/last.safetensors", one);
    snprintf(b, sizeof b, "%s/checkpoints/last.safetensors", other);
    return same_files(a, b);
}

/* Names the run that is restarted on one device after `step` steps on both, and makes it where it is not there. Returns
 * whether that succeeded. */
static bool reference(unsigned long long step, const char *device, char *folder, size_t size)
{
    outcome o = {0};
    char begun[LONGEST];
    snprintf(folder, size, "same-%llu-%d", step, !strcmp(device, parts[1]));
    if (is_there(folder, "checkpoints")) {
        return true;
    }
    snprintf(begun, sizeof begun, "begun-%ld", (long)getpid()); /* several processes may make it at once */
    if (step == 0) {
        train(begun, device, 20, never, &o);
    } else {
        train(begun, both, (int)step, never, &o);
        if (o.status == LOCL_OK) {
            go_on(begun, device, &o);
        }
    }
    if (o.status == LOCL_OK && rename(begun, folder)) {
        remove_folder(begun); /* another one was first */
    }
    return o.status == LOCL_OK;
}

static bool failed(long n, const outcome *o, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Prints why a run is not as it should be; returns false. */
static bool failed(long n, const outcome *o, const char *format, ...)
{
    va_list arguments;
    printf("%ld failed: ", n);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf(" [%s: %s: %s | %s]\n", locl_status_name(o->status), o->err.where, o->err.message, o->log);
    return false;
}

/* Judges a checkpoint: it can be evaluated, and gone on with. */
static bool checkpoint_is_good(long n)
{
    outcome o;
    locl_run_setup evaluation = {.purpose = LOCL_RUN_EVALUATE, .folder = "run"};
    make_run(&evaluation, &o);
    if (o.status != LOCL_OK) {
        return failed(n, &o, "the checkpoint is not good");
    }
    go_on("run", parts[0], &o);
    if (o.status != LOCL_OK) {
        return failed(n, &o, "nothing goes on from the checkpoint");
    }
    return true;
}

/* Judges a run that ended with an error. */
static bool stopped_well(long n, const outcome *o)
{
    if (!o->err.message[0] || o->err.status != o->status) {
        return failed(n, o, "the error says nothing");
    }
    if (o->status == LOCL_E_LOST && !is_there("run", "checkpoints/last.safetensors")) {
        return failed(n, o, "there is no checkpoint");
    }
    return !is_there("run", "checkpoints/last.safetensors") || checkpoint_is_good(n);
}

/* Prints what came of a run, judged. `hangs`: a device hung, whose objects stay. */
static void judge(long n, const outcome *o, bool hangs)
{
    char like[LONGEST];
    const char *what;
    if (!hangs && o->held > 0) {
        failed(n, o, "%ld OpenCL objects leak", o->held);
        return;
    }
    if (o->status != LOCL_OK) {
        what = stopped_well(n, o) ? "stopped" : NULL;
    } else if (o->losses == 0) {
        what = same_runs("run", "whole") ? "unharmed" : "";
    } else if (!reference(o->step, o->device, like, sizeof like)) {
        failed(n, o, "the run that goes on from step %llu on %s, to hold this one against, failed", o->step,
               o->device);
        return;
    } else {
        what = same_runs("run", like) ? "recovered" : "";
    }
    if (what && *what) {
        printf("%ld %s\n", n, what);
    } else if (what) {
        failed(n, o, "other parameters than those of a run that goes on from step %llu on %s", o->step,
               o->device);
    }
}

static void does_not_end(int signal)
{
    static const char text[] = "does not end\n";
    (void)signal;
    _exit(write(STDOUT_FILENO, text, sizeof text - 1) > 0 ? DOES_NOT_END : 1);
}

/* Trains with a fault. */
static void train_with(kind what, long n, const char *deadline, outcome *out)
{
    locl_layer_reset();
    switch (what) {
    case FAIL:
        locl_layer_fail("*", n, -5);
        break;
    case HANG:
        locl_layer_block(n);
        break;
    case NAN_READ:
        locl_layer_spoil(n);
        break;
    }
    train("run", both, 20, deadline, out);
    out->hung = locl_layer_blocked();
    locl_layer_reset();
    locl_layer_block(0);
}

/* Returns whether the device that hung, and it alone, was left. */
static bool blamed(const outcome *o)
{
    return o->losses == 1 && o->hung >= 0 && !strcmp(o->device, parts[1 - o->hung]);
}

static void attempt(kind what, long n)
{
    outcome o;
    alarm(RUN_SECONDS);
    train_with(what, n, what == HANG ? soon : never, &o);
    if (what == HANG && !blamed(&o)) { /* on a busy machine the other may have been late, too */
        train_with(what, n, late, &o);
        if (o.status == LOCL_OK && o.hung >= 0 && !blamed(&o)) {
            failed(n, &o, "the wrong device is left");
            return;
        }
    }
    judge(n, &o, what == HANG);
    alarm(0);
}

static int print_calls(void)
{
    outcome o;
    locl_layer_reset();
    train("run", both, 20, never, &o);
    printf("fail %ld\nhang %ld\nnan %ld\n", locl_layer_count("*"), locl_layer_count("clEnqueueNDRangeKernel"),
           locl_layer_count("clEnqueueReadBuffer"));
    return o.status == LOCL_OK ? 0 : 1;
}

int main(int argc, char **argv)
{
    static const char *const names[] = {"fail", "hang", "nan"};
    outcome o = {0};
    locl_layer_require(argc, argv);
    locl_layer_keep(true);
    locl_log_set_handler(hear_log, NULL);
    signal(SIGALRM, does_not_end);
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc == 2 && !strcmp(argv[1], "calls")) {
        return print_calls();
    }
    int what = 0;
    while (argc == 5 && what < 3 && strcmp(argv[1], names[what])) {
        what++;
    }
    if (argc != 5 || what == 3) {
        fprintf(stderr, "usage: fault_runs calls, or fail|hang|nan FROM TO EVERY\n");
        return 2;
    }
    if (!is_there("whole", "checkpoints/last.safetensors")) {
        train("whole", both, 20, never, &o);
    }
    for (long n = strtol(argv[2], NULL, 10), to = strtol(argv[3], NULL, 10),
              every = strtol(argv[4], NULL, 10);
         o.status == LOCL_OK && n <= to && every > 0; n += every) {
        attempt((kind)what, n);
    }
    return o.status == LOCL_OK ? 0 : 1;
}
