/* The start of `locl train` with its data set: time from the start of a process to its first finished training
 * step, with what takes how long. `locl bench start` makes images up, so it cannot see how reading them and building
 * kernels overlap; for all else it is the one to use.
 *
 *     build/bin/start_bench --set data.path=data/mnist [--config configs/mnist-m.yaml] [--rounds 5]
 *
 * Each start is a process of its own. Cold starts have empty caches, locl's and PoCL's, and warm ones those
 * of an earlier start. They take turns. The test and the checkpoint after the step are left out. */
#include "base/clock.h"
#include "base/error.h"
#include "check/race.h"

#include "locl/run.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROGRAM "start_bench"

enum { MAX_ROUNDS = 64, MAX_SETS = 32 };

/* Moments of a start, in seconds since the process was made. */
typedef enum mark { MAIN, OPENED, READ, BOUND, STEPPED, MARKS } mark;
static const char *const parts[MARKS] = {"process and libraries", "devices, recording", "reading images",
                                         "kernels after that", "first step"};

typedef struct options {
    const char *file, *set[MAX_SETS];
    size_t sets, rounds;
} options;

typedef struct child {
    double from, at[MARKS]; /* 0: not yet */
} child;

static void reach(child *c, mark m)
{
    if (c->at[m] == 0) {
        c->at[m] = locl_clock_seconds() - c->from;
    }
}

/* Takes the time of the first event of each kind. The process ends with the first step. */
static void watch(void *user, const locl_run_event *event)
{
    child *c = user;
    if (event->moment == LOCL_RUN_READING) {
        reach(c, OPENED);
    } else if (event->moment == LOCL_RUN_BUILDING) {
        reach(c, OPENED); /* a start whose data had to be read first */
        reach(c, READ);
    } else if (event->moment == LOCL_RUN_STARTED) {
        reach(c, BOUND);
    } else if (event->moment == LOCL_RUN_STEPPED) {
        reach(c, STEPPED);
        for (int m = 0; m < MARKS; m++) {
            printf("%.6f\n", c->at[m]);
        }
        fflush(stdout);
        _exit(0);
    }
}

/* Trains one step. `from` is the clock when the parent made this process. */
static int start(const options *o, double from)
{
    child c = {.from = from};
    locl_run *run = NULL;
    locl_error err = {0};
    reach(&c, MAIN);
    locl_run_setup setup = {.purpose = LOCL_RUN_NEW,
                            .config = o->file,
                            .set = o->set,
                            .sets = o->sets,
                            .handler = watch,
                            .user = &c};
    if (locl_run_open(&setup, &run, &err) == LOCL_OK) {
        locl_run_train(run, &err);
    }
    fprintf(stderr, PROGRAM ": no step: %s\n", err.message);
    return 1;
}

/* Makes a process that starts, and takes its marks. */
static void measure(char **argv, double at[MARKS])
{
    int ends[2], status = 0;
    char from[32];
    if (pipe(ends)) {
        perror(PROGRAM);
        exit(1);
    }
    snprintf(from, sizeof from, "%.9f", locl_clock_seconds());
    pid_t pid = fork();
    if (pid == 0) {
        setenv("LOCL_START_FROM", from, 1);
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        close(ends[1]);
        execv("/proc/self/exe", argv);
        _exit(127);
    }
    close(ends[1]);
    FILE *in = fdopen(ends[0], "r");
    int found = 0;
    while (in && found < MARKS && fscanf(in, "%lf", &at[found]) == 1) {
        found++;
    }
    if (in) {
        fclose(in);
    }
    waitpid(pid, &status, 0);
    if (pid < 0 || status || found != MARKS) {
        fprintf(stderr, PROGRAM ": a start failed\n");
        exit(1);
    }
}

static void empty(const char *folder)
{
    char command[512];
    snprintf(command, sizeof command, "rm -rf '%s' && mkdir -p '%s/locl' '%s/pocl'", folder, folder, folder);
    if (system(command)) {
        exit(1);
    }
}

static void use(const char *folder)
{
    char path[256];
    snprintf(path, sizeof path, "%s/pocl", folder);
    setenv("XDG_CACHE_HOME", folder, 1);
    setenv("POCL_CACHE_DIR", path, 1);
}

static void print_part(const char *name, double *values, size_t count)
{
    locl_spread spread = locl_spread_of(values, count);
    printf("  %-24s %8.3f s  %8.3f..%.3f\n", name, spread.median, spread.q1, spread.q3);
}

static void print(const char *kind, double at[MAX_ROUNDS][MARKS], size_t rounds)
{
    double values[MAX_ROUNDS];
    printf("%s start, median and quartiles of %zu\n", kind, rounds);
    for (int m = 0; m < MARKS; m++) {
        for (size_t i = 0; i < rounds; i++) {
            values[i] = at[i][m] - (m ? at[i][m - 1] : 0);
        }
        print_part(parts[m], values, rounds);
    }
    for (size_t i = 0; i < rounds; i++) {
        values[i] = at[i][STEPPED];
    }
    print_part("together", values, rounds);
}

static void parse(options *o, int argc, char **argv)
{
    bool known = true;
    for (int i = 1; i < argc && known; i++) {
        bool more = i + 1 < argc;
        if (more && !strcmp(argv[i], "--config")) {
            o->file = argv[++i];
        } else if (more && !strcmp(argv[i], "--set") && o->sets + 3 < MAX_SETS) {
            o->set[o->sets++] = argv[++i];
        } else if (more && !strcmp(argv[i], "--rounds")) {
            o->rounds = strtoul(argv[++i], NULL, 10);
        } else {
            known = false;
        }
    }
    if (!known || !o->rounds || o->rounds > MAX_ROUNDS) {
        fprintf(stderr, "usage: start_bench [--config FILE] [--set KEY=VALUE]... [--rounds N]\n");
        exit(2);
    }
}

int main(int argc, char **argv)
{
    static double cold[MAX_ROUNDS][MARKS], warm[MAX_ROUNDS][MARKS];
    options o = {.file = "configs/mnist-m.yaml", .rounds = 5};
    const char *from = getenv("LOCL_START_FROM"), *scratch = getenv("LOCL_START_FOLDER");
    char folder[] = "/tmp/locl-start-XXXXXX", caches[64], dir[128];
    parse(&o, argc, argv);
    if (from && scratch) {
        snprintf(dir, sizeof dir, "run.dir=%s/run", scratch);
        o.set[o.sets++] = "train.steps=1";
        o.set[o.sets++] = dir;
        return start(&o, strtod(from, NULL));
    }
    if (!mkdtemp(folder)) {
        perror(PROGRAM);
        return 1;
    }
    setenv("LOCL_START_FOLDER", folder, 1);
    for (size_t i = 0; i < o.rounds; i++) {
        snprintf(caches, sizeof caches, "%s/caches", folder);
        use(caches);
        empty(caches);
        measure(argv, cold[i]);
        measure(argv, warm[i]); /* the first one may still finish what the cold one left */
        measure(argv, warm[i]);
    }
    printf("%s, first step of a process\n", o.file);
    print("cold", cold, o.rounds);
    print("warm", warm, o.rounds);
    empty(folder);
    return 0;
}
