/* What benchmarks of all kinds share. Each kind has a file and a row in the table of kinds.c. bench.c runs them
 * on one device after another. Included by src/bench alone; locl/bench.h is its public face. */
#ifndef LOCL_BENCH_BENCH_H
#define LOCL_BENCH_BENCH_H

#include "bench/report.h"
#include "bench/source.h"

/* One kind of benchmark on one device. */
typedef struct locl_bench_job {
    const locl_bench_setup *setup;
    const locl_bench_source *source;
    const locl_config *config; /* of the source as it is */
    locl_devices *devices;     /* of one, or all */
    locl_device *device;       /* the first of them */
    locl_race_options race;
    const char *what; /* is being measured, as the handler is told */
    locl_report *report;
} locl_bench_job;

typedef struct locl_bench_type {
    size_t rounds; /* as are usual */
    bool together; /* all devices are measured at once */
    locl_status (*run)(locl_bench_job *job, locl_error *err);
} locl_bench_type;

const locl_bench_type *locl_bench_type_of(locl_bench_kind kind); /* kinds.c */

locl_status locl_bench_product(locl_bench_job *job, locl_error *err);
locl_status locl_bench_kernel(locl_bench_job *job, locl_error *err);
locl_status locl_bench_step(locl_bench_job *job, locl_error *err);
locl_status locl_bench_memory(locl_bench_job *job, locl_error *err);
locl_status locl_bench_transfer(locl_bench_job *job, locl_error *err);
locl_status locl_bench_start(locl_bench_job *job, locl_error *err);
locl_status locl_bench_pipeline(locl_bench_job *job, locl_error *err);
locl_status locl_bench_train(locl_bench_job *job, locl_error *err);
locl_status locl_bench_suite(locl_bench_job *job, locl_error *err); /* of one device, in this process */

/* Takes one sample of a start, that of this process. Opens the devices by itself. */
locl_status locl_bench_start_here(const locl_bench_setup *setup, locl_report *report, locl_error *err);

/* Opens the devices of the setup, or else those of the configuration. */
locl_status locl_bench_devices(const locl_bench_setup *setup, const locl_config *config, locl_devices **out,
                               locl_error *err);
/* Tells the handler what comes next, where there is one. */
void locl_bench_tell(locl_bench_job *job, const char *what);

#endif
