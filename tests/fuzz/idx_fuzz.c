/* MNIST's four files: the input is one of them, which its first byte says, the others are good and small (three
 * images of 2 x 2). */
#include "fuzz/fuzz.h"

#include "fuzz/dataset.h"

#include <sys/stat.h>

enum { FILES = 4, MEMORY = 1 << 22 };

static const char *const names[FILES] = {"idx/train-images-idx3-ubyte", "idx/train-labels-idx1-ubyte",
                                         "idx/t10k-images-idx3-ubyte", "idx/t10k-labels-idx1-ubyte"};

static void write_good(size_t which)
{
    static const uint8_t images[] = {0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 2, 0,  0, 0,
                                     2, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 255 /* of the last: the others */};
    static const uint8_t labels[] = {0, 0, 8, 1, 0, 0, 0, 3, 0, 1, 2};
    if (which % 2) {
        fuzz_write(names[which], labels, sizeof labels);
    } else {
        fuzz_write(names[which], images, sizeof images);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size) {
        return 0;
    }
    size_t which = data[0] % FILES;
    mkdir(fuzz_path("idx"), 0700);
    for (size_t i = 0; i < FILES; i++) {
        if (i != which) {
            write_good(i);
        }
    }
    fuzz_write(names[which], data + 1, size - 1);
    fuzz_open_dataset(LOCL_DATA_MNIST, fuzz_path("idx"), MEMORY);
    return 0;
}
