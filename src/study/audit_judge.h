/* What the numbers of an estimator say: whether a layer's estimate is exact or biased, and what a draw is
 * worth at equal cost. Used by audit.c once an estimator's numbers are complete. */
#ifndef LOCL_STUDY_AUDIT_JUDGE_H
#define LOCL_STUDY_AUDIT_JUDGE_H

#include "locl/audit.h"

/* Fills in `exact` and `biased` of the estimator's layer [estimator->layers], and its variances at equal
 * cost. */
void locl_audit_judge(locl_audit_estimator *estimator, locl_audit_layer *layer);

#endif
