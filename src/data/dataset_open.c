/* Opens a data set: finds its files, has them read, and sees to what all kinds have in common. */
#include "data/readers.h"

#include "data/parallel.h"
#include "data/shard_names.h"
#include "data/stream.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
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
        struct stat info;
        *path = options->path;
        if (stat(options->path, &info) == 0 && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode)) {
            locl_fail(err, LOCL_E_DATA, "data.path leads to %s, which is neither a file nor a folder",
                      options->path);
            return locl_remedy(err, "%s", kinds[options->name].remedy);
        }
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
