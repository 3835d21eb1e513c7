#include "data/readers.h"

#include "data/image.h"
#include "data/parallel.h"
#include "data/shard_names.h"
#include "data/stream.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Facts of each kind of data. Mean and deviation of SPEC 1 hold for the original number of channels only.
 * Without them those of the training set are used. */
static const struct {
    locl_status (*read)(locl_reading *reading, locl_error *err);
    size_t channels; /* 0: as in the files, and no constants */
    double mean[LOCL_DATA_CHANNELS], std[LOCL_DATA_CHANNELS];
    const char *remedy;
} kinds[LOCL_DATA_NAME_COUNT] = {
    [LOCL_DATA_MNIST] =
        {locl_idx_read,
         1,
         {.1307},
         {.3081},
         "put train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz, t10k-images-idx3-ubyte.gz "
         "and t10k-labels-idx1-ubyte.gz into data/mnist, or set data.path to their folder"},
    [LOCL_DATA_FASHION_MNIST] =
        {locl_idx_read,
         0,
         {0},
         {0},
         "apt-get install dataset-fashion-mnist, or set data.path to the folder of the "
         "four IDX files"},
    [LOCL_DATA_CIFAR10] = {locl_cifar10_read,
                           3,
                           {.4914, .4822, .4465},
                           {.2023, .1994, .2010},
                           "set data.path to cifar-10-binary.tar.gz, to the folder of its batches, or to a "
                           "folder or tar archive of images train/<class>/x and test/<class>/x"},
    [LOCL_DATA_FOLDER] = {locl_tree_read,
                          0,
                          {0},
                          {0},
                          "set data.path to a folder or tar archive of images train/<class>/x and "
                          "test/<class>/x or val/<class>/x"},
    [LOCL_DATA_SHARDS] =
        {locl_shards_read,
         0,
         {0},
         {0},
         "set data.path to a folder of shards (tar archives of key.jpg or key.png and key.cls), to a "
         "range such as train-{000..146}.tar, or to a list of these"},
};

static locl_status locate(const locl_data_options *options, const char **path, locl_error *err)
{
    if (options->path[0]) {
        *path = options->path;
        if (options->name == LOCL_DATA_SHARDS ||
            locl_file_exists(options->path)) { /* several may not all be there */
            return LOCL_OK;
        }
        char here[LOCL_DATA_PATH];
        if (options->path[0] != '/' && getcwd(here, sizeof here)) {
            locl_fail(err, LOCL_E_DATA, "data.path leads to nothing: %s (%s/%s)", options->path, here,
                      options->path);
        } else {
            locl_fail(err, LOCL_E_DATA, "data.path leads to nothing: %s", options->path);
        }
    } else {
        locl_text looked = {0};
        for (const char *const *place = locl_data_places(options->name); *place; place++) {
            if (locl_file_exists(*place)) {
                *path = *place;
                locl_text_free(&looked);
                return LOCL_OK;
            }
            locl_text_add(&looked, "%s%s", looked.length ? ", " : "", *place);
        }
        locl_fail(err, LOCL_E_DATA, "no data: data.path is not given, and %s%s",
                  looked.data ? "not there: " : "",
                  looked.data ? looked.data : "data.name folder has no usual place");
        locl_text_free(&looked);
    }
    locl_remedy(err, "%s", kinds[options->name].remedy);
    return LOCL_E_DATA;
}

static locl_status check_options(const locl_data_options *options, locl_error *err)
{
    locl_error unwanted;
    locl_option_sink sink = locl_option_sink_of(err ? err : &unwanted);
    locl_data_options_check(options, &sink);
    return locl_option_sink_status(&sink);
}

static bool has_constants(const locl_data_options *options)
{
    size_t own = kinds[options->name].channels;
    return own && (!options->image[2] || options->image[2] == own);
}

