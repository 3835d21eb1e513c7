#include "locl/history.h"

#include "base/file.h"
#include "base/log.h"
#include "config/config.h"
#include "run/folder.h"
#include "run/history_line.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The largest metrics.jsonl that is read. A line of a deep network has about a kilobyte. */
#define MOST_BYTES ((size_t)1 << 30)

enum { TOLD = 3 /* damaged lines that are each warned of */, LABEL = 256 };

/* What the history's pointers point to. */
typedef struct owned {
    locl_history history; /* first: it is what locl_history_free() gets */
    char folder[PATH_MAX], network[LOCL_MODEL_PRESET_NAME + 8], rule[LABEL];
    locl_history_line *line; /* [history.lines] */
    size_t capacity;
    locl_score *score; /* [history.lines][history.blocks] */
    uint64_t limit;    /* train.steps; 0: none */
} owned;

/* The place in the file that is read. */
typedef struct reader {
    owned *out;
    const char *path;
    size_t number;        /* of the line, from 1 */
    size_t left_out;      /* damaged lines */
    size_t nonfinite;     /* values */
    uint64_t first_wrong; /* step of the first of them */
    uint64_t last[2];     /* step of the last line of training, and of tests */
} reader;

static void warn_left_out(reader *r, const char *why)
{
    if (r->left_out++ < TOLD) {
        locl_log(LOCL_LOG_WARNING, "%s:%zu: %s; the line is left out", r->path, r->number, why);
    }
}

static locl_status make_room(owned *o, locl_error *err)
{
    if (o->history.lines < o->capacity) {
        return LOCL_OK;
    }
    size_t capacity = o->capacity ? 2 * o->capacity : 256;
    locl_history_line *line = realloc(o->line, capacity * sizeof *line);
    o->line = line ? line : o->line;
    locl_score *score = line ? realloc(o->score, (capacity * o->history.blocks + 1) * sizeof *score) : NULL;
    if (!score) {
        return locl_fail_memory(err, capacity * sizeof *line);
    }
    o->score = score;
    o->capacity = capacity;
    return LOCL_OK;
}

static void count_nonfinite(reader *r, const locl_parsed_line *p)
{
    const locl_score *scores[] = {&p->line.classifier, p->block};
    const size_t counts[] = {1, p->blocks};
    for (size_t part = 0; part < 2; part++) {
        for (size_t k = 0; k < counts[part]; k++) {
            size_t wrong = (size_t)!isfinite(scores[part][k].loss) + (size_t)!isfinite(scores[part][k].error);
            r->first_wrong = wrong && !r->nonfinite ? p->line.step : r->first_wrong;
            r->nonfinite += wrong;
        }
    }
}

/* Adds a line, unless it contradicts those before. */
static locl_status add_line(reader *r, const locl_parsed_line *p, locl_error *err)
{
    owned *o = r->out;
    char why[128];
    if (o->history.lines == 0) {
        o->history.blocks = p->blocks;
    }
    bool alone = p->line.test && p->blocks == 0; /* a test under contrast, whose heads know no classes */
    if (p->blocks != o->history.blocks && !alone) {
        snprintf(why, sizeof why, "has %zu blocks, the lines before have %zu", p->blocks, o->history.blocks);
        warn_left_out(r, why);
        return LOCL_OK;
    }
    if (p->line.step <= r->last[p->line.test]) {
        snprintf(why, sizeof why, "step %llu follows step %llu", (unsigned long long)p->line.step,
                 (unsigned long long)r->last[p->line.test]);
        warn_left_out(r, why);
        return LOCL_OK;
    }
    LOCL_TRY(make_room(o, err));
    locl_score *score = o->score + o->history.lines * o->history.blocks;
    for (size_t k = 0; k < o->history.blocks; k++) {
        score[k] = alone ? (locl_score){NAN, NAN} : p->block[k];
    }
    o->line[o->history.lines++] = p->line;
    r->last[p->line.test] = p->line.step;
    count_nonfinite(r, p);
    return LOCL_OK;
}

static locl_status read_lines(reader *r, const char *data, size_t size, locl_error *err)
{
    locl_parsed_line *parsed = malloc(sizeof *parsed);
    locl_status status = parsed ? LOCL_OK : locl_fail_memory(err, sizeof *parsed);
    for (const char *line = data, *end; status == LOCL_OK && line < data + size; line = end + 1) {
        char why[256];
        end = memchr(line, '\n', size - (size_t)(line - data));
        bool cut = !end;
        end = end ? end : data + size;
        r->number++;
        switch (locl_history_parse(line, (size_t)(end - line), parsed, why, sizeof why)) {
        case LOCL_HISTORY_MEASURED:
            status = add_line(r, parsed, err);
            break;
        case LOCL_HISTORY_DAMAGED:
            warn_left_out(r, cut ? "the file ends in the middle of a line" : why);
            break;
        case LOCL_HISTORY_OTHER:
            break;
        }
    }
    free(parsed);
    return status;
}

static void warn_at_end(const reader *r)
{
    if (r->left_out > TOLD) {
        locl_log(LOCL_LOG_WARNING, "%s: %zu more line%s left out", r->path, r->left_out - TOLD,
                 r->left_out - TOLD == 1 ? " is" : "s are");
    }
    if (r->nonfinite > 0) {
        locl_log(LOCL_LOG_WARNING, "%s: %zu value%s not finite, the first at step %llu: gaps in the curves",
                 r->path, r->nonfinite, r->nonfinite == 1 ? " is" : "s are",
                 (unsigned long long)r->first_wrong);
    }
}

