/* Trees of images: <any>/train/<class>/<file> and <any>/test/<class>/<file> or <any>/val/<class>/<file>, one
 * <any> for all. Classes are the names of the class folders, sorted. */
#include "data/tree.h"

#include "data/image.h"
#include "data/parallel.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

typedef enum part { PART_TRAIN, PART_TEST, PART_VAL, PART_COUNT } part;
static const char *const part_names[PART_COUNT] = {"train", "test", "val"};

/* A member's name taken apart; pointers into it. */
typedef struct place {
    part part;
    const char *name; /* of the class */
    size_t length;
    const char *file; /* NULL: the class folder itself */
} place;

typedef struct sample {
    locl_member *member;
    size_t label;
} sample;

typedef struct tree {
    locl_reading *reading;
    locl_source *source;
    const char *root; /* a member's name; <any>/ is its first `prefix` bytes */
    size_t prefix;
    char **classes; /* [class_count], sorted */
    size_t class_count;
    part test;                   /* PART_VAL where there is no test/; with both, val/ is not read */
    sample *samples[PART_COUNT]; /* [counts], in the order of names */
    size_t counts[PART_COUNT];
} tree;

static part part_of(const char *text, size_t length)
{
    part p = PART_TRAIN;
    while (p < PART_COUNT && (strlen(part_names[p]) != length || memcmp(part_names[p], text, length))) {
        p++;
    }
    return p;
}

/* Start of the component before the one that starts at `at`; NULL if there is none. */
static const char *component_before(const char *name, const char *at)
{
    if (at == name) {
        return NULL;
    }
    for (at--; at > name && at[-1] != '/'; at--) {
    }
    return at;
}

/* The part of a file whose last three components are part/class/file; *start is where the part begins. */
static part part_of_image(const char *name, const char **start)
{
    const char *file = strrchr(name, '/');
    if (!file || !file[1]) {
        return PART_COUNT;
    }
    const char *folder = component_before(name, file + 1);
    *start = folder ? component_before(name, folder) : NULL;
    return *start ? part_of(*start, (size_t)(folder - 1 - *start)) : PART_COUNT;
}

static bool has_part(const char *name)
{
    for (const char *at = name; *at;) {
        size_t length = strcspn(at, "/");
        if (at[length] && part_of(at, length) < PART_COUNT) {
            return true;
        }
        at += length + (at[length] == '/');
    }
    return false;
}

/* Sizes left open are those of training images, so then these are needed, too. */
static bool is_sized(const locl_reading *reading)
{
    const unsigned *image = reading->options->image;
    bool colour = image[2] || reading->options->name == LOCL_DATA_CIFAR10;
    return image[0] && image[1] && colour;
}

locl_member_use locl_tree_filter(void *user, const char *name)
{
    const locl_reading *reading = user;
    const char *start;
    part p = part_of_image(name, &start);
    if (p == PART_COUNT) {
        return has_part(name) ? LOCL_MEMBER_LIST : LOCL_MEMBER_SKIP;
    }
    bool wanted = p == PART_TRAIN ? reading->wanted[LOCL_SPLIT_TRAIN] || !is_sized(reading)
                                  : reading->wanted[LOCL_SPLIT_TEST];
    return wanted ? LOCL_MEMBER_LOAD : LOCL_MEMBER_LIST;
}

