#include "cli/gnuplot.h"

#include "cli/interrupt.h"

#include <errno.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { SHOWN = 1000 }; /* characters that are shown of gnuplot's messages */

/* Files without a name, one for each of the child's standard streams, so that nothing can block. */
typedef struct streams {
    FILE *file[3];
} streams;

static void close_streams(streams *s)
{
    for (int i = 0; i < 3; i++) {
        if (s->file[i]) {
            fclose(s->file[i]);
        }
    }
}

static locl_status open_streams(streams *s, const char *script, locl_error *err)
{
    *s = (streams){{tmpfile(), tmpfile(), tmpfile()}};
    if (!s->file[0] || !s->file[1] || !s->file[2] || fputs(script, s->file[0]) == EOF ||
        fflush(s->file[0]) == EOF || fseek(s->file[0], 0, SEEK_SET)) {
        locl_fail(err, LOCL_E_IO, "cannot write a temporary file: %s", strerror(errno));
        return locl_remedy(err, "make room in /tmp");
    }
    return LOCL_OK;
}

/* Reads a file back. *data is malloc'd and ends with a 0 that is not counted. */
static locl_status read_back(FILE *file, char **data, size_t *size, locl_error *err)
{
    long length = fseek(file, 0, SEEK_END) ? -1 : ftell(file);
    *size = 0;
    *data = length >= 0 ? malloc((size_t)length + 1) : NULL;
    if (!*data) {
        return locl_fail(err, LOCL_E_MEMORY, "out of memory: %ld bytes could not be allocated", length + 1);
    }
    rewind(file);
    *size = fread(*data, 1, (size_t)length, file);
    (*data)[*size] = '\0';
    return *size == (size_t)length ? LOCL_OK : locl_fail(err, LOCL_E_IO, "cannot read a temporary file");
}

static locl_status spawn(const streams *s, pid_t *child, locl_error *err)
{
    char name[] = "gnuplot", plain[] = "-d"; /* -d: no settings of a person's own */
    char *const arguments[] = {name, plain, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t mask, defaults;
    int failed = posix_spawn_file_actions_init(&actions);
    if (failed) {
        return locl_fail(err, LOCL_E_FAILED, "cannot start gnuplot: %s", strerror(failed));
    }
    failed = posix_spawnattr_init(&attributes);
    if (failed) {
        posix_spawn_file_actions_destroy(&actions);
        return locl_fail(err, LOCL_E_FAILED, "cannot start gnuplot: %s", strerror(failed));
    }
    locl_cli_child_signals(&mask, &defaults);
    posix_spawnattr_setsigmask(&attributes, &mask);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    for (int i = 0; i < 3 && !failed; i++) {
        failed = posix_spawn_file_actions_adddup2(&actions, fileno(s->file[i]), i);
    }
    failed = failed ? failed : posix_spawnp(child, name, &actions, &attributes, arguments, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    if (failed == ENOENT) {
        locl_fail(err, LOCL_E_FAILED, "gnuplot, which draws pictures, is not installed");
        return locl_remedy(err, "apt-get install gnuplot-nox (./locl.sh does it)");
    }
    return failed ? locl_fail(err, LOCL_E_FAILED, "cannot start gnuplot: %s", strerror(failed)) : LOCL_OK;
}

static locl_status run(const char *script, char **picture, size_t *size, locl_error *err)
{
    streams s = {{NULL}};
    pid_t child = -1;
    int state = 0;
    char *said = NULL;
    size_t length = 0;
    locl_status status;
    *picture = NULL;
    LOCL_TRY_GOTO(status, open_streams(&s, script, err));
    LOCL_TRY_GOTO(status, spawn(&s, &child, err));
    while (waitpid(child, &state, 0) < 0 && errno == EINTR) {
    }
    LOCL_TRY_GOTO(status, read_back(s.file[1], picture, size, err));
    LOCL_TRY_GOTO(status, read_back(s.file[2], &said, &length, err));
    if (said && (!WIFEXITED(state) || WEXITSTATUS(state))) {
        while (length > 0 && strchr(" \t\r\n", said[length - 1])) {
            length--;
        }
        said[length < SHOWN ? length : SHOWN] = '\0';
        status = locl_fail(err, LOCL_E_FAILED, "gnuplot failed: %s",
                           WIFEXITED(state) ? said : "it was ended by a signal");
    }
fail:
    free(said);
    close_streams(&s);
    return status;
}

/* A kind of file. Points of one size look different in the two. */
typedef struct kind {
    const char *ending, *terminal, *mark;
} kind;

static const kind kinds[] = {
    {".svg", "svg dynamic background rgb 'white' font 'sans-serif,12'", "0.85"},
    {".png", "pngcairo font 'sans-serif,10'", "1.1"},
};

/* Returns the kind of a path, NULL where it has another ending. */
static const kind *kind_of(const char *path)
{
    const char *dot = strrchr(path, '.');
    for (size_t i = 0; dot && i < sizeof kinds / sizeof *kinds; i++) {
        if (!strcmp(dot, kinds[i].ending)) {
            return &kinds[i];
        }
    }
    return NULL;
}

locl_status locl_gnuplot_check(const char *option, const char *path, locl_error *err)
{
    char *nothing;
    size_t size;
    if (!kind_of(path)) {
        return locl_fail(err, LOCL_E_USAGE, "%s %s: should end in .svg or .png", option, path);
    }
    locl_status status = run("", &nothing, &size, err);
    free(nothing);
    return status;
}

/* Writes the terminal and the script. *out is malloc'd. */
static locl_status write_script(const kind *k, unsigned width, unsigned height, locl_gnuplot_writer writer,
                                const void *what, char **out, locl_error *err)
{
    size_t size = 0;
    *out = NULL;
    FILE *script = open_memstream(out, &size);
    if (script) {
        fprintf(script, "set terminal %s size %u,%u\nmark = %s\n", k->terminal, width, height, k->mark);
        writer(script, what);
    }
    bool failed = !script || ferror(script);
    failed = (script && fclose(script)) || failed;
    return failed ? locl_fail(err, LOCL_E_MEMORY, "out of memory for the picture's script") : LOCL_OK;
}

locl_status locl_gnuplot_draw(const char *path, unsigned width, unsigned height, locl_gnuplot_writer writer,
                              const void *what, locl_error *err)
{
    char *script = NULL, *picture = NULL;
    size_t size = 0;
    locl_status status;
    const kind *k = kind_of(path);
    if (!k) {
        return locl_fail(err, LOCL_E_USAGE, "%s: should end in .svg or .png", path);
    }
    LOCL_TRY_GOTO(status, write_script(k, width, height, writer, what, &script, err));
    LOCL_TRY_GOTO(status, run(script, &picture, &size, err));
    status = locl_file_write(path, picture, size, err);
fail:
    free(script);
    free(picture);
    return status;
}

const char *locl_gnuplot_colour(size_t index)
{
    /* Okabe and Ito's colours, which colour-blind people tell apart. */
    static const char *const colour[] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                         "#e69f00", "#56b4e9", "#8c564b", "#999933"};
    return colour[index % (sizeof colour / sizeof *colour)];
}

void locl_gnuplot_quote(FILE *script, const char *text)
{
    fputc('\'', script);
    for (const char *c = text; *c; c++) {
        unsigned char byte = (unsigned char)*c;
        char shown = byte < 0x20 || byte == 0x7f ? '?' : *c;
        fprintf(script, shown == '\'' ? "''" : "%c", shown);
    }
    fputc('\'', script);
}
