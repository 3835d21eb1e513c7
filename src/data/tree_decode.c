/* Decodes the images of a tree, once it is known which there are. */
#include "data/tree_parts.h"

#include "data/image.h"
#include "data/parallel.h"

#include <stdatomic.h>
#include <stdlib.h>

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
    if (t->source->folder) {
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

static locl_status decode_split(const tree *t, locl_split split, const size_t size[3], locl_error *err)
{
    const locl_data_options *options = t->reading->options;
    part p = split == LOCL_SPLIT_TRAIN ? PART_TRAIN : t->test;
    locl_dataset **set = &t->reading->sets[split];
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
    LOCL_TRY(locl_parallel_run(&work, err));
    locl_dataset_set_classes(*set, t->reading, t->class_count, t->source->path);
    return locl_dataset_name_classes(*set, (const char *const *)t->classes, t->class_count, err);
}

locl_status locl_tree_decode(const tree *t, locl_error *err)
{
    size_t size[3];
    LOCL_TRY(choose_size(t, size, err));
    for (int split = 0; split < LOCL_SPLIT_COUNT; split++) {
        if (t->reading->wanted[split]) {
            LOCL_TRY(decode_split(t, (locl_split)split, size, err));
        }
    }
    return LOCL_OK;
}
