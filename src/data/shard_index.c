#include "data/shard_index.h"

#include "data/image.h"
#include "data/options.h"
#include "data/shard_cache.h"
#include "data/shard_parts.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

enum { HEAD = 1 << 14, LABEL = 64, MOST_DIGITS = 10, SHOWN = 40 };

/* A shard that is being read. */
typedef struct building {
    locl_shard_parts parts;
    locl_shard_index *index;
    int fd;
} building;

static locl_status read_at(const building *b, uint64_t offset, uint8_t *bytes, size_t size, locl_error *err)
{
    if (locl_file_read_at(b->fd, offset, bytes, size) == size) {
        return LOCL_OK;
    }
    return errno ? locl_fail_errno(err, LOCL_E_DATA, "read", b->parts.path)
                 : locl_fail(err, LOCL_E_DATA, "%s is truncated", b->parts.path);
}

/* Reads a label, a number and white space around it, from a text of `size` bytes. False when it is something else. */
static bool parse_label(const char *text, size_t size, int32_t *label)
{
    static const char white[] = " \t\r\n";
    const char *start = text + strspn(text, white);
    char *end;
    size_t digits = strspn(start, "0123456789");
    if (!digits || digits > MOST_DIGITS) {
        return false;
    }
    long value = strtol(start, &end, 10);
    end += strspn(end, white);
    *label = (int32_t)value;
    return value < LOCL_DATA_MAX_CLASSES && (size_t)(end - text) == size;
}

static locl_status read_label(const building *b, const locl_shard_part *part, int32_t *label, bool *good,
                              locl_error *err)
{
    char text[LABEL + 1] = "";
    size_t size = part->size < LABEL ? (size_t)part->size : LABEL;
    LOCL_TRY(read_at(b, part->offset, (uint8_t *)text, size, err));
    *good = size == part->size && parse_label(text, size, label);
    if (*good) {
        return LOCL_OK;
    }
    size_t line = strcspn(text, "\r\n");
    bool more = line + strspn(text + line, "\r\n") < part->size;
    return locl_shard_parts_blame(&b->parts, part,
                                  "labels of shards are numbers, one to a file, classes from 0 to 65535", err,
                                  "%.300s.cls holds '%.*s'%s, which is no class", part->key,
                                  (int)(line < SHOWN ? line : SHOWN), text, more ? " and more" : "");
}

/* Measures an image by its first bytes; by all of them where these do not do. */
static locl_status measure(const building *b, const locl_shard_part *part, locl_image *image, locl_error *err)
{
    uint8_t head[HEAD];
    size_t size = part->size < HEAD ? (size_t)part->size : HEAD;
    LOCL_TRY(read_at(b, part->offset, head, size, err));
    locl_status status = locl_image_measure(head, size, image, err);
    if (status == LOCL_OK || size == part->size) {
        return status;
    }
    uint8_t *all = malloc(part->size);
    if (!all) {
        return locl_fail_memory(err, part->size);
    }
    status = read_at(b, part->offset, all, part->size, err);
    status = status == LOCL_OK ? locl_image_measure(all, part->size, image, err) : status;
    free(all);
    return status;
}

static locl_status add_image(building *b, const locl_shard_part *image, const locl_shard_part *label,
                             locl_error *err)
{
    locl_image found = {0};
    int32_t class;
    bool good;
    LOCL_TRY(read_label(b, label, &class, &good, err));
    locl_status status = measure(b, image, &found, err);
    if (status == LOCL_E_DATA) {
        const locl_error why = *err;
        return locl_shard_parts_blame(&b->parts, image, "get the shard again, or leave the image out", err,
                                      "%.300s.%s: %.160s", image->key, image->ending, why.message);
    }
    if (status == LOCL_OK && good) {
        b->index->images[b->index->count++] =
            (locl_shard_image){.offset = image->offset,
                               .key = XXH3_64bits(image->key, strlen(image->key)),
                               .size = (uint32_t)image->size,
                               .label = class,
                               .h = (uint16_t)found.h,
                               .w = (uint16_t)found.w,
                               .c = (uint32_t)found.c};
    }
    return status;
}

