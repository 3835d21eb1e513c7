/* Reads sets of shards: tar archives of images and their labels, as WebDataset has them. Images stay in the shards;
 * what is read here is where they are. */
#include "data/readers.h"

#include "data/parallel.h"
#include "data/shard_index.h"
#include "data/shard_names.h"
#include "data/stream.h"
#include "data/tar_members.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Shards and what is in them. Those of a split that is not needed have no index. */
typedef struct shards {
    locl_reading *reading;
    locl_shard_names names;
    locl_shard_index *index; /* [names.count] */
    bool needed[LOCL_SPLIT_COUNT];
    size_t counts[LOCL_SPLIT_COUNT]; /* images */
    pthread_mutex_t lock;            /* of the reading's problems */
} shards;

static locl_status index_one(void *user, size_t place, locl_error *err)
{
    shards *s = user;
    const locl_shard *shard = &s->names.list[place];
    locl_data_problems problems = {0};
    if (!s->needed[shard->split]) {
        return LOCL_OK;
    }
    locl_status status = locl_shard_index_get(shard->path, &problems, &s->index[place], err);
    if (status == LOCL_E_DATA) {
        const locl_error found = *err;
        status = locl_data_problems_take(&problems, shard->path, status, &found, err);
    }
    pthread_mutex_lock(&s->lock);
    locl_status moved = locl_data_problems_move(&s->reading->problems, &problems, err);
    pthread_mutex_unlock(&s->lock);
    return status == LOCL_OK ? moved : status;
}

static locl_status index_all(shards *s, locl_error *err)
{
    const locl_data_options *options = s->reading->options;
    locl_parallel work = {.body = index_one,
                          .user = s,
                          .count = s->names.count,
                          .threads = options->threads,
                          .stage = "looking into shards",
                          .options = options};
    s->index = calloc(s->names.count + 1, sizeof *s->index);
    if (!s->index) {
        return locl_fail_memory(err, s->names.count * sizeof *s->index);
    }
    LOCL_TRY(locl_parallel_run(&work, err));
    for (size_t i = 0; i < s->names.count; i++) {
        s->counts[s->names.list[i].split] += s->index[i].count;
    }
    return LOCL_OK;
}

/* Chooses which shards have to be looked into: training images also tell size, colour and classes. */
static locl_status choose_needed(shards *s, locl_error *err)
{
    const locl_data_options *options = s->reading->options;
    const unsigned *image = options->image;
    bool *wanted = s->reading->wanted, there[LOCL_SPLIT_COUNT] = {false};
    for (size_t i = 0; i < s->names.count; i++) {
        there[s->names.list[i].split] = true;
    }
    bool told = image[0] && image[1] && image[2] && options->classes;
    s->needed[LOCL_SPLIT_TRAIN] = wanted[LOCL_SPLIT_TRAIN] || !told;
    s->needed[LOCL_SPLIT_TEST] = wanted[LOCL_SPLIT_TEST];
    if (s->needed[LOCL_SPLIT_TRAIN] && !there[LOCL_SPLIT_TRAIN] && !s->reading->problems.total) {
        locl_fail(err, LOCL_E_DATA, "%s has no shards to train on, only such that are named as val or test",
                  s->reading->path);
        return locl_remedy(err, "add the training shards to data.path, which may be a list");
    }
    if (s->needed[LOCL_SPLIT_TEST] && !there[LOCL_SPLIT_TEST] && !s->reading->problems.total) {
        locl_fail(err, LOCL_E_DATA, "%s has no shards to test on, which are named as val, validation or test",
                  s->reading->path);
        return locl_remedy(
            err, "add them to data.path, which may be a list, or keep some training images from training: "
                 "data.holdout");
    }
    return LOCL_OK;
}

/* Visits every image of a split in order. */
typedef locl_status (*visitor)(shards *s, size_t shard, const locl_shard_image *image, size_t number,
                               void *user, locl_error *err);

static locl_status visit(shards *s, locl_split split, visitor act, void *user, locl_error *err)
{
    size_t number = 0;
    for (size_t i = 0; i < s->names.count; i++) {
        for (size_t j = 0; s->names.list[i].split == split && j < s->index[i].count; j++) {
            LOCL_TRY(act(s, i, &s->index[i].images[j], number++, user, err));
        }
    }
    return LOCL_OK;
}

