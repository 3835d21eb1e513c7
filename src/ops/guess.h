/* A guess of a layer's gradient, taken off the losses' directional derivatives (SPEC 5, rule.feedback). Records
 * into a command buffer. The reference is in guess_ref.c. */
#ifndef LOCL_OPS_GUESS_H
#define LOCL_OPS_GUESS_H

#include "device/command_buffer.h"
#include "ops/noise.h"

typedef struct locl_guess {
    locl_layer_shape shape; /* of the layer whose output it is a gradient of */
    const locl_tensor *post;
    const locl_tensor *guess; /* [B,P,width], of the mean loss. Values where post is 0 do not count */
    size_t units, sums; /* parts of the channels that have a derivative each; how many dl each sums up */
    size_t tangents;    /* M */
    locl_perturbation u;
    const locl_tensor *dl;      /* [M,B,P,units,sums], not divided by B */
    const locl_tensor *tangent; /* [M,B,P,width] of post; NULL: u is all that moves it */
} locl_guess;

/* Records rest [M,B,P,units] = dl less B times the guess along the tangent of post. Where that is not u alone,
 * records before [M,B,P,units] too: dl less B times the guess along u, else NULL. */
void locl_guess_subtract(locl_command_buffer *cmd, const locl_guess *g, const locl_tensor *rest,
                         const locl_tensor *before);

/* Arrays are as above, in host memory. `along` [M,B,P,width] are the tangents or the draws. */
void locl_guess_subtract_ref(const locl_guess *g, const float *post, const float *guess, const float *dl,
                             const float *along, float *rest);

#endif
