#include "cli/output.h"
#include "cli/progress.h"
#include "cli/verb.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

typedef struct tune_options {
    locl_cli_common common;
    const char *budget;
    double seconds;
} tune_options;

static const locl_cli_option options[] = {
    LOCL_CLI_DEVICE("devices"),
    {"--budget", "SECONDS", "for all products together; without: as long as it takes", LOCL_CLI_TEXT,
     offsetof(tune_options, budget), NULL},
    LOCL_CLI_SET("data.batch=64"),
    LOCL_CLI_JSON("one JSON object instead of the table: results"),
    LOCL_CLI_QUIET("the result alone, no progress"),
    LOCL_CLI_PROGRESS,
    LOCL_CLI_VERBOSE,
    {NULL},
};

static locl_status check(const locl_cli_verb *verb, void *given, locl_error *err)
{
    tune_options *o = given;
    char *end = NULL;
    (void)verb;
    if (!o->budget) {
        return LOCL_OK;
    }
    errno = 0;
    o->seconds = strtod(o->budget, &end);
    if (end == o->budget || *end || errno || !(o->seconds > 0) || o->seconds > 1e6) {
        return locl_fail(err, LOCL_E_USAGE, "--budget %s: should be seconds, above 0 and up to 1000000",
                         o->budget);
    }
    return LOCL_OK;
}

static void tell(void *user, size_t done, size_t total)
{
    locl_run_event event = {
        .moment = LOCL_RUN_BUILDING, .stage = "measuring products", .done = done, .total = total};
    locl_progress_event(user, &event);
}

static void print_table(FILE *out, const locl_tuning *tuning)
{
    fprintf(out, "%-8s  %-2s  %6s %6s %6s %6s %5s  %8s  %8s  %6s  %s\n", "device", "op", "m", "n", "k",
            "batch", "sum", "default", "winner", "gain", "how, rates in GFLOP/s");
    for (size_t i = 0; i < locl_tuning_products(tuning); i++) {
        locl_tuned_product p;
        locl_tuning_describe(tuning, i, &p);
        fprintf(out, "%-8s  %-2s  %6zu %6zu %6zu %6zu %5zu  ", p.device, p.op, p.m, p.n, p.k, p.batch, p.sum);
        if (p.measured) {
            fprintf(out, "%8.1f  %8.1f  %5.1f%%  %s\n", p.own_rate, p.rate, 100 * (p.rate / p.own_rate - 1),
                    p.winner);
        } else {
            fprintf(out, "%8s  %8s  %6s  %s (no time left to measure it)\n", "-", "-", "-", p.own);
        }
    }
}

static locl_status tune(const void *given, FILE *out, locl_error *err)
{
    const tune_options *o = given;
    const locl_cli_common *common = &o->common;
    locl_progress progress;
    locl_tuning *tuning = NULL;
    locl_status status;
    locl_tune_setup setup = {.config = common->positional.count ? common->positional.value[0] : NULL,
                             .set = common->set.value,
                             .sets = common->set.count,
                             .devices = common->devices,
                             .seconds = o->seconds,
                             .tell = tell,
                             .user = &progress};
    locl_progress_start(&progress, out, common);
    status = locl_tune_run(&setup, &tuning, err);
    locl_progress_clear(&progress);
    LOCL_TRY(status);
    if (common->json) {
        char *json = NULL;
        status = locl_tuning_to_json(tuning, &json, err);
        status = status == LOCL_OK ? locl_cli_print(out, json, err) : status;
    } else {
        print_table(out, tuning);
    }
    locl_tuning_free(tuning);
    return status;
}

const locl_cli_verb locl_cli_tune = {
    .name = "tune",
    .arguments = "[CONFIG]",
    .summary = "measure who computes a configuration's products fastest, and keep it",
    .about =
        "Checks and measures the candidates of all engines for each product of the configuration's step\n"
        "(M/8/16 under lg-fg-a on 32x32x3 images in batches of 128 without one), and keeps the fastest\n"
        "for later runs, in the user's cache. See docs/tune.md.\n",
    .options = options,
    .most = 1,
    .size = sizeof(tune_options),
    .check = check,
    .run = tune,
};
