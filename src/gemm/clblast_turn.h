/* All calls of CLBlast take turns: before 1.6.1 its cache has a race between threads. Included by the files of src/gemm
 * that call it. */
#ifndef LOCL_GEMM_CLBLAST_TURN_H
#define LOCL_GEMM_CLBLAST_TURN_H

#include "device/device.h"

#include <clblast_c.h>

void locl_clblast_take_turn(void);
void locl_clblast_end_turn(void);
/* Makes the error of a call, with the engine as its remedy. */
locl_status locl_fail_clblast(locl_error *err, const char *call, CLBlastStatusCode code,
                              const locl_device *device);

#endif
