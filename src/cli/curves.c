#include "cli/curves.h"

#include "cli/output.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const by_names[] = {"epoch", "step", "second"};

enum { BYS = sizeof by_names / sizeof *by_names };

bool locl_curves_has(const locl_curves *c, size_t run, size_t head)
{
    const locl_history *h = c->run[run];
    return head == 0 || (head <= h->blocks && h->heads);
}

static double place_of(const locl_curves *c, const locl_history *h, const locl_history_line *line)
{
    switch (c->by) {
    case LOCL_BY_EPOCH:
        return (double)line->step / (double)h->steps_per_epoch;
    case LOCL_BY_STEP:
        return (double)line->step;
    case LOCL_BY_SECOND:
        break;
    }
    return line->seconds;
}

bool locl_curves_point(const locl_curves *c, const locl_curve *curve, size_t line, locl_curve_point *out)
{
    const locl_history *h = c->run[curve->run];
    const locl_history_line *l = &h->line[line];
    if (l->test != curve->test) {
        return false;
    }
    const locl_score *score = curve->head ? &l->block[curve->head - 1] : &l->classifier;
    *out = (locl_curve_point){place_of(c, h, l), score->loss, score->error};
    return true;
}

void locl_curves_head(size_t head, char *out, size_t size)
{
    if (head) {
        snprintf(out, size, "block %zu", head - 1);
    } else {
        snprintf(out, size, "classifier");
    }
}

const char *locl_curves_axis(const locl_curves *c)
{
    return c->by == LOCL_BY_SECOND ? "seconds of training" : by_names[c->by];
}

void locl_curves_tops(const locl_curves *c, double *loss, double *error)
{
    *loss = *error = 0;
    for (size_t run = 0; run < c->runs; run++) {
        for (size_t head = 0; head < c->heads; head++) {
            for (size_t i = 0; i < c->run[run]->lines && locl_curves_has(c, run, head); i++) {
                const locl_curve curve = {run, head, c->run[run]->line[i].test};
                locl_curve_point p;
                locl_curves_point(c, &curve, i, &p);
                *loss = isfinite(p.loss) ? fmax(*loss, p.loss) : *loss;
                *error = isfinite(p.error) ? fmax(*error, p.error) : *error;
            }
        }
    }
}

/* Chooses what runs from left to right. */
static locl_status choose_by(locl_curves *c, const char *given, locl_error *err)
{
    size_t by = 0;
    while (given && by < BYS && strcmp(given, by_names[by]) != 0) {
        by++;
    }
    if (by == BYS) {
        return locl_fail(err, LOCL_E_USAGE, "--by %s: should be epoch, step or second", given);
    }
    c->by = (locl_curves_by)by;
    for (size_t run = 0; run < c->runs; run++) {
        const locl_history *h = c->run[run];
        if (c->by == LOCL_BY_EPOCH && h->steps_per_epoch == 0 && given) {
            locl_fail(err, LOCL_E_USAGE, "--by epoch: the first epoch of %s is not over", h->folder);
            return locl_remedy(err, "--by step");
        }
        c->by = c->by == LOCL_BY_EPOCH && h->steps_per_epoch == 0 ? LOCL_BY_STEP : c->by;
        if (c->by == LOCL_BY_SECOND && isnan(h->line[0].seconds)) {
            locl_fail(err, LOCL_E_USAGE, "--by second: no line of %s has a rate", h->folder);
            return locl_remedy(err, "--by step");
        }
    }
    return LOCL_OK;
}

static void find_range(locl_curves *c)
{
    c->heads = 1;
    for (size_t run = 0; run < c->runs; run++) {
        const locl_history *h = c->run[run];
        for (size_t i = 0; i < h->lines; i++) {
            c->right = fmax(c->right, place_of(c, h, &h->line[i]));
        }
        size_t heads = h->heads ? h->blocks + 1 : 1;
        c->heads = heads > c->heads ? heads : c->heads;
    }
    c->right = c->right > 0 ? c->right : 1;
}

static const char *last_part(const char *folder)
{
    const char *slash = strrchr(folder, '/');
    return slash && slash[1] ? slash + 1 : folder;
}

/* Returns whether another run's folder has the same name. */
static bool shares_name(const locl_curves *c, size_t run)
{
    for (size_t other = 0; other < c->runs; other++) {
        if (other != run && !strcmp(last_part(c->run[other]->folder), last_part(c->run[run]->folder))) {
            return true;
        }
    }
    return false;
}

/* Names the runs by their folders' last parts, or whole where these are the same, and by their rules where they have
 * several. */
static void name_runs(locl_curves *c)
{
    bool rules = false;
    for (size_t run = 1; run < c->runs; run++) {
        rules = rules || strcmp(c->run[0]->rule, c->run[run]->rule) != 0;
    }
    for (size_t run = 0; run < c->runs; run++) {
        const locl_history *h = c->run[run];
        const char *name = shares_name(c, run) ? h->folder : last_part(h->folder);
        bool rule = rules && h->rule[0];
        snprintf(c->name[run], sizeof c->name[run], "%s%s%s%s", name, rule ? " (" : "", rule ? h->rule : "",
                 rule ? ")" : "");
    }
}

/* Warns where curves beside each other are of different things. */
static void warn_of_differences(const locl_curves *c)
{
    const locl_history *first = c->run[0];
    for (size_t run = 0; run < c->runs; run++) {
        const locl_history *h = c->run[run];
        if (!h->heads && h->blocks > 0) {
            locl_cli_warn("%s: the rule bp trains no heads, so its blocks are not drawn", h->folder);
        }
        if (h->data[0] && first->data[0] && strcmp(h->data, first->data) != 0) {
            locl_cli_warn("%s learned from %s, %s from %s", first->folder, first->data, h->folder, h->data);
        }
        if (h->blocks != first->blocks) {
            locl_cli_warn("%s has %zu block%s, %s has %zu", first->folder, first->blocks,
                          first->blocks == 1 ? "" : "s", h->folder, h->blocks);
        }
    }
}

locl_status locl_curves_open(locl_curves *c, const char *const *folder, size_t folders, const char *by,
                             locl_error *err)
{
    *c = (locl_curves){0};
    for (size_t i = 0; i < folders; i++) {
        LOCL_TRY(locl_history_read(folder[i], &c->run[i], err));
        c->runs = i + 1;
    }
    LOCL_TRY(choose_by(c, by, err));
    find_range(c);
    name_runs(c);
    warn_of_differences(c);
    return LOCL_OK;
}

void locl_curves_close(locl_curves *c)
{
    for (size_t run = 0; run < c->runs; run++) {
        locl_history_free(c->run[run]);
    }
    *c = (locl_curves){0};
}
