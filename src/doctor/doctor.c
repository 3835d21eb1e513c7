#include "locl/doctor.h"

#include "base/json.h"
#include "doctor/caches.h"
#include "doctor/drivers.h"
#include "doctor/machine.h"
#include "doctor/unregistered.h"
#include "doctor/variables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double usual_deadline = 20;

struct locl_diagnosis {
    locl_findings rows;
};

/* Adds a row about the loader. Its path, the first library of that name which this process has, goes to *path. */
static void look_at_loader(char *path, size_t size, locl_findings *rows)
{
    char line[PATH_MAX + 128], other[PATH_MAX] = "";
    FILE *maps = fopen("/proc/self/maps", "r");
    path[0] = '\0';
    while (maps && fgets(line, sizeof line, maps)) {
        char *at = strchr(line, '/'), *name = at ? strrchr(at, '/') : NULL;
        if (name && !strncmp(name, "/libOpenCL.so", 13)) {
            at[strcspn(at, "\n")] = '\0';
            char *to = path[0] && strcmp(path, at) ? other : path;
            snprintf(to, to == other ? sizeof other : size, "%s", at);
        }
    }
    if (maps) {
        fclose(maps);
    }
    if (other[0]) {
        locl_findings_add(rows, LOCL_FINDING_WARNING, "loader",
                          "take the folder of one of them out of LD_LIBRARY_PATH and LD_PRELOAD",
                          "two are loaded: %s and %s", path, other);
    } else if (path[0]) {
        locl_findings_add(rows, LOCL_FINDING_OK, "loader", "", "%s", path);
    } else {
        locl_findings_add(rows, LOCL_FINDING_SKIPPED, "loader",
                          "none needed: drivers are examined through it below",
                          "the place of libOpenCL.so is not known");
    }
}

static locl_status examine(const locl_doctor_setup *setup, locl_findings *rows, locl_error *err)
{
    char loader[PATH_MAX];
    locl_drivers *drivers = calloc(1, sizeof *drivers);
    if (!drivers) {
        return locl_fail_memory(err, sizeof *drivers);
    }
    look_at_loader(loader, sizeof loader, rows);
    locl_variables_examine(rows);
    locl_unregistered_examine(rows);
    locl_icd_find(loader, &drivers->icds, rows);
    locl_drivers_examine(setup, drivers, rows);
    locl_machine_examine("", drivers, rows);
    locl_caches_examine(drivers, rows);
    free(drivers);
    return rows->failed ? locl_fail(err, LOCL_E_MEMORY, "out of memory") : LOCL_OK;
}

locl_status locl_doctor_run(const locl_doctor_setup *setup, locl_diagnosis **out, locl_error *err)
{
    LOCL_OWN_ERROR(err);
    *out = NULL;
    if (!setup->program) {
        return locl_fail(err, LOCL_E_USAGE, "no program is given that examines drivers");
    }
    locl_diagnosis *d = calloc(1, sizeof *d);
    if (!d) {
        return locl_fail_memory(err, sizeof *d);
    }
    locl_doctor_setup own = *setup;
    own.deadline = own.deadline > 0 ? own.deadline : usual_deadline;
    locl_status status = examine(&own, &d->rows, err);
    if (status != LOCL_OK) {
        locl_diagnosis_free(d);
        return status;
    }
    *out = d;
    return LOCL_OK;
}

void locl_diagnosis_free(locl_diagnosis *d)
{
    if (d) {
        locl_findings_free(&d->rows);
        free(d);
    }
}

size_t locl_diagnosis_rows(const locl_diagnosis *d)
{
    return d->rows.count;
}

const locl_finding *locl_diagnosis_row(const locl_diagnosis *d, size_t index)
{
    return &d->rows.row[index];
}

locl_status locl_diagnosis_to_json(const locl_diagnosis *d, char **out, locl_error *err)
{
    LOCL_OWN_ERROR(err);
    json_t *rows = json_array();
    for (size_t i = 0; i < d->rows.count; i++) {
        json_array_append_new(rows, locl_finding_json(&d->rows.row[i]));
    }
    return locl_json_print(json_pack("{s:o}", "rows", rows), JSON_INDENT(2), out, err);
}
