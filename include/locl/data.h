/* The images that a network learns from, as it gets them: what they are, a picture of a batch, and how fast batches are
 * made.
 *
 *     locl_data_setup setup = {.config = "configs/cifar10.yaml", .views = 2};
 *     locl_data *data;
 *     if (locl_data_open(&setup, &data, &err) == LOCL_OK) {
 *         locl_data_draw(data, 0, "batch.png", &err);
 *     }
 *     locl_data_close(data);
 */
#ifndef LOCL_DATA_H
#define LOCL_DATA_H

#include "locl/export.h"
#include "locl/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Zero is the default for every field but the configuration. Strings are only read during the call. */
typedef struct locl_data_setup {
    const char *config;     /* YAML file */
    const char *const *set; /* [sets] "key.path=value", put over the file */
    size_t sets;
    unsigned views; /* of each image in a batch, 1 or 2; 0: those of the task */
    /* Told while images are read: `done` of `total` (0: not known). From any thread, never two at once; may be NULL. */
    void (*tell)(void *user, const char *stage, size_t done, size_t total);
    void *user;
} locl_data_setup;

typedef struct locl_data locl_data;

/* Reads the training images of a configuration. No device is opened. LOCL_E_USAGE, LOCL_E_CONFIG, LOCL_E_DATA,
 * LOCL_E_MEMORY. *out is the caller's until locl_data_close(); NULL on error. */
LOCL_API locl_status locl_data_open(const locl_data_setup *setup, locl_data **out, locl_error *err);
LOCL_API void locl_data_close(locl_data *data); /* NULL is fine */

/* Strings are the data's, until they are closed. */
typedef struct locl_data_facts {
    const char *name; /* "cifar10" */
    size_t images;    /* to train on */
    size_t image[3];  /* height, width, channels */
    size_t classes;
    double mean[3], std[3]; /* of each channel, of values from 0 to 1 */
    size_t batch;           /* images of a step */
    unsigned views;
    uint64_t steps; /* of an epoch */
    size_t parts;   /* that ever change an image; 0: images stay as they are */
} locl_data_facts;

LOCL_API void locl_data_describe(const locl_data *data, locl_data_facts *out);
/* Describes part `index` below `parts`, in the order in which they are applied: "jitter p 0.8, brightness 0.6 to
 * 1.4". */
LOCL_API void locl_data_describe_part(const locl_data *data, size_t index, char *text, size_t size);
/* Draws batch `number` of training, from 0, as the network gets it, but for mean and deviation, as PNG: the views of an
 * image side by side. LOCL_E_IO. */
LOCL_API locl_status locl_data_draw(const locl_data *data, uint64_t number, const char *path,
                                    locl_error *err);

typedef struct locl_data_rate {
    unsigned threads;
    double images;  /* a second, in all their views */
    double seconds; /* a batch */
} locl_data_rate;

/* Measures, for `seconds` after the first batch, how fast so many threads make batches that nobody waits for. */
LOCL_API locl_status locl_data_measure(const locl_data *data, unsigned threads, double seconds,
                                       locl_data_rate *out, locl_error *err);
/* Returns the threads that training makes batches with. */
LOCL_API unsigned locl_data_threads(const locl_data *data);
/* Prints one JSON object, as `locl data --json` prints it, with what was measured; *out is the caller's to free().
 * LOCL_E_MEMORY. */
LOCL_API locl_status locl_data_to_json(const locl_data *data, const locl_data_rate *rate, size_t rates,
                                       char **out, locl_error *err);

#ifdef __cplusplus
}
#endif
#endif
