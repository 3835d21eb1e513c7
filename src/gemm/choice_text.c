#include "gemm/choice_text.h"

#include "gemm/policy.h"
#include "gemm/solver.h"

#include <stdio.h>

void locl_gemm_choice_text(const locl_gemm_choice *choice, const char *setting,
                           char out[LOCL_GEMM_CHOICE_TEXT])
{
    static const char *const kernels[] = {"",       " in place", " packed",     " local",
                                          " tiles", " lanes",    " matrix unit"};
    const locl_gemm_cut *c = &choice->cut;
    int length = snprintf(out, LOCL_GEMM_CHOICE_TEXT, "%s%s%s%s", choice->solver->name,
                          c->pack_b ? " panels" : kernels[c->kernel],
                          c->transpose_b ? " of a transposed copy" : "", c->slabs > 1 ? " in slabs" : "");
    size_t left = LOCL_GEMM_CHOICE_TEXT - (size_t)length;
    out += length;
    if (choice->solver == &locl_gemm_clblast && setting && setting[0]) {
        snprintf(out, left, ", %s", setting);
    } else if (c->kernel == LOCL_GEMM_LOCAL) {
        snprintf(out, left, ", %zux%zu", c->side * c->each, c->side * c->each);
    } else if (locl_gemm_by_tiles(c)) {
        snprintf(out, left, ", %zux%zu by %zux%zu, k %zu%s", c->group_rows, c->group_columns, c->rows,
                 c->columns, c->k_block, c->buffers > 1 ? " twice" : "");
    } else if (c->kernel != LOCL_GEMM_UNCUT) {
        snprintf(out, left, ", %zux%zu, k %zu, %zux%zu", c->rows, c->columns, c->k_block, c->group_rows,
                 c->group_columns);
    }
}
