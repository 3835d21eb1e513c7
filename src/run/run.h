/* Inside a run (locl/run.h): what its files share. run.c opens and closes, prepare.c opens what it works with,
 * train.c is the training loop, train_loss.c and loss.c go on without a device, evaluate.c is a pass over a split.
 * summary.c, profile.c and result_json.c are what programs see of it. plan.c (locl/plan.h) goes as far as a run's
 * pipeline, and does not open it. */
#ifndef LOCL_RUN_RUN_H
#define LOCL_RUN_RUN_H

#include "data/dataset.h"
#include "config/config.h"
#include "locl/run.h"
#include "run/folder.h"
#include "run/place.h"
#include "run/plan_file.h"
#include "run/watch.h"
#include "run/run_state.h"
#include "sched/pipeline.h"

#include <jansson.h>
#include <stdatomic.h>

/* Batches that the pipeline holds while they are uploaded, beside those that are made ahead. */
enum { LOCL_RUN_LENT = 2 };

/* The rate of images over stretches of time. */
typedef struct locl_rate {
    double mark;    /* when the stretch began */
    double seconds; /* seconds of the stretches before it */
    double images;
} locl_rate;

struct locl_run {
    locl_run_purpose purpose;
    bool profile;
    bool replanned; /* a resumed run whose devices, engine or placement were given anew */
    locl_run_handler handler;
    void *user;
    atomic_bool stop;

    locl_config *config;
    char *device_text;   /* selectors in place of the configuration's and of LOCL_DEVICES; or NULL */
    char path[PATH_MAX]; /* of the run's folder; "" for a checkpoint on its own */
    locl_folder folder;
    char checkpoint_name[PATH_MAX];
    locl_arrays checkpoint; /* until the pipeline has taken it */
    locl_run_state state;
    bool resumed;    /* the state is a checkpoint's */
    uint64_t opened; /* steps done when the run was opened */

    locl_devices *devices;
    locl_placed placed; /* by measurement */
    locl_plan plan;     /* of plan.json, in place of the configuration's; or zeroed */
    locl_dataset *data[LOCL_SPLIT_COUNT];
    locl_model model;
    locl_pipeline *pipeline; /* NULL: nothing to do yet */
    bool ready;              /* the pipeline has its parameters */
    bool displaced;          /* devices were lost: neither the configuration nor the plan places the stages */
    bool spoiled;            /* one of them for values that were not finite */
    char
        *given; /* what chose the devices, in YAML, before config.yaml named them for good; NULL: not known */
    locl_device_spec *kept; /* [kept_count] names of the opened devices for good, for config.yaml */
    size_t kept_count;
    json_t *used; /* devices and the steps from which they are used (used.h); NULL: none yet */
    uint64_t parameters;

    locl_rate total;                  /* of this process, without its first step */
    double images;                    /* trained on by this process */
    char trace_path[PATH_MAX];        /* of the timeline's file; "": none is asked for */
    uint64_t trace_first, trace_last; /* of the setup */
    locl_timeline *timeline;          /* from the opening of the pipeline; or NULL */
    bool traced;                      /* it is written */

    double waited, trained; /* seconds: for the loader, of segments of training */
    locl_tally measured;    /* of locl_run_evaluate() */
};

/* Return the steps of an epoch and of the whole run. */
uint64_t locl_run_epoch_steps(const locl_run *run);
uint64_t locl_run_total_steps(const locl_run *run);
/* Returns whether the run is trained to the end and tested there. */
bool locl_run_complete(const locl_run *run);

/* Sets of images that a run opens, as flags. */
enum { LOCL_RUN_TRAIN_SET = 1 << LOCL_SPLIT_TRAIN, LOCL_RUN_TEST_SET = 1 << LOCL_SPLIT_TEST };

/* Returns what a pipeline of the configuration is opened with. `optim` NULL: to evaluate. All of them outlive
 * the pipeline. */
locl_pipeline_options locl_run_pipeline_options(const locl_config *config, const locl_model *model,
                                                const locl_optim_options *optim);
