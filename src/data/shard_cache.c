#include "data/shard_cache.h"

#include "base/file.h"
#include "data/cache_file.h"
#include "data/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum { LARGEST = 1 << 30 };

/* How a file begins. The images follow as they are in memory. */
typedef struct header {
    char magic[24];
    uint64_t size;
    int64_t changed;
    uint64_t count, checksum; /* of the images */
} header;

static header header_of(const locl_shard_index *index)
{
    header h = {
        .magic = "locl shard index 2", .size = index->size, .changed = index->changed, .count = index->count};
    h.checksum = XXH3_64bits(index->images, index->count * sizeof *index->images);
    return h;
}

bool locl_shard_cache_read(const char *path, locl_shard_index *index)
{
    char file[LOCL_DATA_PATH], *data;
    size_t size;
    locl_error unwanted;
    header h;
    if (!locl_data_cache_file("shards", path, file, sizeof file) ||
        locl_file_read(file, LARGEST, LOCL_E_DATA, &data, &size, &unwanted) != LOCL_OK) {
        return false;
    }
    bool whole = size > sizeof h && (size - sizeof h) % sizeof *index->images == 0;
    index->count = whole ? (size - sizeof h) / sizeof *index->images : 0;
    index->images = whole ? malloc(size - sizeof h) : NULL;
    if (index->images) {
        memcpy(index->images, data + sizeof h, size - sizeof h);
        h = header_of(index);
    }
    bool good = index->images && memcmp(data, &h, sizeof h) == 0;
    free(data);
    if (!good) {
        free(index->images);
        index->images = NULL;
        index->count = 0;
    }
    return good;
}

void locl_shard_cache_write(const char *path, const locl_shard_index *index)
{
    char file[LOCL_DATA_PATH];
    locl_error unwanted;
    const header h = header_of(index);
    const locl_file_part parts[] = {{&h, sizeof h}, {index->images, index->count * sizeof *index->images}};
    if (index->count && locl_data_cache_file("shards", path, file, sizeof file)) {
        locl_file_write_parts(file, parts, 2, &unwanted);
    }
}