static void name_image(const shards *s, size_t shard, const locl_shard_image *image, char *text, size_t size)
{
    char member[LOCL_TAR_NAME];
    const char *path = s->names.list[shard].path;
    bool named = locl_tar_name(path, image->offset, member);
    snprintf(text, size, "%s: %s", path, named ? member : "an image");
}

/* A key, and which image has it. */
typedef struct owner {
    uint64_t key;
    uint32_t shard, place;
} owner;

static int compare_owners(const void *a, const void *b)
{
    const owner *x = a, *y = b;
    if (x->key != y->key) {
        return x->key < y->key ? -1 : 1;
    }
    return x->shard != y->shard ? (x->shard < y->shard ? -1 : 1)
                                : (x->place > y->place) - (x->place < y->place);
}

static locl_status blame_twice(shards *s, const owner *one, const owner *other, locl_error *err)
{
    char first[LOCL_DATA_PATH], second[LOCL_DATA_PATH];
    locl_error found;
    name_image(s, one->shard, &s->index[one->shard].images[one->place], first, sizeof first);
    name_image(s, other->shard, &s->index[other->shard].images[other->place], second, sizeof second);
    locl_fail(&found, LOCL_E_DATA, "%s: its key is in another shard, too: %s", second, first);
    locl_remedy(&found, "take one of the shards out, or make them anew: a key names one image");
    return locl_data_problems_take(&s->reading->problems, second, LOCL_E_DATA, &found, err);
}

static locl_status note_owner(shards *s, size_t shard, const locl_shard_image *image, size_t number,
                              void *user, locl_error *err)
{
    owner *all = user;
    (void)err;
    all[number] = (owner){image->key, (uint32_t)shard, (uint32_t)(image - s->index[shard].images)};
    return LOCL_OK;
}

/* Whether two places of the list are one file, which is a problem of its own. */
static bool same_file(const shards *s, const owner *one, const owner *other)
{
    struct stat first, second;
    return stat(s->names.list[one->shard].path, &first) == 0 &&
           stat(s->names.list[other->shard].path, &second) == 0 && first.st_dev == second.st_dev &&
           first.st_ino == second.st_ino;
}

/* Makes problems of keys that two shards of a split have. */
static locl_status check_keys(shards *s, locl_split split, locl_error *err)
{
    size_t n = s->counts[split];
    owner *all = malloc((n + 1) * sizeof *all);
    if (!all) {
        return locl_fail_memory(err, n * sizeof *all);
    }
    locl_status status = visit(s, split, note_owner, all, err);
    qsort(all, n, sizeof *all, compare_owners);
    for (size_t i = 1; i < n && status == LOCL_OK; i++) {
        if (all[i].key == all[i - 1].key && !same_file(s, &all[i - 1], &all[i])) {
            status = blame_twice(s, &all[i - 1], &all[i], err);
        }
    }
    free(all);
    return status;
}

static locl_status check_size(shards *s, size_t shard, const locl_shard_image *image, size_t number,
                              void *user, locl_error *err)
{
    unsigned patches = s->reading->options->patches;
    char name[LOCL_DATA_PATH];
    locl_error found;
    (void)number;
    (void)user;
    if (image->h >= patches && image->w >= patches) {
        return LOCL_OK;
    }
    name_image(s, shard, image, name, sizeof name);
    locl_fail(&found, LOCL_E_DATA, "%s is an image of %ux%u, smaller than its %ux%u patches", name, image->h,
              image->w, patches, patches);
    locl_remedy(&found, "leave such images out of the shards, or take fewer patches (model.patches)");
    return locl_data_problems_take(&s->reading->problems, name, LOCL_E_DATA, &found, err);
}

/* What the training images tell of the set. */
typedef struct traits {
    size_t image[3], classes;
} traits;

static locl_status learn(shards *s, size_t shard, const locl_shard_image *image, size_t number, void *user,
                         locl_error *err)
{
    traits *t = user;
    size_t classes = (size_t)image->label + 1;
    (void)s;
    (void)shard;
    (void)err;
    if (number == 0) {
        t->image[0] = image->h;
        t->image[1] = image->w;
    }
    t->image[2] = image->c > t->image[2] ? image->c : t->image[2];
    t->classes = classes > t->classes ? classes : t->classes;
    return LOCL_OK;
}