/* Opens the configuration's model and counts its trainable values. */
locl_status locl_run_open_model(const locl_config *config, locl_model *model, uint64_t *parameters,
                                locl_error *err);
/* Opens what is not open yet: devices, the splits asked for and the model, whose images they tell. */
locl_status locl_run_read(locl_run *run, unsigned splits, locl_error *err);
/* LOCL_E_LOST: the pipeline of a run that was ready ended with its devices. */
locl_status locl_run_check_devices(const locl_run *run, locl_error *err);
/* Opens what locl_run_read() opens, and the pipeline with its parameters. */
locl_status locl_run_prepare(locl_run *run, unsigned splits, locl_error *err);
/* Fills in the plan's products as the key `tune` says, for a pipeline of these options. plan.json keeps them. */
locl_status locl_run_choose_products(locl_run *run, const locl_pipeline_options *pipeline, locl_error *err);
/* Begins the pipeline of a run's training where run->placed says. */
locl_status locl_run_begin_placed(locl_run *run, locl_error *err);
/* Places the stages, and opens the pipeline with initial parameters. */
locl_status locl_run_open_pipeline(locl_run *run, locl_error *err);
/* Writes plan.json. */
locl_status locl_run_write_plan(const locl_run *run, locl_error *err);
/* Returns whether stages may get other shares while a run trains. */
bool locl_run_may_rebalance(const locl_run *run);
/* Between steps, when they have become slower: measures the devices again and places the stages anew where that
 * helps. */
locl_status locl_run_rebalance(locl_run *run, locl_watch *watch, locl_error *err);
/* Refuses a deeper network's checkpoint (LOCL_E_CHECKPOINT). It has all tensors of a shallower one, but its
 * classifier is not the shallower one's. */
locl_status locl_run_check_depth(const locl_run *run, locl_error *err);
/* Returns `status`. If that is LOCL_E_CHECKPOINT, says which checkpoint is meant and what to do. */
locl_status locl_run_blame_checkpoint(const locl_run *run, locl_status status, locl_error *err);
/* Makes one pass over a split into `tally`, which it clears first. After a stop the tally is not complete. */
locl_status locl_run_measure(locl_run *run, locl_split split, locl_tally *tally, locl_error *err);

/* Returns what an evaluation found: of the classifier and each head, under contrast of the classifier alone, since its
 * heads know no classes. Valid as long as the tally stays as it is. */
locl_result locl_run_measured(const locl_run *run, locl_tally *tally, const char *split);
/* Ends such a pass: closes its loader, or leaves it to a device that may yet read from it. Returns its first error,
 * which says that it came `when`. */
locl_status locl_run_end_pass(const locl_run *run, locl_loader *loader, locl_status status, const char *when,
                              locl_error *err);
/* Trains the classifier alone for an epoch of the training images as they are, which a step of contrast leaves out.
 * Incomplete after a stop. */
locl_status locl_run_read_out(locl_run *run, locl_error *err);
/* Checks what the setup says of a timeline, before anything is opened. LOCL_E_USAGE, LOCL_E_IO. */
locl_status locl_run_check_trace(locl_run *run, const locl_run_setup *setup, locl_error *err);
/* Opens the timeline, if one is asked for, once the run knows its steps. LOCL_E_USAGE. */
locl_status locl_run_open_timeline(locl_run *run, locl_error *err);
/* Checks that the run comes to the steps of the timeline, once it knows how many it has. LOCL_E_USAGE. */
locl_status locl_run_check_timeline(const locl_run *run, locl_error *err);
/* Returns whether there is a timeline whose steps are done, and which is not yet written. */
bool locl_run_has_timeline(const locl_run *run);
locl_status locl_run_write_timeline(locl_run *run, locl_error *err);
/* Tells the handler of kernels being built. */
void locl_run_tell_building(locl_run *run, const char *stage, size_t done, size_t total);
/* Tells the handler, if there is one, and fills in what does not depend on the moment. */
void locl_run_tell(locl_run *run, locl_run_event *event);

#endif
