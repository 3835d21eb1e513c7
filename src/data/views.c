#include "data/views.h"

#include "base/philox.h"

#include <stdbool.h>

enum { PART = 8 }; /* of a side, by which a view is moved at most */

/* Returns a number from 0 to bound - 1. */
static size_t below(uint32_t word, size_t bound)
{
    return (size_t)((uint64_t)word * bound >> 32);
}

void locl_view_make(const locl_patch_shape *shape, const uint8_t *image, const locl_view *view, uint8_t *out)
{
    const uint32_t key[2] = {(uint32_t)view->seed, (uint32_t)(view->seed >> 32)};
    const uint32_t counter[4] = {view->image, view->number, view->epoch,
                                 locl_draw_tag(LOCL_STREAM_VIEW, 0, 0, 0)};
    const locl_philox_block drawn = locl_philox4x32(counter, key);
    size_t h = shape->h, w = shape->w, c = shape->c, down = h / PART, right = w / PART;
    size_t top = below(drawn.word[0], 2 * down + 1), left = below(drawn.word[1], 2 * right + 1);
    bool mirrored = drawn.word[2] & 1u;
    for (size_t y = 0; y < h; y++) {
        for (size_t x = 0; x < w; x++) {
            size_t from_y = y + top, from_x = (mirrored ? w - 1 - x : x) + left;
            bool inside = from_y >= down && from_y - down < h && from_x >= right && from_x - right < w;
            const uint8_t *pixel = inside ? image + ((from_y - down) * w + from_x - right) * c : NULL;
            for (size_t i = 0; i < c; i++) {
                out[(y * w + x) * c + i] = pixel ? pixel[i] : 0;
            }
        }
    }
}