/* The first image says where the tree begins. */
static locl_status find_prefix(tree *t, locl_error *err)
{
    const char *start;
    for (size_t i = 0; i < t->source->count; i++) {
        const char *name = t->source->members[i].name;
        if (part_of_image(name, &start) == PART_COUNT) {
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
    if (!t->root) {
        locl_fail(err, LOCL_E_DATA, "%s has no images named train/<class>/<file>", t->source->path);
        locl_remedy(err,
                    "data.path should lead to a folder that holds train/ and test/ (or val/), each with a "
                    "folder of images per class, or to a tar archive of it");
        return LOCL_E_DATA;
    }
    return LOCL_OK;
}

/* *inside: a class folder or a file in it. LOCL_E_DATA: nested deeper, where images would be lost silently.
 */
static locl_status locate(const tree *t, const char *name, place *out, bool *inside, locl_error *err)
{
    *inside = false;
    if (strncmp(name, t->root, t->prefix)) {
        return LOCL_OK;
    }
    const char *at = name + t->prefix;
    size_t length = strcspn(at, "/");
    out->part = part_of(at, length);
    if (out->part == PART_COUNT || !at[length]) {
        return LOCL_OK;
    }
    out->name = at + length + 1;
    out->length = strcspn(out->name, "/");
    if (!out->name[out->length] || !out->length) {
        return LOCL_OK; /* a file beside the class folders */
    }
    const char *file = out->name + out->length + 1;
    if (strchr(file, '/')) {
        locl_fail(err, LOCL_E_DATA, "%s: %s lies deeper than train/<class>/<file>", t->source->path, name);
        locl_remedy(err, "put images right into the folder of their class");
        return LOCL_E_DATA;
    }
    out->file = *file ? file : NULL;
    *inside = true;
    return LOCL_OK;
}

typedef locl_status (*visitor)(tree *t, locl_member *member, const place *at, locl_error *err);

static locl_status visit(tree *t, visitor act, locl_error *err)
{
    for (size_t i = 0; i < t->source->count; i++) {
        place at;
        bool inside;
        LOCL_TRY(locate(t, t->source->members[i].name, &at, &inside, err));
        if (inside) {
            LOCL_TRY(act(t, &t->source->members[i], &at, err));
        }
    }
    return LOCL_OK;
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

/* Members of a class follow each other, so that each part names a class once. */
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

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void sort_classes(tree *t)
{
    size_t kept = 0;
    qsort(t->classes, t->class_count, sizeof *t->classes, compare_texts);
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
    if (!at->file || !is_read(t, at->part)) {
        return LOCL_OK;
    }
    char *name = strndup(at->name, at->length);
    if (!name) {
        return locl_fail_memory(err, at->length + 1);
    }
    char **found = bsearch(&name, t->classes, t->class_count, sizeof *t->classes, compare_texts);
    t->samples[at->part][t->counts[at->part]++] = (sample){member, (size_t)(found - t->classes)};
    free(name);
    return LOCL_OK;
}

static locl_status check_classes(const tree *t, locl_error *err)
{
    unsigned wanted = t->reading->options->classes;
    size_t n = t->counts[PART_TRAIN];
    if (wanted && t->class_count > wanted) {
        return locl_fail(err, LOCL_E_CONFIG, "%s has %zu class folders, model.classes is %u", t->source->path,
                         t->class_count, wanted);
    }
    bool *seen = calloc(t->class_count, sizeof *seen);
    if (!seen) {
        return locl_fail_memory(err, t->class_count);
    }
    for (size_t i = 0; i < n; i++) {
        seen[t->samples[PART_TRAIN][i].label] = true;
    }
    size_t label = 0;
    while (label < t->class_count && (seen[label] || !n)) {
        label++;
    }
    free(seen);
    if (label == t->class_count) {
        return LOCL_OK;
    }
    locl_fail(err, LOCL_E_DATA, "%s: the class %s has no images in train/", t->source->path,
              t->classes[label]);
    locl_remedy(err, "add images to train/%s, or take that folder out of the other parts, too",
                t->classes[label]);
    return LOCL_E_DATA;
}

static locl_status list_samples(tree *t, locl_error *err)
{
    LOCL_TRY(find_prefix(t, err));
    LOCL_TRY(visit(t, count_image, err));
    t->test = t->counts[PART_TEST] ? PART_TEST : PART_VAL;
    LOCL_TRY(visit(t, collect_class, err));
    sort_classes(t);
    for (int p = 0; p < PART_COUNT; p++) {
        t->samples[p] = calloc(t->counts[p] + 1, sizeof *t->samples[p]);
        if (!t->samples[p]) {
            return locl_fail_memory(err, t->counts[p] * sizeof *t->samples[p]);
        }
    }
    memset(t->counts, 0, sizeof t->counts);
    LOCL_TRY(visit(t, add_sample, err));
    if (t->reading->wanted[LOCL_SPLIT_TEST] && !t->counts[t->test]) {
        return locl_fail(err, LOCL_E_DATA, "%s has no images test/<class>/<file> or val/<class>/<file>",
                         t->source->path);
    }
    bool needed = t->reading->wanted[LOCL_SPLIT_TRAIN] || !is_sized(t->reading);
    if (needed && !t->counts[PART_TRAIN]) {
        return locl_fail(err, LOCL_E_DATA, "%s has no images train/<class>/<file>", t->source->path);
    }
    return check_classes(t, err);
}

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
    locl_status status = locl_source_load(t->source, member, err);
    if (status == LOCL_OK) {
        status = locl_image_measure(member->bytes, member->size, image, err);
    }
    if (t->source->folder) {
        locl_source_drop(member);
    }
    return status == LOCL_OK ? LOCL_OK : fail_at(t, member, status, err);
}

static locl_status measure_one(void *user, size_t index, locl_error *err)
{
    measuring *job = user;
    locl_image image;
    LOCL_TRY(measure(job->tree, job->tree->samples[PART_TRAIN][index].member, &image, err));
    if (image.c == 3) {
        job->colour = true;
    }
    return LOCL_OK;
}

/* Height and width of the first training image; colour if one training image has it. */
static locl_status choose_size(const tree *t, size_t size[3], locl_error *err)
{
    const locl_data_options *options = t->reading->options;
    for (int i = 0; i < 3; i++) {
        size[i] = options->image[i];
    }
    if (!size[2] && options->name == LOCL_DATA_CIFAR10) {
        size[2] = 3;
    }
    if (is_sized(t->reading)) {
        return LOCL_OK;
    }
    locl_image first;
    LOCL_TRY(measure(t, t->samples[PART_TRAIN][0].member, &first, err));
    size[0] = size[0] ? size[0] : first.h;
    size[1] = size[1] ? size[1] : first.w;
    if (!size[2] && first.c == 1) {
        measuring job = {.tree = t, .colour = false};
        locl_parallel work = {measure_one,      &job,        t->counts[PART_TRAIN],
                              options->threads, "measuring", options};
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

static locl_status decode_split(const tree *t, locl_split split, const size_t size[3], locl_error *err)
{
    const locl_data_options *options = t->reading->options;
    part p = split == LOCL_SPLIT_TRAIN ? PART_TRAIN : t->test;
    locl_dataset **set = &t->reading->sets[split];
    LOCL_TRY(locl_dataset_new(options, t->counts[p], size[0], size[1], size[2], set, err));
    decoding job = {t, t->samples[p], *set};
    locl_parallel work = {decode_one, &job, t->counts[p], options->threads, "decoding", options};
    LOCL_TRY(locl_parallel_run(&work, err));
    LOCL_TRY(locl_dataset_set_classes(*set, options, t->class_count, t->source->path, err));
    return locl_dataset_name_classes(*set, (const char *const *)t->classes, t->class_count, err);
}

locl_status locl_tree_read_source(locl_reading *reading, locl_source *source, locl_error *err)
{
    tree t = {.reading = reading, .source = source};
    size_t size[3];
    locl_status status;
    LOCL_TRY_GOTO(status, list_samples(&t, err));
    LOCL_TRY_GOTO(status, choose_size(&t, size, err));
    for (int split = 0; split < LOCL_SPLIT_COUNT; split++) {
        if (reading->wanted[split]) {
            LOCL_TRY_GOTO(status, decode_split(&t, (locl_split)split, size, err));
        }
    }
fail:
    for (size_t i = 0; i < t.class_count; i++) {
        free(t.classes[i]);
    }
    free(t.classes);
    for (int p = 0; p < PART_COUNT; p++) {
        free(t.samples[p]);
    }
    return status;
}

locl_status locl_tree_read(locl_reading *reading, locl_error *err)
{
    locl_source source;
    LOCL_TRY(locl_source_open(reading->path, reading->options, locl_tree_filter, reading, &source, err));
    locl_status status = locl_tree_read_source(reading, &source, err);
    locl_source_close(&source);
    return status;
}
