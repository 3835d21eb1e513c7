/* Makes a set of shards of photographs out of a few, to have one that is larger than memory: seeded crops of the images of a
 * tar archive of a tree (such as imagenet-samples.tar: val/<class>/<file>), as JPEGs in train-000.tar and so on, and val-000.tar.
 *
 *     build/bin/photo_shards imagenet-samples.tar FOLDER [SHARDS [IMAGES [SEED]]]        8 shards of 250, seed 1
 *
 * A crop has 60 to 100 % of either side, its class is that of the photograph. The same arguments make the same bytes. */
#include "base/philox.h"
#include "data/image.h"
#include "support/shard_writer.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <jpeglib.h>

enum { MOST = 4096, QUALITY = 90, LEAST_PERCENT = 60 };

typedef struct photograph {
    char class[256];
    unsigned label;
    uint8_t *bytes;
    size_t size;
} photograph;

static photograph photographs[MOST];
static size_t count;
static uint64_t seed = 1;

static void fail(const char *what)
{
    fprintf(stderr, "photo_shards: %s\n", what);
    exit(1);
}

static void read_photographs(const char *path)
{
    struct archive *tar = archive_read_new();
    struct archive_entry *entry;
    archive_read_support_format_tar(tar);
    archive_read_support_filter_all(tar);
    if (archive_read_open_filename(tar, path, 1 << 16) != ARCHIVE_OK) {
        fail(archive_error_string(tar));
    }
    while (count < MOST && archive_read_next_header(tar, &entry) == ARCHIVE_OK) {
        photograph *p = &photographs[count];
        char name[256], *slash;
        snprintf(name, sizeof name, "%s", archive_entry_pathname(entry));
        if (archive_entry_filetype(entry) != AE_IFREG || !(slash = strrchr(name, '/'))) {
            continue;
        }
        *slash = '\0';
        slash = strrchr(name, '/');
        snprintf(p->class, sizeof p->class, "%s", slash ? slash + 1 : name);
        p->size = (size_t)archive_entry_size(entry);
        p->bytes = malloc(p->size);
        if (archive_read_data(tar, p->bytes, p->size) != (la_ssize_t)p->size) {
            fail("the archive is damaged");
        }
        count++;
    }
    archive_read_free(tar);
}

static int by_class(const void *a, const void *b)
{
    return strcmp(((const photograph *)a)->class, ((const photograph *)b)->class);
}

static void number_classes(void)
{
    qsort(photographs, count, sizeof *photographs, by_class);
    for (size_t i = 1; i < count; i++) {
        bool same = !strcmp(photographs[i].class, photographs[i - 1].class);
        photographs[i].label = photographs[i - 1].label + !same;
    }
}

/* Compresses `h` rows of `w` pixels of an image from (top, left) on. */
static size_t compress(const locl_image *image, size_t top, size_t left, size_t h, size_t w, uint8_t **out)
{
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    unsigned long size = 0;
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    *out = NULL;
    jpeg_mem_dest(&jpeg, out, &size);
    jpeg.image_width = (JDIMENSION)w;
    jpeg.image_height = (JDIMENSION)h;
    jpeg.input_components = (int)image->c;
    jpeg.in_color_space = image->c == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_set_defaults(&jpeg);
    jpeg_set_quality(&jpeg, QUALITY, TRUE);
    jpeg_start_compress(&jpeg, TRUE);
    while (jpeg.next_scanline < h) {
        JSAMPROW row = image->pixels + ((top + jpeg.next_scanline) * image->w + left) * image->c;
        jpeg_write_scanlines(&jpeg, &row, 1);
    }
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    return size;
}

static void write_crop(shard_writer *shard, unsigned number)
{
    const uint32_t counter[4] = {number}, key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    locl_philox_block draw = locl_philox4x32(counter, key);
    const photograph *p = &photographs[number % count];
    locl_error err = {0};
    locl_image image;
    char name[64], label[16];
    uint8_t *bytes;
    if (locl_image_decode(p->bytes, p->size, &image, &err) != LOCL_OK) {
        fail(err.message);
    }
    size_t h = image.h * (LEAST_PERCENT + draw.word[0] % (101 - LEAST_PERCENT)) / 100;
    size_t w = image.w * (LEAST_PERCENT + draw.word[1] % (101 - LEAST_PERCENT)) / 100;
    size_t size =
        compress(&image, draw.word[2] % (image.h - h + 1), draw.word[3] % (image.w - w + 1), h, w, &bytes);
    snprintf(name, sizeof name, "%s_%07u.jpg", p->class, number);
    shard_writer_add(shard, name, bytes, size);
    snprintf(name, sizeof name, "%s_%07u.cls", p->class, number);
    snprintf(label, sizeof label, "%u", p->label);
    shard_writer_add(shard, name, label, strlen(label));
    free(bytes);
    free(image.pixels);
}

static void write_shard(const char *path, unsigned first, unsigned images)
{
    shard_writer *shard = shard_writer_open(path);
    for (unsigned i = 0; i < images; i++) {
        write_crop(shard, first + i);
    }
    shard_writer_close(shard);
}

int main(int argc, char **argv)
{
    char path[4096];
    if (argc < 3 || argc > 6) {
        fputs("usage: photo_shards ARCHIVE FOLDER [SHARDS [IMAGES [SEED]]]\n", stderr);
        return 2;
    }
    unsigned shards = argc > 3 ? (unsigned)atoi(argv[3]) : 8,
             images = argc > 4 ? (unsigned)atoi(argv[4]) : 250;
    seed = argc > 5 ? strtoull(argv[5], NULL, 10) : 1;
    read_photographs(argv[1]);
    if (count == 0) {
        fail("the archive has no photographs");
    }
    number_classes();
    mkdir(argv[2], 0777);
    for (unsigned shard = 0; shard < shards; shard++) {
        snprintf(path, sizeof path, "%s/train-%03u.tar", argv[2], shard);
        write_shard(path, shard * images, images);
    }
    snprintf(path, sizeof path, "%s/val-000.tar", argv[2]);
    write_shard(path, shards * images, images);
    return 0;
}
