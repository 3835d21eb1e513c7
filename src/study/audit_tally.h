/* Draws of an estimator against the exact gradient, added up one by one: of each layer, and of all layers as
 * one vector. Only the sum of the draws is kept as a vector. Used by locl audit. Knows no device.
 *
 * With h = g - e and H the sum of the draws before, s = <h, H> has mean n |b|^2 after n draws (b the bias),
 * and the s of all draws add up to an unbiased |b|^2, whatever the variance. The scatter of the s gives its
 * error. */
#ifndef LOCL_STUDY_AUDIT_TALLY_H
#define LOCL_STUDY_AUDIT_TALLY_H

#include "locl/locl.h"
#include "study/audit_layers.h"

/* The fewest draws that give a result. With fewer the bias has no standard error. */
enum { LOCL_AUDIT_LEAST_DRAWS = 3 };

/* Sums over the draws of one layer, or of all of them. */
typedef struct locl_audit_sums {
    double exact;               /* |e|^2 */
    double away, away_square;   /* |h|^2, its square */
    double along, along_square; /* <h, e> */
    double cosine, cosine_square;
    double pair, pair_n;               /* s, n s */
    double pair_square, pair_square_n; /* s^2, s^2 / n */
    double mean;                       /* |sum of h|^2, at the end */
} locl_audit_sums;

typedef struct locl_audit_tally {
    const locl_audit_layers *layers;
    const float *exact;    /* [layers->values] e */
    double *sum;           /* [layers->values] of h, owned */
    locl_audit_sums *sums; /* [layers->count + 1], the last one of all layers; owned */
    uint64_t draws;
} locl_audit_tally;

/* Opens an empty tally. `layers` and `exact` outlive it. */
locl_status locl_audit_tally_open(const locl_audit_layers *layers, const float *exact, locl_audit_tally *out,
                                  locl_error *err);
void locl_audit_tally_close(locl_audit_tally *tally); /* zeroed is fine */
/* Adds one draw's gradient [layers->values]. LOCL_E_NUMERIC names a layer that is not finite. */
locl_status locl_audit_tally_add(locl_audit_tally *tally, const float *gradient, locl_error *err);
/* Whether draws differ. Those of a rule that draws nothing are all the same. */
typedef enum locl_audit_draws { LOCL_AUDIT_ALL_SAME = false, LOCL_AUDIT_DRAWN = true } locl_audit_draws;

/* Writes the results to out [layers->count + 1]. */
void locl_audit_tally_result(locl_audit_tally *tally, locl_audit_draws draws, locl_audit_layer *out);

#endif
