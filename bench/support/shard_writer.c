#include "support/shard_writer.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

struct shard_writer {
    struct archive *tar;
    char path[4096];
};

static void check(const shard_writer *shard, bool good)
{
    if (!good) {
        fprintf(stderr, "%s: %s\n", shard->path, archive_error_string(shard->tar));
        exit(1);
    }
}

shard_writer *shard_writer_open(const char *path)
{
    shard_writer *shard = malloc(sizeof *shard);
    struct archive *tar = shard ? archive_write_new() : NULL;
    if (!tar) {
        fprintf(stderr, "%s: out of memory\n", path);
        exit(1);
    }
    shard->tar = tar;
    snprintf(shard->path, sizeof shard->path, "%s", path);
    archive_write_set_format_ustar(tar);
    check(shard, archive_write_open_filename(tar, path) == ARCHIVE_OK);
    return shard;
}

void shard_writer_add(shard_writer *shard, const char *name, const void *bytes, size_t size)
{
    struct archive_entry *entry = archive_entry_new();
    archive_entry_set_pathname(entry, name);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_size(entry, (la_int64_t)size);
    check(shard, archive_write_header(shard->tar, entry) == ARCHIVE_OK);
    check(shard, archive_write_data(shard->tar, bytes, size) == (la_ssize_t)size);
    archive_entry_free(entry);
}

void shard_writer_close(shard_writer *shard)
{
    check(shard, archive_write_close(shard->tar) == ARCHIVE_OK);
    archive_write_free(shard->tar);
    free(shard);
}
