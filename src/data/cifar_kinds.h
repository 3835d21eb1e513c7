/* Kinds of CIFAR that are not read, told by the names of their files. */
#ifndef LOCL_DATA_CIFAR_KINDS_H
#define LOCL_DATA_CIFAR_KINDS_H

#include "data/reading.h"

/* For what has neither batches nor a tree: LOCL_E_DATA, with what it is and what to get instead, when `path`
 * holds one of these kinds; LOCL_OK when it does not. */
locl_status locl_cifar_explain(const char *path, const locl_reading *reading, locl_error *err);

#endif
