#include "base/json.h"
#include "base/safetensors.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/output.h"
#include "study/probe.h"

typedef struct probe_options {
    locl_cli_list positional, set;
    const char *in, *out, *device;
    bool json, verbose;
} probe_options;

static locl_status parse(probe_options *o, int argc, char **argv, bool *help, locl_error *err)
{
    const locl_cli_option table[] = {
        {"--in", "FILE", "safetensors: images, labels, parameters, and draws if they are not to be made",
         .text = &o->in},
        {"--out", "FILE", "safetensors: logits, losses, gradients, directional derivatives", .text = &o->out},
        {"--device", "SELECTOR", "the device instead of the configuration's, see locl devices",
         .text = &o->device},
        {"--set", "KEY=VALUE", "put over the configuration, repeatable: --set rule.passes=4",
         .list = &o->set},
        {"--json", NULL, "one JSON object: device, tensors written", .flag = &o->json},
        {"--verbose", NULL, "all log events, not only warnings", .flag = &o->verbose},
        {NULL}};
    const locl_cli_command command = {
        .name = "probe",
        .arguments = "CONFIG --in FILE --out FILE",
        .about =
            "One step of the configuration's rule on given tensors, without the update: how locl is held\n"
            "against other implementations. See docs/probe.md for the names of the tensors.\n",
        .options = table,
        .positional = &o->positional,
        .most = 1};
    LOCL_TRY(locl_cli_parse(&command, argc, argv, help, err));
    if (*help) {
        locl_cli_help(&command);
        return LOCL_OK;
    }
    if (o->positional.count == 0 || !o->in || !o->out) {
        locl_fail(err, LOCL_E_USAGE, "%s is missing",
                  o->positional.count == 0 ? "a configuration"
                  : !o->in                 ? "--in FILE"
                                           : "--out FILE");
        return locl_remedy(err, "locl probe %s", command.arguments);
    }
    return LOCL_OK;
}

/* --device, else LOCL_DEVICES or the configuration's. A probe runs on the first one. */
static locl_status open_device(const probe_options *o, const locl_config *config, locl_devices **out,
                               locl_error *err)
{
    return o->device ? locl_devices_open_text(o->device, out, err)
                     : locl_devices_open(config->devices, config->device_count, out, err);
}

static locl_status print_result(const probe_options *o, FILE *out, const locl_device *device, size_t tensors,
                                locl_error *err)
{
    if (o->json) {
        return locl_cli_print_json(out,
                                   json_pack("{s:s, s:o, s:o, s:I}", "device", device->selector, "name",
                                             locl_json_text(device->name), "out", locl_json_text(o->out),
                                             "tensors", (json_int_t)tensors),
                                   err);
    }
    fprintf(out, "%zu tensors to %s, computed on %s (%s)\n", tensors, o->out, device->selector, device->name);
    return LOCL_OK;
}

static locl_status run_probe(const void *user, FILE *out, locl_error *err)
{
    const probe_options *o = user;
    locl_config *config = NULL;
    locl_devices *devices = NULL;
    locl_arrays given = {0}, computed = {0};
    locl_status status;
    LOCL_TRY_GOTO(status, locl_config_load(o->positional.value[0], o->set.value, o->set.count,
                                           LOCL_CONFIG_PROBE, &config, err));
    LOCL_TRY_GOTO(status, locl_safetensors_read(o->in, &given, err));
    LOCL_TRY_GOTO(status, open_device(o, config, &devices, err));
    status = locl_probe(config, devices->device[0], &given, &computed, err);
    if (status == LOCL_E_CHECKPOINT) {
        locl_error_where(err, "%s", o->in);
    }
    LOCL_TRY_GOTO(status, status);
    LOCL_TRY_GOTO(status, locl_safetensors_write(o->out, &computed, err));
    status = print_result(o, out, devices->device[0], computed.count, err);
fail:
    locl_arrays_free(&computed);
    locl_arrays_free(&given);
    locl_devices_close(devices);
    locl_config_free(config);
    return status;
}

int locl_cli_probe(int argc, char **argv)
{
    probe_options options = {.json = false};
    locl_error err = {0};
    bool help;
    locl_status status = parse(&options, argc, argv, &help, &err);
    if (status != LOCL_OK || help) {
        return status != LOCL_OK ? locl_cli_fail("probe", &err) : 0;
    }
    return locl_cli_run("probe", options.verbose, run_probe, &options);
}
