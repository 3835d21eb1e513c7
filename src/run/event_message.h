/* TensorBoard's messages Event and Summary, as protocol buffers have them: the few fields that curves need. Used by
 * events.c. */
#ifndef LOCL_RUN_EVENT_MESSAGE_H
#define LOCL_RUN_EVENT_MESSAGE_H

#include "base/text.h"
#include "locl/run.h"

/* Adds the event that each file begins with. */
void locl_event_version(locl_text *event);
/* Adds loss and error of classifier and blocks ("loss/classifier", "error/block_0"), and "images_per_second" where it
 * is above 0. */
void locl_event_measured(locl_text *event, const locl_result *result, double images_per_second);
/* Reads an event's step, 0 where it has none. Returns false where it is no event. */
bool locl_event_step(const char *record, size_t count, uint64_t *step);

#endif
