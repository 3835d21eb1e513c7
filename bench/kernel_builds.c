/* Writes what GPUs would build, without one: for compilers that run without their hardware (tests/offline.sh).
 *
 *     build/bin/kernel_builds --out FOLDER            what training and evaluation of the presets launches, by every rule
 *     build/bin/kernel_builds --out FOLDER --all      and what the table of kernels (src/check) does: every variant there is
 *     build/bin/kernel_builds --out FOLDER --parts 1  each build in a program of its own
 *     build/bin/kernel_builds --out FOLDER --kernel 'gemm_*'   some kernels alone, by a shell pattern
 *     build/bin/kernel_builds --out FOLDER --unit mma          what its matrix unit (mma, mfma, dpas) or its sub-groups (lanes-8, lanes-16) compute, if it has one
 *
 * Everything is recorded as for three GPUs, whose caps LOCL_CAPS lowers further. FOLDER gets programs, in each of which
 * up to --parts builds are merged (device/merge.h). On standard output there is a line of JSON for each kernel: its
 * program and its name there, what it is and how it is built, the largest work-group that it is launched with, whether a
 * training step launches it, and the local memory that it may take. */
#include "base/text.h"
#include "check/recording.h"
#include "check/shape.h"
#include "device/caps.h"
#include "device/matrix.h"
#include "device/merge.h"
#include "sched/stage.h"

#include <fnmatch.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 128, PARTS = 64, MOST_PARTS = 1024 };

/* GPUs as they are told apart here: by how many groups they want, and by what one may have. */
static locl_device gpus[] = {
    {.name = "large",
     .caps = {.units = 128,
              .work_group = 1024,
              .local_memory = 48 << 10,
              .alignment = 256,
              .wide_items = true,
              .largest_buffer = 1ull << 50}},
    {.name = "small",
     .caps = {.units = 8,
              .work_group = 256,
              .local_memory = 32 << 10,
              .alignment = 128,
              .wide_items = true,
              .largest_buffer = 1ull << 50}},
    {.name = "least",
     .caps = {.units = 2,
              .work_group = 64,
              .local_memory = 16 << 10,
              .alignment = 64,
              .wide_items = true,
              .largest_buffer = 1ull << 50}},
};
enum { GPUS = sizeof gpus / sizeof gpus[0], MOST_LOCAL = 32 << 10 };

/* A kernel and how it is built, each once. */
typedef struct build {
    const locl_kernel *kernel;
    char *options;
    size_t items; /* most work-items in a group */
    bool step;
    size_t local; /* bytes that it may take */
    size_t part;  /* of all programs together: builds of one file with the same options share one */
} build;

typedef struct program {
    const char *out, *kernel;
    size_t unit; /* UNIT of cl/matrix.clh: of enum locl_matrix, or of broadcasts */
    cl_uint broadcasts;
    size_t parts; /* in a program, at most */
    bool all;
    build *build; /* [builds] */
    size_t builds, capacity;
    locl_error err;
} program;

static int compare(const void *a, const void *b)
{
    const build *x = a, *y = b;
    int order = strcmp(x->kernel->file, y->kernel->file);
    order = order ? order : strcmp(x->options, y->options);
    return order ? order : strcmp(x->kernel->name, y->kernel->name);
}

static locl_status add(program *p, const build *b)
{
    if (p->builds == p->capacity) {
        p->capacity = p->capacity ? 2 * p->capacity : 1024;
        build *grown = realloc(p->build, p->capacity * sizeof *grown);
        if (!grown) {
            return locl_fail_memory(&p->err, p->capacity * sizeof *grown);
        }
        p->build = grown;
    }
    build *to = &p->build[p->builds];
    *to = *b;
    to->options = strdup(b->options);
    if (!to->options) {
        return locl_fail_memory(&p->err, strlen(b->options));
    }
    p->builds++;
    return LOCL_OK;
}

