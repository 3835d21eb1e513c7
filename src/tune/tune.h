/* The measured choice of who computes the products of a device and how: what the store knows is taken from there, the
 * rest is checked and measured within a budget, and kept. Used by src/run (before the first step) and src/study
 * (`locl tune`).
 *
 *     locl_tune_list list = {.device = device, .engine = LOCL_ENGINE_AUTO, .product = products, .count = n};
 *     LOCL_TRY(locl_tune(&options, &list, 1, err));
 *     ... list.result[i].choice ... locl_tune_release(&list, 1);
 */
#ifndef LOCL_TUNE_TUNE_H
#define LOCL_TUNE_TUNE_H

#include "gemm/gemm.h"
#include "tune/options.h"
#include "tune/trial.h"

/* What a race is measured with, one product at a time: `begin`, then `enter` (ready and checked) and `measure` (seconds
 * of one product) of candidates by number, then `end`. `use` gives CLBlast a set of parameters. `clock` holds the
 * budget. */
typedef struct locl_tune_meter {
    void *user;
    double (*clock)(void *user);
    locl_status (*begin)(void *user, locl_device *device, const locl_gemm_shape *shape, locl_error *err);
    locl_status (*enter)(void *user, size_t index, const locl_gemm_choice *choice,
                         locl_trial_verdict *verdict, locl_error *err);
    locl_status (*measure)(void *user, size_t index, double *seconds, locl_error *err);
    void (*end)(void *user); /* also after an error of begin */
    locl_status (*use)(void *user, locl_device *device, const char *setting, locl_error *err);
} locl_tune_meter;

/* What is measured. */
typedef enum locl_tune_what {
    LOCL_TUNE_UNKNOWN, /* products that the store lacks or knows from less effort */
    LOCL_TUNE_ALL, /* all products, and CLBlast's parameters: the last tried stay, for processes that end behind it */
    LOCL_TUNE_NOTHING /* the store is looked at */
} locl_tune_what;

typedef struct locl_tune_options {
    locl_tune_effort effort;
    locl_tune_what what;
    double seconds; /* for all lists; 0: as long as it takes */
    /* Above 0: measures only products that are worth it in a run of so many steps (worth.h). */
    double steps;
    const locl_tune_meter *meter; /* NULL: the devices themselves */
    /* Told before each product that is measured; may be NULL. */
    void (*tell)(void *user, size_t done, size_t total);
    void *user;
} locl_tune_options;

typedef enum locl_tune_source {
    LOCL_TUNE_UNMEASURED, /* no time, not worth it, or no other candidate: it is computed as nobody measured */
    LOCL_TUNE_STORED,
    LOCL_TUNE_MEASURED
} locl_tune_source;

typedef struct locl_tune_result {
    locl_gemm_choice choice; /* of the product's shape */
    locl_gemm_choice own;    /* as nobody measured */
    locl_gemm_choice alike;  /* the fastest with the bits of `own`; with effort QUICK it is the choice */
    locl_tune_source source;
    size_t candidates;                          /* that were measured */
    double own_seconds, seconds, alike_seconds; /* of one product; 0 where unmeasured */
} locl_tune_result;

/* The products of a device. */
typedef struct locl_tune_list {
    locl_device *device;
    locl_engine engine;              /* whose candidates take part: AUTO: all engines' */
    const locl_gemm_choice *product; /* [count] each shape once, as nobody measured; the caller's */
    size_t count;
    locl_tune_result *result; /* [count], made by locl_tune(); see locl_tune_release() */
    const char *setting; /* of CLBlast, for locl_gemm_choices: also made; "" with less effort than FULL */
} locl_tune_list;

/* Fills in the results of all lists [lists], largest products first, and saves what was measured. With effort OFF all
 * are UNMEASURED. A candidate that is wrong or fails is left out with a log event. On error nothing needs release. */
locl_status locl_tune(const locl_tune_options *options, locl_tune_list *list, size_t lists, locl_error *err);
void locl_tune_release(locl_tune_list *list, size_t lists);

#endif
