/* Functions of tree.c for cifar.c, which reads CIFAR-10 when it comes as a tree of images. */
#ifndef LOCL_DATA_TREE_H
#define LOCL_DATA_TREE_H

#include "data/readers.h"
#include "data/source.h"

/* Filters members for locl_source_open(); `user` is the locl_reading. */
locl_member_use locl_tree_filter(void *user, const char *name);
/* Filters them where images are to stay in their files: nothing is loaded. */
locl_member_use locl_tree_filter_names(void *user, const char *name);
/* Judges links for locl_source_open(): images, class folders and parts would be missed. */
locl_link_use locl_tree_judge(void *user, const char *name);
/* Where the images of a tree are to be. */
typedef enum locl_tree_images { LOCL_TREE_IN_MEMORY, LOCL_TREE_IN_FILES } locl_tree_images;

/* Fills the wanted splits from the members that locl_tree_filter() let through. */
locl_status locl_tree_read_source(locl_reading *reading, locl_source *source, locl_tree_images images,
                                  locl_error *err);

#endif
