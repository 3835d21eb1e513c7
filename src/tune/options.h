/* How much is measured before products are chosen: the options of src/tune, a key of the configuration. */
#ifndef LOCL_TUNE_OPTIONS_H
#define LOCL_TUNE_OPTIONS_H

typedef enum locl_tune_effort {
    LOCL_TUNE_OFF,   /* nothing is measured, the store is not looked at */
    LOCL_TUNE_QUICK, /* candidates with the bits of what nobody measured, within LOCL_TUNE_SECONDS in all */
    LOCL_TUNE_FULL   /* all candidates, as long as it takes */
} locl_tune_effort;

#define LOCL_TUNE_SECONDS 5.0

const char *locl_tune_effort_name(locl_tune_effort effort); /* "off", "quick", "full" */

#endif
