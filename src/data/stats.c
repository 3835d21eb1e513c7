#include "data/readers.h"

#include <math.h>

/* Makes two passes over exact integer counts. Only the last sums are in double, so the result is the same on
 * every machine. */
locl_status locl_stats_compute(const locl_dataset *dataset, double *mean, double *std, locl_error *err)
{
    uint64_t counts[LOCL_DATA_CHANNELS][256] = {{0}};
    size_t c = dataset->c, pixels = dataset->n * dataset->h * dataset->w;
    for (size_t i = 0; i < pixels; i++) {
        for (size_t channel = 0; channel < c; channel++) {
            counts[channel][dataset->pixels[i * c + channel]]++;
        }
    }
    for (size_t channel = 0; channel < c; channel++) {
        uint64_t sum = 0;
        double squares = 0;
        for (unsigned value = 0; value < 256; value++) {
            sum += counts[channel][value] * value;
        }
        double average = (double)sum / (double)pixels;
        for (unsigned value = 0; value < 256; value++) {
            double distance = (double)value - average;
            squares += (double)counts[channel][value] * distance * distance;
        }
        mean[channel] = average / 255.0;
        std[channel] = sqrt(squares / (double)pixels) / 255.0;
        if (!(std[channel] > 0)) {
            locl_fail(err, LOCL_E_DATA,
                      "channel %zu has the value %.0f in every pixel of every training image: its deviation "
                      "is 0, and nothing can be divided by it",
                      channel, average);
            locl_remedy(err, "give data.mean and data.std, or set model.image to [h, w, 1]");
            return LOCL_E_DATA;
        }
    }
    return LOCL_OK;
}
