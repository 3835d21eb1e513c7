/* Reads trees of images: <any>/train/<class>/<file> and <any>/test/<class>/<file> or
 * <any>/val/<class>/<file>, with the same <any> for all. Classes are the names of the class folders,
 * sorted. */
#include "data/tree_parts.h"

#include "base/memory.h"
#include "base/text.h"
#include "data/cifar_kinds.h"
#include "data/source_cache.h"
#include "data/tar_members.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* The name of a member, taken apart; pointers into it. */
typedef struct place {
    part part;
    const char *name; /* of the class */
    size_t length;
    const char *file; /* NULL: the name is the class folder, or lies deeper than a file should */
    bool deep;
} place;

static locl_status fail_empty(const tree *t, locl_error *err)
{
    LOCL_TRY(locl_cifar_explain(t->source->path, t->reading, err));
    locl_fail(err, LOCL_E_DATA, "%s has no images named train/<class>/<file>", t->source->path);
    return locl_remedy(err,
                       "data.path should lead to a folder that holds train/ and test/ (or val/), each with a "
                       "folder of images per class, or to a tar archive of it");
}

/* Finds where the tree begins, by the first image. An error when another image says otherwise. */
static locl_status find_prefix(tree *t, locl_error *err)
{
    const char *start;
    for (size_t i = 0; i < t->source->count; i++) {
        const char *name = t->source->members[i].name;
        if (locl_tree_part_of_image(name, &start) == PART_COUNT) {
            continue;
        }
        size_t prefix = (size_t)(start - name);
        if (!t->root) {
            t->root = name;
            t->prefix = prefix;
        } else if (prefix != t->prefix || memcmp(t->root, name, prefix)) {
            return locl_fail(err, LOCL_E_DATA, "%s holds two trees of images: %s and %s", t->source->path,
                             t->root, name);
        }
    }
    return t->root ? LOCL_OK : fail_empty(t, err);
}

/* Takes a name apart. False unless it is a class folder or something in it. */
static bool locate(const tree *t, const char *name, place *out)
{
    if (strncmp(name, t->root, t->prefix)) {
        return false;
    }
    const char *at = name + t->prefix;
    size_t length = strcspn(at, "/");
    out->part = locl_tree_part(at, length);
    if (out->part == PART_COUNT || !at[length]) {
        return false;
    }
    out->name = at + length + 1;
    out->length = strcspn(out->name, "/");
    if (!out->name[out->length] || !out->length) {
        return false; /* a file beside the class folders */
    }
    const char *file = out->name + out->length + 1;
    out->deep = strchr(file, '/');
    out->file = *file && !out->deep ? file : NULL;
    return true;
}

typedef locl_status (*visitor)(tree *t, locl_member *member, const place *at, locl_error *err);

static locl_status visit(tree *t, visitor act, locl_error *err)
{
    for (size_t i = 0; i < t->source->count; i++) {
        place at;
        if (locate(t, t->source->members[i].name, &at)) {
            LOCL_TRY(act(t, &t->source->members[i], &at, err));
        }
    }
    return LOCL_OK;
}

/* Makes a problem of files and folders inside of class folders, whose images would be lost silently. A folder
 * that is not empty is reported by its content. */
static locl_status check_depth(tree *t, locl_member *member, const place *at, locl_error *err)
{
    const locl_member *next = member + 1;
    size_t length = strlen(member->name);
    bool last = next == t->source->members + t->source->count || strncmp(next->name, member->name, length);
    locl_error found;
    if (!at->deep || member->bad || (member->name[length - 1] == '/' && !last)) {
        return LOCL_OK;
    }
    locl_fail(&found, LOCL_E_DATA, "%s: %s lies deeper than train/<class>/<file>", t->source->path,
              member->name);
    locl_remedy(&found, "put images right into the folder of their class");
    return locl_data_problems_take(&t->reading->problems, member->name, LOCL_E_DATA, &found, err);
}

static locl_status count_image(tree *t, locl_member *member, const place *at, locl_error *err)
{
    (void)member;
    (void)err;
    t->counts[at->part] += at->file != NULL;
    return LOCL_OK;
}

static bool is_read(const tree *t, part p)
{
    return p == PART_TRAIN || p == t->test;
}

/* Collects the class of a member. Members of a class follow each other, so each part adds a class once. */
static locl_status collect_class(tree *t, locl_member *member, const place *at, locl_error *err)
{
    (void)member;
    const char *last = t->class_count ? t->classes[t->class_count - 1] : "";
    if (!is_read(t, at->part) || (strlen(last) == at->length && !memcmp(last, at->name, at->length))) {
        return LOCL_OK;
    }
    char **classes = realloc(t->classes, (t->class_count + 1) * sizeof *classes);
    if (classes) {
        t->classes = classes;
        classes[t->class_count] = strndup(at->name, at->length);
    }
    if (!classes || !classes[t->class_count]) {
        return locl_fail_memory(err, at->length + 1);
    }
    t->class_count++;
    return LOCL_OK;
}

