/* An entry of the cache of program binaries: believed whole, or counted as absent. The first byte says whether
 * the checksum at the entry's end is made right, without which hardly one is looked at. */
#include "fuzz/fuzz.h"

#include "device/program_disk.h"

#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

static char entry_path[PATH_MAX];

static int find_entry(const char *path, const struct stat *info, int type, struct FTW *place)
{
    (void)info;
    (void)place;
    if (type == FTW_F) {
        snprintf(entry_path, sizeof entry_path, "%s", path);
    }
    return 0;
}

/* Lets the cache write one, to know where. */
static void make_entry(const locl_text *key)
{
    FUZZ_CHECK(setenv("XDG_CACHE_HOME", fuzz_folder(), 1) == 0);
    locl_program_disk_write(key, (const unsigned char *)"binary", 6);
    FUZZ_CHECK(nftw(fuzz_folder(), find_entry, 16, FTW_PHYS) == 0);
    FUZZ_CHECK(entry_path[0] != '\0');
}

static void write_entry(const uint8_t *data, size_t size, int with_sum)
{
    uint8_t *bytes = malloc(size + 1);
    FUZZ_CHECK(bytes != NULL);
    memcpy(bytes, data, size);
    if (with_sum && size >= sizeof(uint64_t)) {
        uint64_t sum = XXH3_64bits(bytes, size - sizeof sum);
        memcpy(bytes + size - sizeof sum, &sum, sizeof sum);
    }
    FILE *file = fopen(entry_path, "wb");
    FUZZ_CHECK(file != NULL && fwrite(bytes, 1, size, file) == size && fclose(file) == 0);
    free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char text[] = "key";
    const locl_text key = {.data = text, .length = 3, .capacity = 4};
    unsigned char *binary;
    size_t binary_size;
    if (!entry_path[0]) {
        make_entry(&key);
    }
    if (!size) {
        return 0;
    }
    write_entry(data + 1, size - 1, data[0] % 2);
    if (locl_program_disk_read(&key, &binary, &binary_size)) {
        const size_t head = 3 * sizeof(uint64_t) + key.length; /* of the file, before the binary */
        FUZZ_CHECK(binary_size > 0 && head + binary_size + sizeof(uint64_t) == size - 1);
        FUZZ_CHECK(memcmp(binary, data + 1 + head, binary_size) == 0);
    } else {
        FUZZ_CHECK(!binary && binary_size == 0);
    }
    free(binary);
    return 0;
}
