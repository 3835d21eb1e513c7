/* Decodes the images of a tree, once it is known which there are. */
#include "data/tree_parts.h"

#include "base/file.h"
#include "data/archive.h"
#include "data/image.h"
#include "data/parallel.h"
#include "data/stream.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static locl_status fail_at(const tree *t, const locl_member *member, locl_status status, locl_error *err)
{
    locl_error_where(err, "%s: %s", t->source->path, member->name);
    return status;
}

typedef struct measuring {
    const tree *tree;
    atomic_bool colour;
} measuring;

static locl_status measure(const tree *t, locl_member *member, locl_image *image, locl_error *err)
{
    if (member->bad) {
        return LOCL_OK;
    }
    locl_status status = locl_source_load(t->source, member, err);
    if (status == LOCL_OK) {
        status = locl_image_measure(member->bytes, member->size, image, err);
    }
    if (t->source->folder || t->images == LOCL_TREE_IN_FILES) {
        locl_source_drop(member);
    }
    return status == LOCL_OK ? LOCL_OK : fail_at(t, member, status, err);
}

/* Ignores damage if the image is decoded later, which reports it once. */
static locl_status judge(const tree *t, locl_status status)
{
    return status == LOCL_E_DATA && t->reading->wanted[LOCL_SPLIT_TRAIN] ? LOCL_OK : status;
}

static locl_status measure_one(void *user, size_t index, locl_error *err)
{
    measuring *job = user;
    locl_image image = {0};
    locl_status status = measure(job->tree, job->tree->samples[PART_TRAIN][index].member, &image, err);
    if (image.c == 3) {
        job->colour = true;
    }
    return judge(job->tree, status);
}

static const char *measured_name(void *user, size_t index)
{
    return ((const measuring *)user)->tree->samples[PART_TRAIN][index].member->name;
}

/* Measures the first training image that can be measured. *first stays as it is where there is none. */
static locl_status measure_first(const tree *t, locl_image *first, locl_error *err)
{
    for (size_t i = 0; i < t->counts[PART_TRAIN] && !first->c; i++) {
        locl_error found;
        locl_image image = {0}; /* the content after a failure does not count */
        locl_member *member = t->samples[PART_TRAIN][i].member;
        locl_status status = measure(t, member, &image, &found);
        if (status == LOCL_OK && image.c) {
            *first = image;
        }
        LOCL_TRY(locl_data_problems_take(&t->reading->problems, member->name, judge(t, status), &found, err));
    }
    return LOCL_OK;
}

/* Chooses height and width of the first training image, and colour if one training image has it. */
static locl_status choose_size(const tree *t, size_t size[3], locl_error *err)
{
    const locl_data_options *options = t->reading->options;
    for (int i = 0; i < 3; i++) {
        size[i] = options->image[i];
    }
    if (!size[2] && options->name == LOCL_DATA_CIFAR10) {
        size[2] = 3;
    }
    if (locl_tree_is_sized(t->reading)) {
        return LOCL_OK;
    }
    locl_image first = {.h = 1, .w = 1};
    LOCL_TRY(measure_first(t, &first, err));
    size[0] = size[0] ? size[0] : first.h;
    size[1] = size[1] ? size[1] : first.w;
    if (!size[2] && first.c == 1) {
        measuring job = {.tree = t, .colour = false};
        locl_parallel work = {.body = measure_one,
                              .user = &job,
                              .count = t->counts[PART_TRAIN],
                              .threads = options->threads,
                              .stage = "measuring",
                              .options = options,
                              .problems = &t->reading->problems,
                              .name = measured_name};
        LOCL_TRY(locl_parallel_run(&work, err));
        size[2] = job.colour ? 3 : 1;
    }
    size[2] = size[2] ? size[2] : 3;
    return LOCL_OK;
}

typedef struct decoding {
    const tree *tree;
    const sample *samples;
    locl_dataset *set;
} decoding;

static locl_status decode_one(void *user, size_t index, locl_error *err)
{
    const decoding *job = user;
    locl_dataset *set = job->set;
    locl_member *member = job->samples[index].member;
    locl_image image = {0};
    if (member->bad) {
        return LOCL_OK;
    }
    locl_status status = locl_source_load(job->tree->source, member, err);
    if (status == LOCL_OK) {
        status = locl_image_decode(member->bytes, member->size, &image, err);
    }
    if (status == LOCL_OK) {
        uint8_t *out = set->pixels + index * set->h * set->w * set->c;
        status = locl_image_fit(&image, set->h, set->w, set->c, out, err);
    }
    locl_source_drop(member);
    free(image.pixels);
    set->labels[index] = (int32_t)job->samples[index].label;
    return status == LOCL_OK ? LOCL_OK : fail_at(job->tree, member, status, err);
}

static const char *decoded_name(void *user, size_t index)
{
    return ((const decoding *)user)->samples[index].member->name;
}