static void sort_classes(tree *t)
{
    size_t kept = 0;
    qsort(t->classes, t->class_count, sizeof *t->classes, locl_text_compare);
    for (size_t i = 0; i < t->class_count; i++) {
        if (kept && strcmp(t->classes[kept - 1], t->classes[i]) == 0) {
            free(t->classes[i]);
        } else {
            t->classes[kept++] = t->classes[i];
        }
    }
    t->class_count = kept;
}

static locl_status add_sample(tree *t, locl_member *member, const place *at, locl_error *err)
{
    if (!is_read(t, at->part)) {
        return LOCL_OK;
    }
    char *name = strndup(at->name, at->length);
    if (!name) {
        return locl_fail_memory(err, at->length + 1);
    }
    char **found = bsearch(&name, t->classes, t->class_count, sizeof *t->classes, locl_text_compare);
    size_t label = (size_t)(found - t->classes);
    free(name);
    if (at->part == PART_TRAIN && (at->file || at->deep || member->bad)) {
        t->stocked[label] = true;
    }
    if (at->file) {
        t->samples[at->part][t->counts[at->part]++] = (sample){member, label};
    }
    return LOCL_OK;
}

static locl_status check_classes(const tree *t, locl_error *err)
{
    unsigned wanted = t->reading->options->classes;
    if (wanted && t->class_count > wanted) {
        return locl_fail(err, LOCL_E_CONFIG, "%s has %zu class folders, model.classes is %u", t->source->path,
                         t->class_count, wanted);
    }
    if (t->class_count > LOCL_DATA_MAX_CLASSES) {
        return locl_fail(err, LOCL_E_DATA, "%s has %zu class folders, should be at most %d", t->source->path,
                         t->class_count, LOCL_DATA_MAX_CLASSES);
    }
    LOCL_TRY(locl_tree_check_names(t, err));
    for (size_t i = 0; t->counts[PART_TRAIN] && i < t->class_count; i++) {
        char at[LOCL_DATA_PATH];
        locl_error found;
        if (t->stocked[i]) {
            continue;
        }
        snprintf(at, sizeof at, "%.*strain/%s", (int)t->prefix, t->root, t->classes[i]);
        locl_fail(&found, LOCL_E_DATA, "%s: the class %s has no images in train/", t->source->path,
                  t->classes[i]);
        locl_remedy(&found, "add images to train/%s, or take that folder out of the other parts, too",
                    t->classes[i]);
        LOCL_TRY(locl_data_problems_take(&t->reading->problems, at, LOCL_E_DATA, &found, err));
    }
    return LOCL_OK;
}

/* Whether a part is missing for a reason that has been reported. */
static bool is_told(const tree *t, part p)
{
    for (size_t i = 0; i < t->source->count; i++) {
        const locl_member *member = &t->source->members[i];
        if (!member->bad || strncmp(member->name, t->root, t->prefix)) {
            continue;
        }
        const char *at = member->name + t->prefix;
        size_t length = strcspn(at, "/");
        if (!strcmp(at + length, "/") && locl_tree_part(at, length) == p) {
            return true;
        }
    }
    return false;
}

/* Checks that the wanted splits have images. One without is an error, unless a problem explains it; then it
 * is not read further. */
static locl_status check_parts(const tree *t, locl_error *err)
{
    bool *wanted = t->reading->wanted;
    if (wanted[LOCL_SPLIT_TEST] && !t->counts[t->test]) {
        if (!is_told(t, PART_TEST) && !is_told(t, PART_VAL)) {
            return locl_fail(err, LOCL_E_DATA, "%s has no images test/<class>/<file> or val/<class>/<file>",
                             t->source->path);
        }
        wanted[LOCL_SPLIT_TEST] = false;
    }
    bool needed = wanted[LOCL_SPLIT_TRAIN] || !locl_tree_is_sized(t->reading);
    if (needed && !t->counts[PART_TRAIN]) {
        if (!is_told(t, PART_TRAIN)) {
            return locl_fail(err, LOCL_E_DATA, "%s has no images train/<class>/<file>", t->source->path);
        }
        wanted[LOCL_SPLIT_TRAIN] = false;
    }
    return check_classes(t, err);
}

