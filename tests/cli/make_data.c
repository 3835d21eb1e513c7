/* make_data FOLDER [TRAIN [TEST]]: a small set of 8 x 8 images in four classes, as the four IDX files of
 * MNIST. Class k is bright in the k-th quarter of each 4 x 4 patch, with noise: a few epochs learn it. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { SIDE = 8, PATCH = 4, CLASSES = 4, TRAIN = 512, TEST = 100 };

static uint32_t state = 1;

static uint32_t draw(void)
{
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
}

static FILE *start(const char *folder, const char *name, uint8_t dimensions, uint32_t count)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    if (!file) {
        perror(path);
        exit(1);
    }
    const uint32_t sizes[3] = {count, SIDE, SIDE};
    const uint8_t magic[4] = {0, 0, 8, dimensions};
    fwrite(magic, 1, sizeof magic, file);
    for (int d = 0; d < dimensions; d++) {
        const uint8_t big_endian[4] = {(uint8_t)(sizes[d] >> 24), (uint8_t)(sizes[d] >> 16),
                                       (uint8_t)(sizes[d] >> 8), (uint8_t)sizes[d]};
        fwrite(big_endian, 1, sizeof big_endian, file);
    }
    return file;
}

static void finish(FILE *file)
{
    if (ferror(file) || fclose(file)) {
        perror("make_data");
        exit(1);
    }
}

static void write_split(const char *folder, const char *images, const char *labels, uint32_t count)
{
    FILE *x = start(folder, images, 3, count), *y = start(folder, labels, 1, count);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t label = i % CLASSES;
        for (uint32_t p = 0; p < SIDE * SIDE; p++) {
            uint32_t quarter = p / SIDE % PATCH / 2 * 2 + p % PATCH / 2;
            fputc((int)(draw() % 128 + (quarter == label ? 20 : 0)), x);
        }
        fputc((int)label, y);
    }
    finish(x);
    finish(y);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fputs("usage: make_data FOLDER [TRAIN [TEST]]\n", stderr);
        return 2;
    }
    mkdir(argv[1], 0777);
    write_split(argv[1], "train-images-idx3-ubyte", "train-labels-idx1-ubyte",
                argc > 2 ? (uint32_t)atoi(argv[2]) : TRAIN);
    write_split(argv[1], "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte",
                argc > 3 ? (uint32_t)atoi(argv[3]) : TEST);
    return 0;
}
