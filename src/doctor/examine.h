/* What a child of the doctor does: loads a driver, lists what there is, tries a device. Its public side is
 * locl_doctor_is_child() (locl/doctor.h). The tasks, and what each says beside "doing" and, at its end, "done":
 *
 *     icd LIBRARY    {"library": path}, {"failed": text, "remedy": text}, what `together` says
 *     together       {"loader": text}, {"platform": {name, version, devices: [{name, vendor, driver, version, type, ...}]}}
 *     device P D     {"row": {name, status, detail, remedy}}, of trial.h
 *
 * Included by examine.c, which is the whole of it. */
#ifndef LOCL_DOCTOR_EXAMINE_H
#define LOCL_DOCTOR_EXAMINE_H

#include "locl/doctor.h"

#define LOCL_EXAMINE_ICD "icd"
#define LOCL_EXAMINE_TOGETHER "together"
#define LOCL_EXAMINE_DEVICE "device"

#endif
