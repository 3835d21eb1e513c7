#include "cli/output.h"
#include "cli/verb.h"

typedef struct probe_options {
    locl_cli_common common;
    const char *in, *out;
} probe_options;

static const locl_cli_option options[] = {
    {"--in", "FILE", "safetensors: images, labels, parameters, and draws if they are not to be made",
     LOCL_CLI_TEXT, offsetof(probe_options, in), NULL},
    {"--out", "FILE", "safetensors: logits, losses, gradients, directional derivatives", LOCL_CLI_TEXT,
     offsetof(probe_options, out), NULL},
    LOCL_CLI_DEVICE("the device"),
    LOCL_CLI_SET("rule.passes=4"),
    LOCL_CLI_JSON("one JSON object: device, tensors written"),
    LOCL_CLI_VERBOSE,
    {NULL},
};

static locl_status check(const locl_cli_verb *verb, void *given, locl_error *err)
{
    const probe_options *o = given;
    if (o->common.positional.count == 0 || !o->in || !o->out) {
        locl_fail(err, LOCL_E_USAGE, "%s is missing",
                  o->common.positional.count == 0 ? "a configuration"
                  : !o->in                        ? "--in FILE"
                                                  : "--out FILE");
        return locl_remedy(err, "locl probe %s", verb->arguments);
    }
    return LOCL_OK;
}

static locl_status probe(const void *given, FILE *out, locl_error *err)
{
    const probe_options *o = given;
    const locl_cli_common *common = &o->common;
    locl_probe_result result;
    locl_probe_setup setup = {.config = common->positional.value[0],
                              .in = o->in,
                              .out = o->out,
                              .set = common->set.value,
                              .sets = common->set.count,
                              .devices = common->devices};
    LOCL_TRY(locl_probe_run(&setup, &result, err));
    if (common->json) {
        char *json;
        LOCL_TRY(locl_probe_to_json(&result, &json, err));
        return locl_cli_print(out, json, err);
    }
    fprintf(out, "%zu tensors to %s, computed on %s (%s)\n", result.tensors, result.out, result.device,
            result.name);
    return LOCL_OK;
}

const locl_cli_verb locl_cli_probe = {
    .name = "probe",
    .arguments = "CONFIG --in FILE --out FILE",
    .summary = "one step of a rule on given tensors, for checks from outside",
    .about = "One step of the configuration's rule on given tensors, without the update: how locl is held\n"
             "against other implementations. See docs/probe.md for the names of the tensors.\n",
    .options = options,
    .most = 1,
    .size = sizeof(probe_options),
    .check = check,
    .run = probe,
};
