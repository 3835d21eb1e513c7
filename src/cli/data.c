#include "cli/output.h"
#include "cli/progress.h"
#include "cli/verb.h"

#include <stdlib.h>
#include <string.h>

enum { RATES = 16 };
static const double rate_seconds = 2;

typedef struct data_options {
    locl_cli_common common;
    const char *sheet, *batch, *views;
    uint64_t number;     /* of that batch, from 0 */
    unsigned view_count; /* 0: not given */
    bool rate;
} data_options;

static const locl_cli_option options[] = {
    {"--contact-sheet", "FILE", "a picture (.png) of a batch as the network gets it, views side by side",
     LOCL_CLI_TEXT, offsetof(data_options, sheet), NULL},
    {"--batch", "N", "of which batch, counted from 1 over all epochs; without: the first", LOCL_CLI_TEXT,
     offsetof(data_options, batch), NULL},
    {"--views", "N", "views of each image in a batch, 1 or 2; without: those of the task", LOCL_CLI_TEXT,
     offsetof(data_options, views), "1 2"},
    {"--rate", NULL, "measure how fast batches are made, by 1, 2, 4, ... threads", LOCL_CLI_FLAG,
     offsetof(data_options, rate), NULL},
    LOCL_CLI_SET("augment=contrast"),
    LOCL_CLI_JSON("one JSON object instead of the text: images, augment, rates"),
    LOCL_CLI_QUIET("the result alone, no progress"),
    LOCL_CLI_PROGRESS,
    LOCL_CLI_VERBOSE,
    {NULL},
};

/* Reads a whole number from 1 to `most`. */
static locl_status parse(const char *option, const char *text, uint64_t most, uint64_t *out, locl_error *err)
{
    char *end = NULL;
    unsigned long long value = text[strspn(text, "0123456789")] ? 0 : strtoull(text, &end, 10);
    *out = value;
    return value >= 1 && value <= most
               ? LOCL_OK
               : locl_fail(err, LOCL_E_USAGE, "%s %s: should be a whole number from 1 to %llu", option, text,
                           (unsigned long long)most);
}

static locl_status check(const locl_cli_verb *verb, void *given, locl_error *err)
{
    data_options *o = given;
    uint64_t number = 1, views = 0;
    if (o->common.positional.count == 0) {
        locl_fail(err, LOCL_E_USAGE, "no configuration is given");
        return locl_remedy(err, "locl data %s", verb->arguments);
    }
    if (o->batch) {
        LOCL_TRY(parse("--batch", o->batch, UINT32_MAX, &number, err));
    }
    if (o->views) {
        LOCL_TRY(parse("--views", o->views, 2, &views, err));
    }
    o->number = number - 1;
    o->view_count = (unsigned)views;
    size_t length = o->sheet ? strlen(o->sheet) : 0;
    if (o->sheet && (length < 5 || strcmp(o->sheet + length - 4, ".png"))) {
        return locl_fail(err, LOCL_E_USAGE, "--contact-sheet %s: should end in .png", o->sheet);
    }
    return LOCL_OK;
}

static void tell(void *user, const char *stage, size_t done, size_t total)
{
    locl_run_event event = {.moment = LOCL_RUN_READING, .stage = stage, .done = done, .total = total};
    locl_progress_event(user, &event);
}

/* Measures 1, 2, 4, ... threads, and as many as training takes. Returns how many rows there are. */
static locl_status measure(const locl_data *data, locl_data_rate rate[RATES], size_t *rates, locl_error *err)
{
    unsigned most = locl_data_threads(data);
    *rates = 0;
    for (unsigned threads = 1; *rates < RATES; threads = threads * 2 < most ? threads * 2 : most) {
        LOCL_TRY(locl_data_measure(data, threads, rate_seconds, &rate[(*rates)++], err));
        if (threads == most) {
            break;
        }
    }
    return LOCL_OK;
}

static void print_values(FILE *out, const char *name, const double *value, size_t count)
{
    fprintf(out, "%s", name);
    for (size_t i = 0; i < count; i++) {
        fprintf(out, "%s%.4f", i ? ", " : " ", value[i]);
    }
}

static void print_facts(FILE *out, const locl_data *data)
{
    locl_data_facts f;
    char part[256];
    locl_data_describe(data, &f);
    fprintf(out, "%s: %zu training images, %zux%zux%zu, %zu classes\n", f.name, f.images, f.image[0],
            f.image[1], f.image[2], f.classes);
    print_values(out, "mean", f.mean, f.image[2]);
    print_values(out, "; deviation", f.std, f.image[2]);
    fprintf(out, "\nbatch %zu, %u view%s, %llu steps an epoch\n", f.batch, f.views, f.views == 1 ? "" : "s",
            (unsigned long long)f.steps);
    fprintf(out, "augment:%s\n", f.parts ? "" : " none, images stay as they are");
    for (size_t i = 0; i < f.parts; i++) {
        locl_data_describe_part(data, i, part, sizeof part);
        fprintf(out, "  %s\n", part);
    }
}

static void print_rates(FILE *out, const locl_data_rate *rate, size_t rates)
{
    fprintf(out, "\n%-8s %10s %10s\n", "threads", "images/s", "ms a batch");
    for (size_t i = 0; i < rates; i++) {
        fprintf(out, "%-8u %10.0f %10.2f\n", rate[i].threads, rate[i].images, 1e3 * rate[i].seconds);
    }
}

static locl_status show(const data_options *o, const locl_data *data, FILE *out, locl_error *err)
{
    locl_data_rate rate[RATES];
    size_t rates = 0;
    if (o->sheet) {
        LOCL_TRY(locl_data_draw(data, o->number, o->sheet, err));
    }
    if (o->rate) {
        LOCL_TRY(measure(data, rate, &rates, err));
    }
    if (o->common.json) {
        char *json;
        LOCL_TRY(locl_data_to_json(data, rate, rates, &json, err));
        return locl_cli_print(out, json, err);
    }
    print_facts(out, data);
    if (rates) {
        print_rates(out, rate, rates);
    }
    return LOCL_OK;
}

static locl_status show_data(const void *given, FILE *out, locl_error *err)
{
    const data_options *o = given;
    locl_progress progress;
    locl_data *data;
    locl_data_setup setup = {.config = o->common.positional.value[0],
                             .set = o->common.set.value,
                             .sets = o->common.set.count,
                             .views = o->view_count,
                             .tell = tell,
                             .user = &progress};
    locl_progress_start(&progress, out, &o->common);
    locl_status status = locl_data_open(&setup, &data, err);
    locl_progress_clear(&progress);
    LOCL_TRY(status);
    status = show(o, data, out, err);
    locl_data_close(data);
    return status;
}

const locl_cli_verb locl_cli_data = {
    .name = "data",
    .arguments = "CONFIG",
    .summary = "what images a network gets, as a picture too, and how fast",
    .about = "Reads the training images of a configuration, and tells what they are and how they are changed "
             "each\n"
             "time that they are shown (docs/data.md). No device is opened.\n",
    .options = options,
    .most = 1,
    .size = sizeof(data_options),
    .check = check,
    .run = show_data,
};
