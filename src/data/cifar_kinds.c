#include "data/cifar_kinds.h"

#include "data/source.h"

#include <string.h>

enum { KINDS = 5, MARKS = 3 };

/* Each kind is recognised by the name of its folder, or by marks: files that are all in one folder. */
static const struct {
    const char *folder, *name, *files;
    const char *marks[MARKS + 1];
} kinds[KINDS] = {
    {"cifar-10-batches-py", "CIFAR-10 for Python", "pickles", {"data_batch_1"}},
    {"cifar-10-batches-mat", "CIFAR-10 for Matlab", ".mat files", {"data_batch_1.mat"}},
    {"cifar-100-binary", "CIFAR-100's binary version", "two labels per image", {"train.bin", "test.bin"}},
    {"cifar-100-python", "CIFAR-100 for Python", "pickles", {"train", "test", "meta"}},
    {"cifar-100-matlab", "CIFAR-100 for Matlab", ".mat files", {"train.mat", "test.mat"}},
};

/* Lists the path and the folders right below it. */
static locl_member_use filter(void *user, const char *name)
{
    const char *slash = strchr(name, '/');
    (void)user;
    return !slash || !slash[1] || !strchr(slash + 1, '/') ? LOCL_MEMBER_LIST : LOCL_MEMBER_SKIP;
}

static locl_link_use judge(void *user, const char *name)
{
    (void)user;
    (void)name;
    return LOCL_LINK_NOTHING;
}

static bool has(const locl_source *source, const char *folder, size_t length, const char *mark)
{
    for (size_t i = 0; i < source->count; i++) {
        const char *name = source->members[i].name;
        if (strncmp(name, folder, length) == 0 && strcmp(name + length, mark) == 0) {
            return true;
        }
    }
    return false;
}

/* Returns the kind whose folder holds `name`, or whose first mark it is with the other marks beside it.
 * KINDS: none. */
static size_t kind_of(const locl_source *source, const char *name)
{
    const char *slash = strrchr(name, '/');
    size_t length = slash ? (size_t)(slash + 1 - name) : 0;
    size_t kind = 0;
    for (; kind < KINDS; kind++) {
        const char *const *mark = kinds[kind].marks;
        size_t folder = strlen(kinds[kind].folder);
        if (length == folder + 1 && strncmp(name, kinds[kind].folder, folder) == 0) {
            return kind;
        }
        if (strcmp(name + length, *mark)) {
            continue;
        }
        while (*mark && has(source, name, length, *mark)) {
            mark++;
        }
        if (!*mark) {
            return kind;
        }
    }
    return kind;
}

locl_status locl_cifar_explain(const char *path, const locl_reading *reading, locl_error *err)
{
    locl_data_problems ignored = {0};
    locl_source source;
    locl_error unread;
    const locl_source_request request = {path, reading->options, filter, judge, NULL, &ignored};
    size_t kind = KINDS;
    locl_status status = locl_source_open(&request, &source, &unread);
    for (size_t i = 0; status == LOCL_OK && i < source.count && kind == KINDS; i++) {
        kind = kind_of(&source, source.members[i].name);
    }
    if (status == LOCL_OK) {
        locl_source_close(&source);
    }
    locl_data_problems_end(&ignored, path, LOCL_OK, &unread);
    if (kind == KINDS) {
        return LOCL_OK;
    }
    locl_fail(err, LOCL_E_DATA, "%s is %s (%s), which is not read", path, kinds[kind].name,
              kinds[kind].files);
    return locl_remedy(err, kind < 2
                                ? "get CIFAR-10's binary version, cifar-10-binary.tar.gz, with data.name "
                                  "cifar10; or give a tree of images train/<class>/x and test/<class>/x"
                                : "CIFAR-100 is read as a tree of images train/<class>/x and "
                                  "test/<class>/x (data.name folder); of CIFAR-10 there is "
                                  "cifar-10-binary.tar.gz");
}
