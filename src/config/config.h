/* The configuration of a run: YAML, --set and defaults, turned into the options structs of each folder.
 * src/run and src/study load it and read it.
 *
 *     locl_config *config;
 *     LOCL_TRY(locl_config_load("configs/mnist-m.yaml", NULL, 0, LOCL_CONFIG_TRAIN, &config, err));
 *     ... config->model.blocks, config->optimizer.lr ...
 *     locl_config_free(config);
 */
#ifndef LOCL_CONFIG_CONFIG_H
#define LOCL_CONFIG_CONFIG_H

#include "base/text.h"
#include "data/augment_options.h"
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
    uint64_t steps;      /* steps after which the run ends early, with the same schedule; 0: no limit */
    unsigned save_steps; /* steps from one checkpoint to the next; the end writes one, too */
} locl_train_options;

/* What training does on a device whose kernels failed `locl verify`. */
typedef enum locl_failed_passport { LOCL_FAILED_REFUSE, LOCL_FAILED_TRAIN } locl_failed_passport;

typedef struct locl_run_options {
    char dir[LOCL_DATA_PATH]; /* runs/<name of the configuration> unless given */
    unsigned
        snapshot_steps; /* steps from one snapshot in memory to the next; 0: as cheap as they should be */
    double deadline;    /* seconds; 0: that of LOCL_DEADLINE, or none */
    bool tensorboard;   /* event files beside metrics.jsonl */
    locl_failed_passport failed_passport;
} locl_run_options;

typedef struct locl_config {
    uint64_t seed;
    locl_model_options model; /* resolved; only image and classes may be 0 (those of the data) */
    locl_rule_options rule;
    locl_data_options data;       /* image and classes as in model; the caller sets memory and progress */
    locl_augment_options augment; /* resolved */
    locl_optim_options optimizer;
    locl_train_options train;
    locl_run_options run;
    locl_engine engine;    /* of devices that name none */
    locl_tune_effort tune; /* of new runs */
    locl_precision precision;
    locl_rebalance rebalance;
    locl_on_device_loss on_device_loss;
    char device_sets[LOCL_DATA_PATH]; /* file of sets that `devices` may name, beside the user's; or "" */
    locl_device_spec *devices;        /* [device_count], owned, without sets */
    size_t device_count;              /* at least 1 */
    locl_placement_entry *placement;  /* [placement_count], owned; NULL: a policy places the blocks */
    size_t placement_count;
    struct locl_config_origin *origin; /* the places where keys were given, owned */
} locl_config;

typedef enum locl_config_purpose {
    LOCL_CONFIG_TRAIN,    /* data.name is required */
    LOCL_CONFIG_EVALUATE, /* data.name is required; what only training needs is not checked */
    LOCL_CONFIG_PLAN,     /* what training needs is checked; model.image and model.classes must be known */
    LOCL_CONFIG_PROBE     /* data may be absent; model.image and model.classes must be known */
} locl_config_purpose;

/* Reads a file, then puts `sets` over it ("key.path=value", the value in YAML), later ones over earlier ones.
 * *out is the caller's until locl_config_free(); NULL on error. LOCL_E_CONFIG: err->message has every
 * problem, each on a line "file:line:column: key: what was found, what is allowed". */
locl_status locl_config_load(const char *path, const char *const *sets, size_t set_count,
                             locl_config_purpose purpose, locl_config **out, locl_error *err);
/* Reads text [size] as locl_config_load() reads a file; `name` stands for the file in messages. */
locl_status locl_config_parse(const char *name, const char *text, size_t size, const char *const *sets,
                              size_t set_count, locl_config_purpose purpose, locl_config **out,
                              locl_error *err);
void locl_config_free(locl_config *config); /* accepts NULL */

/* Adds the whole configuration, defaults included, as YAML that loads as the same configuration. */
locl_status locl_config_text(const locl_config *config, locl_text *out, locl_error *err);
/* Writes that text, whole or not at all. LOCL_E_IO. */
locl_status locl_config_write(const locl_config *config, const char *path, locl_error *err);

/* Finds where `key` ("data.batch", "devices[1]") was given, for problems that show later: "file:line:column"
 * or "--set data.batch=640". False if the key itself was not given; the place is then that of its section or
 * of the file. */
bool locl_config_where(const locl_config *config, const char *key, char *buffer, size_t size);
/* Adds to the message, where err->key names the cause, a line with the place and value of that key. */
void locl_config_add_cause(const locl_config *config, locl_error *err);
/* Fills model.image and model.classes where they are 0, and checks what depends on them. Called once the data
 * are known. LOCL_E_CONFIG. */
locl_status locl_config_set_shape(locl_config *config, const unsigned image[3], unsigned classes,
                                  locl_error *err);
/* Checks placement against the number of chosen devices, once it is known. LOCL_E_CONFIG. */
locl_status locl_config_check_devices(const locl_config *config, size_t device_count, locl_error *err);

/* Reads rule options from the name of a rule or a YAML mapping of the keys below `rule` ("{name: lg-fg-a,
 * passes: 4}"). Checks them as if they were the rule of `config`, whose image and classes are known.
 * LOCL_E_CONFIG. */
locl_status locl_config_rule(const locl_config *config, const char *text, locl_rule_options *out,
                             locl_error *err);
/* Writes the rule and its options that differ from the defaults: "lg-fg-a, rademacher, exact_last". */
void locl_config_rule_label(const locl_rule_options *rule, char *buffer, size_t size);

/* Adds the text of docs/configuration.md: every key with type, range, default and help. */
locl_status locl_config_reference(locl_text *out, locl_error *err);

#endif
