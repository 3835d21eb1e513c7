#include "cli/output.h"
#include "cli/progress.h"
#include "cli/verb.h"

#include <string.h>

typedef struct eval_options {
    locl_cli_common common;
    const char *split;
} eval_options;

static const locl_cli_option options[] = {
    {"--split", "SPLIT", "test (default) or train", LOCL_CLI_TEXT, offsetof(eval_options, split),
     "test train"},
    LOCL_CLI_JSON("one JSON object: split, images, step, loss, error, blocks"),
    LOCL_CLI_SET("data.batch=64"),
    LOCL_CLI_DEVICE("devices"),
    LOCL_CLI_QUIET("the result alone, no progress"),
    LOCL_CLI_VERBOSE,
    {NULL},
};

static locl_status check(const locl_cli_verb *verb, void *given, locl_error *err)
{
    eval_options *o = given;
    if (o->common.positional.count == 0) {
        locl_fail(err, LOCL_E_USAGE, "what should be evaluated?");
        return locl_remedy(err, "locl eval %s", verb->arguments);
    }
    o->split = o->split ? o->split : "test";
    if (strcmp(o->split, "test") != 0 && strcmp(o->split, "train") != 0) {
        return locl_fail(err, LOCL_E_USAGE, "--split %s: should be test or train", o->split);
    }
    return LOCL_OK;
}

static void print_table(FILE *out, const locl_result *result)
{
    fprintf(out, "%s, %llu images, after %llu steps\n\n%-12s %10s %10s\n", result->split,
            (unsigned long long)result->images, (unsigned long long)result->step, "", "loss", "error");
    for (size_t k = 0; k < result->blocks; k++) {
        char name[32];
        snprintf(name, sizeof name, "block %zu", k);
        fprintf(out, "%-12s %10.4f %8.2f %%\n", name, result->block[k].loss, 100 * result->block[k].error);
    }
    fprintf(out, "%-12s %10.4f %8.2f %%\n", "classifier", result->classifier.loss,
            100 * result->classifier.error);
}

static locl_status evaluate(const void *given, FILE *out, locl_error *err)
{
    const eval_options *o = given;
    const locl_cli_common *common = &o->common;
    locl_progress progress;
    locl_run *run = NULL;
    locl_result result;
    locl_status status;
    bool alone = common->positional.count == 2;
    locl_run_setup setup = {.purpose = LOCL_RUN_EVALUATE,
                            .folder = alone ? NULL : common->positional.value[0],
                            .checkpoint = alone ? common->positional.value[0] : NULL,
                            .config = alone ? common->positional.value[1] : NULL,
                            .set = common->set.value,
                            .sets = common->set.count,
                            .devices = common->devices,
                            .handler = locl_progress_event,
                            .user = &progress};
    locl_progress_start(&progress, out, common);
    LOCL_TRY_GOTO(status, locl_run_open(&setup, &run, err));
    LOCL_TRY_GOTO(status, locl_run_evaluate(run, o->split, &result, err));
    locl_progress_clear(&progress);
    if (common->json) {
        char *json;
        LOCL_TRY_GOTO(status, locl_result_to_json(&result, &json, err));
        LOCL_TRY_GOTO(status, locl_cli_print(out, json, err));
    } else {
        print_table(out, &result);
    }
fail:
    locl_progress_clear(&progress);
    locl_run_close(run);
    return status;
}

const locl_cli_verb locl_cli_eval = {
    .name = "eval",
    .arguments = "RUN | CHECKPOINT CONFIG",
    .summary = "loss and error of a run or a checkpoint on a split",
    .about = "Loss and error of a network on a split of its data: of the last checkpoint of a run's "
             "folder,\nor of any checkpoint under a configuration.\n",
    .options = options,
    .most = 2,
    .size = sizeof(eval_options),
    .check = check,
    .run = evaluate,
};
