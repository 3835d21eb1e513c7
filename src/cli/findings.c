#include "cli/findings.h"

void locl_cli_put_finding(FILE *out, const locl_finding *row, int name_width)
{
    fprintf(out, "%-7s  %-*s  %s\n", locl_finding_status_name(row->status), name_width, row->name,
            row->detail);
    if (row->status != LOCL_FINDING_OK && row->remedy[0]) {
        fprintf(out, "%-7s  %-*s  remedy: %s\n", "", name_width, "", row->remedy);
    }
}

void locl_cli_count_error(const locl_finding *row, size_t *errors, char *text, size_t size)
{
    if (row->status == LOCL_FINDING_ERROR && !(*errors)++) {
        snprintf(text, size, "%s: %s", row->name, row->detail);
    }
}

locl_status locl_cli_fail_findings(size_t errors, const char *first, locl_error *err)
{
    if (errors == 0) {
        return LOCL_OK;
    }
    locl_fail(err, LOCL_E_FAILED, "%zu row%s; the first: %s", errors,
              errors == 1 ? " is an error" : "s are errors", first);
    return locl_remedy(err, "each row that is not ok says what to do");
}