/* Whether it is built for the unit that is asked for; without one all are. */
static bool is_of_unit(const program *p, const char *options)
{
    char wanted[32];
    snprintf(wanted, sizeof wanted, "-D UNIT=%zu", p->unit);
    return p->unit == LOCL_MATRIX_NONE || strstr(options, wanted);
}

/* Notes what a recording launches; NULL has nothing. Library calls build their own kernels. */
static locl_status note(program *p, const locl_command_buffer *cmd, const locl_device *gpu, bool step)
{
    locl_launch_info info;
    for (size_t i = 0; cmd && locl_command_buffer_launch(cmd, i, &info); i++) {
        if (info.kernel && fnmatch(p->kernel, info.name, 0) == 0 && is_of_unit(p, info.options)) {
            size_t has = gpu->caps.local_memory;
            build b = {.kernel = info.kernel,
                       .options = (char *)info.options,
                       .items = info.items,
                       .step = step,
                       .local = has < MOST_LOCAL ? has : MOST_LOCAL};
            LOCL_TRY(add(p, &b));
        }
    }
    return LOCL_OK;
}

/* Records training and evaluation of one stage. */
static locl_status note_stage(program *p, const locl_stage_options *options, locl_device *gpu)
{
    locl_arena *workspace = NULL;
    locl_stage stage = {.device = NULL};
    locl_status status;
    LOCL_TRY_GOTO(status, locl_arena_create("workspace", &gpu->caps, &workspace, &p->err));
    LOCL_TRY_GOTO(status, locl_stage_open(options, gpu, workspace, &stage, &p->err));
    LOCL_TRY_GOTO(status, note(p, stage.gradient_commands, gpu, true));
    LOCL_TRY_GOTO(status, note(p, stage.update_commands, gpu, true));
    LOCL_TRY_GOTO(status, note(p, stage.evaluation_commands, gpu, false));
    LOCL_TRY_GOTO(status, note(p, stage.begin_commands, gpu, false));
fail:
    locl_stage_close(&stage);
    locl_arena_release(workspace);
    return status;
}

/* Records a rule's stages on each GPU, with floats or halves. */
static locl_status note_stored(program *p, const locl_model *model, const locl_rule_options *rule,
                               locl_optimizer optimizer, bool halves)
{
    static locl_stage_options list[LOCL_MODEL_MAX_BLOCKS];
    locl_optim_options optim = locl_optim_options_default();
    locl_stage_options like = {.model = model,
                               .rule = rule,
                               .optim = &optim,
                               .train = true,
                               .products = {.engine = LOCL_ENGINE_NATIVE},
                               .batch = BATCH};
    size_t stages = locl_stage_cut_options(&like, list);
    optim.kind = optimizer;
    for (size_t g = 0; g < GPUS; g++) {
        for (size_t i = 0; i < stages; i++) {
            list[i].halves = halves;
            list[i].half_input = halves && i > 0;
            list[i].half_output = halves && i + 1 < stages;
            LOCL_TRY(note_stage(p, &list[i], &gpus[g]));
        }
    }
    return LOCL_OK;
}

static locl_status note_rule(program *p, const locl_model *model, const locl_rule_options *rule,
                             locl_optimizer optimizer)
{
    LOCL_TRY(note_stored(p, model, rule, optimizer, false));
    return locl_rule_stores_halves(rule, model) ? note_stored(p, model, rule, optimizer, true) : LOCL_OK;
}

/* Every rule as it is without options, and lg-fg-a with what configs/ set. */
static locl_status note_model(program *p, const locl_model *model)
{
    for (locl_rule_kind kind = 0; kind < LOCL_RULES; kind++) {
        locl_rule_options rule = locl_rule_options_default();
        rule.kind = kind;
        LOCL_TRY(note_rule(p, model, &rule, LOCL_OPTIMIZER_SGD));
    }
    for (int way = 1; way < 4; way++) {
        locl_rule_options rule = locl_rule_options_default();
        rule.noise = way & 1 ? LOCL_NOISE_RADEMACHER : LOCL_NOISE_GAUSSIAN;
        rule.exact_last = way & 2;
        LOCL_TRY(note_rule(p, model, &rule, (locl_optimizer)way));
    }
    return LOCL_OK;
}

