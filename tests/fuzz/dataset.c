#include "fuzz/dataset.h"

#include "fuzz/fuzz.h"

#include <stdio.h>

static void check(const locl_dataset *set)
{
    uint8_t any = 0;
    FUZZ_CHECK(set->n >= 1 && set->classes >= 1 && (set->c == 1 || set->c == 3));
    for (size_t i = 0; i < set->n; i++) {
        FUZZ_CHECK(set->labels[i] >= 0 && (size_t)set->labels[i] < set->classes);
    }
    for (size_t i = 0; i < set->n * set->h * set->w * set->c; i++) {
        any |= set->pixels[i];
    }
    for (size_t c = 0; c < set->c; c++) {
        FUZZ_CHECK(set->std[c] > 0 && set->mean[c] >= 0 && set->mean[c] <= 1);
    }
    FUZZ_CHECK(set->named <= set->classes);
    (void)any;
}

void fuzz_open_dataset(locl_data_name name, const char *path, uint64_t memory)
{
    locl_data_options options = locl_data_options_default();
    locl_dataset *train, *test;
    locl_error err = {0};
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
