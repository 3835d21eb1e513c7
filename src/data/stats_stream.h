/* Counts the values of images that stay in their files: one pass over all of them, whose result is kept in
 * $XDG_CACHE_HOME/locl/v1/counts/<hash of files, images and size>. Used by stats.c. */
#ifndef LOCL_DATA_STATS_STREAM_H
#define LOCL_DATA_STATS_STREAM_H

#include "data/dataset.h"

/* How often each channel has each of the 256 values. */
typedef struct locl_value_counts {
    uint64_t count[LOCL_DATA_CHANNELS][256];
} locl_value_counts;

/* Adds the fitted images of a stream. LOCL_E_DATA, LOCL_E_MEMORY: of an image that cannot be read. */
locl_status locl_stats_count_stream(const locl_data_options *options, const locl_dataset *dataset,
                                    locl_value_counts *counts, locl_error *err);

#endif
