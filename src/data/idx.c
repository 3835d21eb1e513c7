/* Reads the IDX files of MNIST, plain or gzip'd: a big-endian magic number (type, number of dimensions), the
 * dimensions, the bytes. */
#include "data/gz.h"
#include "data/readers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { OWN_CLASSES = 10, MOST_DIMENSIONS = 3, DEFLATE_RATIO = 1100 /* gzip data grow by 1032 at most */ };

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

static bool is_file(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

/* Finds the file "train-images-idx3-ubyte" or, as on Kaggle, "train-images.idx3-ubyte", plain or gzip'd, in
 * `folder` or in a folder of such a name below it. False: not there. */
static bool find_in(const char *folder, const char *name, char *path)
{
    static const char *const suffixes[] = {"", ".gz"};
    char names[2][64];
    snprintf(names[0], sizeof names[0], "%s", name);
    snprintf(names[1], sizeof names[1], "%s", name);
    strstr(names[1], "-idx")[0] = '.';
    for (int inside = -1; inside < 2; inside++) {
        for (int i = 0; i < 4; i++) {
            int length =
                snprintf(path, LOCL_DATA_PATH, "%s/%s%s%s%s", folder, inside < 0 ? "" : names[inside],
                         inside < 0 ? "" : "/", names[i / 2], suffixes[i % 2]);
            if (length < LOCL_DATA_PATH && is_file(path)) {
                return true;
            }
        }
    }
    return false;
}

static void name_of(int split, int kind, char name[64])
{
    static const char *const kinds[2] = {"images-idx3", "labels-idx1"};
    snprintf(name, 64, "%s-%s-ubyte", prefixes[split], kinds[kind]);
}

static bool has_any(const char *folder)
{
    char name[64], path[LOCL_DATA_PATH];
    for (int file = 0; file < 4; file++) {
        name_of(file / 2, file % 2, name);
        if (find_in(folder, name, path)) {
            return true;
        }
    }
    return false;
}

/* Finds the folder of the four files, the first that has any of them: data.path, or the places below it where
 * torchvision puts them. */
static locl_status find_folder(const locl_reading *reading, char *folder, locl_error *err)
{
    bool fashion = reading->options->name == LOCL_DATA_FASHION_MNIST;
    const char *own = fashion ? "FashionMNIST/raw" : "MNIST/raw";
    const char *other = fashion ? "MNIST/raw" : "FashionMNIST/raw";
    static const char *const below[] = {"", "/raw", "/"};
    for (size_t i = 0; i < 3; i++) {
        snprintf(folder, LOCL_DATA_PATH, "%s%s%s", reading->path, below[i], i == 2 ? own : "");
        if (has_any(folder)) {
            return LOCL_OK;
        }
    }
    locl_fail(err, LOCL_E_DATA,
              "%s has none of the four IDX files: it has neither train-images-idx3-ubyte nor "
              "train-images-idx3-ubyte.gz, and raw/ and %s/ below it do not have them",
              reading->path, own);
    snprintf(folder, LOCL_DATA_PATH, "%s/%s", reading->path, other);
    if (has_any(folder)) {
        return locl_remedy(err, "%s has such files: data.name %s reads them", folder,
                           fashion ? "mnist" : "fashion-mnist");
    }
    return locl_remedy(err, "put the four IDX files, as they are distributed, into the folder of data.path");
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

/* Opens folder/name[.gz] and reads its header. The caller closes file->gz, on error too. */
static locl_status open_idx(const char *folder, const char *name, int dimensions, idx_file *file,
                            locl_error *err)
{
    uint8_t head[4 + 4 * MOST_DIMENSIONS];
    size_t length = 4 + 4 * (size_t)dimensions, got;
    if (!find_in(folder, name, file->path)) {
        locl_fail(err, LOCL_E_DATA, "%s has neither %s nor %s.gz", folder, name, name);
        return locl_remedy(err,
                           "put the four IDX files, as they are distributed, into the folder of data.path");
    }
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

/* Reads the rest of the file, which must be exactly `size` bytes. */
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

/* Checks the dimensions before memory is taken for what a header promises. */
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

typedef struct idx_split {
    idx_file images, labels;
} idx_split;

static locl_status take(locl_reading *reading, const char *at, locl_status status, const locl_error *found,
                        bool *good, locl_error *err)
{
    *good = *good && status == LOCL_OK;
    return locl_data_problems_take(&reading->problems, at, status, found, err);
}

/* Reads the headers of both files. *good stays true if nothing is wrong with them. */
static locl_status open_split(locl_reading *reading, const char *folder, locl_split split, idx_split *files,
                              bool *good, locl_error *err)
{
    idx_file *const both[2] = {&files->images, &files->labels};
    locl_error found;
    for (int kind = 0; kind < 2; kind++) {
        char name[64];
        name_of(split, kind, name);
        locl_status status = open_idx(folder, name, kind ? 1 : 3, both[kind], &found);
        LOCL_TRY(take(reading, name, status, &found, good, err));
    }
    if (*good) {
        locl_status status = check_dimensions(&files->images, &files->labels, &found);
        LOCL_TRY(take(reading, files->images.path, status, &found, good, err));
    }
    return LOCL_OK;
}

/* Gives images of both splits one size: the one that was asked for, else that of the training images. */
static locl_status fit_split(locl_reading *reading, locl_split split, locl_error *err)
{
    locl_data_options sized = *reading->options;
    const locl_dataset *train = reading->sets[LOCL_SPLIT_TRAIN];
    const unsigned own[3] = {train ? (unsigned)train->h : 0, train ? (unsigned)train->w : 0,
                             train ? (unsigned)train->c : 0};
    for (int i = 0; i < 3; i++) {
        sized.image[i] = sized.image[i] ? sized.image[i] : own[i];
    }
    return locl_dataset_fit(&sized, &reading->sets[split], err);
}

static locl_status fill_split(locl_reading *reading, locl_split split, idx_split *files, locl_error *err)
{
    const locl_data_options *options = reading->options;
    const char *const *names = options->name == LOCL_DATA_FASHION_MNIST ? clothes : digits;
    locl_dataset **set = &reading->sets[split];
    const size_t *dims = files->images.dims;
    locl_error found;
    bool good = true;
    LOCL_TRY(locl_dataset_new(options, dims[0], dims[1], dims[2], 1, set, err));
    if (options->progress) {
        options->progress(options->progress_user, files->images.path, 0, (*set)->n);
    }
    locl_status status = read_content(&files->images, (*set)->pixels, dims[0] * dims[1] * dims[2], &found);
    LOCL_TRY(take(reading, files->images.path, status, &found, &good, err));
    status = read_labels(&files->labels, *set, &found);
    LOCL_TRY(take(reading, files->labels.path, status, &found, &good, err));
    if (!good) {
        return LOCL_OK;
    }
    char what[LOCL_DATA_PATH];
    snprintf(what, sizeof what, "%s:", files->labels.path);
    locl_dataset_set_classes(*set, reading, OWN_CLASSES, what);
    LOCL_TRY(locl_dataset_name_classes(*set, names, OWN_CLASSES, err));
    return fit_split(reading, split, err);
}

static locl_status read_split(locl_reading *reading, const char *folder, locl_split split, locl_error *err)
{
    idx_split files = {.images = {.gz = NULL}};
    bool good = true;
    locl_status status = open_split(reading, folder, split, &files, &good, err);
    if (status == LOCL_OK && good) {
        status = fill_split(reading, split, &files, err);
    }
    locl_gz_close(files.images.gz);
    locl_gz_close(files.labels.gz);
    return status;
}

/* Fails because data.path is one of the files, perhaps in a folder of its own name. */
static locl_status fail_file(const char *path, locl_error *err)
{
    char folder[LOCL_DATA_PATH];
    bool idx = strstr(path, "ubyte");
    snprintf(folder, sizeof folder, "%s", path);
    for (char *slash = strrchr(folder, '/'); slash && strstr(slash, "ubyte"); slash = strrchr(folder, '/')) {
        *slash = '\0';
    }
    locl_fail(err, LOCL_E_DATA, "data.path leads to a file, %s, not to the folder of the four IDX files",
              path);
    return idx ? locl_remedy(err, "set data.path to its folder: %s", strcmp(folder, path) ? folder : ".")
               : locl_remedy(err, "unpack it, and set data.path to the folder of the four IDX files");
}

bool locl_idx_peek(const locl_reading *reading, unsigned image[3], unsigned *classes)
{
    char folder[LOCL_DATA_PATH], name[64];
    idx_file file = {.gz = NULL};
    locl_error unwanted;
    name_of(LOCL_SPLIT_TRAIN, 0, name);
    bool found = find_folder(reading, folder, &unwanted) == LOCL_OK &&
                 open_idx(folder, name, MOST_DIMENSIONS, &file, &unwanted) == LOCL_OK;
    locl_gz_close(file.gz);
    if (!found || file.dims[1] < 1 || file.dims[1] > LOCL_DATA_MAX_SIDE || file.dims[2] < 1 ||
        file.dims[2] > LOCL_DATA_MAX_SIDE) {
        return false;
    }
    image[0] = (unsigned)file.dims[1];
    image[1] = (unsigned)file.dims[2];
    image[2] = 1;
    *classes = OWN_CLASSES;
    return true;
}

locl_status locl_idx_read(locl_reading *reading, locl_error *err)
{
    struct stat info;
    char folder[LOCL_DATA_PATH];
    if (stat(reading->path, &info) == 0 && !S_ISDIR(info.st_mode)) {
        return fail_file(reading->path, err);
    }
    LOCL_TRY(find_folder(reading, folder, err));
    for (int split = 0; split < LOCL_SPLIT_COUNT; split++) {
        if (reading->wanted[split]) {
            LOCL_TRY(read_split(reading, folder, (locl_split)split, err));
        }
    }
    return LOCL_OK;
}
