#define _XOPEN_SOURCE 700 /* nftw */

#include "support/data_files.h"

#include "base/file.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

enum { PATHS = 8, LARGEST = 1 << 20 };

static char folder[256];

const char *data_folder(void)
{
    if (!folder[0]) {
        const char *temporary = getenv("TMPDIR");
        snprintf(folder, sizeof folder, "%s/locl-data-XXXXXX", temporary ? temporary : "/tmp");
        assert_non_null(mkdtemp(folder));
    }
    return folder;
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *ftw)
{
    (void)info;
    (void)type;
    (void)ftw;
    return remove(path);
}

int data_folder_remove(void **state)
{
    (void)state;
    if (folder[0]) {
        nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
        folder[0] = '\0';
    }
    return 0;
}

const char *data_path(const char *name)
{
    static char paths[PATHS][512];
    static unsigned turn;
    char parent[512];
    char *path = paths[turn++ % PATHS];
    snprintf(path, sizeof paths[0], "%s/%s", data_folder(), name);
    snprintf(parent, sizeof parent, "%.*s", (int)(strrchr(path, '/') - path), path);
    assert_int_equal(locl_file_make_folders(parent, NULL), LOCL_OK);
    return path;
}

void data_write(const char *name, const void *bytes, size_t size)
{
    FILE *file = fopen(data_path(name), "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    fclose(file);
}

void data_write_gz(const char *name, const void *bytes, size_t size)
{
    gzFile file = gzopen(data_path(name), "wb");
    assert_non_null(file);
    assert_int_equal(size ? gzwrite(file, bytes, (unsigned)size) : 0, size);
    gzclose(file);
}

size_t data_read(const char *name, uint8_t *bytes, size_t capacity)
{
    FILE *file = fopen(data_path(name), "rb");
    assert_non_null(file);
    size_t size = fread(bytes, 1, capacity, file);
    fclose(file);
    return size;
}

size_t data_idx(uint8_t *out, uint8_t type, int dimensions, const uint32_t *dims, size_t content,
                unsigned seed, unsigned modulus)
{
    size_t at = 0;
    out[at++] = 0;
    out[at++] = 0;
    out[at++] = type;
    out[at++] = (uint8_t)dimensions;
    for (int i = 0; i < dimensions; i++) {
        for (int shift = 24; shift >= 0; shift -= 8) {
            out[at++] = (uint8_t)(dims[i] >> shift);
        }
    }
    for (size_t i = 0; i < content; i++) {
        out[at++] = (uint8_t)((i * 7 + i / 11 + seed) % modulus);
    }
    return at;
}

void data_idx_set(const char *where, bool gz, uint32_t n, uint32_t m, uint32_t h, uint32_t w)
{
    static const char *const names[2][2] = {{"train-images-idx3-ubyte", "train-labels-idx1-ubyte"},
                                            {"t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"}};
    uint8_t *bytes = malloc(LARGEST);
    char name[256];
    for (int split = 0; split < 2; split++) {
        uint32_t dims[3] = {split ? m : n, h, w};
        for (int kind = 0; kind < 2; kind++) {
            size_t content = kind ? dims[0] : (size_t)dims[0] * h * w;
            size_t size = data_idx(bytes, 8, kind ? 1 : 3, dims, content, (unsigned)split, kind ? 10 : 256);
            snprintf(name, sizeof name, "%s/%s%s", where, names[split][kind], gz ? ".gz" : "");
            (gz ? data_write_gz : data_write)(name, bytes, size);
        }
    }
    free(bytes);
}

locl_data_options data_options(locl_data_name name, const char *path)
{
    locl_data_options options = locl_data_options_default();
    options.name = name;
    options.threads = 2;
    snprintf(options.path, sizeof options.path, "%s", data_path(path));
    return options;
}

void data_expect_error(const locl_data_options *options, locl_status status, ...)
{
    locl_dataset *dataset;
    locl_error err = {0};
    locl_status found = locl_dataset_open(options, LOCL_SPLIT_TRAIN, &dataset, &err);
    if (found != status) {
        fail_msg("%s: %s instead of %s: %s", options->path, locl_status_name(found), locl_status_name(status),
                 err.message);
    }
    assert_null(dataset);
    va_list texts;
    va_start(texts, status);
    for (const char *text = va_arg(texts, const char *); text; text = va_arg(texts, const char *)) {
        if (!strstr(err.message, text) && !strstr(err.remedy, text) && !strstr(err.where, text)) {
            fail_msg("'%s' is missing in: %s: %s\nremedy: %s", text, err.where, err.message, err.remedy);
        }
    }
    va_end(texts);
    assert_int_equal(locl_dataset_open(options, LOCL_SPLIT_TRAIN, &dataset, NULL), status);
}
