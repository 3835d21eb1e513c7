/* Results of benchmarks that are read from files, and compared. Used by bench.c. */
#ifndef LOCL_CLI_BENCH_FILES_H
#define LOCL_CLI_BENCH_FILES_H

#include "cli/verb.h"

#include <stdio.h>

typedef struct locl_bench_files {
    locl_compare_input input[LOCL_CLI_LIST_MOST]; /* [count] */
    locl_bench_report *report[LOCL_CLI_LIST_MOST];
    size_t count;
} locl_bench_files;

/* Reads all of them. The caller frees *out, on error too. */
locl_status locl_bench_files_read(const locl_cli_list *paths, locl_bench_files *out, locl_error *err);
void locl_bench_files_free(locl_bench_files *files);
/* Compares them with the first one: as words and a table, as JSON, or as Markdown; and as JSON into `path`, which may
 * be NULL. */
locl_status locl_bench_compare(const locl_bench_files *files, bool json, bool markdown, const char *path,
                               FILE *out, locl_error *err);

#endif
