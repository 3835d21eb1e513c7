/* MNIST's IDX files: a big-endian magic number (type, number of dimensions), the dimensions, the bytes. Plain
 * or gzip'd. */
#include "data/gz.h"
#include "data/reading.h"

#include "base/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { OWN_CLASSES = 10, MOST_DIMENSIONS = 3, DEFLATE_RATIO = 1100 /* no gzip file grows by more: 1032 */ };

static const char *const digits[] = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
static const char *const clothes[] = {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
                                      "Sandal",      "Shirt",   "Sneaker",  "Bag",   "Ankle boot"};
static const char *const prefixes[LOCL_SPLIT_COUNT] = {"train", "t10k"};

typedef struct idx_file {
    char path[LOCL_DATA_PATH];
    locl_gz *gz;
    size_t dims[MOST_DIMENSIONS];
} idx_file;

static uint32_t big_endian(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static locl_status find(const char *folder, const char *name, char *path, locl_error *err)
{
    static const char *const suffixes[] = {"", ".gz"};
    for (size_t i = 0; i < 2; i++) {
        if (snprintf(path, LOCL_DATA_PATH, "%s/%s%s", folder, name, suffixes[i]) >= LOCL_DATA_PATH) {
            return locl_fail(err, LOCL_E_DATA, "the path %s is too long", folder);
        }
        if (locl_file_exists(path)) {
            return LOCL_OK;
        }
    }
    locl_fail(err, LOCL_E_DATA, "%s has neither %s nor %s.gz", folder, name, name);
    locl_remedy(err, "put the four IDX files, as they are distributed, into the folder of data.path");
    return LOCL_E_DATA;
}

static locl_status fail_header(const idx_file *file, size_t got, const uint8_t *head, int dimensions,
                               locl_error *err)
{
    if (got == 0) {
        return locl_fail(err, LOCL_E_DATA, "%s is empty", file->path);
    }
    if (got < 4 || head[0] || head[1]) {
        return locl_fail(err, LOCL_E_DATA, "%s is no IDX file: it should begin with 00 00 08 0%d", file->path,
                         dimensions);
    }
    if (head[2] != 8 || head[3] != dimensions) {
        return locl_fail(
            err, LOCL_E_DATA,
            "%s is an IDX file of type 0x%02x and %d dimensions, it should be 0x08 (bytes) and %d",
            file->path, head[2], head[3], dimensions);
    }
    return locl_fail(err, LOCL_E_DATA, "%s is truncated: its header ends after %zu bytes", file->path, got);
}

/* Opens folder/name[.gz] and reads its header; the caller closes file->gz also on error. */
static locl_status open_idx(const char *folder, const char *name, int dimensions, idx_file *file,
                            locl_error *err)
{
    uint8_t head[4 + 4 * MOST_DIMENSIONS];
    size_t length = 4 + 4 * (size_t)dimensions, got;
    LOCL_TRY(find(folder, name, file->path, err));
    LOCL_TRY(locl_gz_open(file->path, &file->gz, err));
    LOCL_TRY(locl_gz_read(file->gz, head, length, &got, err));
    if (got < length || big_endian(head) != (0x0800u | (unsigned)dimensions)) {
        return fail_header(file, got, head, dimensions, err);
    }
    for (int i = 0; i < dimensions; i++) {
        file->dims[i] = big_endian(head + 4 + 4 * i);
    }
    return LOCL_OK;
}

/* The rest of the file has to be `size` bytes, no more and no less. */
static locl_status read_content(idx_file *file, uint8_t *bytes, size_t size, locl_error *err)
{
    size_t got, more;
    uint8_t extra;
    LOCL_TRY(locl_gz_read(file->gz, bytes, size, &got, err));
    if (got < size) {
        return locl_fail(err, LOCL_E_DATA, "%s is truncated: its header promises %zu bytes, %zu follow",
                         file->path, size, got);
    }
    LOCL_TRY(locl_gz_read(file->gz, &extra, 1, &more, err));
    if (more) {
        return locl_fail(err, LOCL_E_DATA, "%s is oversized: its header promises %zu bytes, more follow",
                         file->path, size);
    }
    return LOCL_OK;
}

/* Before memory is taken for what a header promises. */
static locl_status check_dimensions(const idx_file *images, const idx_file *labels, locl_error *err)
{
    size_t n = images->dims[0], h = images->dims[1], w = images->dims[2];
    struct stat info;
    if (h < 1 || w < 1 || h > LOCL_DATA_MAX_SIDE || w > LOCL_DATA_MAX_SIDE || n < 1) {
        return locl_fail(err, LOCL_E_DATA, "%s: %zu images of %zux%zu, at least 1 of 1x1 to %dx%d is needed",
                         images->path, n, h, w, LOCL_DATA_MAX_SIDE, LOCL_DATA_MAX_SIDE);
    }
    if (labels->dims[0] != n) {
        return locl_fail(err, LOCL_E_DATA, "%s has %zu images, but %s has %zu labels", images->path, n,
                         labels->path, labels->dims[0]);
    }
    if (stat(images->path, &info)) {
        return locl_fail_errno(err, LOCL_E_DATA, "read", images->path);
    }
    if ((double)n * (double)h * (double)w > (double)info.st_size * DEFLATE_RATIO) {
        return locl_fail(
            err, LOCL_E_DATA,
            "%s is truncated: its header promises %zu images of %zux%zu, the file has %lld bytes",
            images->path, n, h, w, (long long)info.st_size);
    }
    return LOCL_OK;
}

static locl_status read_labels(idx_file *file, locl_dataset *dataset, locl_error *err)
{
    uint8_t *bytes = malloc(dataset->n);
    if (!bytes) {
        return locl_fail_memory(err, dataset->n);
    }
    locl_status status = read_content(file, bytes, dataset->n, err);
    for (size_t i = 0; status == LOCL_OK && i < dataset->n; i++) {
        dataset->labels[i] = bytes[i];
    }
    free(bytes);
    return status;
}

static locl_status read_split(locl_reading *reading, locl_split split, locl_error *err)
{
    const locl_data_options *options = reading->options;
    const char *const *names = options->name == LOCL_DATA_FASHION_MNIST ? clothes : digits;
    idx_file images = {.gz = NULL}, labels = {.gz = NULL};
    locl_dataset **set = &reading->sets[split];
    locl_status status;
    char name[64];

    snprintf(name, sizeof name, "%s-images-idx3-ubyte", prefixes[split]);
    LOCL_TRY_GOTO(status, open_idx(reading->path, name, 3, &images, err));
    snprintf(name, sizeof name, "%s-labels-idx1-ubyte", prefixes[split]);
    LOCL_TRY_GOTO(status, open_idx(reading->path, name, 1, &labels, err));
    LOCL_TRY_GOTO(status, check_dimensions(&images, &labels, err));
    LOCL_TRY_GOTO(status,
                  locl_dataset_new(options, images.dims[0], images.dims[1], images.dims[2], 1, set, err));
    if (options->progress) {
        options->progress(options->progress_user, images.path, 0, (*set)->n);
    }
    LOCL_TRY_GOTO(status, read_content(&images, (*set)->pixels, (*set)->n * (*set)->h * (*set)->w, err));
    LOCL_TRY_GOTO(status, read_labels(&labels, *set, err));
    LOCL_TRY_GOTO(status, locl_dataset_set_classes(*set, options, OWN_CLASSES, labels.path, err));
    LOCL_TRY_GOTO(status, locl_dataset_name_classes(*set, names, OWN_CLASSES, err));
    status = locl_dataset_fit(options, set, err);
fail:
    locl_gz_close(images.gz);
    locl_gz_close(labels.gz);
    return status;
}

locl_status locl_idx_read(locl_reading *reading, locl_error *err)
{
    for (int split = 0; split < LOCL_SPLIT_COUNT; split++) {
        if (reading->wanted[split]) {
            LOCL_TRY(read_split(reading, (locl_split)split, err));
        }
    }
    return LOCL_OK;
}
