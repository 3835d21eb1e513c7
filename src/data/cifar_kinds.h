/* Recognises the kinds of CIFAR that are not read, by the names of their files. */
#ifndef LOCL_DATA_CIFAR_KINDS_H
#define LOCL_DATA_CIFAR_KINDS_H

#include "data/readers.h"

/* Explains a path that has neither batches nor a tree. When it holds one of these kinds: LOCL_E_DATA, with
 * what it is and what to get instead. Otherwise LOCL_OK. */
locl_status locl_cifar_explain(const char *path, const locl_reading *reading, locl_error *err);

#endif