static locl_status find_traits(shards *s, traits *t, locl_error *err)
{
    const locl_data_options *options = s->reading->options;
    *t = (traits){.classes = 1};
    LOCL_TRY(visit(s, LOCL_SPLIT_TRAIN, learn, t, err));
    for (int i = 0; i < 3; i++) {
        t->image[i] = options->image[i] ? options->image[i] : t->image[i];
    }
    return LOCL_OK;
}

static locl_status place_image(shards *s, size_t shard, const locl_shard_image *image, size_t number,
                               void *user, locl_error *err)
{
    locl_dataset *set = user;
    (void)s;
    (void)err;
    set->labels[number] = image->label;
    set->stream->items[number] = (locl_stream_item){
        .offset = image->offset, .size = image->size, .file = (uint32_t)shard, .h = image->h, .w = image->w};
    return LOCL_OK;
}

/* Counts labels that are no class, and names the image with the largest. */
static locl_status check_label(shards *s, size_t shard, const locl_shard_image *image, size_t number,
                               void *user, locl_error *err)
{
    const locl_dataset *set = user;
    locl_label_excess *excess = &s->reading->excess;
    (void)err;
    if ((size_t)image->label >= set->classes && (!excess->count++ || image->label > excess->largest)) {
        excess->largest = image->label;
        excess->index = number;
        name_image(s, shard, image, excess->what, sizeof excess->what);
    }
    return LOCL_OK;
}

static locl_status make_set(shards *s, locl_split split, const traits *t, locl_stream_files *files,
                            locl_error *err)
{
    locl_dataset **set = &s->reading->sets[split];
    const locl_data_options *options = s->reading->options;
    LOCL_TRY(locl_dataset_new_stream(files, s->counts[split], t->image, set, err));
    (*set)->classes = options->classes ? options->classes : t->classes;
    LOCL_TRY(visit(s, split, place_image, *set, err));
    return visit(s, split, check_label, *set, err);
}

static locl_status add_files(const shards *s, locl_stream_files *files, locl_error *err)
{
    for (size_t i = 0; i < s->names.count; i++) {
        LOCL_TRY(
            locl_stream_files_add(files, s->names.list[i].path, s->index[i].size, s->index[i].changed, err));
    }
    return LOCL_OK;
}

static locl_status make_sets(shards *s, locl_error *err)
{
    traits t;
    locl_stream_files *files;
    locl_status status;
    LOCL_TRY(find_traits(s, &t, err));
    LOCL_TRY(locl_stream_files_new(true, &files, err));
    LOCL_TRY_GOTO(status, add_files(s, files, err));
    for (int split = 0; split < LOCL_SPLIT_COUNT; split++) {
        if (s->reading->wanted[split]) {
            LOCL_TRY_GOTO(status, make_set(s, (locl_split)split, &t, files, err));
        }
    }
fail:
    locl_stream_files_release(files);
    return status;
}

static locl_status check(shards *s, locl_error *err)
{
    for (int split = 0; split < LOCL_SPLIT_COUNT; split++) {
        LOCL_TRY(check_keys(s, (locl_split)split, err));
        LOCL_TRY(visit(s, (locl_split)split, check_size, NULL, err));
    }
    return LOCL_OK;
}

static locl_status read_shards(shards *s, locl_error *err)
{
    locl_data_problems *problems = &s->reading->problems;
    LOCL_TRY(locl_shard_names_find(s->reading->path, problems, &s->names, err));
    LOCL_TRY(choose_needed(s, err));
    LOCL_TRY(index_all(s, err));
    LOCL_TRY(check(s, err));
    return problems->total ? LOCL_OK : make_sets(s, err);
}

locl_status locl_shards_read(locl_reading *reading, locl_error *err)
{
    shards s = {.reading = reading};
    pthread_mutex_init(&s.lock, NULL);
    locl_status status = read_shards(&s, err);
    for (size_t i = 0; s.index && i < s.names.count; i++) {
        locl_shard_index_free(&s.index[i]);
    }
    free(s.index);
    locl_shard_names_free(&s.names);
    pthread_mutex_destroy(&s.lock);
    return status;
}
