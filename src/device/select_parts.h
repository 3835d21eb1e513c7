/* What select.c is made of. Included by select.c, spec.c and select_fail.c only. */
#ifndef LOCL_DEVICE_SELECT_PARTS_H
#define LOCL_DEVICE_SELECT_PARTS_H

#include "base/text.h"
#include "device/select.h"
#include "device/selector.h"

/* Whether a row has what the fields of a mapping ask for (spec.device aside); if not, *why says what it lacks. */
bool locl_spec_matches(const locl_device_spec *spec, const locl_device_info *info, char *why, size_t size);
/* Adds the entry as a person would write it: "\"gpu\"", "{type: gpu, memory: 8 GiB}". */
void locl_spec_describe(const locl_device_spec *spec, locl_text *out);

/* Fails because no device matches `spec`, with what there is and what may have been meant. `found` is how many devices
 * match a numbered selector, its numbers aside. excluded [inventory->count]. */
locl_status locl_select_fail(const locl_inventory *inventory, const locl_device_spec *spec,
                             const locl_selector *selector, size_t found, const bool *excluded,
                             locl_error *err);

#endif
