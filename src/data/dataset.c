/* A set in memory or in its files: how it is made, filled in, fitted to a size and freed. */
#include "data/readers.h"

#include "data/image.h"
#include "data/parallel.h"
#include "data/stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void locl_dataset_close(locl_dataset *dataset)
{
    if (!dataset) {
        return;
    }
    for (size_t i = 0; i < dataset->named; i++) {
        free(dataset->class_names[i]);
    }
    free(dataset->class_names);
    free(dataset->labels);
    locl_stream_close(dataset->stream);
    free(dataset->pixels);
    free(dataset);
}

locl_status locl_dataset_new(const locl_data_options *options, size_t n, size_t h, size_t w, size_t c,
                             locl_dataset **out, locl_error *err)
{
    char what[96];
    *out = NULL;
    if (n > UINT32_MAX) {
        return locl_fail(err, LOCL_E_DATA, "%zu images: at most %u are possible", n, UINT32_MAX);
    }
    /* n < 2^32, sides <= 2^14, c <= 3: below 2^62 */
    uint64_t bytes = (uint64_t)n * h * w * c + (uint64_t)n * sizeof(int32_t);
    snprintf(what, sizeof what, "%zu images of %zux%zux%zu", n, h, w, c);
    LOCL_TRY(locl_data_check_memory(options, bytes, what, err));
    locl_dataset *dataset = calloc(1, sizeof *dataset);
    if (!dataset) {
        return locl_fail_memory(err, sizeof *dataset);
    }
    *dataset = (locl_dataset){.n = n, .h = h, .w = w, .c = c};
    dataset->pixels = malloc(n * h * w * c);
    dataset->labels = calloc(n, sizeof *dataset->labels);
    if (!dataset->pixels || !dataset->labels) {
        locl_dataset_close(dataset);
        return locl_fail_memory(err, bytes);
    }
    *out = dataset;
    return LOCL_OK;
}

locl_status locl_dataset_new_stream(struct locl_stream_files *files, size_t n, const size_t image[3],
                                    locl_dataset **out, locl_error *err)
{
    locl_dataset *dataset = *out = calloc(1, sizeof *dataset);
    if (!dataset) {
        return locl_fail_memory(err, sizeof *dataset);
    }
    *dataset = (locl_dataset){.n = n, .h = image[0], .w = image[1], .c = image[2]};
    dataset->labels = calloc(n + 1, sizeof *dataset->labels);
    if (!dataset->labels) {
        return locl_fail_memory(err, n * sizeof *dataset->labels);
    }
    return locl_stream_new(files, n, &dataset->stream, err);
}

locl_status locl_dataset_name_classes(locl_dataset *dataset, const char *const *names, size_t count,
                                      locl_error *err)
{
    count = count < dataset->classes ? count : dataset->classes;
    dataset->class_names = calloc(count, sizeof *dataset->class_names);
    if (!dataset->class_names) {
        return locl_fail_memory(err, count * sizeof *dataset->class_names);
    }
    for (size_t i = 0; i < count; i++) {
        dataset->class_names[i] = strdup(names[i]);
        if (!dataset->class_names[i]) {
            return locl_fail_memory(err, strlen(names[i]) + 1);
        }
        dataset->named = i + 1;
    }
    return LOCL_OK;
}

void locl_dataset_set_classes(locl_dataset *dataset, locl_reading *reading, size_t own, const char *what)
{
    locl_label_excess *excess = &reading->excess;
    dataset->classes = reading->options->classes ? reading->options->classes : own;
    for (size_t i = 0; i < dataset->n; i++) {
        if ((size_t)dataset->labels[i] < dataset->classes) {
            continue;
        }
        if (!excess->count++ || dataset->labels[i] > excess->largest) {
            excess->largest = dataset->labels[i];
            excess->index = i;
            snprintf(excess->what, sizeof excess->what, "%s", what);
        }
    }
}

typedef struct fitting {
    const locl_dataset *from;
    locl_dataset *to;
} fitting;

static locl_status fit_one(void *user, size_t index, locl_error *err)
{
    const fitting *job = user;
    const locl_dataset *from = job->from, *to = job->to;
    size_t bytes = from->h * from->w * from->c;
    locl_image image = {from->pixels + index * bytes, from->h, from->w, from->c};
    return locl_image_fit(&image, to->h, to->w, to->c, to->pixels + index * to->h * to->w * to->c, err);
}

locl_status locl_dataset_fit(const locl_data_options *options, locl_dataset **dataset, locl_error *err)
{
    locl_dataset *from = *dataset, *to;
    const unsigned *image = options->image;
    size_t h = image[0] ? image[0] : from->h, w = image[1] ? image[1] : from->w;
    size_t c = image[2] ? image[2] : from->c;
    if (h == from->h && w == from->w && c == from->c) {
        return LOCL_OK;
    }
    LOCL_TRY(locl_dataset_new(options, from->n, h, w, c, &to, err));
    fitting job = {from, to};
    locl_parallel work = {.body = fit_one,
                          .user = &job,
                          .count = from->n,
                          .threads = options->threads,
                          .stage = "resizing",
                          .options = options};
    locl_status status = locl_parallel_run(&work, err);
    if (status != LOCL_OK) {
        locl_dataset_close(to);
        return status;
    }
    uint8_t *pixels = from->pixels;
    from->pixels = to->pixels;
    to->pixels = pixels;
    from->h = h;
    from->w = w;
    from->c = c;
    locl_dataset_close(to);
    return LOCL_OK;
}
