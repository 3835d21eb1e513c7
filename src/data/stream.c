#include "data/stream.h"

#include "data/image.h"
#include "data/tar_members.h"

#include "base/file.h"
#include "base/list.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

locl_status locl_stream_files_new(bool archives, locl_stream_files **out, locl_error *err)
{
    *out = calloc(1, sizeof **out);
    if (!*out) {
        return locl_fail_memory(err, sizeof **out);
    }
    (*out)->archives = archives;
    (*out)->users = 1;
    return LOCL_OK;
}

locl_status locl_stream_files_add(locl_stream_files *files, const char *path, uint64_t size, int64_t changed,
                                  locl_error *err)
{
    locl_stream_file *list = locl_list_room(files->list, files->count, sizeof *list, err);
    if (!list) {
        return LOCL_E_MEMORY;
    }
    files->list = list;
    locl_stream_file *file = &files->list[files->count];
    *file = (locl_stream_file){strdup(path), size, changed};
    if (!file->path) {
        return locl_fail_memory(err, strlen(path) + 1);
    }
    files->count++;
    return LOCL_OK;
}

void locl_stream_files_release(locl_stream_files *files)
{
    if (!files || --files->users > 0) {
        return;
    }
    for (size_t i = 0; i < files->count; i++) {
        free(files->list[i].path);
    }
    free(files->list);
    free(files);
}

locl_status locl_stream_new(locl_stream_files *files, size_t n, locl_image_stream **out, locl_error *err)
{
    locl_image_stream *stream = *out = calloc(1, sizeof *stream);
    if (!stream) {
        return locl_fail_memory(err, sizeof *stream);
    }
    stream->files = files;
    files->users++;
    stream->items = calloc(n + 1, sizeof *stream->items);
    return stream->items ? LOCL_OK : locl_fail_memory(err, n * sizeof *stream->items);
}

void locl_stream_close(locl_image_stream *stream)
{
    if (!stream) {
        return;
    }
    locl_decoded_close(&stream->decoded);
    locl_stream_files_release(stream->files);
    free(stream->items);
    free(stream);
}

/* Returns what one thread may have in hand: a file, and its pixels decoded, in progressive JPEGs as coefficients, and
 * fitted. */
static uint64_t space_of(const locl_dataset *set)
{
    uint64_t file = 0, pixels = (uint64_t)set->h * set->w;
    for (size_t i = 0; i < set->n; i++) {
        const locl_stream_item *item = &set->stream->items[i];
        uint64_t own = (uint64_t)item->h * item->w;
        file = item->size > file ? item->size : file;
        pixels = own > pixels ? own : pixels;
    }
    return file + pixels * LOCL_DATA_CHANNELS * 4;
}

locl_status locl_stream_set_memory(locl_dataset *set, uint64_t memory, unsigned threads, locl_error *err)
{
    enum { ORDER = 4, KEPT = 8 }; /* bytes an image in the loader's order, and in the list of what is kept */
    uint64_t each = sizeof *set->stream->items + sizeof *set->labels + ORDER + KEPT;
    uint64_t needed = set->n * each + threads * space_of(set);
    return locl_decoded_open(&set->stream->decoded, set->n, memory > needed ? memory - needed : 0, err);
}

void locl_stream_name(const locl_image_stream *stream, size_t index, char *text, size_t size)
{
    const locl_stream_item *item = &stream->items[index];
    const locl_stream_file *file = &stream->files->list[item->file];
    char member[LOCL_TAR_NAME];
    if (stream->files->archives && locl_tar_name(file->path, item->offset, member)) {
        snprintf(text, size, "%s: %s", file->path, member);
    } else {
        snprintf(text, size, "%s", file->path);
    }
}

static locl_status grow(uint8_t **bytes, size_t *size, size_t wanted, locl_error *err)
{
    if (*size < wanted || !*bytes) {
        free(*bytes);
        *bytes = malloc(wanted + 1);
        *size = *bytes ? wanted : 0;
    }
    return *bytes ? LOCL_OK : locl_fail_memory(err, wanted);
}

static locl_status fail_gone(const locl_stream_file *file, int reason, locl_error *err)
{
    locl_fail(err, LOCL_E_DATA, "%s was there when the data were opened, and cannot be read now: %s",
              file->path, strerror(reason));
    return locl_remedy(err, "put the file back as it was");
}

static locl_status fail_changed(const locl_stream_file *file, uint64_t size, locl_error *err)
{
    char sizes[96] = "";
    if (size != file->size) {
        snprintf(sizes, sizeof sizes, " (%llu bytes then, %llu now)", (unsigned long long)file->size,
                 (unsigned long long)size);
    }
    locl_fail(err, LOCL_E_DATA, "%s has changed since the data were opened%s", file->path, sizes);
    return locl_remedy(
        err, "put the file back as it was, with its time (cp -p), or train a new run on the new one");
}

