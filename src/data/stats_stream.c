#include "data/stats_stream.h"

#include "data/parallel.h"
#include "data/stream.h"

#include "base/file.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum { STRETCH = 64, LARGEST = 1 << 16 }; /* images that a thread counts at once; bytes of a file */

typedef struct counting {
    const locl_dataset *set;
    locl_value_counts *counts;
    pthread_mutex_t lock; /* of the counts */
} counting;

static void add_image(const locl_image *image, locl_value_counts *counts)
{
    size_t c = image->c, values = image->h * image->w * c;
    for (size_t channel = 0; channel < c; channel++) {
        uint64_t *count = counts->count[channel];
        for (size_t i = channel; i < values; i += c) {
            count[image->pixels[i]]++;
        }
    }
}

static void add_counts(const locl_value_counts *from, locl_value_counts *to)
{
    for (size_t channel = 0; channel < LOCL_DATA_CHANNELS; channel++) {
        for (size_t value = 0; value < 256; value++) {
            to->count[channel][value] += from->count[channel][value];
        }
    }
}

static locl_status count_stretch(void *user, size_t index, locl_error *err)
{
    counting *job = user;
    locl_value_counts own = {{{0}}};
    locl_image_space space = {0};
    locl_image image;
    locl_status status = LOCL_OK;
    size_t first = index * STRETCH, end = first + STRETCH < job->set->n ? first + STRETCH : job->set->n;
    for (size_t i = first; i < end && status == LOCL_OK; i++) {
        status = locl_dataset_image(job->set, i, LOCL_IMAGE_FITTED, &space, &image, err);
        if (status == LOCL_OK) {
            add_image(&image, &own);
        }
    }
    locl_image_space_free(&space);
    pthread_mutex_lock(&job->lock);
    add_counts(&own, job->counts);
    pthread_mutex_unlock(&job->lock);
    return status;
}

/* Hashes what the counts depend on. */
static uint64_t hash_of(const locl_dataset *set)
{
    const locl_stream_files *files = set->stream->files;
    const uint64_t shape[] = {set->n, set->h, set->w, set->c};
    XXH64_hash_t hash = XXH3_64bits(shape, sizeof shape);
    for (size_t i = 0; i < set->n; i++) {
        const locl_stream_item *item = &set->stream->items[i];
        const uint64_t place[] = {item->offset, item->size, item->file};
        hash = XXH3_64bits_withSeed(place, sizeof place, hash);
    }
    for (size_t i = 0; i < files->count; i++) {
        const locl_stream_file *file = &files->list[i];
        const uint64_t state[] = {file->size, (uint64_t)file->changed};
        hash = XXH3_64bits_withSeed(file->path, strlen(file->path), hash);
        hash = XXH3_64bits_withSeed(state, sizeof state, hash);
    }
    return hash;
}

static bool find_file(const locl_dataset *set, char *path, size_t size)
{
    char folder[LOCL_DATA_PATH];
    return locl_file_cache_folder("counts", folder, sizeof folder) &&
           (size_t)snprintf(path, size, "%s/%016llx", folder, (unsigned long long)hash_of(set)) < size;
}

/* What a file holds. */
typedef struct stored {
    locl_value_counts counts;
    uint64_t checksum;
} stored;

static bool read_stored(const char *path, locl_value_counts *counts)
{
    char *data;
    size_t size;
    locl_error unwanted;
    stored found;
    if (locl_file_read(path, LARGEST, LOCL_E_DATA, &data, &size, &unwanted) != LOCL_OK) {
        return false;
    }
    bool good = size == sizeof found;
    if (good) {
        memcpy(&found, data, sizeof found);
        good = found.checksum == XXH3_64bits(&found.counts, sizeof found.counts);
    }
    free(data);
    if (good) {
        *counts = found.counts;
    }
    return good;
}

static void write_stored(const char *path, const locl_value_counts *counts)
{
    locl_error unwanted;
    const stored out = {.counts = *counts, .checksum = XXH3_64bits(counts, sizeof *counts)};
    locl_file_write(path, &out, sizeof out, &unwanted);
}

locl_status locl_stats_count_stream(const locl_data_options *options, const locl_dataset *dataset,
                                    locl_value_counts *counts, locl_error *err)
{
    char path[LOCL_DATA_PATH];
    counting job = {.set = dataset, .counts = counts};
    bool kept = find_file(dataset, path, sizeof path);
    if (kept && read_stored(path, counts)) {
        return LOCL_OK;
    }
    locl_parallel work = {.body = count_stretch,
                          .user = &job,
                          .count = (dataset->n + STRETCH - 1) / STRETCH,
                          .threads = options->threads,
                          .stage = "mean and deviation",
                          .options = options};
    pthread_mutex_init(&job.lock, NULL);
    locl_status status = locl_parallel_run(&work, err);
    pthread_mutex_destroy(&job.lock);
    if (status == LOCL_OK && kept) {
        write_stored(path, counts);
    }
    return status;
}
