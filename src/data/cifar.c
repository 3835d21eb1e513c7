/* Reads the binary batches of CIFAR-10: records of a label byte and 32 x 32 bytes each of red, green and
 * blue. */
#include "data/tree.h"

#include <stdio.h>
#include <string.h>

enum { SIDE = 32, PLANE = SIDE * SIDE, RECORD = 1 + 3 * PLANE, TRAIN_BATCHES = 5, BATCHES, CLASSES = 10 };

static const char *const names[CLASSES] = {"airplane", "automobile", "bird",  "cat",  "deer",
                                           "dog",      "frog",       "horse", "ship", "truck"};
static const char *const files[BATCHES] = {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin",
                                           "data_batch_4.bin", "data_batch_5.bin", "test_batch.bin"};

/* Returns which batch a member is; BATCHES: none. */
static size_t batch_of(const char *name)
{
    const char *slash = strrchr(name, '/');
    size_t batch = 0;
    while (batch < BATCHES && strcmp(slash ? slash + 1 : name, files[batch])) {
        batch++;
    }
    return batch;
}

static locl_split split_of(size_t batch)
{
    return batch < TRAIN_BATCHES ? LOCL_SPLIT_TRAIN : LOCL_SPLIT_TEST;
}

static locl_member_use filter(void *user, const char *name)
{
    const locl_reading *reading = user;
    size_t batch = batch_of(name);
    if (batch < BATCHES) {
        return reading->wanted[split_of(batch)] ? LOCL_MEMBER_LOAD : LOCL_MEMBER_LIST;
    }
    if (strcmp(name, "cifar-10-batches-bin/") == 0) {
        return LOCL_MEMBER_LIST;
    }
    return locl_tree_filter(user, name);
}

static locl_link_use judge(void *user, const char *name)
{
    if (batch_of(name) < BATCHES) {
        return LOCL_LINK_FILE;
    }
    return strcmp(name, "cifar-10-batches-bin") == 0 ? LOCL_LINK_FOLDER : locl_tree_judge(user, name);
}

/* Finds the batches. *any is false when there is none, and the source is something else. */
static locl_status find_batches(locl_reading *reading, const locl_source *source, locl_member *found[BATCHES],
                                bool *any, locl_error *err)
{
    *any = false;
    for (size_t i = 0; i < source->count; i++) {
        size_t batch = batch_of(source->members[i].name);
        if (batch == BATCHES) {
            continue;
        }
        if (found[batch]) {
            return locl_fail(err, LOCL_E_DATA, "%s holds %s twice: %s and %s", source->path, files[batch],
                             found[batch]->name, source->members[i].name);
        }
        found[batch] = &source->members[i];
        *any = true;
    }
    for (size_t batch = 0; *any && batch < BATCHES; batch++) {
        locl_error missing;
        if (!found[batch]) {
            locl_fail(&missing, LOCL_E_DATA, "%s has CIFAR-10 batches, but not %s", source->path,
                      files[batch]);
            locl_remedy(&missing, "unpack or get cifar-10-binary.tar.gz again");
            LOCL_TRY(locl_data_problems_take(&reading->problems, files[batch], LOCL_E_DATA, &missing, err));
        }
    }
    return LOCL_OK;
}

static void take_records(const uint8_t *bytes, size_t count, uint8_t *pixels, int32_t *labels)
{
    for (size_t i = 0; i < count; i++, bytes += RECORD, pixels += 3 * PLANE) {
        labels[i] = bytes[0];
        for (size_t pixel = 0; pixel < PLANE; pixel++) {
            for (size_t channel = 0; channel < 3; channel++) {
                pixels[3 * pixel + channel] = bytes[1 + channel * PLANE + pixel];
            }
        }
    }
}

static locl_status load_batch(const locl_source *source, locl_member *batch, locl_error *err)
{
    LOCL_TRY(locl_source_load(source, batch, err));
    if (batch->size == 0 || batch->size % RECORD) {
        return locl_fail(err, LOCL_E_DATA,
                         "%s: %s has %zu bytes, it should be a multiple of %d (10000 records: 30730000)",
                         source->path, batch->name, batch->size, RECORD);
    }
    return LOCL_OK;
}

/* Loads the batches of a split and counts their images. Missing or damaged batches are problems and not
 * counted. */
static locl_status load_batches(locl_reading *reading, const locl_source *source,
                                locl_member *const found[BATCHES], locl_split split, size_t *n,
                                locl_error *err)
{
    *n = 0;
    for (size_t i = 0; i < BATCHES; i++) {
        if (split_of(i) != split || !found[i] || found[i]->bad) {
            continue;
        }
        locl_error damage;
        locl_status status = load_batch(source, found[i], &damage);
        *n += status == LOCL_OK ? found[i]->size / RECORD : 0;
        LOCL_TRY(locl_data_problems_take(&reading->problems, found[i]->name, status, &damage, err));
    }
    return LOCL_OK;
}

static locl_status read_split(locl_reading *reading, const locl_source *source,
                              locl_member *const found[BATCHES], locl_split split, size_t n, locl_error *err)
{
    locl_dataset **set = &reading->sets[split];
    char what[LOCL_DATA_PATH];
    size_t done = 0;
    LOCL_TRY(locl_dataset_new(reading->options, n, SIDE, SIDE, 3, set, err));
    for (size_t i = 0; i < BATCHES; i++) {
        if (split_of(i) == split) {
            size_t count = found[i]->size / RECORD;
            take_records(found[i]->bytes, count, (*set)->pixels + done * 3 * PLANE, (*set)->labels + done);
            done += count;
            locl_source_drop(found[i]);
        }
    }
    snprintf(what, sizeof what, "%s: %s", source->path, split == LOCL_SPLIT_TRAIN ? "training" : "test");
    locl_dataset_set_classes(*set, reading, CLASSES, what);
    LOCL_TRY(locl_dataset_name_classes(*set, names, CLASSES, err));
    return locl_dataset_fit(reading->options, set, err);
}

static locl_status read_batches(locl_reading *reading, const locl_source *source,
                                locl_member *const found[BATCHES], locl_error *err)
{
    size_t n[LOCL_SPLIT_COUNT];
    for (int split = 0; split < LOCL_SPLIT_COUNT; split++) {
        if (reading->wanted[split]) {
            LOCL_TRY(load_batches(reading, source, found, (locl_split)split, &n[split], err));
        }
    }
    for (int split = 0; split < LOCL_SPLIT_COUNT && !reading->problems.total; split++) {
        if (reading->wanted[split]) {
            LOCL_TRY(read_split(reading, source, found, (locl_split)split, n[split], err));
        }
    }
    return LOCL_OK;
}

locl_status locl_cifar10_read(locl_reading *reading, locl_error *err)
{
    locl_source source;
    locl_member *found[BATCHES] = {NULL};
    const locl_source_request request = {reading->path, reading->options, filter,
                                         judge,         reading,          &reading->problems};
    bool any;
    locl_status status;
    LOCL_TRY(locl_source_open(&request, &source, err));
    LOCL_TRY_GOTO(status, find_batches(reading, &source, found, &any, err));
    status = any ? read_batches(reading, &source, found, err)
                 : locl_tree_read_source(reading, &source, LOCL_TREE_IN_MEMORY, err);
fail:
    locl_source_close(&source);
    return status;
}