static locl_status normalise(const locl_reading *reading, locl_error *err)
{
    const locl_data_options *options = reading->options;
    const locl_dataset *train = reading->sets[LOCL_SPLIT_TRAIN];
    const locl_dataset *any = train ? train : reading->sets[LOCL_SPLIT_TEST];
    double mean[LOCL_DATA_CHANNELS], std[LOCL_DATA_CHANNELS];
    if (options->mean_count) {
        if (options->mean_count != any->c) {
            return locl_fail(err, LOCL_E_CONFIG,
                             "data.mean and data.std have %u values, the images %zu channels",
                             options->mean_count, any->c);
        }
        memcpy(mean, options->mean, sizeof mean);
        memcpy(std, options->std, sizeof std);
    } else if (has_constants(options)) {
        memcpy(mean, kinds[options->name].mean, sizeof mean);
        memcpy(std, kinds[options->name].std, sizeof std);
    } else {
        LOCL_TRY(locl_stats_compute(options, train, mean, std, err));
    }
    for (int split = 0; split < LOCL_SPLIT_COUNT; split++) {
        if (reading->sets[split]) {
            memcpy(reading->sets[split]->mean, mean, any->c * sizeof *mean);
            memcpy(reading->sets[split]->std, std, any->c * sizeof *std);
        }
    }
    return LOCL_OK;
}

/* Makes one problem of all labels that are no class. */
static locl_status check_labels(locl_reading *reading, locl_error *err)
{
    const locl_label_excess *excess = &reading->excess;
    const locl_dataset *train = reading->sets[LOCL_SPLIT_TRAIN];
    const locl_dataset *any = train ? train : reading->sets[LOCL_SPLIT_TEST];
    char others[64] = "";
    locl_error found;
    if (!excess->count) {
        return LOCL_OK;
    }
    if (excess->count > 1) {
        snprintf(others, sizeof others, ", as %zu labels are not; this is the largest", excess->count);
    }
    locl_fail(&found, LOCL_E_DATA, "%s image %zu has the label %d, labels should be 0 to %zu%s", excess->what,
              excess->index, (int)excess->largest, any->classes - 1, others);
    locl_remedy(&found, "check the file, or set model.classes to %d or more", (int)excess->largest + 1);
    return locl_data_problems_take(&reading->problems, excess->what, LOCL_E_DATA, &found, err);
}

/* Reads the wanted splits and reports all that is wrong with them. */
static locl_status read_files(locl_reading *reading, locl_error *err)
{
    locl_status status = kinds[reading->options->name].read(reading, err);
    if (status == LOCL_OK) {
        status = check_labels(reading, err);
    }
    const char *root = strchr(reading->path, LOCL_DATA_PATHS_SEPARATOR) ? "data.path" : reading->path;
    return locl_data_problems_end(&reading->problems, root, status, err);
}

/* Lets the sets that stay in their files keep what there is memory for, each its share. */
static locl_status share_memory(const locl_reading *reading, locl_error *err)
{
    uint64_t memory = locl_data_memory(reading->options), images = 0;
    unsigned threads = (unsigned)locl_parallel_threads(reading->options->threads);
    for (int split = 0; split < LOCL_SPLIT_COUNT; split++) {
        images += reading->sets[split] ? reading->sets[split]->n : 0;
    }
    memory =
        memory ? memory : locl_memory_available().bytes / 2; /* the other half is for the files themselves */
    for (int split = 0; split < LOCL_SPLIT_COUNT; split++) {
        locl_dataset *set = reading->sets[split];
        if (set && set->stream) {
            double share = (double)memory * (double)set->n / (double)images;
            LOCL_TRY(locl_stream_set_memory(set, (uint64_t)share, threads, err));
        }
    }
    return LOCL_OK;
}

/* Reads the wanted splits. Reads the training images, too, where mean and deviation or the test split come
 * from them. */
