/* Writes a shard: a tar archive of files. For programs that make data: where it cannot be written, they say why on stderr
 * and end with 1. */
#ifndef BENCH_SUPPORT_SHARD_WRITER_H
#define BENCH_SUPPORT_SHARD_WRITER_H

#include <stddef.h>

typedef struct shard_writer shard_writer;

shard_writer *shard_writer_open(const char *path);
void shard_writer_add(shard_writer *shard, const char *name, const void *bytes, size_t size);
void shard_writer_close(shard_writer *shard); /* frees it */

#endif
