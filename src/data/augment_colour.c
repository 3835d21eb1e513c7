#include "data/augment.h"

/* The weights of luma, those of ITU-R 601. */
static const float red_share = .299f, green_share = .587f, blue_share = .114f;

enum { LANES = 8, COLOURS = 3 };

static float clamped(float x)
{
    x = x > 0 ? x : 0;
    return x < 1 ? x : 1;
}

static float luma(float r, float g, float b)
{
    return red_share * r + green_share * g + blue_share * b;
}

/* Returns the mean luma. Sums of LANES parts have an order that does not depend on how they are computed. */
static float mean_luma(const float *x, size_t c, size_t n)
{
    const float *g = c == COLOURS ? x + n : x, *b = c == COLOURS ? x + 2 * n : x;
    float lane[LANES] = {0};
    double sum = 0;
    size_t whole = n - n % LANES;
    for (size_t i = 0; i < whole; i += LANES) {
        for (size_t j = 0; j < LANES; j++) {
            lane[j] += luma(x[i + j], g[i + j], b[i + j]);
        }
    }
    for (size_t j = 0; j < LANES; j++) {
        sum += lane[j];
    }
    for (size_t i = whole; i < n; i++) {
        sum += luma(x[i], g[i], b[i]);
    }
    return (float)(sum / (double)n);
}

static void change_brightness(float f, float *x, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        x[i] = clamped(x[i] * f);
    }
}

static void change_contrast(float f, float mean, float *x, size_t count)
{
    float rest = (1 - f) * mean;
    for (size_t i = 0; i < count; i++) {
        x[i] = clamped(f * x[i] + rest);
    }
}

static void change_saturation(float f, float *restrict r, float *restrict g, float *restrict b, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        float rest = (1 - f) * luma(r[i], g[i], b[i]);
        r[i] = clamped(f * r[i] + rest);
        g[i] = clamped(f * g[i] + rest);
        b[i] = clamped(f * b[i] + rest);
    }
}

/* Returns a channel of HSV, whose hue, in sixths of a turn, was counted from that channel's own angle: 0 <= k < 18. */
static float channel_at(float k, float most, float spread)
{
    k = k >= 12 ? k - 12 : k;
    k = k >= 6 ? k - 6 : k;
    float other = 4 - k, side = k < other ? k : other;
    return most - spread * clamped(side);
}

/* Turns the hue by `sixths` of a sixth of a turn, 0 <= sixths < 6. A hue is 0 to 2 beside green's, from -1 on beside
 * red's. */
static void change_hue(float sixths, float *restrict r, float *restrict g, float *restrict b, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        float red = r[i], green = g[i], blue = b[i];
        float most = red > green ? red : green, least = red < green ? red : green;
        most = most > blue ? most : blue;
        least = least < blue ? least : blue;
        float spread = most - least, by = spread > 0 ? 1 / spread : 0;
        float at_red = (green - blue) * by, at_green = 2 + (blue - red) * by,
              at_blue = 4 + (red - green) * by;
        float hue = most == red ? at_red : most == green ? at_green : at_blue;
        hue += sixths;
        r[i] = channel_at(hue + 5, most, spread);
        g[i] = channel_at(hue + 3, most, spread);
        b[i] = channel_at(hue + 1, most, spread);
    }
}

void locl_augment_jitter(locl_jitter_kind kind, float f, float *x, size_t c, size_t n)
{
    bool colour = c == COLOURS;
    if (kind == LOCL_JITTER_BRIGHTNESS) {
        change_brightness(f, x, c * n);
    } else if (kind == LOCL_JITTER_CONTRAST) {
        change_contrast(f, mean_luma(x, c, n), x, c * n);
    } else if (kind == LOCL_JITTER_SATURATION && colour) {
        change_saturation(f, x, x + n, x + 2 * n, n);
    } else if (colour) {
        change_hue(f < 0 ? 6 * f + 6 : 6 * f, x, x + n, x + 2 * n, n);
    }
}

void locl_augment_grey(float *x, size_t c, size_t n)
{
    for (size_t i = 0; c == COLOURS && i < n; i++) {
        x[i] = x[n + i] = x[2 * n + i] = luma(x[i], x[n + i], x[2 * n + i]);
    }
}

void locl_augment_solarize(float threshold, float *x, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        x[i] = x[i] < threshold ? x[i] : 1 - x[i];
    }
}
