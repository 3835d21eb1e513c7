#include "data/reading.h"

locl_status locl_cifar10_read(locl_reading *reading, locl_error *err)
{
    return locl_tree_read(reading, err);
}

locl_status locl_tree_read(locl_reading *reading, locl_error *err)
{
    return locl_fail(err, LOCL_E_DATA, "%s: trees of images cannot be read", reading->path);
}
