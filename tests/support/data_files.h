/* Small data files in a temporary folder, for the tests of src/data. */
#ifndef TESTS_SUPPORT_DATA_FILES_H
#define TESTS_SUPPORT_DATA_FILES_H

#include "data/dataset.h"

#include <stdbool.h>

/* Returns a fresh folder under TMPDIR or /tmp, one per program. The storage is static. */
const char *data_folder(void);
int data_folder_remove(void **state); /* a group's teardown */
/* Returns "<folder>/<name>" in one of a few static buffers that take turns. Makes the folders of `name`. */
const char *data_path(const char *name);

void data_write(const char *name, const void *bytes, size_t size);
void data_write_gz(const char *name, const void *bytes, size_t size);
size_t data_read(const char *name, uint8_t *bytes, size_t capacity);

/* Writes the bytes of an IDX file: header with `type` and dimensions, then `content` bytes of `seed`'s
 * pattern below `modulus`. Returns the length, which `out` has to hold. */
size_t data_idx(uint8_t *out, uint8_t type, int dimensions, const uint32_t *dims, size_t content,
                unsigned seed, unsigned modulus);
/* Writes four good IDX files below `folder`: n training and m test images of h x w. */
void data_idx_set(const char *folder, bool gz, uint32_t n, uint32_t m, uint32_t h, uint32_t w);

/* Returns options for `name` at data_path(path). */
locl_data_options data_options(locl_data_name name, const char *path);

/* Opens the training set and expects `status` and every one of the texts (up to a NULL) in the error
 * record. */
void data_expect_error(const locl_data_options *options, locl_status status, ...);

#endif
