#include "cli/audit_report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Squares below this are shown as none, as they are rounding in float32. */
#define ROUNDING 1e-8

const locl_audit_layer *locl_audit_all(const locl_audit_estimator *estimator)
{
    return &estimator->layer[estimator->layers - 1];
}

/* Writes a number with so many digits, and without exponent where it can be read so: 26700, not 2.67e+04. */
static void short_number(double value, int digits, char text[32])
{
    char rounded[32];
    snprintf(rounded, sizeof rounded, "%.*g", digits, value);
    double kept = strtod(rounded, NULL);
    snprintf(text, 32, fabs(kept) < 1e7 && fabs(kept) >= 1e-4 ? "%.9g" : "%.3g", kept);
}

/* Prints "51.2 +- 0.31", without the error where there is none. */
static void print_measured(FILE *out, locl_measured m, const char *mark)
{
    char value[32], error[32];
    short_number(m.value, 3, value);
    short_number(m.error, 2, error);
    fprintf(out, " %9s %s %-7s%s", value, m.error > 0 ? "+-" : "  ", m.error > 0 ? error : "", mark);
}

static void print_layer(FILE *out, const locl_audit_estimator *e, const locl_audit_layer *l)
{
    char text[32];
    fprintf(out, "  %-18s %9.3g", l->name, l->norm);
    if (!(l->norm > 0)) {
        fprintf(out, "   the exact gradient is 0\n");
        return;
    }
    if (l->exact) {
        fprintf(out, "   exact\n");
        return;
    }
    print_measured(out, l->bias_square, l->biased ? "*" : " ");
    print_measured(out, l->along, "");
    print_measured(out, l->variance, "");
    short_number(l->error.value, 3, text);
    fprintf(out, " %8s %9.4f", text, l->cosine);
    if (e->draws > 0) {
        fprintf(out, " %-8.2g %8.4f", l->cosine_deviation, l->mean_cosine);
        short_number(1 / l->variance.value, 3, text);
        fprintf(out, " %9s", text);
    }
    fputc('\n', out);
}

static void print_estimator(FILE *out, const locl_audit_estimator *e)
{
    fprintf(out, "\n%s, against %s: ", e->label, e->exact);
    if (e->draws > 0) {
        fprintf(out, "%llu draws", (unsigned long long)e->draws);
    } else {
        fprintf(out, "it draws nothing");
    }
    fprintf(out, "; a step: %.4g GFLOP, %.4g ms (%.4g to %.4g)\n", e->flops / 1e9, 1e3 * e->seconds.median,
            1e3 * e->seconds.low, 1e3 * e->seconds.high);
    fprintf(out, "  %-18s %9s %9s %-11s %9s %-10s %9s %-10s %8s %9s %-8s %8s %9s\n", "layer", "norm",
            "bias^2", "", "along", "", "variance", "", "error", "cosine", "spread", "of mean", "SNR");
    for (size_t i = 0; i < e->layers; i++) {
        print_layer(out, e, &e->layer[i]);
    }
}

/* Orders estimators by variance at equal seconds. Those without one come last, in their order. */
static int cheaper_first(const void *a, const void *b)
{
    const locl_audit_estimator *x = *(const locl_audit_estimator *const *)a,
                               *y = *(const locl_audit_estimator *const *)b;
    double p = x->variance_at_equal_seconds, q = y->variance_at_equal_seconds;
    if ((p < 0) != (q < 0)) {
        return p < 0 ? 1 : -1;
    }
    return p < q ? -1 : p > q ? 1 : x < y ? -1 : x > y;
}

/* Prints a number, "-" where it is negative, not known. */
static void print_number(FILE *out, double value, int width)
{
    char text[32] = "-";
    if (value >= 0 && value < ROUNDING) {
        snprintf(text, sizeof text, "exact");
    } else if (value >= 0) {
        short_number(value, 3, text);
    }
    fprintf(out, " %*s", width, text);
}

