#include "cli/report.h"

#include "base/json.h"
#include "cli/output.h"
#include "run/tally.h"

static void print_score(FILE *out, const locl_score *score)
{
    fprintf(out, " %10.4f %8.2f %%", score->loss, 100 * score->error);
}

/* A row for each block and the classifier; columns of the test only once there was one. */
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
        print_score(out, k < s->train.blocks ? &s->train.block[k] : &s->train.classifier);
        if (tested) {
            print_score(out, k < s->test.blocks ? &s->test.block[k] : &s->test.classifier);
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
}

static json_t *scores_json(const locl_result *result)
{
    json_t *json = json_pack("{s:I}", "images", (json_int_t)result->images);
    if (json) {
        locl_result_add_json(json, result);
    }
    return json;
}

json_t *locl_report_json(const locl_run_summary *s)
{
    json_t *json = json_pack("{s:s, s:o, s:I, s:I, s:I, s:f, s:f, s:f}", "kind", "end", "run",
                             locl_json_text(s->folder), "step", (json_int_t)s->step, "steps",
                             (json_int_t)s->steps, "parameters", (json_int_t)s->parameters, "seconds",
                             s->seconds, "images_per_second", s->images_per_second, "idle", s->idle);
    if (!json) {
        return NULL;
    }
    if (s->train.images > 0) {
        json_object_set_new(json, "train", scores_json(&s->train));
    }
    if (s->test.images > 0) {
        json_object_set_new(json, "test", scores_json(&s->test));
    }
    if (s->best_step > 0) {
        json_object_set_new(json, "best",
                            json_pack("{s:I, s:o}", "step", (json_int_t)s->best_step, "error",
                                      locl_json_number(s->best_error)));
    }
    return json;
}
