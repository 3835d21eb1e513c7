/* What a child of the doctor says to it, as lines of JSON. Used by examine.c and trial.c; child.c listens. */
#ifndef LOCL_DOCTOR_TELL_H
#define LOCL_DOCTOR_TELL_H

#include "base/findings.h"

/* Says it through that pipe from now on. */
void locl_tell_through(int fd);
/* Says one message; takes the reference. NULL, where memory ran out, is left out. */
void locl_tell(json_t *message);
/* Says what comes next, by which it is known what a driver crashed at: "loading libpocl.so.2". */
void locl_tell_doing(const char *format, ...) LOCL_PRINTF(1, 2);

#endif