static locl_status read_all(locl_reading *reading, locl_error *err)
{
    const locl_data_options *options = reading->options;
    LOCL_TRY(check_options(options, err));
    LOCL_TRY(locate(options, &reading->path, err));
    if (!options->mean_count && !has_constants(options)) {
        reading->wanted[LOCL_SPLIT_TRAIN] = true;
    }
    if (options->holdout) {
        reading->wanted[LOCL_SPLIT_TRAIN] = true;
        reading->wanted[LOCL_SPLIT_TEST] = false;
    }
    LOCL_TRY(read_files(reading, err));
    if (options->holdout) {
        LOCL_TRY(locl_dataset_hold_out(options, reading->sets[LOCL_SPLIT_TRAIN],
                                       &reading->sets[LOCL_SPLIT_TEST], err));
    }
    LOCL_TRY(share_memory(reading, err));
    return normalise(reading, err);
}

bool locl_dataset_peek(const locl_data_options *options, locl_data_shape *out)
{
    locl_reading reading = {.options = options};
    bool idx = options->name == LOCL_DATA_MNIST || options->name == LOCL_DATA_FASHION_MNIST;
    bool sized = options->image[0] && options->image[1] && options->image[2];
    locl_error unwanted;
    *out = (locl_data_shape){.classes = options->classes};
    memcpy(out->image, options->image, sizeof out->image);
    if (check_options(options, &unwanted) != LOCL_OK ||
        locate(options, &reading.path, &unwanted) != LOCL_OK) {
        return false;
    }
    if (sized && options->classes) {
        return true;
    }
    locl_data_shape own;
    if (!idx || !locl_idx_peek(&reading, own.image, &own.classes)) {
        return false;
    }
    for (int i = 0; i < 3; i++) {
        out->image[i] = out->image[i] ? out->image[i] : own.image[i];
    }
    out->classes = out->classes ? out->classes : own.classes;
    return true;
}

static void close_all(locl_reading *reading)
{
    for (int split = 0; split < LOCL_SPLIT_COUNT; split++) {
        locl_dataset_close(reading->sets[split]);
    }
}

locl_status locl_dataset_open(const locl_data_options *options, locl_split split, locl_dataset **out,
                              locl_error *err)
{
    locl_reading reading = {.options = options};
    locl_error unwanted;
    err = err ? err : &unwanted;
    *out = NULL;
    reading.wanted[split] = true;
    locl_status status = read_all(&reading, err);
    if (status == LOCL_OK) {
        *out = reading.sets[split];
        reading.sets[split] = NULL;
    }
    close_all(&reading);
    return status;
}

locl_status locl_dataset_open_both(const locl_data_options *options, locl_dataset **train,
                                   locl_dataset **test, locl_error *err)
{
    locl_reading reading = {.options = options, .wanted = {true, true}};
    locl_error unwanted;
    err = err ? err : &unwanted;
    *train = *test = NULL;
    locl_status status = read_all(&reading, err);
    if (status != LOCL_OK) {
        close_all(&reading);
        return status;
    }
    *train = reading.sets[LOCL_SPLIT_TRAIN];
    *test = reading.sets[LOCL_SPLIT_TEST];
    return LOCL_OK;
}

void locl_dataset_close(locl_dataset *dataset)
{
    if (!dataset) {
        return;
    }
    for (size_t i = 0; i < dataset->named; i++) {
        free(dataset->class_names[i]);
    }
    free(dataset->class_names);
    free(dataset->labels);
    locl_stream_close(dataset->stream);
    free(dataset->pixels);
    free(dataset);
}

locl_status locl_dataset_new(const locl_data_options *options, size_t n, size_t h, size_t w, size_t c,
                             locl_dataset **out, locl_error *err)
{
    char what[96];
    *out = NULL;
    if (n > UINT32_MAX) {
        return locl_fail(err, LOCL_E_DATA, "%zu images: at most %u are possible", n, UINT32_MAX);
    }
    /* n < 2^32, sides <= 2^14, c <= 3: below 2^62 */
    uint64_t bytes = (uint64_t)n * h * w * c + (uint64_t)n * sizeof(int32_t);
    snprintf(what, sizeof what, "%zu images of %zux%zux%zu", n, h, w, c);
    LOCL_TRY(locl_data_check_memory(options, bytes, what, err));
    locl_dataset *dataset = calloc(1, sizeof *dataset);
    if (!dataset) {
        return locl_fail_memory(err, sizeof *dataset);
    }
    *dataset = (locl_dataset){.n = n, .h = h, .w = w, .c = c};
    dataset->pixels = malloc(n * h * w * c);
    dataset->labels = calloc(n, sizeof *dataset->labels);
    if (!dataset->pixels || !dataset->labels) {
        locl_dataset_close(dataset);
        return locl_fail_memory(err, bytes);
    }
    *out = dataset;
    return LOCL_OK;
}

