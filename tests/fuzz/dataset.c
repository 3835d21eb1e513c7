#include "fuzz/dataset.h"

#include "data/images.h"
#include "fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>

/* Reads every pixel. Of images that stay in their files some may turn out to be damaged. */
static void check_pixels(const locl_dataset *set)
{
    locl_image_space space = {0};
    locl_image image;
    locl_error err = {0};
    uint8_t any = 0;
    for (size_t i = 0; i < set->n; i++) {
        locl_status status = locl_dataset_image(set, i, LOCL_IMAGE_FITTED, &space, &image, &err);
        FUZZ_CHECK(status == LOCL_OK || set->stream);
        if (status != LOCL_OK) {
            fuzz_check_error(status, &err);
            continue;
        }
        FUZZ_CHECK(image.h == set->h && image.w == set->w && image.c == set->c);
        for (size_t j = 0; j < image.h * image.w * image.c; j++) {
            any |= image.pixels[j];
        }
    }
    locl_image_space_free(&space);
    (void)any;
}

static void check(const locl_dataset *set)
{
    FUZZ_CHECK(set->n >= 1 && set->classes >= 1 && (set->c == 1 || set->c == 3));
    for (size_t i = 0; i < set->n; i++) {
        FUZZ_CHECK(set->labels[i] >= 0 && (size_t)set->labels[i] < set->classes);
    }
    check_pixels(set);
    for (size_t c = 0; c < set->c; c++) {
        FUZZ_CHECK(set->std[c] > 0 && set->mean[c] >= 0 && set->mean[c] <= 1);
    }
    FUZZ_CHECK(set->named <= set->classes);
}

void fuzz_open_dataset(locl_data_name name, const char *path, uint64_t memory)
{
    locl_data_options options = locl_data_options_default();
    locl_dataset *train, *test;
    locl_error err = {0};
    FUZZ_CHECK(setenv("XDG_CACHE_HOME", fuzz_folder(), 1) == 0); /* where what is in archives is kept */
    options.name = name;
    options.memory = memory;
    options.threads = 1;
    snprintf(options.path, sizeof options.path, "%s", path);
    locl_status status = locl_dataset_open_both(&options, &train, &test, &err);
    if (status == LOCL_OK) {
        check(train);
        check(test);
    } else {
        fuzz_check_error(status, &err);
        FUZZ_CHECK(!train && !test);
    }
    locl_dataset_close(train);
    locl_dataset_close(test);
}
