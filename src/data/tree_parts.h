/* Interface between tree.c, which finds what is in a tree of images, tree_place.c, which knows its names, and
 * tree_decode.c, which reads the images. Included by these and tree_names.c alone. */
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
    const char *root; /* name of a member, whose first `prefix` bytes are <any>/ */
    size_t prefix;
    char **classes; /* [class_count], sorted */
    size_t class_count;
    bool *stocked;               /* [class_count]: the class has training images, good or bad */
    part test;                   /* PART_VAL where there is no test/; with both, val/ is not read */
    sample *samples[PART_COUNT]; /* [counts], in the order of names */
    size_t counts[PART_COUNT];
    locl_tree_images images;
} tree;

/* Returns the part of that name; PART_COUNT: none. */
part locl_tree_part(const char *text, size_t length);
/* Returns the part of a file whose last three components are part/class/file, PART_COUNT for others. *start
 * is where the part begins. */
part locl_tree_part_of_image(const char *name, const char **start);
/* Whether the options give the size. Otherwise it comes from the training images, which are then needed,
 * too. */
bool locl_tree_is_sized(const locl_reading *reading);

/* Chooses size and colour of the set, then decodes the images of the wanted splits. */
locl_status locl_tree_decode(const tree *t, locl_error *err);
/* Makes problems of classes whose names differ in their Unicode form only, so that they look alike. */
locl_status locl_tree_check_names(const tree *t, locl_error *err);

#endif
