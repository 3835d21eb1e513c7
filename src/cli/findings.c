#include "cli/findings.h"

#include <errno.h>
#include <stdlib.h>

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

locl_status locl_cli_read_deadline(const char *given, double *seconds, locl_error *err)
{
    char *end = NULL;
    if (!given) {
        return LOCL_OK;
    }
    errno = 0;
    *seconds = strtod(given, &end);
    if (end == given || *end || errno || !(*seconds > 0) || *seconds > 3600) {
        return locl_fail(err, LOCL_E_USAGE, "--deadline %s: should be seconds, above 0 and up to 3600",
                         given);
    }
    return LOCL_OK;
}
