/* make_shards FOLDER SHARDS IMAGES SIDE: a set of shards, train-000.tar and so on, each with about that many images of
 * SIDE x SIDE in four classes, and val-000.tar with 64. Class k is bright in the k-th quarter, with noise: a few epochs
 * learn it. */
#include "support/shard_writer.h"

#include <png.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { CLASSES = 4, VAL = 64, CHANNELS = 3 };

static uint32_t state = 1;

static uint32_t draw(void)
{
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
}

static void fail(const char *what)
{
    fprintf(stderr, "make_shards: %s\n", what);
    exit(1);
}

static void write_image(shard_writer *shard, unsigned number, unsigned side)
{
    char name[64], label[16];
    unsigned class = number % CLASSES;
    png_image png = {.version = PNG_IMAGE_VERSION,
                     .width = side,
                     .height = side,
                     .format = PNG_FORMAT_RGB,
                     .flags = PNG_IMAGE_FLAG_FAST};
    size_t values = (size_t)side * side * CHANNELS;
    png_alloc_size_t size = 1000 + 2 * values;
    uint8_t *pixels = malloc(values), *bytes = malloc(size);
    for (size_t i = 0; i < values; i++) {
        size_t y = i / CHANNELS / side, x = i / CHANNELS % side;
        size_t quarter = y / ((side + 1) / 2) * 2 + x / ((side + 1) / 2);
        pixels[i] = (uint8_t)(draw() % 128 + (quarter == class ? 60 : 0));
    }
    if (!png_image_write_to_memory(&png, bytes, &size, 0, pixels, 0, NULL)) {
        fail("libpng");
    }
    snprintf(name, sizeof name, "s%06u.png", number);
    shard_writer_add(shard, name, bytes, size);
    snprintf(name, sizeof name, "s%06u.cls", number);
    snprintf(label, sizeof label, "%u\n", class);
    shard_writer_add(shard, name, label, strlen(label));
    free(pixels);
    free(bytes);
}

/* Returns the number of the next image. */
static unsigned write_shard(const char *path, unsigned first, unsigned images, unsigned side)
{
    shard_writer *shard = shard_writer_open(path);
    for (unsigned i = 0; i < images; i++) {
        write_image(shard, first + i, side);
    }
    shard_writer_close(shard);
    return first + images;
}

int main(int argc, char **argv)
{
    char path[4096];
    unsigned next = 0;
    if (argc != 5) {
        fputs("usage: make_shards FOLDER SHARDS IMAGES SIDE\n", stderr);
        return 2;
    }
    unsigned shards = (unsigned)atoi(argv[2]), images = (unsigned)atoi(argv[3]),
             side = (unsigned)atoi(argv[4]);
    mkdir(argv[1], 0777);
    for (unsigned shard = 0; shard < shards; shard++) { /* of different length */
        snprintf(path, sizeof path, "%s/train-%03u.tar", argv[1], shard);
        next = write_shard(path, next, images + shard % 3, side);
    }
    snprintf(path, sizeof path, "%s/val-000.tar", argv[1]);
    write_shard(path, next, VAL, side);
    return 0;
}
