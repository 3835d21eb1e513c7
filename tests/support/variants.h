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
size_t variants_all(void); /* how many variants of all kernels there are */
/* Adds a line "kernel: SWITCH=1 ..." for each variant that was not seen and returns their number. */
size_t variants_missing(const variants_seen *v, locl_text *out);

#endif
