/* locl_probe_run(): the files, the configuration and the device that probe.h needs. */
#include "study/probe.h"

#include "base/json.h"
#include "base/safetensors.h"
#include "locl/probe.h"
#include "run/tune.h"

#include <stdio.h>

/* Opens the setup's devices, else those of LOCL_DEVICES or the configuration. */
static locl_status open_devices(const locl_probe_setup *setup, const locl_config *config, locl_devices **out,
                                locl_error *err)
{
    return setup->devices ? locl_devices_open_text(setup->devices, out, err)
                          : locl_devices_open(config->devices, config->device_count, out, err);
}

locl_status locl_probe_run(const locl_probe_setup *setup, locl_probe_result *out, locl_error *err)
{
    LOCL_OWN_ERROR(err);
    locl_config *config = NULL;
    locl_devices *devices = NULL;
    locl_arrays given = {0}, computed = {0};
    locl_status status;
    if (!setup->config || !setup->in || !setup->out) {
        return locl_fail(err, LOCL_E_USAGE, "a probe needs a configuration and two files, in and out");
    }
    LOCL_TRY_GOTO(status,
                  locl_config_load(setup->config, setup->set, setup->sets, LOCL_CONFIG_PROBE, &config, err));
    LOCL_TRY_GOTO(status, locl_safetensors_read(setup->in, &given, err));
    LOCL_TRY_GOTO(status, open_devices(setup, config, &devices, err));
    LOCL_TRY_GOTO(status, locl_run_take_units(config, devices, err));
    status = locl_probe(config, devices->device[0], &given, &computed, err);
    if (status == LOCL_E_CHECKPOINT) {
        locl_error_where(err, "%s", setup->in);
    }
    LOCL_TRY_GOTO(status, status);
    LOCL_TRY_GOTO(status, locl_safetensors_write(setup->out, &computed, err));
    *out = (locl_probe_result){.out = setup->out, .tensors = computed.count};
    snprintf(out->device, sizeof out->device, "%s", devices->device[0]->selector);
    snprintf(out->name, sizeof out->name, "%s", devices->device[0]->name);
fail:
    locl_arrays_free(&computed);
    locl_arrays_free(&given);
    locl_devices_close(devices);
    locl_config_free(config);
    return status;
}

locl_status locl_probe_to_json(const locl_probe_result *result, char **out, locl_error *err)
{
    LOCL_OWN_ERROR(err);
    return locl_json_print(json_pack("{s:s, s:o, s:o, s:I}", "device", result->device, "name",
                                     locl_json_text(result->name), "out", locl_json_text(result->out),
                                     "tensors", (json_int_t)result->tensors),
                           LOCL_JSON_RESULT, out, err);
}
