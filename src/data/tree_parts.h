/* Between tree.c, which finds out what is in a tree of images, tree_place.c, which knows its names, and
 * tree_decode.c, which reads the images. Included by these alone. */
#ifndef LOCL_DATA_TREE_PARTS_H
#define LOCL_DATA_TREE_PARTS_H

#include "data/tree.h"

typedef enum part { PART_TRAIN, PART_TEST, PART_VAL, PART_COUNT } part;

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
    bool *stocked;               /* [class_count]: it has training images, good or bad */
    part test;                   /* PART_VAL where there is no test/; with both, val/ is not read */
    sample *samples[PART_COUNT]; /* [counts], in the order of names */
    size_t counts[PART_COUNT];
} tree;

/* The part of that name, PART_COUNT: none. */
part locl_tree_part(const char *text, size_t length);
/* The part of a file whose last three components are part/class/file; *start is where the part begins. */
part locl_tree_part_of_image(const char *name, const char **start);
/* Sizes left open are those of training images, so then these are needed, too. */
bool locl_tree_is_sized(const locl_reading *reading);

/* Size and colour of the set, then the images of the wanted splits. */
locl_status locl_tree_decode(const tree *t, locl_error *err);
/* Classes whose names look alike, since they differ in their Unicode form only, are problems. */
locl_status locl_tree_check_names(const tree *t, locl_error *err);

#endif
