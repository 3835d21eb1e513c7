/* A run's configuration: YAML, --set and defaults made into the options structs of each folder. The command
 * loads it, src/run and src/study read it.
 *
 *     locl_config *config;
 *     LOCL_TRY(locl_config_load("configs/mnist-m.yaml", NULL, 0, LOCL_CONFIG_TRAIN, &config, err));
 *     ... config->model.blocks, config->optimizer.lr ...
 *     locl_config_free(config);
 */
#ifndef LOCL_CONFIG_CONFIG_H
#define LOCL_CONFIG_CONFIG_H

#include "base/text.h"
#include "data/options.h"
#include "device/select.h"
#include "gemm/gemm.h"
#include "model/options.h"
#include "optim/options.h"
#include "rules/options.h"
#include "sched/options.h"
#include "tune/options.h"

typedef struct locl_train_options {
    unsigned epochs;
    uint64_t steps;      /* ends the run early, without changing the schedule; 0: no limit */
    unsigned save_steps; /* a checkpoint every so many steps, and at the end */
} locl_train_options;

typedef struct locl_run_options {
    char dir[LOCL_DATA_PATH]; /* runs/<name of the configuration> unless given */
} locl_run_options;

typedef struct locl_config {
    uint64_t seed;
    locl_model_options model; /* resolved: only image and classes may be 0 (the data's) */
    locl_rule_options rule;
    locl_data_options data; /* image and classes as in model; memory and progress are the caller's */
    locl_optim_options optimizer;
    locl_train_options train;
    locl_run_options run;
    locl_engine engine;              /* of devices that name none */
    locl_tune_effort tune;           /* of new runs */
    locl_device_spec *devices;       /* [device_count], owned */
    size_t device_count;             /* at least 1 */
    locl_placement_entry *placement; /* [placement_count], owned; NULL: dealt out */
    size_t placement_count;
    struct locl_config_origin *origin; /* where keys were given, owned */
} locl_config;

typedef enum locl_config_purpose {
    LOCL_CONFIG_TRAIN,    /* data.name is required */
    LOCL_CONFIG_EVALUATE, /* as well; what only training needs may be wrong */
    LOCL_CONFIG_PROBE     /* data may be absent; model.image and model.classes are known afterwards */
} locl_config_purpose;

/* Reads a file, then puts `sets` ("key.path=value", the value in YAML) over it, later ones over earlier. *out
 * is the caller's until locl_config_free(); NULL on error. LOCL_E_CONFIG: err->message has every problem,
 * each on a line "file:line:column: key: what was found, what is allowed". */
locl_status locl_config_load(const char *path, const char *const *sets, size_t set_count,
                             locl_config_purpose purpose, locl_config **out, locl_error *err);
/* The same from text [size]; `name` stands for the file in messages. */
locl_status locl_config_parse(const char *name, const char *text, size_t size, const char *const *sets,
                              size_t set_count, locl_config_purpose purpose, locl_config **out,
                              locl_error *err);
void locl_config_free(locl_config *config); /* takes NULL */

/* Adds the whole configuration, defaults included, as YAML that loads as the same configuration. */
locl_status locl_config_text(const locl_config *config, locl_text *out, locl_error *err);
/* Writes that text, whole or not at all. LOCL_E_IO. */
locl_status locl_config_write(const locl_config *config, const char *path, locl_error *err);

/* Where `key` ("data.batch", "devices[1]") was given, for problems that show later: "file:line:column" or
 * "--set data.batch=640". If it was not given itself: where its section was, or the file, and false. */
bool locl_config_where(const locl_config *config, const char *key, char *buffer, size_t size);
/* Where err->key names the cause: adds the place and the value that it was given, on a line of its own. */
void locl_config_add_cause(const locl_config *config, locl_error *err);
/* Fills model.image and model.classes where they are 0, and checks what depends on them. Called once the data
 * are known. LOCL_E_CONFIG. */
locl_status locl_config_set_shape(locl_config *config, const unsigned image[3], unsigned classes,
                                  locl_error *err);
/* Checks placement against the number of chosen devices, once these are known. LOCL_E_CONFIG. */
locl_status locl_config_check_devices(const locl_config *config, size_t device_count, locl_error *err);

/* Rule options from a rule's name or a YAML mapping of the keys below `rule` ("{name: lg-fg-a, passes: 4}"),
 * checked as if they were the rule of `config`, whose image and classes are known. LOCL_E_CONFIG. */
locl_status locl_config_rule(const locl_config *config, const char *text, locl_rule_options *out,
                             locl_error *err);
/* "lg-fg-a, rademacher, exact_last": the rule, and its options where they are not the defaults. */
void locl_config_rule_label(const locl_rule_options *rule, char *buffer, size_t size);

/* Adds docs/configuration.md: every key with type, range, default and help. */
locl_status locl_config_reference(locl_text *out, locl_error *err);

#endif
