#include "data/readers.h"

#include "data/stream.h"

#include <string.h>

/* Copies image `from` of one set to place `to` of another set, or of the same. */
static void move_image(const locl_dataset *source, size_t from, const locl_dataset *target, size_t to)
{
    size_t bytes = source->h * source->w * source->c;
    if (source->stream) {
        target->stream->items[to] = source->stream->items[from];
        target->labels[to] = source->labels[from];
    } else if (source != target || from != to) {
        memcpy(target->pixels + to * bytes, source->pixels + from * bytes, bytes);
        target->labels[to] = source->labels[from];
    }
}

locl_status locl_dataset_hold_out(const locl_data_options *options, locl_dataset *train, locl_dataset **held,
                                  locl_error *err)
{
    size_t n = train->n, count = options->holdout, taken = 0;
    *held = NULL;
    if (count >= n) {
        locl_fail(err, LOCL_E_CONFIG, "data.holdout is %zu, but there are only %zu training images", count,
                  n);
        locl_remedy(err, "hold out %zu or fewer", n - 1);
        return LOCL_E_CONFIG;
    }
    const size_t image[3] = {train->h, train->w, train->c};
    LOCL_TRY(train->stream ? locl_dataset_new_stream(train->stream->files, count, image, held, err)
                           : locl_dataset_new(options, count, train->h, train->w, train->c, held, err));
    (*held)->classes = train->classes;
    LOCL_TRY(locl_dataset_name_classes(*held, (const char *const *)train->class_names, train->named, err));
    for (size_t i = 0; i < n; i++) {
        /* i is the middle of the (taken + 1)-th of `count` equal stretches; the product is below 2^32 *
         * 2^33 */
        if (taken < count && i == (2 * (uint64_t)taken + 1) * n / (2 * (uint64_t)count)) {
            move_image(train, i, *held, taken++);
        } else {
            move_image(train, i, train, i - taken);
        }
    }
    train->n = n - count;
    return LOCL_OK;
}
