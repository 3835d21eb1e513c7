/* What `locl bench` tells people: rows of a kind as a table, and what they add up to. */
#ifndef LOCL_CLI_BENCH_REPORT_H
#define LOCL_CLI_BENCH_REPORT_H

#include <locl/locl.h>

#include <stdio.h>

void locl_bench_print(FILE *out, const locl_bench_report *report);
/* Prints the headlines as a table in Markdown. */
void locl_bench_markdown(FILE *out, const locl_bench_report *report);
/* Prints text so that Markdown takes it as it is. */
void locl_bench_print_escaped(FILE *out, const char *text);

#endif
