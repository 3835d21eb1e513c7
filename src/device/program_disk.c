#include "device/program_disk.h"

#include "base/file.h"
#include "base/log.h"

#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

/* A file has head, key, binary, and XXH3-64 of all that. Numbers are in the byte order of the machine: a
 * cache stays on its machine, and a foreign one fails the check of the magic. */
typedef struct entry_head {
    uint64_t magic, key_bytes, binary_bytes;
} entry_head;

static const uint64_t magic = 0x314d475250434f4cu; /* "LOCPRGM1" */
enum { LARGEST_ENTRY = 1 << 28 };

static bool entry_path(const locl_text *key, char *path, size_t size)
{
    char folder[PATH_MAX];
    XXH128_hash_t hash = XXH3_128bits(key->data, key->length);
    if (!locl_file_cache_folder("programs", folder, sizeof folder)) {
        return false;
    }
    int length = snprintf(path, size, "%s/%016llx%016llx.bin", folder, (unsigned long long)hash.high64,
                          (unsigned long long)hash.low64);
    return length > 0 && (size_t)length < size;
}

/* Returns why the file is no entry of any program, or NULL. */
static const char *file_flaw(const char *data, size_t size, entry_head *head)
{
    uint64_t sum;
    if (size < sizeof *head + sizeof sum) {
        return size ? "it is too short" : "it is empty";
    }
    memcpy(head, data, sizeof *head);
    if (head->magic != magic) {
        return "it is no program entry";
    }
    if (head->key_bytes > size || head->binary_bytes > size ||
        sizeof *head + head->key_bytes + head->binary_bytes + sizeof sum != size) {
        return "its length is wrong";
    }
    memcpy(&sum, data + size - sizeof sum, sizeof sum);
    return sum != XXH3_64bits(data, size - sizeof sum) ? "its checksum is wrong" : NULL;
}

/* Returns why the entry does not count, or NULL. */
static const char *entry_flaw(const char *data, size_t size, const locl_text *key, entry_head *head)
{
    const char *flaw = file_flaw(data, size, head);
    if (flaw) {
        return flaw;
    }
    if (head->key_bytes != key->length || memcmp(data + sizeof *head, key->data, key->length) != 0) {
        return "it belongs to another program";
    }
    return head->binary_bytes ? NULL : "it has no binary";
}

bool locl_program_disk_sound(const char *path)
{
    char *data = NULL;
    size_t bytes = 0;
    entry_head head;
    locl_error err;
    bool sound = locl_file_read(path, LARGEST_ENTRY, LOCL_E_IO, &data, &bytes, &err) == LOCL_OK &&
                 !file_flaw(data, bytes, &head);
    free(data);
    return sound;
}

bool locl_program_disk_read(const locl_text *key, unsigned char **binary, size_t *size)
{
    char path[PATH_MAX], *data = NULL;
    size_t bytes = 0;
    entry_head head;
    *binary = NULL;
    *size = 0;
    if (!entry_path(key, path, sizeof path) || !locl_file_exists(path)) {
        return false;
    }
    locl_error err;
    if (locl_file_read(path, LARGEST_ENTRY, LOCL_E_IO, &data, &bytes, &err) != LOCL_OK) {
        locl_log(LOCL_LOG_WARNING, "program cache: %s; rebuilding", err.message);
        return false;
    }
    const char *flaw = entry_flaw(data, bytes, key, &head);
    if (flaw) {
        locl_log(LOCL_LOG_WARNING, "program cache: %s is damaged: %s; rebuilding", path, flaw);
    } else {
        *binary = malloc((size_t)head.binary_bytes);
        if (*binary) {
            *size = (size_t)head.binary_bytes;
            memcpy(*binary, data + sizeof head + head.key_bytes, *size);
        }
    }
    free(data);
    return *binary != NULL;
}

void locl_program_disk_write(const locl_text *key, const unsigned char *binary, size_t size)
{
    char path[PATH_MAX];
    locl_text entry = {0};
    entry_head head = {magic, key->length, size};
    locl_error err = {0};
    if (!entry_path(key, path, sizeof path)) {
        return;
    }
    locl_text_add_bytes(&entry, &head, sizeof head);
    locl_text_add_bytes(&entry, key->data, key->length);
    locl_text_add_bytes(&entry, binary, size);
    uint64_t sum = entry.failed ? 0 : XXH3_64bits(entry.data, entry.length);
    locl_text_add_bytes(&entry, &sum, sizeof sum);
    if (!entry.failed && entry.length <= LARGEST_ENTRY &&
        locl_file_write(path, entry.data, entry.length, &err) != LOCL_OK) {
        locl_log(LOCL_LOG_WARNING, "program cache: %s", err.message);
    }
    locl_text_free(&entry);
}
