/* Calls a function ten times a second while something else is measured: for what the system tells of a moment alone,
 * power and clocks. Included by energy.c and clocks.c. */
#ifndef LOCL_BENCH_SAMPLER_H
#define LOCL_BENCH_SAMPLER_H

typedef struct locl_sampler locl_sampler;

/* Starts a thread that calls `take` with the seconds since its last call. NULL: none could be started. */
locl_sampler *locl_sampler_start(void (*take)(void *user, double seconds), void *user);
void locl_sampler_stop(locl_sampler *sampler); /* NULL is fine */
/* Between these two `take` is not called, so that what it adds up can be read. */
void locl_sampler_lock(locl_sampler *sampler);
void locl_sampler_unlock(locl_sampler *sampler);

#endif
