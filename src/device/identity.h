/* Names by which a device is found again, whatever else is plugged in or installed: its PCI address, its UUID, else its
 * platform and name. Included by the files of src/device that find and choose devices, and where the system
 * is asked about one. */
#ifndef LOCL_DEVICE_IDENTITY_H
#define LOCL_DEVICE_IDENTITY_H

#include "device/inventory.h"

/* Reads the PCI address, UUID and board name of a device, "" where its driver does not tell. info->id and ->caps are
 * set. */
void locl_identity_read(locl_device_info *info);
/* Asks a driver for the PCI address of a device, as extensions of all vendors and of NVIDIA and AMD tell it. False: it
 * does not tell. */
bool locl_identity_address(cl_device_id id, char *out, size_t size);
/* Sets `called` and `stable` of every row. Pure. Called by locl_inventory_open(). */
void locl_identity_name(locl_inventory *inventory);
/* Makes a word of a name: "NVIDIA CUDA" is "nvidia-cuda". `size` is at least 2. */
void locl_identity_slug(const char *name, char *out, size_t size);
/* Reads a PCI address, "0000:03:00.0" or "03:00.0", into the longer form. False: it is none. */
bool locl_identity_pci(const char *text, char *out, size_t size);
/* Reads a UUID, with or without dashes and a "GPU-" in front, into the form of 8-4-4-4-12 digits. False: it is none. */
bool locl_identity_uuid(const char *text, char *out, size_t size);

#endif