static void print_summary_row(FILE *out, const locl_audit_estimator *e, int width)
{
    const locl_audit_layer *all = locl_audit_all(e);
    bool known = all->norm > 0;
    fprintf(out, "%-*s", width, e->label);
    print_number(out, all->biased ? all->bias_square.value : -1, 8);
    print_number(out, known && e->draws > 0 ? all->variance.value : -1, 10);
    if (known) {
        fprintf(out, " %8.4f", all->cosine);
    } else {
        fprintf(out, " %8s", "-");
    }
    fprintf(out, " %8.4g %7.2f %9.4g %7.2f", e->flops / 1e9, e->flops_ratio, 1e3 * e->seconds.median,
            e->seconds_ratio);
    print_number(out, e->variance_at_equal_flops, 12);
    print_number(out, e->variance_at_equal_seconds, 12);
    fputc('\n', out);
}

static void print_summary(FILE *out, const locl_audit *audit)
{
    const locl_audit_estimator **order = calloc(audit->estimators + 1, sizeof *order);
    int width = 9;
    for (size_t i = 0; i < audit->estimators; i++) {
        int length = (int)strlen(audit->estimator[i].label);
        width = length > width ? length : width;
    }
    fprintf(
        out,
        "\nAll layers as one vector; at equal cost: the variance of the mean of as many draws as cost one "
        "step of lg-bp\n");
    fprintf(out, "%-*s %8s %10s %8s %8s %7s %9s %7s %12s %12s\n", width, "", "bias^2", "variance", "cosine",
            "GFLOP", "x lg-bp", "ms", "x lg-bp", "at its GFLOP", "at its ms");
    for (size_t i = 0; order && i < audit->estimators; i++) {
        order[i] = &audit->estimator[i];
    }
    if (order) {
        qsort(order, audit->estimators, sizeof *order, cheaper_first);
    }
    for (size_t i = 0; i < audit->estimators; i++) {
        print_summary_row(out, order ? order[i] : &audit->estimator[i], width);
    }
    free(order);
}

static void print_notes(FILE *out, const locl_audit *audit)
{
    bool biased = false, groups = false, zero = false;
    for (size_t i = 0; i < audit->estimators; i++) {
        const locl_audit_estimator *e = &audit->estimator[i];
        groups = groups || e->own_groups;
        for (size_t j = 0; j < e->layers; j++) {
            biased = biased || e->layer[j].biased;
            zero = zero || !(e->layer[j].norm > 0);
        }
    }
    if (biased || groups || zero) {
        fputc('\n', out);
    }
    if (biased) {
        fprintf(out, "* a bias that is no chance: more than %g standard errors\n", LOCL_AUDIT_SURE);
    }
    if (groups) {
        fprintf(
            out,
            "lg-fg-w and np-w train a group's columns by that group's losses alone, on which a channel layer "
            "acts through\nthe other groups' too where LN runs over all of them: its bias is of the rule, "
            "not "
            "of the program\n");
    }
    if (zero) {
        fprintf(
            out,
            "an exact gradient of 0 has no relative error: the classifier starts at 0, so nothing comes back "
            "from it at first\n");
    }
}

void locl_audit_print(FILE *out, const locl_audit *audit)
{
    fprintf(out, "%s: %zu block%s, %llu values, after %llu steps; the first batch of training, %zu images\n",
            audit->network, audit->blocks, audit->blocks == 1 ? "" : "s",
            (unsigned long long)audit->parameters, (unsigned long long)audit->step, audit->batch);
    fprintf(out, "all rules in turns on %s; a step of lg-bp: %.4g GFLOP, %.4g ms (%.4g to %.4g)\n",
            audit->device, audit->flops / 1e9, 1e3 * audit->seconds.median, 1e3 * audit->seconds.low,
            1e3 * audit->seconds.high);
    for (size_t i = 0; i < audit->estimators; i++) {
        print_estimator(out, &audit->estimator[i]);
    }
    print_summary(out, audit);
    print_notes(out, audit);
}
