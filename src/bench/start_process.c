/* Starts the command once and reads what it measured of itself. */
#include "bench/start.h"

#include "base/clock.h"
#include "base/text.h"
#include "bench/folder.h"
#include "bench/spawn.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* Where locl and the drivers keep what they compiled: all of them in one folder. */
static const char *const cache_variables[] = {"XDG_CACHE_HOME",       "POCL_CACHE_DIR", "CUDA_CACHE_PATH",
                                              "AMD_COMGR_CACHE_DIR",  "NEO_CACHE_DIR",  "cl_cache_dir",
                                              "MESA_SHADER_CACHE_DIR"};
enum { CACHES = sizeof cache_variables / sizeof cache_variables[0] };

/* ---- arguments and environment ---- */

typedef struct process {
    const char **argument; /* [arguments], then NULL; not owned */
    char **variable;       /* [variables], then NULL; those from `inherited` on are owned */
    size_t inherited;
    char began[32];
    FILE *out, *errors;
    char folder[LOCL_FOLDER_PATH]; /* of its caches; "": those that there are */
} process;

static locl_status set_arguments(process *p, const locl_bench_job *job, locl_error *err)
{
    enum { OTHERS = 12 };
    const locl_bench_setup *setup = job->setup;
    size_t n = 0;
    p->argument = calloc(2 * setup->sets + OTHERS, sizeof *p->argument);
    if (!p->argument) {
        return locl_fail_memory(err, (2 * setup->sets + OTHERS) * sizeof *p->argument);
    }
    const char *const first[] = {setup->command,        "bench",   "start",  "--json", "--device",
                                 job->device->selector, "--quiet", "--once", p->began};
    for (size_t i = 0; i < sizeof first / sizeof first[0]; i++) {
        p->argument[n++] = first[i];
    }
    for (size_t i = 0; i < setup->sets; i++) {
        p->argument[n++] = "--set";
        p->argument[n++] = setup->set[i];
    }
    if (setup->config) {
        p->argument[n++] = "--";
        p->argument[n++] = setup->config;
    }
    return LOCL_OK;
}

static bool is_cache(const char *variable)
{
    for (size_t i = 0; i < CACHES; i++) {
        size_t length = strlen(cache_variables[i]);
        if (!strncmp(variable, cache_variables[i], length) && variable[length] == '=') {
            return true;
        }
    }
    return false;
}

/* Sets the variables to this process's, with caches in the folder. */
static locl_status set_variables(process *p, locl_error *err)
{
    size_t count = 0;
    while (environ[count]) {
        count++;
    }
    p->variable = calloc(count + CACHES + 1, sizeof *p->variable);
    if (!p->variable) {
        return locl_fail_memory(err, (count + CACHES + 1) * sizeof *p->variable);
    }
    for (size_t i = 0; i < count; i++) {
        if (!p->folder[0] || !is_cache(environ[i])) {
            p->variable[p->inherited++] = environ[i];
        }
    }
    for (size_t i = 0; i < CACHES && p->folder[0]; i++) {
        locl_text text = {0};
        locl_text_add(&text, "%s=%s", cache_variables[i], p->folder);
        if (text.failed) {
            return locl_fail_memory(err, LOCL_FOLDER_PATH);
        }
        p->variable[p->inherited + i] = text.data;
    }
    return LOCL_OK;
}

/* ---- the process ---- */

static locl_status spawn(process *p, pid_t *child, locl_error *err)
{
    snprintf(p->began, sizeof p->began, "%.6f", locl_clock_seconds());
    return locl_spawn(p->argument, p->variable, fileno(p->out), fileno(p->errors), child, err);
}

/* Fails with the first line that it said on standard error. */
static locl_status fail_process(const process *p, int state, locl_error *err)
{
    char line[512] = "it said nothing";
    rewind(p->errors);
    if (fgets(line, sizeof line, p->errors)) {
        line[strcspn(line, "\n")] = '\0';
    }
    return WIFEXITED(state)
               ? locl_fail(err, LOCL_E_FAILED, "a process that starts once ended with exit code %d: %s",
                           WEXITSTATUS(state), line)
               : locl_fail(err, LOCL_E_FAILED, "a process that starts once was ended by signal %d",
                           WTERMSIG(state));
}

/* Reads its rows, which are in milliseconds. */
static locl_status read_parts(const process *p, double *seconds, locl_error *err)
{
    json_error_t at;
    rewind(p->out);
    json_t *json = json_loadf(p->out, 0, &at);
    const json_t *rows = json_object_get(json, "results");
    size_t found = 0;
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        const char *name = json_string_value(json_object_get(row, "name"));
        for (int part = 0; part < LOCL_START_PARTS; part++) {
            if (name && !strcmp(name, locl_start_names[part])) {
                seconds[part] = 1e-3 * json_number_value(json_object_get(row, "median"));
                found++;
            }
        }
    }
    json_decref(json);
    return found == LOCL_START_PARTS
               ? LOCL_OK
               : locl_fail(err, LOCL_E_FAILED, "%s does not say how it started: is it the locl command?",
                           p->argument[0]);
}

static locl_status run(process *p, const locl_bench_job *job, locl_start_cache cache, double *seconds,
                       locl_error *err)
{
    pid_t child;
    int state = 0;
    p->out = tmpfile();
    p->errors = tmpfile();
    if (!p->out || !p->errors) {
        return locl_fail_errno(err, LOCL_E_IO, "make", "a temporary file");
    }
    if (cache == LOCL_START_COLD) {
        LOCL_TRY(locl_folder_make(p->folder, err));
    }
    LOCL_TRY(set_arguments(p, job, err));
    LOCL_TRY(set_variables(p, err));
    LOCL_TRY(spawn(p, &child, err));
    while (waitpid(child, &state, 0) < 0 && errno == EINTR) {
    }
    if (!WIFEXITED(state) || WEXITSTATUS(state)) {
        return fail_process(p, state, err);
    }
    return read_parts(p, seconds, err);
}

locl_status locl_start_process(const locl_bench_job *job, locl_start_cache cache, double *seconds,
                               locl_error *err)
{
    process p = {.folder = ""};
    locl_status status = run(&p, job, cache, seconds, err);
    for (size_t i = p.inherited; p.variable && p.variable[i]; i++) {
        free(p.variable[i]);
    }
    free(p.variable);
    free(p.argument);
    if (p.out) {
        fclose(p.out);
    }
    if (p.errors) {
        fclose(p.errors);
    }
    locl_folder_remove(p.folder);
    return status;
}