static locl_status note_presets(program *p)
{
    static const unsigned images[][3] = {{28, 28, 1}, {32, 32, 3}};
    static locl_model model;
    for (const locl_model_preset *preset = locl_model_presets; preset->name; preset++) {
        size_t fitting = 0;
        for (size_t i = 0; i < sizeof images / sizeof images[0]; i++) {
            locl_model_options o = locl_model_options_default();
            snprintf(o.preset, sizeof o.preset, "%s", preset->name);
            memcpy(o.image, images[i], sizeof images[i]);
            o.classes = 10;
            if (locl_model_open(&o, &model, &p->err) == LOCL_OK) {
                LOCL_TRY(note_model(p, &model));
                fitting++;
            }
        }
        if (!fitting) {
            return locl_fail(&p->err, LOCL_E_FAILED, "%s takes none of the images here", preset->name);
        }
    }
    return LOCL_OK;
}

/* Every shape of the table in the ways that native products are computed on GPUs. What only measures is no step. */
static locl_status note_table(program *p)
{
    static const locl_op_variant native = {.engine = LOCL_ENGINE_NATIVE};
    char shape[LOCL_OP_SHAPE_TEXT];
    for (const locl_op *const *op = locl_ops; *op; op++) {
        for (size_t s = 0; !(*op)->whole_blocks && locl_op_shape_at(*op, s, shape); s++) {
            for (size_t g = 0; g < GPUS; g++) {
                locl_op_recording r;
                locl_status status = locl_op_recording_open(*op, shape, &gpus[g], &native, &r, &p->err);
                if (status == LOCL_OK) {
                    status = note(p, r.cmd, &gpus[g], strncmp((*op)->name, "peak_", 5) != 0);
                }
                locl_op_recording_close(&r);
                LOCL_TRY(status);
            }
        }
    }
    return LOCL_OK;
}

/* Keeps each build once and numbers the parts. */
static size_t sort(program *p)
{
    size_t kept = 0, parts = 0;
    qsort(p->build, p->builds, sizeof *p->build, compare);
    for (size_t i = 0; i < p->builds; i++) {
        build *b = &p->build[i], *last = kept ? &p->build[kept - 1] : NULL;
        if (last && !compare(last, b)) {
            last->items = b->items > last->items ? b->items : last->items;
            last->local = b->local < last->local ? b->local : last->local;
            last->step = last->step || b->step;
            free(b->options);
            continue;
        }
        bool same =
            last && !strcmp(last->kernel->file, b->kernel->file) && !strcmp(last->options, b->options);
        b->part = same ? last->part : parts++;
        p->build[kept++] = *b;
    }
    p->builds = kept;
    return parts;
}

static locl_status write_text(program *p, const char *name, const locl_text *text)
{
    locl_text path = {0};
    locl_text_add(&path, "%s/%s.cl", p->out, name);
    FILE *file = path.failed ? NULL : fopen(path.data, "w");
    bool good = file && fwrite(text->data, 1, text->length, file) == text->length;
    good = file && fclose(file) == 0 && good;
    locl_text_free(&path);
    return good ? LOCL_OK : locl_fail(&p->err, LOCL_E_FAILED, "%s/%s.cl cannot be written", p->out, name);
}

static void print_build(const build *b, const char *name, size_t parts)
{
    char entry[128];
    snprintf(entry, sizeof entry, "%s_%zu", b->kernel->name, b->part % parts);
    json_t *line = json_pack("{ss ss ss ss ss sI sb sI}", "program", name, "entry", entry, "kernel",
                             b->kernel->name, "file", b->kernel->file, "options", b->options, "work_group",
                             (json_int_t)b->items, "step", (int)b->step, "most_local", (json_int_t)b->local);
    char *text = json_dumps(line, JSON_COMPACT);
    printf("%s\n", text ? text : "{}");
    free(text);
    json_decref(line);
}