locl_status locl_dataset_new_stream(struct locl_stream_files *files, size_t n, const size_t image[3],
                                    locl_dataset **out, locl_error *err)
{
    locl_dataset *dataset = *out = calloc(1, sizeof *dataset);
    if (!dataset) {
        return locl_fail_memory(err, sizeof *dataset);
    }
    *dataset = (locl_dataset){.n = n, .h = image[0], .w = image[1], .c = image[2]};
    dataset->labels = calloc(n + 1, sizeof *dataset->labels);
    if (!dataset->labels) {
        return locl_fail_memory(err, n * sizeof *dataset->labels);
    }
    return locl_stream_new(files, n, &dataset->stream, err);
}

locl_status locl_dataset_name_classes(locl_dataset *dataset, const char *const *names, size_t count,
                                      locl_error *err)
{
    count = count < dataset->classes ? count : dataset->classes;
    dataset->class_names = calloc(count, sizeof *dataset->class_names);
    if (!dataset->class_names) {
        return locl_fail_memory(err, count * sizeof *dataset->class_names);
    }
    for (size_t i = 0; i < count; i++) {
        dataset->class_names[i] = strdup(names[i]);
        if (!dataset->class_names[i]) {
            return locl_fail_memory(err, strlen(names[i]) + 1);
        }
        dataset->named = i + 1;
    }
    return LOCL_OK;
}

void locl_dataset_set_classes(locl_dataset *dataset, locl_reading *reading, size_t own, const char *what)
{
    locl_label_excess *excess = &reading->excess;
    dataset->classes = reading->options->classes ? reading->options->classes : own;
    for (size_t i = 0; i < dataset->n; i++) {
        if ((size_t)dataset->labels[i] < dataset->classes) {
            continue;
        }
        if (!excess->count++ || dataset->labels[i] > excess->largest) {
            excess->largest = dataset->labels[i];
            excess->index = i;
            snprintf(excess->what, sizeof excess->what, "%s", what);
        }
    }
}

typedef struct fitting {
    const locl_dataset *from;
    locl_dataset *to;
} fitting;

static locl_status fit_one(void *user, size_t index, locl_error *err)
{
    const fitting *job = user;
    const locl_dataset *from = job->from, *to = job->to;
    size_t bytes = from->h * from->w * from->c;
    locl_image image = {from->pixels + index * bytes, from->h, from->w, from->c};
    return locl_image_fit(&image, to->h, to->w, to->c, to->pixels + index * to->h * to->w * to->c, err);
}

locl_status locl_dataset_fit(const locl_data_options *options, locl_dataset **dataset, locl_error *err)
{
    locl_dataset *from = *dataset, *to;
    const unsigned *image = options->image;
    size_t h = image[0] ? image[0] : from->h, w = image[1] ? image[1] : from->w;
    size_t c = image[2] ? image[2] : from->c;
    if (h == from->h && w == from->w && c == from->c) {
        return LOCL_OK;
    }
    LOCL_TRY(locl_dataset_new(options, from->n, h, w, c, &to, err));
    fitting job = {from, to};
    locl_parallel work = {.body = fit_one,
                          .user = &job,
                          .count = from->n,
                          .threads = options->threads,
                          .stage = "resizing",
                          .options = options};
    locl_status status = locl_parallel_run(&work, err);
    if (status != LOCL_OK) {
        locl_dataset_close(to);
        return status;
    }
    uint8_t *pixels = from->pixels;
    from->pixels = to->pixels;
    to->pixels = pixels;
    from->h = h;
    from->w = w;
    from->c = c;
    locl_dataset_close(to);
    return LOCL_OK;
}
