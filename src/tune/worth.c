#include "tune/worth.h"

double locl_tune_expected(const locl_gemm_shape *shape, const locl_caps *caps, double steps)
{
    const double cpu_flops = 32, other_flops = 256; /* of a unit in a cycle */
    const double usual_mhz = 1000;                  /* of devices that do not tell */
    double cycles = 1e6 * (caps->clock_mhz ? (double)caps->clock_mhz : usual_mhz);
    double units = caps->units ? (double)caps->units : 1;
    return steps * locl_gemm_flops(shape) / (units * cycles * (caps->cpu ? cpu_flops : other_flops));
}

bool locl_tune_is_worth_it(double expected)
{
    const double least = 1.0; /* a second: a kernel's build, and some rounds */
    return LOCL_TUNE_SHARE * expected >= least;
}
