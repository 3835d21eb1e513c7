#include "cli/report.h"

#include "cli/output.h"

#include <sys/resource.h>

static void print_score(FILE *out, const locl_score *score)
{
    fprintf(out, " %10.4f %8.2f %%", score->loss, 100 * score->error);
}

/* Prints a row for each block and the classifier. There are columns of the test only once there was one. */
static void print_scores(FILE *out, const locl_run_summary *s)
{
    bool tested = s->test.images > 0;
    fprintf(out, "\n%-12s %10s %10s", "", "train loss", "error");
    if (tested) {
        fprintf(out, " %10s %10s", "test loss", "error");
    }
    fputc('\n', out);
    for (size_t k = 0; k <= s->train.blocks; k++) {
        char name[32] = "classifier";
        if (k < s->train.blocks) {
            snprintf(name, sizeof name, "block %zu", k);
        }
        fprintf(out, "%-12s", name);
        bool head = k < s->train.blocks;
        print_score(out, head ? &s->train.block[k] : &s->train.classifier);
        if (tested && !head) {
            print_score(out, &s->test.classifier);
        } else if (tested && k < s->test.blocks) { /* none under contrast */
            print_score(out, &s->test.block[k]);
        }
        fputc('\n', out);
    }
}

void locl_report_print(FILE *out, const locl_run_summary *s)
{
    char time[32];
    if (s->train.images > 0) {
        print_scores(out, s);
    }
    fprintf(out, "\n%llu of %llu steps, saved in %s\n", (unsigned long long)s->step,
            (unsigned long long)s->steps, s->folder);
    if (s->best_step > 0) {
        fprintf(out, "lowest test error %.2f %%, after step %llu\n", 100 * s->best_error,
                (unsigned long long)s->best_step);
    }
    if (s->seconds > 0) {
        locl_cli_time(s->seconds, time, sizeof time);
        fprintf(out, "%s of training, %.0f images/s, waited for the loader %.1f %% of it\n", time,
                s->images_per_second, 100 * s->idle);
    }
    if (s->train.images > 0) {
        fprintf(out, "curves: locl plot %s\n", s->folder);
    }
}

static double rate(double amount, double seconds)
{
    return seconds > 0 ? amount / seconds / 1e9 : 0;
}

static void print_kernels(FILE *out, const locl_profile *profile)
{
    double seconds = 0, flops = 0, steps = (double)profile->steps;
    fprintf(out, "\n%-16s %-32s %9s %10s %9s %8s %7s\n", "section", "kernel", "launches", "ms/step",
            "GFLOP/s", "GB/s", "share");
    for (size_t i = 0; i < profile->kernels; i++) {
        seconds += profile->kernel[i].seconds;
        flops += profile->kernel[i].flops;
    }
    for (size_t i = 0; i < profile->kernels; i++) {
        const locl_profile_kernel *k = &profile->kernel[i];
        fprintf(out, "%-16s %-32s %9.1f %10.4f %9.1f %8.1f %5.1f %%\n", k->section, k->kernel,
                (double)k->launches / steps, 1e3 * k->seconds / steps, rate(k->flops, k->seconds),
                rate(k->bytes, k->seconds), seconds > 0 ? 100 * k->seconds / seconds : 0);
    }
    fprintf(out, "%-16s %-32s %9s %10.4f %9.1f\n", "all", "", "", 1e3 * seconds / steps,
            rate(flops, seconds));
}

locl_status locl_report_print_profile(FILE *out, const locl_run *run, const locl_run_summary *summary,
                                      locl_error *err)
{
    const double mib = 1024.0 * 1024.0;
    struct rusage usage;
    locl_profile *profile;
    LOCL_TRY(locl_run_profile(run, &profile, err));
    if (profile->steps > 0) {
        print_kernels(out, profile);
        fprintf(out, "\n%.3f GFLOP per step, counted by hand\n", profile->flops / 1e9);
        for (size_t i = 0; i < summary->devices; i++) {
            locl_run_device d;
            locl_run_describe_device(run, i, &d);
            fprintf(out, "device %zu, %s (%s): workspace %.1f MiB, stages' own %.1f MiB\n", i, d.name,
                    d.selector, (double)d.workspace_bytes / mib, (double)d.stage_bytes / mib);
        }
        if (getrusage(RUSAGE_SELF, &usage) == 0) {
            fprintf(out, "resident memory at most %.1f MiB\n", (double)usage.ru_maxrss / 1024);
        }
    }
    locl_profile_free(profile);
    return LOCL_OK;
}
