#include "cli/verb.h"

const locl_cli_verb *const locl_cli_verbs[LOCL_CLI_VERBS] = {
    &locl_cli_devices, &locl_cli_doctor, &locl_cli_verify,   &locl_cli_train, &locl_cli_eval,
    &locl_cli_audit,   &locl_cli_plan,   &locl_cli_plot,     &locl_cli_data,  &locl_cli_probe,
    &locl_cli_bench,   &locl_cli_tune,   &locl_cli_simulate,
};