/* Writes the program of the parts from `first` on, and the lines of its kernels. */
static locl_status write_program(program *p, size_t first)
{
    locl_merge_part parts[MOST_PARTS];
    char name[32];
    size_t count = 0;
    locl_text text = {0};
    snprintf(name, sizeof name, "%04zu", first / p->parts);
    for (const build *b = p->build; b < p->build + p->builds; b++) {
        if (b->part >= first && b->part < first + p->parts) {
            parts[b->part - first] = (locl_merge_part){b->kernel->file, b->options};
            count = b->part - first + 1;
            print_build(b, name, p->parts);
        }
    }
    locl_status status = locl_source_merge(parts, count, &text, &p->err);
    if (status == LOCL_OK) {
        status = write_text(p, name, &text);
    }
    locl_text_free(&text);
    return status;
}

static locl_status run(program *p)
{
    const char *lower = getenv("LOCL_CAPS");
    for (size_t g = 0; lower && g < GPUS; g++) {
        LOCL_TRY(locl_caps_lower(&gpus[g].caps, lower, &p->err));
    }
    for (size_t g = 0; g < GPUS; g++) {
        gpus[g].caps.broadcasts = p->broadcasts;
        gpus[g].caps.matrix = p->broadcasts ? LOCL_MATRIX_NONE : (locl_matrix)p->unit;
        gpus[g].caps.takes_matrix = gpus[g].caps.matrix != LOCL_MATRIX_NONE;
    }
    LOCL_TRY(note_presets(p));
    if (p->all) {
        LOCL_TRY(note_table(p));
    }
    size_t parts = sort(p);
    for (size_t first = 0; first < parts; first += p->parts) {
        LOCL_TRY(write_program(p, first));
    }
    return LOCL_OK;
}

static bool find_unit(const char *name, program *p)
{
    p->broadcasts = !strcmp(name, "lanes-8") ? 8 : !strcmp(name, "lanes-16") ? 16 : 0;
    if (p->broadcasts) {
        p->unit = locl_broadcasts_unit(p->broadcasts);
        return true;
    }
    for (p->unit = LOCL_MATRIX_MMA; p->unit <= LOCL_MATRIX_DPAS; p->unit++) {
        if (!strcmp(name, locl_matrix_name((locl_matrix)p->unit))) {
            return true;
        }
    }
    return false;
}

static bool parse(int argc, char **argv, program *p)
{
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (!strcmp(argv[i], "--all")) {
            p->all = true;
        } else if (value && !strcmp(argv[i], "--out")) {
            p->out = value;
            i++;
        } else if (value && !strcmp(argv[i], "--kernel")) {
            p->kernel = value;
            i++;
        } else if (value && !strcmp(argv[i], "--unit")) {
            if (!find_unit(value, p)) {
                return false;
            }
            i++;
        } else if (value && !strcmp(argv[i], "--parts")) {
            p->parts = strtoul(value, NULL, 10);
            i++;
        } else {
            return false;
        }
    }
    return p->out && p->parts > 0 && p->parts <= MOST_PARTS;
}

int main(int argc, char **argv)
{
    program p = {.kernel = "*", .parts = PARTS};
    if (!parse(argc, argv, &p)) {
        fprintf(stderr,
                "usage: kernel_builds --out FOLDER [--all] [--kernel PATTERN] [--unit NAME] [--parts N]\n");
        return 2;
    }
    locl_status status = run(&p);
    if (status != LOCL_OK) {
        fprintf(stderr, "kernel_builds: %s%s%s\n%s", p.err.where, p.err.where[0] ? ": " : "", p.err.message,
                p.err.remedy);
    }
    for (size_t i = 0; i < p.builds; i++) {
        free(p.build[i].options);
    }
    free(p.build);
    return locl_status_exit_code(status);
}
