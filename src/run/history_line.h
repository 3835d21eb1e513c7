/* A line of metrics.jsonl, read with care: whatever text may stand there. Used by history.c. */
#ifndef LOCL_RUN_HISTORY_LINE_H
#define LOCL_RUN_HISTORY_LINE_H

#include "locl/history.h"
#include "run/tally.h"

typedef enum locl_history_kind {
    LOCL_HISTORY_MEASURED,
    LOCL_HISTORY_OTHER, /* tells of something else, such as a lost device */
    LOCL_HISTORY_DAMAGED
} locl_history_kind;

typedef struct locl_parsed_line {
    locl_history_line line; /* without `seconds` and `block` */
    locl_score block[LOCL_TALLY_RECORDS];
    size_t blocks;
} locl_parsed_line;

/* Reads a line. Of a damaged one writes what is wrong with it to `why` [size]. */
locl_history_kind locl_history_parse(const char *text, size_t length, locl_parsed_line *out, char *why,
                                     size_t size);

#endif
