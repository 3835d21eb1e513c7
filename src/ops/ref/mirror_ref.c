#include "base/philox.h"
#include "ops/hadamard.h"
#include "ops/mirror.h"

void locl_mirror_rows_ref(const locl_mirror *m, locl_mirror_sweep sweep, size_t first, uint32_t step,
                          float *out)
{
    uint32_t tag = locl_draw_tag(LOCL_STREAM_MIRROR, sweep, (uint32_t)m->block, (uint32_t)m->layer);
    uint32_t steps = (uint32_t)(locl_hadamard_order(m->in) / m->rows);
    for (size_t row = 0; row < m->rows; row++) {
        float *to = out + row * m->in;
        locl_draw(LOCL_NOISE_RADEMACHER, m->seed, step / steps, tag, 0, m->in, to);
        for (size_t j = 0; j < m->in; j++) {
            to[j] *= locl_hadamard(first + step % steps * m->rows + row, j);
        }
    }
}
