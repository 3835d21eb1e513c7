/* What stages cost, estimated from the shapes of their blocks. Placement uses it as long as nothing was
 * measured. Pure. */
#ifndef LOCL_SCHED_COST_H
#define LOCL_SCHED_COST_H

#include "device/device.h"
#include "model/model.h"
#include "sched/options.h"

/* Returns the floating-point operations per image of a step's products, of blocks first..last-1. */
double locl_cost_flops(const locl_model *model, size_t first, size_t last);
/* Returns the number of trainable values of the blocks' weights. */
double locl_cost_values(const locl_model *model, size_t first, size_t last);
/* Returns the bytes of a batch of images that enters a block from another device, with its labels. */
double locl_cost_batch_bytes(const locl_block_shape *shape, size_t batch, locl_precision precision);
/* Returns operations per second, up to a factor that is the same for all devices. */
double locl_cost_speed(const locl_caps *caps);

#endif
