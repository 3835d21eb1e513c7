/* Draws on their own, as the kernels that use them make them, for tests and locl probe. The reference is
 * locl_draw() of base/philox.h, which gives the same bits. */
#ifndef LOCL_OPS_DRAW_H
#define LOCL_OPS_DRAW_H

#include "base/philox.h"
#include "device/command_buffer.h"

/* FLOPs of a Gaussian value, wherever it is drawn. A pair takes a logarithm, a product with -2, a root, the
 * angle, sine, cosine and two products. Signs are integers and cost none. */
enum { LOCL_DRAW_FLOPS = 4 };

/* Records out [passes,count] = the draws of elements first, first + 1, ... of passes pass, pass + 1, ... of
 * the replay's step. In a slice of a batch they begin `image` further for each image before the slice. With 0
 * they are the same for every slice. With `views` above 1 each of as many equal parts of `count` has the same draws. */
void locl_draw_fill(locl_command_buffer *cmd, locl_noise noise, uint64_t seed, uint32_t tag, size_t pass,
                    size_t passes, uint64_t first, size_t image, size_t views, size_t count,
                    const locl_tensor *out);

#endif
