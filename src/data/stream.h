/* Images that stay in their files, ordinary ones or tar archives, until they are asked for. As many as data.memory
 * leaves room for are kept once they were decoded. Used by images.c, made by the readers. */
#ifndef LOCL_DATA_STREAM_H
#define LOCL_DATA_STREAM_H

#include "data/images.h"
#include "data/decoded.h"

/* A file with images, as it was when the set was opened. */
typedef struct locl_stream_file {
    char *path;
    uint64_t size;
    int64_t changed; /* time of its last change, ns */
} locl_stream_file;

/* The files of one or more sets. */
typedef struct locl_stream_files {
    locl_stream_file *list;
    size_t count;
    bool archives;  /* each holds many images */
    unsigned users; /* streams that have it; sets are opened and closed by one thread */
} locl_stream_files;

typedef struct locl_stream_item {
    uint64_t offset; /* of the image in its file */
    uint32_t size, file;
    uint16_t h, w; /* of the image; 0: not known yet */
} locl_stream_item;

typedef struct locl_image_stream {
    locl_stream_item *items; /* [n] */
    locl_stream_files *files;
    locl_decoded decoded;
} locl_image_stream;

/* Makes an empty list of files with one user. */
locl_status locl_stream_files_new(bool archives, locl_stream_files **out, locl_error *err);
/* Adds a file, whose path is copied. Its place is the number of those before it. */
locl_status locl_stream_files_add(locl_stream_files *files, const char *path, uint64_t size, int64_t changed,
                                  locl_error *err);
void locl_stream_files_release(locl_stream_files *files); /* accepts NULL */

/* Makes a stream of n images, whose items the caller fills in. It is one more user of the files. */
locl_status locl_stream_new(locl_stream_files *files, size_t n, locl_image_stream **out, locl_error *err);
void locl_stream_close(locl_image_stream *stream); /* accepts NULL */
/* Says how many bytes images may take that are kept, besides what the stream itself and `threads` threads need of
 * `memory`. Returns LOCL_E_MEMORY where no keeping can be prepared. */
locl_status locl_stream_set_memory(locl_dataset *set, uint64_t memory, unsigned threads, locl_error *err);
/* Writes "file" or "archive: member" of an image. */
void locl_stream_name(const locl_image_stream *stream, size_t index, char *text, size_t size);

/* What images.h promises, of a set that is a stream. */
locl_status locl_stream_own_size(const locl_dataset *set, size_t index, locl_image_space *space, size_t *h,
                                 size_t *w, locl_error *err);
locl_status locl_stream_image(const locl_dataset *set, size_t index, locl_image_size size,
                              locl_image_space *space, locl_image *out, locl_error *err);

#endif