/* Reads `size` bytes from `offset` on, of a file that must be as it was. */
static locl_status read_part(const locl_stream_file *file, int fd, uint64_t offset, uint8_t *bytes,
                             size_t size, locl_error *err)
{
    struct stat info;
    if (fstat(fd, &info)) {
        return fail_gone(file, errno, err);
    }
    if ((uint64_t)info.st_size != file->size || locl_file_changed(&info) != file->changed) {
        return fail_changed(file, (uint64_t)info.st_size, err);
    }
    size_t got = locl_file_read_at(fd, offset, bytes, size);
    if (got == size) {
        return LOCL_OK;
    }
    return errno ? fail_gone(file, errno, err) : fail_changed(file, offset + got, err);
}

/* Makes sure that the space holds the file of an image. */
static locl_status load(const locl_dataset *set, size_t index, locl_image_space *space, locl_error *err)
{
    const locl_stream_item *item = &set->stream->items[index];
    const locl_stream_file *file = &set->stream->files->list[item->file];
    if (space->set == set && space->index == index) {
        return LOCL_OK;
    }
    space->set = NULL;
    space->last.pixels = NULL;
    LOCL_TRY(grow(&space->file, &space->file_size, item->size, err));
    int fd = open(file->path,
                  O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe in its place: no waiting for a writer */
    if (fd < 0) {
        return fail_gone(file, errno, err);
    }
    locl_status status = read_part(file, fd, item->offset, space->file, item->size, err);
    close(fd);
    if (status == LOCL_OK) {
        space->set = set;
        space->index = index;
    }
    return status;
}

static locl_status name_damaged(const locl_dataset *set, size_t index, locl_status status, locl_error *err)
{
    char name[LOCL_DATA_PATH];
    if (status != LOCL_OK) {
        locl_stream_name(set->stream, index, name, sizeof name);
        locl_error_where(err, "%s", name);
    }
    return status;
}

locl_status locl_stream_own_size(const locl_dataset *set, size_t index, locl_image_space *space, size_t *h,
                                 size_t *w, locl_error *err)
{
    const locl_stream_item *item = &set->stream->items[index];
    locl_image image = {.h = item->h, .w = item->w};
    if (!item->h) {
        LOCL_TRY(load(set, index, space, err));
        LOCL_TRY(name_damaged(set, index, locl_image_measure(space->file, item->size, &image, err), err));
    }
    *h = image.h;
    *w = image.w;
    return LOCL_OK;
}

/* Decodes the file in the space to what is wanted. */
static locl_status decode(const locl_dataset *set, size_t index, locl_image_size size,
                          locl_image_space *space, locl_image *out, locl_error *err)
{
    static const unsigned reductions[] = {[LOCL_IMAGE_FITTED] = 1,
                                          [LOCL_IMAGE_OWN] = 1,
                                          [LOCL_IMAGE_HALF] = 2,
                                          [LOCL_IMAGE_QUARTER] = 4,
                                          [LOCL_IMAGE_EIGHTH] = 8};
    locl_image image;
    LOCL_TRY(locl_image_decode_into(space->file, set->stream->items[index].size, reductions[size],
                                    &space->decoded, &space->decoded_size, &image, err));
    size_t h = size == LOCL_IMAGE_FITTED ? set->h : image.h, w = size == LOCL_IMAGE_FITTED ? set->w : image.w;
    if (h == image.h && w == image.w && image.c == set->c) {
        *out = (locl_image){image.pixels, h, w, set->c};
        return LOCL_OK;
    }
    LOCL_TRY(grow(&space->fitted, &space->fitted_size, h * w * set->c, err));
    *out = (locl_image){space->fitted, h, w, set->c};
    return locl_image_fit(&image, h, w, set->c, space->fitted, err);
}

locl_status locl_stream_image(const locl_dataset *set, size_t index, locl_image_size size,
                              locl_image_space *space, locl_image *out, locl_error *err)
{
    if (locl_decoded_find(&set->stream->decoded, index, size, out)) {
        return LOCL_OK;
    }
    LOCL_TRY(load(set, index, space, err));
    if (space->last.pixels && space->size == size) { /* two views of an image */
        *out = space->last;
        return LOCL_OK;
    }
    space->last.pixels = NULL;
    LOCL_TRY(name_damaged(set, index, decode(set, index, size, space, out, err), err));
    space->last = *out;
    space->size = size;
    locl_decoded_store(&set->stream->decoded, index, size, out);
    return LOCL_OK;
}
