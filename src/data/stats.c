#include "data/readers.h"

#include "data/stats_stream.h"

#include <math.h>

static void count_pixels(const locl_dataset *dataset, locl_value_counts *counts)
{
    size_t c = dataset->c, pixels = dataset->n * dataset->h * dataset->w;
    for (size_t i = 0; i < pixels; i++) {
        for (size_t channel = 0; channel < c; channel++) {
            counts->count[channel][dataset->pixels[i * c + channel]]++;
        }
    }
}

/* Makes two passes over exact integer counts. Only the last sums are in double, so the result is the same on
 * every machine. */
locl_status locl_stats_compute(const locl_data_options *options, const locl_dataset *dataset, double *mean,
                               double *std, locl_error *err)
{
    locl_value_counts counts = {{{0}}};
    size_t pixels = dataset->n * dataset->h * dataset->w;
    if (dataset->stream) {
        LOCL_TRY(locl_stats_count_stream(options, dataset, &counts, err));
    } else {
        count_pixels(dataset, &counts);
    }
    for (size_t channel = 0; channel < dataset->c; channel++) {
        const uint64_t *count = counts.count[channel];
        uint64_t sum = 0;
        double squares = 0;
        for (unsigned value = 0; value < 256; value++) {
            sum += count[value] * value;
        }
        double average = (double)sum / (double)pixels;
        for (unsigned value = 0; value < 256; value++) {
            double distance = (double)value - average;
            squares += (double)count[value] * distance * distance;
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
