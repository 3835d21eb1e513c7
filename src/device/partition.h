/* Sub-devices. Included by device.c only. */
#ifndef LOCL_DEVICE_PARTITION_H
#define LOCL_DEVICE_PARTITION_H

#include "device/inventory.h"

/* The `split` equal parts of a root device, in (*parts)[split]. They are made once in a process, and belong
 * to it like root devices do: PoCL 3.1 still touches a sub-device after its last command is complete, from
 * its own threads, so that releasing one can crash. Thread-safe. */
locl_status locl_partition(const locl_device_info *root, unsigned split, cl_device_id **parts,
                           locl_error *err);

#endif