/* Makes a problem of a file that is too large to be an image. */
static locl_status check_bytes(const tree *t, const locl_member *member, locl_error *err)
{
    locl_error found;
    if (member->size <= LOCL_ARCHIVE_LARGEST_MEMBER) {
        return LOCL_OK;
    }
    locl_fail(&found, LOCL_E_DATA, "%s: %s has %zu bytes, at most %d are allowed", t->source->path,
              member->name, member->size, LOCL_ARCHIVE_LARGEST_MEMBER);
    return locl_data_problems_take(&t->reading->problems, member->name, LOCL_E_DATA, &found, err);
}

/* Adds the file of an image, where it has one of its own. */
static locl_status add_file(const tree *t, const locl_member *member, locl_stream_files *files,
                            locl_error *err)
{
    char path[LOCL_DATA_PATH];
    snprintf(path, sizeof path, "%s/%s", t->source->path, member->name);
    return locl_stream_files_add(files, path, member->size, member->changed, err);
}

static locl_status add_archive(const tree *t, locl_stream_files *files, locl_error *err)
{
    struct stat info;
    if (stat(t->source->path, &info)) {
        return locl_fail_errno(err, LOCL_E_DATA, "read", t->source->path);
    }
    return locl_stream_files_add(files, t->source->path, (uint64_t)info.st_size, locl_file_changed(&info),
                                 err);
}

static locl_status fill_stream(const tree *t, part p, locl_dataset *set, locl_error *err)
{
    locl_stream_files *files = set->stream->files;
    if (files->archives) {
        LOCL_TRY(add_archive(t, files, err));
    }
    for (size_t i = 0; i < set->n; i++) {
        const sample *s = &t->samples[p][i];
        LOCL_TRY(check_bytes(t, s->member, err));
        if (!files->archives) {
            LOCL_TRY(add_file(t, s->member, files, err));
        }
        set->stream->items[i] = (locl_stream_item){.offset = s->member->offset,
                                                   .size = (uint32_t)s->member->size,
                                                   .file = files->archives ? 0 : (uint32_t)i};
        set->labels[i] = (int32_t)s->label;
    }
    return LOCL_OK;
}

/* Makes a set whose images stay where they are. */
static locl_status leave_split(const tree *t, part p, const size_t size[3], locl_dataset **set,
                               locl_error *err)
{
    locl_stream_files *files;
    LOCL_TRY(locl_stream_files_new(!t->source->folder, &files, err));
    locl_status status = locl_dataset_new_stream(files, t->counts[p], size, set, err);
    locl_stream_files_release(files);
    return status == LOCL_OK ? fill_stream(t, p, *set, err) : status;
}

static locl_status decode_split(const tree *t, part p, const size_t size[3], locl_dataset **set,
                                locl_error *err)
{
    const locl_data_options *options = t->reading->options;
    LOCL_TRY(locl_dataset_new(options, t->counts[p], size[0], size[1], size[2], set, err));
    decoding job = {t, t->samples[p], *set};
    locl_parallel work = {.body = decode_one,
                          .user = &job,
                          .count = t->counts[p],
                          .threads = options->threads,
                          .stage = "decoding",
                          .options = options,
                          .problems = &t->reading->problems,
                          .name = decoded_name};
    return locl_parallel_run(&work, err);
}

static locl_status make_split(const tree *t, locl_split split, const size_t size[3], locl_error *err)
{
    part p = split == LOCL_SPLIT_TRAIN ? PART_TRAIN : t->test;
    locl_dataset **set = &t->reading->sets[split];
    LOCL_TRY(t->images == LOCL_TREE_IN_FILES ? leave_split(t, p, size, set, err)
                                             : decode_split(t, p, size, set, err));
    locl_dataset_set_classes(*set, t->reading, t->class_count, t->source->path);
    return locl_dataset_name_classes(*set, (const char *const *)t->classes, t->class_count, err);
}

/* Checks that all splits together fit into memory, before any of them takes some. */
static locl_status check_memory(const tree *t, const size_t size[3], locl_error *err)
{
    char what[96];
    size_t images = 0;
    uint64_t files = 0;
    for (int split = 0; split < LOCL_SPLIT_COUNT; split++) {
        part p = split == LOCL_SPLIT_TRAIN ? PART_TRAIN : t->test;
        images += t->reading->wanted[split] ? t->counts[p] : 0;
        for (size_t i = 0; t->reading->wanted[split] && !t->source->folder && i < t->counts[p]; i++) {
            files += t->samples[p][i].member->size;
        }
    }
    snprintf(what, sizeof what, "%zu images of %zux%zux%zu", images, size[0], size[1], size[2]);
    return locl_data_check_memory(
        t->reading->options, images * (size[0] * size[1] * size[2] + sizeof(int32_t)) + files, what, err);
}

locl_status locl_tree_decode(const tree *t, locl_error *err)
{
    size_t size[3];
    LOCL_TRY(choose_size(t, size, err));
    if (t->images == LOCL_TREE_IN_MEMORY && t->reading->options->name == LOCL_DATA_FOLDER) {
        LOCL_TRY(check_memory(t, size, err));
    }
    for (int split = 0; split < LOCL_SPLIT_COUNT; split++) {
        if (t->reading->wanted[split]) {
            LOCL_TRY(make_split(t, (locl_split)split, size, err));
        }
    }
    return LOCL_OK;
}