/* Takes the parts of one key: one image and one label. */
static locl_status take_key(building *b, const locl_shard_part *part, size_t count, locl_error *err)
{
    static const char again[] = "get the shard again, or make it anew: a key names one image";
    size_t labels = 0;
    for (size_t i = 0; i < count; i++) {
        labels += part[i].label;
    }
    if (labels > 1 || count - labels > 1) {
        const locl_shard_part *twice = &part[labels > 1 ? count - 1 : 1];
        return locl_shard_parts_blame(&b->parts, twice, again, err, "it holds the key %.300s twice%s",
                                      twice->key, labels > 1 ? ", each with a .cls" : "");
    }
    if (labels == 0) {
        return locl_shard_parts_blame(&b->parts, part, "get the shard again, or add the label", err,
                                      "%.200s.%s has no %.200s.cls", part->key, part->ending, part->key);
    }
    if (count == 1) {
        return locl_shard_parts_blame(&b->parts, part, "get the shard again; images are .jpg, .jpeg or .png",
                                      err, "%.200s.cls has no image %.200s.jpg or .png", part->key,
                                      part->key);
    }
    return add_image(b, part, part + 1, err);
}

static int compare_offsets(const void *a, const void *b)
{
    const locl_shard_image *x = a, *y = b;
    return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static locl_status take_keys(building *b, locl_error *err)
{
    const locl_shard_parts *parts = &b->parts;
    b->index->images = calloc(parts->count + 1, sizeof *b->index->images);
    if (!b->index->images) {
        return locl_fail_memory(err, parts->count * sizeof *b->index->images);
    }
    for (size_t i = 0, count; i < parts->count; i += count) {
        for (count = 1; i + count < parts->count && !strcmp(parts->list[i].key, parts->list[i + count].key);
             count++) {
        }
        LOCL_TRY(take_key(b, &parts->list[i], count, err));
    }
    qsort(b->index->images, b->index->count, sizeof *b->index->images, compare_offsets);
    return LOCL_OK;
}

/* Reads the shard. */
static locl_status build(const char *path, locl_data_problems *problems, locl_shard_index *out,
                         locl_error *err)
{
    building b = {.parts = {.path = path, .problems = problems}, .index = out};
    b.fd = open(path, O_RDONLY | O_CLOEXEC);
    if (b.fd < 0) {
        return locl_fail_errno(err, LOCL_E_DATA, "read", path);
    }
    locl_status status = locl_shard_parts_collect(&b.parts, err);
    if (status == LOCL_OK && !b.parts.count) {
        status = locl_fail(err, LOCL_E_DATA,
                           "%s holds no images with labels: key.jpg or key.png, and key.cls", path);
    }
    if (status == LOCL_OK) {
        status = take_keys(&b, err);
    }
    locl_shard_parts_free(&b.parts);
    close(b.fd);
    return status;
}

locl_status locl_shard_index_get(const char *path, locl_data_problems *problems, locl_shard_index *out,
                                 locl_error *err)
{
    struct stat info;
    *out = (locl_shard_index){0};
    if (stat(path, &info)) {
        return locl_fail_errno(err, LOCL_E_DATA, "read", path);
    }
    out->size = (uint64_t)info.st_size;
    out->changed = locl_file_changed(&info);
    if (locl_shard_cache_read(path, out)) {
        return LOCL_OK;
    }
    size_t before = problems->total;
    LOCL_TRY(build(path, problems, out, err));
    if (problems->total == before) {
        locl_shard_cache_write(path, out);
    }
    return LOCL_OK;
}

void locl_shard_index_free(locl_shard_index *index)
{
    free(index->images);
    *index = (locl_shard_index){0};
}
