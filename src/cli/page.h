/* Pages of HTML that need nothing beside themselves: no network, and no script but to sort tables. Used by bench_page.c
 * and bench_collect.c. */
#ifndef LOCL_CLI_PAGE_H
#define LOCL_CLI_PAGE_H

#include <locl/locl.h>

#include <stdio.h>

/* Writes text so that it is shown as it is, whatever it has in it, between tags and in quoted attributes. */
void locl_page_text(FILE *out, const char *text);
/* Writes a number with four digits, a dash for NAN. */
void locl_page_number(FILE *out, double value);
/* Writes a cell that is sorted by its number. */
void locl_page_cell(FILE *out, double value);
/* Begins a table whose columns have these names, which end with NULL. "#" before a name: of numbers. */
void locl_page_table(FILE *out, const char *const *names);
void locl_page_table_end(FILE *out);

/* Writes a page whose body `body` writes, to a file. LOCL_E_IO, LOCL_E_MEMORY. */
locl_status locl_page_write(const char *path, const char *title, void (*body)(FILE *out, const void *user),
                            const void *user, locl_error *err);

#endif
