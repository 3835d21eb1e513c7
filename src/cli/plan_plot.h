/* The picture of a plan: `locl plan --plot`. */
#ifndef LOCL_CLI_PLAN_PLOT_H
#define LOCL_CLI_PLAN_PLOT_H

#include <locl/plan.h>

/* Draws a row for each device, with the stages that it works on in a step: in predicted milliseconds where there are
 * several devices, else in GFLOP. */
locl_status locl_plan_plot(const char *path, const locl_run_plan *plan, locl_error *err);

#endif