static locl_status list_samples(tree *t, locl_error *err)
{
    LOCL_TRY(find_prefix(t, err));
    LOCL_TRY(visit(t, check_depth, err));
    LOCL_TRY(visit(t, count_image, err));
    t->test = t->counts[PART_TEST] ? PART_TEST : PART_VAL;
    LOCL_TRY(visit(t, collect_class, err));
    sort_classes(t);
    t->stocked = calloc(t->class_count + 1, sizeof *t->stocked);
    if (!t->stocked) {
        return locl_fail_memory(err, t->class_count);
    }
    for (int p = 0; p < PART_COUNT; p++) {
        t->samples[p] = calloc(t->counts[p] + 1, sizeof *t->samples[p]);
        if (!t->samples[p]) {
            return locl_fail_memory(err, t->counts[p] * sizeof *t->samples[p]);
        }
    }
    memset(t->counts, 0, sizeof t->counts);
    LOCL_TRY(visit(t, add_sample, err));
    return check_parts(t, err);
}

locl_status locl_tree_read_source(locl_reading *reading, locl_source *source, locl_tree_images images,
                                  locl_error *err)
{
    tree t = {.reading = reading, .source = source, .images = images};
    locl_status status;
    LOCL_TRY_GOTO(status, list_samples(&t, err));
    status = locl_tree_decode(&t, err);
fail:
    for (size_t i = 0; i < t.class_count; i++) {
        free(t.classes[i]);
    }
    free(t.classes);
    free(t.stocked);
    for (int p = 0; p < PART_COUNT; p++) {
        free(t.samples[p]);
    }
    return status;
}

/* Lists what is there, and loads what is to be in memory. A plain archive is read through once for all starts. */
static locl_status open_source(locl_reading *reading, locl_tree_images images, locl_source *source,
                               locl_error *err)
{
    const bool stays = images == LOCL_TREE_IN_FILES;
    const locl_member_filter filter = stays ? locl_tree_filter_names : locl_tree_filter;
    const locl_source_request request = {reading->path,   reading->options, filter,
                                         locl_tree_judge, reading,          &reading->problems};
    if (stays && locl_source_cache_read(reading->path, source)) {
        return LOCL_OK;
    }
    LOCL_TRY(locl_source_open(&request, source, err));
    if (stays && !reading->problems.total) {
        locl_source_cache_write(source);
    }
    return LOCL_OK;
}

static locl_status read_images(locl_reading *reading, locl_tree_images images, locl_error *err)
{
    locl_source source;
    LOCL_TRY(open_source(reading, images, &source, err));
    locl_status status = locl_tree_read_source(reading, &source, images, err);
    locl_source_close(&source);
    return status;
}

/* Whether images have to stay in their files, which those of a compressed archive cannot: where they are wanted in
 * their own size, or come in an archive that is larger than memory. */
static bool stays_in_files(const locl_reading *reading, bool packed)
{
    struct stat info;
    uint64_t memory = locl_data_memory(reading->options);
    memory = memory ? memory : locl_memory_available().bytes;
    bool large = stat(reading->path, &info) == 0 && S_ISREG(info.st_mode) && (uint64_t)info.st_size > memory;
    return !packed && (reading->options->own_size || large);
}

static locl_status advise_unpacking(const locl_reading *reading, const char *kind, locl_error *err)
{
    char before[sizeof err->remedy];
    snprintf(before, sizeof before, "%s", err->remedy);
    return locl_remedy(
        err, "%s; or unpack %s (%s): images of a plain archive or a folder are read when they are needed",
        before, reading->path, kind);
}

/* Forgets what was read, to read it in another way. */
static void begin_again(locl_reading *reading, const bool wanted[LOCL_SPLIT_COUNT])
{
    locl_data_problems_clear(&reading->problems);
    reading->excess = (locl_label_excess){.count = 0};
    for (int split = 0; split < LOCL_SPLIT_COUNT; split++) {
        locl_dataset_close(reading->sets[split]);
        reading->sets[split] = NULL;
        reading->wanted[split] = wanted[split];
    }
}

locl_status locl_tree_read(locl_reading *reading, locl_error *err)
{
    const bool wanted[LOCL_SPLIT_COUNT] = {reading->wanted[0], reading->wanted[1]};
    const char *kind;
    bool packed = locl_tar_is_packed(reading->path, &kind);
    if (!stays_in_files(reading, packed)) {
        locl_status status = read_images(reading, LOCL_TREE_IN_MEMORY, err);
        if (status != LOCL_E_MEMORY) {
            return status;
        }
        if (packed) {
            return advise_unpacking(reading, kind, err);
        }
        begin_again(reading, wanted);
    }
    return read_images(reading, LOCL_TREE_IN_FILES, err);
}
