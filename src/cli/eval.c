#include "cli/commands.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "run/tally.h"

#include <string.h>

typedef struct eval_options {
    locl_cli_list positional, set;
    const char *split, *devices;
    bool json, quiet, verbose;
} eval_options;

static locl_status parse(eval_options *o, int argc, char **argv, bool *help, locl_error *err)
{
    const locl_cli_option table[] = {
        {"--split", "SPLIT", "test (default) or train", .text = &o->split},
        {"--json", NULL, "one JSON object: split, images, step, loss, error, blocks", .flag = &o->json},
        {"--set", "KEY=VALUE", "put over the configuration, repeatable: --set data.batch=64",
         .list = &o->set},
        {"--device", "SELECTOR", "devices instead of the configuration's, see locl devices",
         .text = &o->devices},
        {"--quiet", NULL, "the result alone, no progress", .flag = &o->quiet},
        {"--verbose", NULL, "all log events, not only warnings", .flag = &o->verbose},
        {NULL}};
    const locl_cli_command command = {
        .name = "eval",
        .arguments = "RUN | CHECKPOINT CONFIG",
        .about = "Loss and error of a network on a split of its data: of the last checkpoint of a run's "
                 "folder,\nor of any checkpoint under a configuration.\n",
        .options = table,
        .positional = &o->positional,
        .most = 2};
    o->split = "test";
    LOCL_TRY(locl_cli_parse(&command, argc, argv, help, err));
    if (*help) {
        locl_cli_help(&command);
        return LOCL_OK;
    }
    if (o->positional.count == 0) {
        locl_fail(err, LOCL_E_USAGE, "what should be evaluated?");
        return locl_remedy(err, "locl eval %s", command.arguments);
    }
    if (strcmp(o->split, "test") != 0 && strcmp(o->split, "train") != 0) {
        return locl_fail(err, LOCL_E_USAGE, "--split %s: should be test or train", o->split);
    }
    return LOCL_OK;
}

static json_t *result_json(const locl_result *result)
{
    json_t *json = json_pack("{s:s, s:I, s:I}", "split", result->split, "images", (json_int_t)result->images,
                             "step", (json_int_t)result->step);
    if (json) {
        locl_result_add_json(json, result);
    }
    return json;
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

static locl_status evaluate(const void *user, FILE *out, locl_error *err)
{
    const eval_options *o = user;
    locl_progress progress;
    locl_run *run = NULL;
    locl_result result;
    locl_status status;
    bool alone = o->positional.count == 2;
    locl_run_setup setup = {.purpose = LOCL_RUN_EVALUATE,
                            .folder = alone ? NULL : o->positional.value[0],
                            .checkpoint = alone ? o->positional.value[0] : NULL,
                            .config = alone ? o->positional.value[1] : NULL,
                            .set = o->set.value,
                            .sets = o->set.count,
                            .devices = o->devices,
                            .handler = locl_progress_event,
                            .user = &progress};
    locl_progress_start(&progress, out, o->json, o->quiet, false);
    LOCL_TRY_GOTO(status, locl_run_open(&setup, &run, err));
    LOCL_TRY_GOTO(status, locl_run_evaluate(run, o->split, &result, err));
    locl_progress_clear(&progress);
    if (o->json) {
        LOCL_TRY_GOTO(status, locl_cli_print_json(out, result_json(&result), err));
    } else {
        print_table(out, &result);
    }
fail:
    locl_progress_clear(&progress);
    locl_run_close(run);
    return status;
}

int locl_cli_eval(int argc, char **argv)
{
    eval_options options = {.json = false};
    locl_error err = {0};
    bool help;
    locl_status status = parse(&options, argc, argv, &help, &err);
    if (status != LOCL_OK || help) {
        return status != LOCL_OK ? locl_cli_fail("eval", &err) : 0;
    }
    return locl_cli_run("eval", options.verbose, evaluate, &options);
}
