/* Trees of small images, in a folder and in archives, for the tests of src/data. */
#ifndef TESTS_SUPPORT_DATA_IMAGES_H
#define TESTS_SUPPORT_DATA_IMAGES_H

#include "support/data_files.h"

typedef struct data_entry {
    const char *name; /* ends with '/' for a folder; else a file */
    const uint8_t *bytes;
    size_t size;
    const char *link; /* not NULL: a symbolic link to it */
    const char *hard; /* not NULL: a second name of that one */
} data_entry;

/* Fills pixels [h,w,c] of a pattern made from `seed`. */
void data_pixels(uint8_t *out, size_t h, size_t w, size_t c, unsigned seed);
/* Make files of that pattern. The bytes live until data_images_remove(). c is 1 or 3, or 4: with alpha for
 * PNG, CMYK for JPEG. */
data_entry data_png(const char *name, size_t h, size_t w, size_t c, unsigned seed);
data_entry data_jpeg(const char *name, size_t h, size_t w, size_t c, unsigned seed);
int data_images_remove(void **state); /* frees them and removes the folder: a group's teardown */

/* Write the entries below a folder, or as a tar archive compressed by "", "gzip", "xz", "zstd" or "bzip2", in
 * their order, each name after `prefix`. */
void data_write_folder(const char *folder, const data_entry *entries, size_t count);
void data_write_tar(const char *file, const char *compression, const char *prefix, const data_entry *entries,
                    size_t count);

#endif
