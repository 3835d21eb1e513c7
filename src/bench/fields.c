#include "bench/fields.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool add(locl_fields *fields, const char *name, const char *text, double number)
{
    locl_bench_field *grown = realloc(fields->field, (fields->count + 1) * sizeof *grown);
    char *own_name = strdup(name), *own_text = text ? strdup(text) : NULL;
    fields->field = grown ? grown : fields->field;
    if (!grown || !own_name || (text && !own_text)) {
        free(own_name);
        free(own_text);
        return false;
    }
    grown[fields->count++] = (locl_bench_field){.name = own_name, .text = own_text, .number = number};
    return true;
}

bool locl_fields_number(locl_fields *fields, const char *name, double value)
{
    return add(fields, name, NULL, value);
}

bool locl_fields_text(locl_fields *fields, const char *name, const char *text)
{
    return add(fields, name, text, NAN);
}

void locl_fields_free(locl_fields *fields)
{
    for (size_t i = 0; i < fields->count; i++) {
        free((void *)fields->field[i].name);
        free((void *)fields->field[i].text);
    }
    free(fields->field);
    *fields = (locl_fields){0};
}

const locl_bench_field *locl_fields_find(const locl_bench_field *field, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (!strcmp(field[i].name, name)) {
            return &field[i];
        }
    }
    return NULL;
}
