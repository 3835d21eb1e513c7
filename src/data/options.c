#include "data/options.h"

#include "data/shard_names.h"

#include <math.h>
#include <string.h>

static const struct {
    const char *text;
    const char *places[5];
} names[LOCL_DATA_NAME_COUNT] = {
    [LOCL_DATA_MNIST] = {"mnist", {"data/mnist"}},
    [LOCL_DATA_FASHION_MNIST] = {"fashion-mnist",
                                 {"/usr/share/datasets/fashion-mnist", "data/fashion-mnist"}},
    [LOCL_DATA_CIFAR10] = {"cifar10",
                           {"data/cifar10", "data/cifar-10-batches-bin", "data/cifar-10-binary.tar.gz",
                            "data/cifar10-jpeg.tar.xz"}},
    [LOCL_DATA_FOLDER] = {"folder", {0}},
    [LOCL_DATA_SHARDS] = {"shards", {0}},
};

locl_data_options locl_data_options_default(void)
{
    return (locl_data_options){.name = LOCL_DATA_FASHION_MNIST, .batch = 128, .prefetch = 4};
}

uint64_t locl_data_memory(const locl_data_options *options)
{
    return options->memory_mib ? (uint64_t)options->memory_mib << 20 : options->memory;
}

const char *locl_data_text(locl_data_name name)
{
    return names[name].text;
}

const char *const *locl_data_places(locl_data_name name)
{
    return names[name].places;
}

static void check_image(const locl_data_options *options, locl_option_sink *sink)
{
    const unsigned *image = options->image;
    if (image[0] > LOCL_DATA_MAX_SIDE || image[1] > LOCL_DATA_MAX_SIDE ||
        (image[2] != 0 && image[2] != 1 && image[2] != LOCL_DATA_CHANNELS)) {
        locl_option_report(
            sink, "model.image",
            "is [%u, %u, %u]: images from files have up to %d by %d pixels and 1 channel (grey) or 3 "
            "(red, green, blue)",
            image[0], image[1], image[2], LOCL_DATA_MAX_SIDE, LOCL_DATA_MAX_SIDE);
    }
}

static void check_statistics(const locl_data_options *options, locl_option_sink *sink)
{
    unsigned means = options->mean_count, channels = options->image[2];
    if (means != options->std_count) {
        locl_option_report(sink, options->std_count ? "data.std" : "data.mean",
                           "found %u values in data.mean and %u in data.std, should be as many in both",
                           means, options->std_count);
        return;
    }
    if (means && channels && means != channels) {
        locl_option_report(sink, "data.mean",
                           "found %u values, should be %u, one for each channel of model.image", means,
                           channels);
    }
    for (unsigned i = 0; i < means && i < LOCL_DATA_CHANNELS; i++) {
        if (!isfinite(options->mean[i]) || !isfinite(options->std[i]) || !(options->std[i] > 0)) {
            locl_option_report(
                sink, "data.std",
                "channel %u has data.mean %g and data.std %g: they should be finite, and data.std above 0", i,
                options->mean[i], options->std[i]);
            return;
        }
    }
}

void locl_data_options_check(const locl_data_options *options, locl_option_sink *sink)
{
    static const char *const image[] = {"model.image", NULL}, *const statistics[] = {"data", "model.image",
                                                                                     NULL};
    if ((unsigned)options->name >= LOCL_DATA_NAME_COUNT) {
        locl_option_report(sink, "data.name", "%d is none of the known data", (int)options->name);
    }
    if (options->name == LOCL_DATA_SHARDS) {
        locl_shard_names_check(options->path, sink);
    } else if (strchr(options->path, LOCL_DATA_PATHS_SEPARATOR)) {
        locl_option_report(sink, "data.path",
                           "found a list, should be one path; lists are for data.name shards");
    }
    if (!locl_option_wrong(sink, image)) {
        check_image(options, sink);
    }
    if (!locl_option_wrong(sink, statistics)) {
        check_statistics(options, sink);
    }
}
