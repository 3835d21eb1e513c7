/* Opening a set of images, for the targets whose input is one of its files. */
#ifndef TESTS_FUZZ_DATASET_H
#define TESTS_FUZZ_DATASET_H

#include "data/dataset.h"

/* Reads both splits of data `name` at `path` within `memory` bytes and holds them against what dataset.h
 * promises. */
void fuzz_open_dataset(locl_data_name name, const char *path, uint64_t memory);

#endif
