#include "data/options.h"

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
};

locl_data_options locl_data_options_default(void)
{
    return (locl_data_options){.name = LOCL_DATA_FASHION_MNIST, .batch = 128, .prefetch = 4};
}

const char *const *locl_data_places(locl_data_name name)
{
    return names[name].places;
}
