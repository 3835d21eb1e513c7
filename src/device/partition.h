/* Makes sub-devices. Included by device.c only. */
#ifndef LOCL_DEVICE_PARTITION_H
#define LOCL_DEVICE_PARTITION_H

#include "device/inventory.h"

/* Returns the `split` equal parts of a root device, in (*parts)[split]. They are made once and belong to the
 * process, as root devices do. Releasing one can crash: PoCL 3.1 still touches a sub-device from its own
 * threads after its last command is complete. Thread-safe. */
locl_status locl_partition(const locl_device_info *root, unsigned split, cl_device_id **parts,
                           locl_error *err);

#endif
