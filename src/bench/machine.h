/* The machine that results are of, and what else it does meanwhile. Included by suite.c and tests. */
#ifndef LOCL_BENCH_MACHINE_H
#define LOCL_BENCH_MACHINE_H

#include "bench/report.h"

/* Adds the machine's name, processor, memory and system to the group `host`. */
void locl_machine_describe(locl_report *report);

/* Times so far; NAN where the system does not tell. */
typedef struct locl_machine_load {
    double clock;   /* seconds */
    double busy;    /* processor seconds of all processes */
    double own;     /* of this one, and of children that ended */
    double average; /* runnable threads over the last minute, of /proc/loadavg */
} locl_machine_load;

locl_machine_load locl_machine_load_now(void);
/* Reads the first line of /proc/stat: ticks that processors were busy, of all and of those that a hypervisor took
 * ("steal"). NAN: it is none. */
double locl_machine_busy_ticks(const char *line);
/* Returns how many processors others kept busy between two times; NAN: not known. */
double locl_machine_others(const locl_machine_load *from, const locl_machine_load *to);

#endif