/* Adds up the time of training by the lines' rates. A line without one has that of all others together. */
static void add_seconds(owned *o)
{
    double images = 0, known = 0, seconds = 0;
    for (size_t i = 0; i < o->history.lines; i++) {
        const locl_history_line *l = &o->line[i];
        if (l->images_per_second > 0) {
            images += (double)l->images;
            known += (double)l->images / l->images_per_second;
        }
    }
    for (size_t i = 0; i < o->history.lines; i++) {
        locl_history_line *l = &o->line[i];
        double rate = l->images_per_second > 0 ? l->images_per_second : images / known;
        seconds += l->test ? 0 : (double)l->images / rate;
        l->seconds = known > 0 ? seconds : NAN;
    }
}

/* Finds the steps of an epoch: a line ends each, and none crosses its end. An epoch that `train.steps` may have cut
 * tells nothing. */
static uint64_t find_epoch(const owned *o)
{
    uint64_t longest = 0;
    bool ended = false;
    for (size_t i = 0; i < o->history.lines; i++) {
        const locl_history_line *l = &o->line[i];
        uint64_t least = (l->step + l->epoch - 1) / l->epoch;
        longest = least > longest ? least : longest;
        ended = ended || l->epoch > 1 || (l->test && l->step != o->limit);
    }
    return ended ? longest : 0;
}

/* Takes from config.yaml what tells runs apart. Curves can do without. */
static void read_config(owned *o)
{
    char path[PATH_MAX];
    locl_error err = {0};
    locl_config *config = NULL;
    o->history.heads = true;
    if (locl_folder_path(o->folder, "config.yaml", path, &err) != LOCL_OK ||
        locl_config_load(path, NULL, 0, LOCL_CONFIG_EVALUATE, &config, &err) != LOCL_OK) {
        locl_log(LOCL_LOG_WARNING, "its rule and network are not known: %s", err.message);
        return;
    }
    snprintf(o->network, sizeof o->network, "%s", config->model.preset[0] ? config->model.preset : "network");
    locl_config_rule_label(&config->rule, o->rule, sizeof o->rule);
    o->history.data = locl_data_text(config->data.name);
    o->history.heads = config->rule.kind != LOCL_RULE_BP;
    o->limit = config->train.steps;
    locl_config_free(config);
}

static locl_status fail_folder(const char *folder, const char *what, locl_error *err)
{
    locl_fail(err, LOCL_E_DATA, "%s %s", folder, what);
    return locl_remedy(err, "the folder of a run that locl train made");
}

static locl_status read_metrics(owned *o, locl_error *err)
{
    char path[PATH_MAX];
    char *data;
    size_t size;
    if (!locl_file_is_folder(o->folder)) {
        return fail_folder(o->folder, locl_file_exists(o->folder) ? "is no folder" : "is not there", err);
    }
    LOCL_TRY(locl_folder_path(o->folder, "metrics.jsonl", path, err));
    if (!locl_file_exists(path)) {
        return fail_folder(o->folder, "is no folder of a run: it has no metrics.jsonl", err);
    }
    LOCL_TRY(locl_file_read(path, MOST_BYTES, LOCL_E_DATA, &data, &size, err));
    reader r = {.out = o, .path = path};
    locl_status status = read_lines(&r, data, size, err);
    free(data);
    warn_at_end(&r);
    if (status == LOCL_OK && o->history.lines == 0) {
        locl_fail(err, LOCL_E_DATA, "%s: nothing is measured yet", path);
        return locl_remedy(err, "train on: a line comes every 50 steps, and at the end of an epoch");
    }
    return status;
}

static locl_status take_folder(owned *o, const char *folder, locl_error *err)
{
    size_t length = strlen(folder);
    while (length > 1 && folder[length - 1] == '/') {
        length--;
    }
    if (length == 0 || length >= sizeof o->folder) {
        return fail_folder(length ? "the path" : "''", length ? "is too long" : "is no folder", err);
    }
    snprintf(o->folder, sizeof o->folder, "%.*s", (int)length, folder);
    o->history.folder = o->folder;
    o->history.network = o->network;
    o->history.rule = o->rule;
    o->history.data = "";
    return LOCL_OK;
}

locl_status locl_history_read(const char *folder, locl_history **out, locl_error *err)
{
    LOCL_OWN_ERROR(err);
    locl_status status;
    owned *o = calloc(1, sizeof *o);
    *out = NULL;
    if (!o) {
        return locl_fail_memory(err, sizeof *o);
    }
    LOCL_TRY_GOTO(status, take_folder(o, folder, err));
    LOCL_TRY_GOTO(status, read_metrics(o, err));
    read_config(o);
    add_seconds(o);
    for (size_t i = 0; i < o->history.lines; i++) {
        o->line[i].block = o->score + i * o->history.blocks;
    }
    o->history.line = o->line;
    o->history.steps_per_epoch = find_epoch(o);
    *out = &o->history;
    return LOCL_OK;
fail:
    locl_history_free(&o->history);
    return status;
}

void locl_history_free(locl_history *history)
{
    owned *o = (owned *)history;
    if (o) {
        free(o->line);
        free(o->score);
        free(o);
    }
}
