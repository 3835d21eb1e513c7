/* A small model with random parameters, images and labels, as locl_probe() and step_reference() take them.
 * Used by the tests of src/model, src/rules, src/sched and of locl_probe(). Any failure ends the test
 * program. */
#ifndef TESTS_SUPPORT_STEP_CASE_H
#define TESTS_SUPPORT_STEP_CASE_H

#include "base/safetensors.h"
#include "model/params.h"
#include "config/config.h"
#include "support/step_reference.h"

typedef struct step_case {
    locl_config *config;
    locl_model model;
    locl_params params; /* of the whole model */
    size_t batch;
    locl_arrays in; /* images and labels, or images.1 and images.2; parameters */
} step_case;

/* Opens a case of the configuration `yaml`. Images, labels and parameters are drawn from `seed`. Release with
 * step_case_close(). */
void step_case_open(step_case *c, const char *yaml, size_t batch, uint64_t seed);
/* The same of a `yaml` that names no seed: it gets that one. */
void step_case_seed(step_case *c, const char *yaml, size_t batch, uint64_t seed);
/* Adds standard normal draws of all passes, blocks and layers, of activities or of weights as the rule takes
 * them. */
void step_case_add_draws(step_case *c, uint64_t seed);
void step_case_close(step_case *c);

/* Fills an array with standard normals times `scale`. */
void step_random(float *out, size_t count, double scale, uint64_t seed);

/* Returns the first device of LOCL_DEVICES, or of the machine. It is opened once. */
locl_device *step_device(void);

/* Runs locl_probe() on the case and expects it to succeed. */
void step_probe(const step_case *c, locl_arrays *out);
/* Runs the reference on the case. Draws that are not in c->in are taken from `draws` (what step_probe()
 * gave). */
void step_expect(const step_case *c, const locl_arrays *draws, step_set *out);

/* Returns the labels of the case, NULL under contrast. */
const int *step_labels(const step_case *c);
step_sizes step_sizes_of(const step_case *c);
step_rule step_rule_of(const step_case *c);
/* Fills `out` with all float tensors of both sets, as the reference takes them. */
void step_set_of(const locl_arrays *a, const locl_arrays *b, step_set *out);

/* Asserts that the tensors of `expected` and `actual` are the same in name and size (those of draws apart),
 * each within `tolerance`: norm of the difference over norm of the expected. Where that is 0, it is over the
 * largest norm of the block's gradients. */
void step_assert_near(const step_set *expected, const locl_arrays *actual, double tolerance);
/* Runs a case of the configuration `yaml`, which names no seed, and its reference, with what was drawn or, if they are
 * `given`, the draws of the case, and compares them. Where a value is so near to 0 that floats may have it on the other
 * side of a ReLU, whose gradient is then another, it takes another seed than `seed`. */
void step_check(const char *yaml, size_t batch, uint64_t seed, bool given, double tolerance);

#endif
