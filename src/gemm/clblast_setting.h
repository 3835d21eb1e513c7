/* CLBlast's parameters (tiles, vectors, local memory), set at run time: named sets, as they hold for all products of a
 * device at once. Used by src/tune, which measures them, by src/sched, which opens devices' stages with one, and by
 * src/run, which keeps its name. */
#ifndef LOCL_GEMM_CLBLAST_SETTING_H
#define LOCL_GEMM_CLBLAST_SETTING_H

#include "device/device.h"

enum { LOCL_CLBLAST_SETTINGS = 5 };

/* Returns the name of set `index`, below LOCL_CLBLAST_SETTINGS. */
const char *locl_clblast_setting_name(size_t index);
/* Whether a set is worth measuring on a device; all can be used. */
bool locl_clblast_setting_suits(size_t index, const locl_caps *caps);
/* Returns the name as a text that lasts, "" for CLBlast's own parameters; NULL if there is no such set. */
const char *locl_clblast_setting_named(const char *name);
/* Has CLBlast compute the device's products with a set from now on; it builds its programs anew. Takes its turn among
 * CLBlast's calls. "" or NULL asks for CLBlast's own parameters: there is no way back to them within a process, and a
 * log event says so where they were replaced. LOCL_E_FAILED: there is no such set. LOCL_E_OPENCL: CLBlast refuses
 * it. */
locl_status locl_clblast_use_setting(locl_device *device, const char *name, locl_error *err);

#endif
