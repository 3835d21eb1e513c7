/* What cifar.c needs of tree.c, to read CIFAR-10 when it comes as a tree of images. */
#ifndef LOCL_DATA_TREE_H
#define LOCL_DATA_TREE_H

#include "data/reading.h"
#include "data/source.h"

/* For locl_source_open(); `user` is the locl_reading. */
locl_member_use locl_tree_filter(void *user, const char *name);
/* The same: images, class folders and parts would be missed. */
locl_link_use locl_tree_judge(void *user, const char *name);
/* Fills in the wanted splits from members that locl_tree_filter() let through. */
locl_status locl_tree_read_source(locl_reading *reading, locl_source *source, locl_error *err);

#endif
