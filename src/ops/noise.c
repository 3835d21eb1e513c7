#include "ops/noise.h"

#include "ops/draw.h"

size_t locl_noise_unit(const locl_layer_shape *s)
{
    return s->layer == LOCL_LAYER_CHANNEL ? s->width / s->groups : locl_layer_n(s);
}

/* Returns after how many values of the layer's output the draws begin again. */
static size_t values_of_view(const locl_layer_shape *s, const locl_perturbation *u)
{
    bool drawn = u->source == LOCL_SOURCE_GAUSSIAN || u->source == LOCL_SOURCE_RADEMACHER;
    return locl_layer_values(s) / (drawn && u->drawn.views > 1 ? u->drawn.views : 1);
}

void locl_noise_set(locl_launch *l, const locl_layer_shape *s, const locl_perturbation *u, size_t draws)
{
    bool drawn = u->source == LOCL_SOURCE_GAUSSIAN || u->source == LOCL_SOURCE_RADEMACHER;
    bool hadamard = u->source == LOCL_SOURCE_HADAMARD;
    size_t rows = hadamard ? u->hadamard.rows : 0;
    const locl_tensor *given = hadamard                         ? u->hadamard.signs
                               : u->source == LOCL_SOURCE_GIVEN ? u->given
                                                                : NULL;
    size_t read = hadamard ? (u->pass + draws + rows - 1) / rows : given ? u->pass + draws : 0;
    locl_launch_macro(l, "NOISE", u->source);
    locl_launch_macro(l, "HADAMARD", rows);
    locl_launch_macro(l, "HADAMARD_WIDTH", hadamard ? locl_noise_unit(s) : 0);
    locl_launch_in(l, "given", given, read * locl_layer_values(s));
    locl_launch_first(l, "first_value", drawn ? (uint64_t)u->drawn.first_image * s->patches * s->width : 0,
                      drawn ? s->patches * s->width : 0);
    locl_launch_u64(l, "view", values_of_view(s, u));
    locl_launch_u64(l, "seed", drawn ? u->drawn.seed : 0);
    locl_launch_u32(l, "tag", drawn ? u->drawn.tag : 0);
}

double locl_noise_flops(const locl_perturbation *u)
{
    return u->source == LOCL_SOURCE_GAUSSIAN ? LOCL_DRAW_FLOPS : 0;
}

size_t locl_noise_read(const locl_perturbation *u, size_t draws)
{
    if (u->source == LOCL_SOURCE_HADAMARD) {
        size_t rows = u->hadamard.rows;
        return (u->pass + draws + rows - 1) / rows - u->pass / rows;
    }
    return u->source == LOCL_SOURCE_GIVEN ? draws : 0;
}
