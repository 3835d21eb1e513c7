/* Finds where a name belongs in a tree of images: <any>/<part>/<class>/<file>. */
#include "data/tree_parts.h"

#include <string.h>
#include <strings.h>

static const char *const part_names[PART_COUNT] = {"train", "test", "val"};

/* Endings of pictures, readable or not. */
static const char *const pictures[] = {"jpg", "jpeg", "jpe",  "jfif", "png",  "apng", "gif",  "bmp",
                                       "dib", "tif",  "tiff", "webp", "heic", "heif", "avif", "jp2",
                                       "j2k", "jxl",  "pbm",  "pgm",  "ppm",  "pnm",  "tga",  "ico",
                                       "svg", "psd",  "exr",  "hdr",  NULL};
/* Endings of files that may lie beside class folders. Class folders have none of these. */
static const char *const others[] = {"txt",  "csv", "tsv", "json", "xml", "yaml", "yml", "md",  "rst",
                                     "html", "htm", "pdf", "log",  "py",  "sh",   "zip", "tar", "gz",
                                     "tgz",  "xz",  "bz2", "zst",  "7z",  "rar",  "npy", "npz", "h5",
                                     "mat",  "pkl", "bin", "dat",  "db",  "ini",  "cfg", NULL};

part locl_tree_part(const char *text, size_t length)
{
    part p = PART_TRAIN;
    while (p < PART_COUNT && (strlen(part_names[p]) != length || memcmp(part_names[p], text, length))) {
        p++;
    }
    return p;
}

/* Returns the start of the component before the one at `at`; NULL if there is none. */
static const char *component_before(const char *name, const char *at)
{
    if (at == name) {
        return NULL;
    }
    for (at--; at > name && at[-1] != '/'; at--) {
    }
    return at;
}

part locl_tree_part_of_image(const char *name, const char **start)
{
    const char *file = strrchr(name, '/');
    if (!file || !file[1]) {
        return PART_COUNT;
    }
    const char *folder = component_before(name, file + 1);
    *start = folder ? component_before(name, folder) : NULL;
    return *start ? locl_tree_part(*start, (size_t)(folder - 1 - *start)) : PART_COUNT;
}

static bool has_part(const char *name)
{
    for (const char *at = name; *at;) {
        size_t length = strcspn(at, "/");
        if (at[length] && locl_tree_part(at, length) < PART_COUNT) {
            return true;
        }
        at += length + (at[length] == '/');
    }
    return false;
}

bool locl_tree_is_sized(const locl_reading *reading)
{
    const unsigned *image = reading->options->image;
    bool colour = image[2] || reading->options->name == LOCL_DATA_CIFAR10;
    return image[0] && image[1] && colour;
}

locl_member_use locl_tree_filter(void *user, const char *name)
{
    const locl_reading *reading = user;
    const char *start;
    part p = locl_tree_part_of_image(name, &start);
    if (p == PART_COUNT) {
        return has_part(name) ? LOCL_MEMBER_LIST : LOCL_MEMBER_SKIP;
    }
    bool wanted = p == PART_TRAIN ? reading->wanted[LOCL_SPLIT_TRAIN] || !locl_tree_is_sized(reading)
                                  : reading->wanted[LOCL_SPLIT_TEST];
    return wanted ? LOCL_MEMBER_LOAD : LOCL_MEMBER_LIST;
}

locl_member_use locl_tree_filter_names(void *user, const char *name)
{
    const char *start;
    (void)user;
    bool listed = locl_tree_part_of_image(name, &start) < PART_COUNT || has_part(name);
    return listed ? LOCL_MEMBER_LIST : LOCL_MEMBER_SKIP;
}

static bool ends_as(const char *name, const char *const *endings)
{
    const char *dot = strrchr(name, '.');
    while (dot && *endings && strcasecmp(dot + 1, *endings)) {
        endings++;
    }
    return dot && *endings;
}

locl_link_use locl_tree_judge(void *user, const char *name)
{
    const char *start, *last = strrchr(name, '/');
    (void)user;
    last = last ? last + 1 : name;
    if (locl_tree_part_of_image(name, &start) < PART_COUNT) {
        return ends_as(last, pictures) ? LOCL_LINK_FILE : LOCL_LINK_NOTHING;
    }
    const char *folder = component_before(name, last);
    if (folder && locl_tree_part(folder, (size_t)(last - 1 - folder)) < PART_COUNT) {
        return ends_as(last, pictures) || ends_as(last, others) ? LOCL_LINK_NOTHING : LOCL_LINK_FOLDER;
    }
    return locl_tree_part(last, strlen(last)) < PART_COUNT ? LOCL_LINK_FOLDER : LOCL_LINK_NOTHING;
}
