/* What stages cost, estimated from the shapes of their blocks: what placement goes by as long as nothing was
 * measured. Pure. */
#ifndef LOCL_SCHED_COST_H
#define LOCL_SCHED_COST_H

#include "device/device.h"
#include "model/model.h"

/* Floating-point operations of a step's products, per image, of blocks first..last-1. */
double locl_cost_flops(const locl_model *model, size_t first, size_t last);
/* Trainable values of the blocks' weights. */
double locl_cost_values(const locl_model *model, size_t first, size_t last);
/* Operations per second, up to a factor that is the same for all devices. */
double locl_cost_speed(const locl_caps *caps);

#endif
