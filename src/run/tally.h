/* Sums of losses and errors over many batches, and their JSON. Used by the training loop (an epoch, the lines
 * of metrics.jsonl), by evaluation and by the position in a checkpoint, as a resumed run goes on with the
 * sums. */
#ifndef LOCL_RUN_TALLY_H
#define LOCL_RUN_TALLY_H

#include "base/error.h"
#include "locl/locl.h"
#include "model/options.h"
#include "sched/pipeline.h"

#include <jansson.h>

enum { LOCL_TALLY_RECORDS = LOCL_MODEL_MAX_BLOCKS + 1 };

/* The sums, {0} while nothing is measured. Record k is block k's head, record `records` - 1 the
 * classifier. */
typedef struct locl_tally {
    uint64_t step; /* after the last batch that was added */
    uint64_t images;
    size_t records;
    double loss[LOCL_TALLY_RECORDS]; /* sums over images */
    uint64_t wrong[LOCL_TALLY_RECORDS];
    locl_score score[LOCL_TALLY_RECORDS]; /* means, as of the last locl_tally_result() */
} locl_tally;

void locl_tally_clear(locl_tally *tally);
/* Adds a batch, after which the network has been trained for `step` steps. */
void locl_tally_add(locl_tally *tally, const locl_step_report *report, uint64_t step);
/* Returns the means, valid until the tally's next change. */
locl_result locl_tally_result(locl_tally *tally, const char *split);

/* Returns the exact sums as JSON, NULL when memory runs out. */
json_t *locl_tally_json(const locl_tally *tally);
/* Reads the sums. Returns false when `json` is not what locl_tally_json() makes for `records` records. */
bool locl_tally_parse(locl_tally *tally, const json_t *json, size_t records);

/* Adds "loss", "error" and "blocks" to an object. Numbers that are not finite become null. */
void locl_result_add_json(json_t *object, const locl_result *result);
#endif
