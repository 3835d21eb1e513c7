/* Writes what `bench/gpu.sh` holds `locl probe` against: for each case a configuration, the tensors of a step, and what comes
 * of them in double precision.
 *
 *     build/tests/cases/probe_vectors FOLDER     FOLDER/CASE.yaml, CASE.in.safetensors, CASE.expected.safetensors */
#include "base/file.h"
#include "support/step_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MODEL "image: [8, 8, 3], classes: 10, blocks: 2, patches: 2, channels: 128, groups: 4"
#define ODD "image: [9, 9, 1], classes: 11, blocks: 2, patches: 3, channels: 117, groups: 3, hidden: 129"

/* Draws are given where a rule takes some, so that what comes out does not depend on who makes them. Models are small:
 * of 10,000 values before a ReLU one in a hundred sets has one that rounding takes to the other side of 0. */
static const struct {
    const char *name, *model, *rule;
    size_t batch;
} cases[] = {
    {"forward", MODEL, "name: lg-fg-a", 4},
    {"forward-exact", MODEL, "name: lg-fg-a, exact_last: true, passes: 2", 4},
    {"forward-odd", ODD, "name: lg-fg-a, norm_grad: false", 2},
    {"forward-tangents", ODD, "name: lg-fg-a, tangents: {channel: 5}", 2},
    {"forward-mirrors", MODEL, "name: lg-fg-a, exact_last: true, feedback: {group: mirror, channel: mirror}",
     4},
    {"backward-local", MODEL, "name: lg-bp", 4},
    {"backward", ODD, "name: bp", 2},
};

static void write_set(const char *folder, const char *name, const char *what, const locl_arrays *set)
{
    char path[4096];
    locl_error err = {0};
    snprintf(path, sizeof path, "%s/%s.%s.safetensors", folder, name, what);
    if (locl_safetensors_write(path, set, &err) != LOCL_OK) {
        fprintf(stderr, "%s\n", err.message);
        exit(1);
    }
}

static void write_expected(const char *folder, const char *name, const step_set *set)
{
    locl_arrays out = {0};
    for (size_t i = 0; i < set->count; i++) {
        const step_tensor *t = &set->tensor[i];
        locl_array *array = locl_arrays_add(&out, t->name, LOCL_F32, 1, &t->count, NULL);
        for (size_t j = 0; array && j < t->count; j++) {
            ((float *)array->data)[j] = (float)t->v[j];
        }
    }
    write_set(folder, name, "expected", &out);
    locl_arrays_free(&out);
}

static void write_case(const char *folder, size_t i)
{
    step_case c;
    step_set expected = {0};
    locl_error err = {0};
    char yaml[1024], path[4096];
    int length =
        snprintf(yaml, sizeof yaml, "seed: 1\nmodel: {%s}\nrule: {%s}\n", cases[i].model, cases[i].rule);
    step_case_open(&c, yaml, cases[i].batch, 40 + i);
    step_case_add_draws(&c, 60 + i);
    step_expect(&c, NULL, &expected);
    snprintf(path, sizeof path, "%s/%s.yaml", folder, cases[i].name);
    if (locl_file_write(path, yaml, (size_t)length, &err) != LOCL_OK) {
        fprintf(stderr, "%s\n", err.message);
        exit(1);
    }
    write_set(folder, cases[i].name, "in", &c.in);
    write_expected(folder, cases[i].name, &expected);
    step_set_free(&expected);
    step_case_close(&c);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: probe_vectors FOLDER\n");
        return 2;
    }
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_case(argv[1], i);
    }
    return 0;
}
