#include "support/step_set.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

double *step_set_add(step_set *set, size_t count, const char *format, ...)
{
    step_tensor t = {.count = count, .v = calloc(count, sizeof *t.v)};
    va_list args;
    va_start(args, format);
    vsnprintf(t.name, sizeof t.name, format, args);
    va_end(args);
    set->tensor = realloc(set->tensor, (set->count + 1) * sizeof t);
    if (!t.v || !set->tensor || step_set_find(set, t.name)) {
        fprintf(stderr, "tensor %s cannot be added\n", t.name);
        abort();
    }
    set->tensor[set->count++] = t;
    return t.v;
}

const step_tensor *step_set_find(const step_set *set, const char *name)
{
    for (size_t i = 0; i < set->count; i++) {
        if (strcmp(set->tensor[i].name, name) == 0) {
            return &set->tensor[i];
        }
    }
    return NULL;
}

double *step_set_get(const step_set *set, const char *format, ...)
{
    char name[96];
    va_list args;
    va_start(args, format);
    vsnprintf(name, sizeof name, format, args);
    va_end(args);
    const step_tensor *t = step_set_find(set, name);
    if (!t) {
        fprintf(stderr, "tensor %s is missing\n", name);
        abort();
    }
    return t->v;
}

void step_set_free(step_set *set)
{
    for (size_t i = 0; i < set->count; i++) {
        free(set->tensor[i].v);
    }
    free(set->tensor);
    *set = (step_set){0};
}
