/* Finds classes whose names a person cannot tell apart. Unicode has two ways to write letters with accents
 * (NFC and NFD), and a copy from one system to another may change one into the other. */
#include "data/tree_parts.h"

#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

typedef struct name {
    const char *given;
    char *composed;
    bool *stocked;
} name;

static int compare_names(const void *a, const void *b)
{
    const name *one = a, *other = b;
    int order = strcmp(one->composed, other->composed);
    return order ? order : strcmp(one->given, other->given);
}

/* Writes characters that are not ASCII as numbers: caf<U+00E9>. */
static void spell(const char *text, locl_text *out)
{
    const utf8proc_uint8_t *at = (const utf8proc_uint8_t *)text;
    utf8proc_int32_t letter;
    while (*at) {
        utf8proc_ssize_t length = utf8proc_iterate(at, -1, &letter);
        if (letter < 0x80) {
            locl_text_add(out, "%c", (int)letter);
        } else {
            locl_text_add(out, "<U+%04X>", (unsigned)letter);
        }
        at += length;
    }
}

static locl_status tell(const tree *t, const name *one, const name *other, locl_error *err)
{
    locl_text a = {0}, b = {0};
    char at[LOCL_DATA_PATH];
    locl_error found;
    spell(one->given, &a);
    spell(other->given, &b);
    snprintf(at, sizeof at, "%.*strain/%s", (int)t->prefix, t->root, one->given);
    locl_status status = a.failed || b.failed ? locl_fail_memory(&found, strlen(one->given)) : LOCL_E_DATA;
    if (status == LOCL_E_DATA) {
        locl_fail(&found, status, "%s: the classes %s and %s differ in their Unicode form only",
                  t->source->path, a.data, b.data);
        locl_remedy(&found, "rename one of the two class folders, in every part that has it");
    }
    locl_text_free(&a);
    locl_text_free(&b);
    return locl_data_problems_take(&t->reading->problems, at, status, &found, err);
}

locl_status locl_tree_check_names(const tree *t, locl_error *err)
{
    name *names = calloc(t->class_count + 1, sizeof *names);
    locl_status status = LOCL_OK;
    size_t count = 0;
    if (!names) {
        return locl_fail_memory(err, t->class_count * sizeof *names);
    }
    for (size_t i = 0; i < t->class_count; i++) {
        utf8proc_uint8_t *composed = utf8proc_NFC((const utf8proc_uint8_t *)t->classes[i]);
        if (composed) { /* the name is UTF-8 */
            names[count++] = (name){t->classes[i], (char *)composed, &t->stocked[i]};
        }
    }
    qsort(names, count, sizeof *names, compare_names);
    for (size_t i = 1; i < count && status == LOCL_OK; i++) {
        if (strcmp(names[i - 1].composed, names[i].composed) == 0) {
            status = tell(t, &names[i - 1], &names[i], err);
            *names[i].stocked = *names[i - 1].stocked =
                true; /* one of them is misspelt, neither is missing */
        }
    }
    for (size_t i = 0; i < count; i++) {
        free(names[i].composed);
    }
    free(names);
    return status;
}
