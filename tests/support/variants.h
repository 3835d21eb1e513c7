/* Which variants of the kernels (src/kernels) command buffers have launched. */
#ifndef TESTS_SUPPORT_VARIANTS_H
#define TESTS_SUPPORT_VARIANTS_H

#include "kernels/kernels.h"

enum { VARIANTS_KERNELS = 64, VARIANTS_MOST = 256 };

typedef struct variants_seen {
    bool seen[VARIANTS_KERNELS][VARIANTS_MOST]; /* [kernel of locl_kernels][variant] */
} variants_seen;

/* Notes the launches of a command buffer. */
void variants_note(variants_seen *v, const locl_command_buffer *cmd);
/* How many variants of all kernels there are, and how many of them were seen. */
size_t variants_all(void);
size_t variants_count(const variants_seen *v);
/* Adds a line "kernel: SWITCH=1 ..." for each variant that neither has seen (`b` may be NULL); returns their
 * number. */
size_t variants_missing(const variants_seen *a, const variants_seen *b, locl_text *out);

#endif
