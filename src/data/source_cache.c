#include "data/source_cache.h"

#include "base/file.h"
#include "base/text.h"
#include "data/archive.h"
#include "data/cache_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <xxhash.h>

/* How a file begins. The places of the members follow, then their names, each with its 0. */
typedef struct header {
    char magic[24];
    uint64_t size; /* of the archive */
    int64_t changed;
    uint64_t count, names, checksum; /* members, bytes of names, of all that follows */
} header;

typedef struct place {
    uint64_t offset, size;
} place;

static const size_t largest = (size_t)1 << 34;

static bool fill_header(const char *path, header *out)
{
    struct stat info;
    bool there = stat(path, &info) == 0 && S_ISREG(info.st_mode);
    if (there) {
        *out = (header){.magic = "locl archive index 1",
                        .size = (uint64_t)info.st_size,
                        .changed = locl_file_changed(&info)};
    }
    return there;
}

/* Whether `data` is a file of that archive. */
static bool is_whole(const char *data, size_t size, const header *wanted)
{
    header h;
    if (size < sizeof h) {
        return false;
    }
    memcpy(&h, data, sizeof h);
    const char *rest = data + sizeof h;
    size -= sizeof h;
    return !memcmp(h.magic, wanted->magic, sizeof h.magic) && h.size == wanted->size &&
           h.changed == wanted->changed && h.count <= size / sizeof(place) &&
           h.names == size - h.count * sizeof(place) && (!h.names || rest[size - 1] == '\0') &&
           h.checksum == XXH3_64bits(rest, size);
}

/* Makes members of a whole file. */
static bool take(const char *data, locl_source *out)
{
    header h;
    place at;
    locl_error unwanted;
    memcpy(&h, data, sizeof h);
    const char *places = data + sizeof h, *name = places + h.count * sizeof at, *end = name + h.names;
    for (uint64_t i = 0; i < h.count; i++) {
        locl_member *member;
        if (name >= end || locl_source_add(out, name, &member, &unwanted) != LOCL_OK) {
            return false;
        }
        memcpy(&at, places + i * sizeof at, sizeof at);
        member->offset = at.offset;
        member->size = (size_t)at.size;
        name += strlen(name) + 1;
    }
    return true;
}

bool locl_source_cache_read(const char *path, locl_source *out)
{
    char file[LOCL_DATA_PATH], *data;
    size_t size;
    header wanted;
    locl_error unwanted;
    *out = (locl_source){0};
    if (!fill_header(path, &wanted) || !locl_data_cache_file("archives", path, file, sizeof file) ||
        locl_file_read(file, largest, LOCL_E_DATA, &data, &size, &unwanted) != LOCL_OK) {
        return false;
    }
    out->path = strdup(path);
    bool good = out->path && is_whole(data, size, &wanted) && take(data, out);
    free(data);
    if (!good) {
        locl_source_close(out);
    }
    return good;
}

void locl_source_cache_write(const locl_source *source)
{
    char file[LOCL_DATA_PATH];
    header h;
    locl_text rest = {0};
    locl_error unwanted;
    if (source->folder || source->packed || !fill_header(source->path, &h) ||
        !locl_data_cache_file("archives", source->path, file, sizeof file)) {
        return;
    }
    h.count = source->count;
    for (size_t i = 0; i < source->count; i++) {
        const place at = {source->members[i].offset, source->members[i].size};
        locl_text_add_bytes(&rest, &at, sizeof at);
    }
    for (size_t i = 0; i < source->count; i++) {
        size_t length = strlen(source->members[i].name) + 1;
        locl_text_add_bytes(&rest, source->members[i].name, length);
        h.names += length;
    }
    if (!rest.failed) {
        h.checksum = XXH3_64bits(rest.data, rest.length);
        const locl_file_part parts[] = {{&h, sizeof h}, {rest.data, rest.length}};
        locl_file_write_parts(file, parts, 2, &unwanted);
    }
    locl_text_free(&rest);
}
