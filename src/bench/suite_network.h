/* The networks that the suite trains: the presets, on images of the data that they are meant for. Included by src/bench
 * alone. */
#ifndef LOCL_BENCH_SUITE_NETWORK_H
#define LOCL_BENCH_SUITE_NETWORK_H

#include "bench/source.h"

/* Returns the preset that stands for a device. */
const locl_model_preset *locl_suite_standard(const locl_bench_setup *setup);
/* Makes the configuration of a preset, with what the setup puts over it. */
locl_status locl_suite_config(const locl_bench_source *source, const locl_model_preset *preset,
                              locl_config **out, locl_error *err);
/* Writes the value of `precision`. */
void locl_suite_precision(const locl_config *config, char *out, size_t size);
/* Writes what a configuration trains, as results name it: images, rule, batch, precision. */
void locl_suite_work(const locl_config *config, char *out, size_t size);

#endif
