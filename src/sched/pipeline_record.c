/* Places and records all stages of a pipeline and joins them by channels. Nothing is allocated on a device. */
#include "sched/pipeline_parts.h"

#include "sched/rows.h"

#include <stdlib.h>

size_t locl_pipeline_cut(const locl_pipeline_options *o, locl_stage_options *out)
{
    const locl_stage_options like = {.model = o->model,
                                     .rule = o->rule,
                                     .optim = o->optim,
                                     .train = o->optim != NULL,
                                     .seed = o->seed,
                                     .batch = o->batch * o->model->views,
                                     .slice = o->slice * o->model->views,
                                     .running = true};
    return locl_stage_cut_options(&like, out);
}

static locl_status find_lane(locl_pipeline *p, locl_device *device, locl_lane **out, locl_error *err)
{
    for (size_t i = 0; i < p->lanes; i++) {
        if (p->lane[i].device == device) {
            *out = &p->lane[i];
            return LOCL_OK;
        }
    }
    locl_lane *lane = &p->lane[p->lanes++];
    lane->device = device;
    lane->queues.compute.device = device; /* set before the queue exists, as channels compare devices */
    lane->queues.deadline = p->options.deadline > 0 ? p->options.deadline : device->deadline;
    *out = lane;
    return locl_arena_create("workspace", &device->caps, &lane->workspace, err);
}

/* Returns whether stages on a device store activations as halves. CPUs take blocks in one pass, which stores next to
 * nothing, and have floats. */
static bool stores_halves(const locl_pipeline *p, const locl_device *on)
{
    return p->options.precision == LOCL_PRECISION_FP16_STORAGE && !on->caps.cpu &&
           locl_rule_stores_halves(p->options.rule, p->options.model);
}

/* Records a stage on one device, as the next of the pipeline's. */
static locl_status open_stage(locl_pipeline *p, const locl_stage_options *like, size_t number, size_t device,
                              locl_error *err)
{
    locl_pipeline_stage *s = &p->stage[p->stages];
    locl_device *on = p->devices->device[device];
    locl_stage_options options = *like;
    s->index = p->stages++;
    s->row = s->index;
    s->number = number;
    options.products = p->options.products ? p->options.products[device] : (locl_gemm_choices){0};
    options.products.engine = locl_stage_engine(p->options.engine, on);
    options.halves = stores_halves(p, on);
    LOCL_TRY(find_lane(p, on, &s->lane, err));
    LOCL_TRY(locl_stage_open(&options, on, s->lane->workspace, &s->stage, err));
    s->record_count = locl_stage_records(&s->stage);
    s->record_at = p->records;
    p->records += s->record_count;
    s->records = calloc(LOCL_METRIC_SLOTS * s->record_count, sizeof *s->records);
    return s->records ? LOCL_OK
                      : locl_fail_memory(err, LOCL_METRIC_SLOTS * s->record_count * sizeof *s->records);
}

/* Checks that a stage can be shared by so many devices. */
static locl_status check_shared(const locl_stage_options *options, size_t number, size_t devices,
                                locl_error *err)
{
    size_t images = locl_stage_slice(options);
    locl_status status = LOCL_OK;
    const char *why = locl_rule_keeps_whole(options->rule, &options->model->options);
    if (why) {
        status =
            locl_fail(err, LOCL_E_CONFIG, "stage %zu is placed on %zu devices, but %s", number, devices, why);
        locl_remedy(err, "one device for its blocks, or another setting of that key");
    } else if (devices > images) {
        status = locl_fail(err, LOCL_E_CONFIG, "stage %zu is placed on %zu devices, but has %zu image%s",
                           number, devices, images, images == 1 ? "" : "s");
        locl_remedy(err, "fewer devices, or more images at once");
    }
    if (status != LOCL_OK) {
        locl_error_key(err, "placement");
        locl_error_at(err, -1, (int)number, -1);
    }
    return status;
}

/* Returns whether activations pass as halves between two stages next to each other: they do wherever some of them go to
 * another device, or the device of both stores halves. */
static bool passes_halves(const locl_pipeline *p, size_t before, size_t after)
{
    size_t a = 0, b = 0;
    bool whole = locl_placement_is_whole(&p->placement, before, &a) &&
                 locl_placement_is_whole(&p->placement, after, &b);
    bool apart = !(whole && a == b);
    return p->options.precision == LOCL_PRECISION_FP16_STORAGE &&
           (apart || stores_halves(p, p->devices->device[a]));
}

/* Records a stage on all of its devices, each with its share of the rows. */
static locl_status open_shared(locl_pipeline *p, locl_stage_options *options, size_t number, locl_error *err)
{
    const double *share = p->placement.share + number * p->placement.devices;
    size_t rows[LOCL_MAX_DEVICES], users = 0, last = 0;
    options->half_input = number > 0 && passes_halves(p, number - 1, number);
    options->half_output = number + 1 < p->placement.stages && passes_halves(p, number, number + 1);
    for (size_t d = 0; d < p->devices->count; d++) {
        const locl_caps *caps = &p->devices->device[d]->caps;
        if (share[d] > 0) {
            users++;
            last = d;
            options->alignment = caps->alignment > options->alignment ? caps->alignment : options->alignment;
        }
    }
    if (users == 1) {
        return open_stage(p, options, number, last, err);
    }
    LOCL_TRY(check_shared(options, number, users, err));
    locl_rows_deal(share, p->devices->count, locl_stage_slice(options), rows);
    options->others = users - 1;
    for (size_t d = 0; d < p->devices->count; d++) {
        options->rows = rows[d];
        if (rows[d]) {
            LOCL_TRY(open_stage(p, options, number, d, err));
            options->first_row += rows[d];
            options->others = 0;
            options->optim = NULL; /* the owner's alone */
        }
    }
    return LOCL_OK;
}

static locl_channel_rows overlap(const locl_pipeline_stage *from, const locl_pipeline_stage *to)
{
    const locl_stage_options *a = &from->stage.options, *b = &to->stage.options;
    size_t first = a->first_row > b->first_row ? a->first_row : b->first_row;
    size_t end_a = a->first_row + locl_stage_rows(a), end_b = b->first_row + locl_stage_rows(b);
    size_t end = end_a < end_b ? end_a : end_b;
    return (locl_channel_rows){first - a->first_row, first - b->first_row, end > first ? end - first : 0};
}

static locl_joint joint_of(const locl_pipeline_stage *from, const locl_pipeline_stage *to)
{
    const locl_stage_options *a = &from->stage.options, *b = &to->stage.options;
    bool same = a->first_row == b->first_row && locl_stage_rows(a) == locl_stage_rows(b);
    return same ? LOCL_JOINT_DIRECT : LOCL_JOINT_APART;
}

static const locl_channel_kind *kind_of(const locl_pipeline_stage *from, const locl_pipeline_stage *to)
{
    return from ? locl_channel_kind_of(&from->lane->queues, &to->lane->queues, joint_of(from, to))
                : &locl_channel_loader;
}

/* Returns how many batches may be between two stages. In place one more, where others have room for one in their
 * outlet. */
static size_t depth_of(const locl_pipeline *p, const locl_channel_kind *kind)
{
    size_t depth = p->options.depth ? p->options.depth : LOCL_CHANNEL_DEPTH;
    size_t more = kind == &locl_channel_in_place && depth < LOCL_CHANNEL_MOST ? 1 : 0;
    return depth + more;
}

/* Takes a stage's input buffers. */
static locl_status open_inlet(locl_pipeline *p, locl_pipeline_stage *from, locl_pipeline_stage *to,
                              locl_error *err)
{
    locl_arena *arena = to->stage.state;
    const locl_channel_kind *kind = kind_of(from, to);
    size_t rows = locl_stage_rows(&to->stage.options);
    size_t depth = from ? depth_of(p, kind) : LOCL_CHANNEL_DEPTH;
    if (kind == &locl_channel_in_place) {
        arena = NULL;
    } else if (kind == &locl_channel_queue && joint_of(from, to) == LOCL_JOINT_DIRECT) {
        depth = 1;
        to->row = from->row;
        LOCL_TRY(locl_passing_arena(&p->passing[to->row], &to->lane->device->caps, to->number, &arena, err));
    }
    locl_inlet_open(&to->inlet, &to->lane->queues, arena, rows, locl_stage_input_bytes(&to->stage) / rows,
                    depth);
    return LOCL_OK;
}

/* Returns how many batches a stage's outlet has room for, by all that take rows of it. */
static size_t outlet_depth(const locl_pipeline *p, const locl_pipeline_stage *from)
{
    size_t depth = 0;
    for (size_t i = from->index + 1; i < p->stages && p->stage[i].number <= from->number + 1; i++) {
        const locl_pipeline_stage *to = &p->stage[i];
        if (to->number == from->number + 1 && overlap(from, to).count > 0) {
            size_t apart = joint_of(from, to) == LOCL_JOINT_APART ? 1 : 0;
            const locl_channel_kind *kind = kind_of(from, to);
            size_t needs = kind == &locl_channel_in_place ? depth_of(p, kind)
                           : kind->on_host                ? LOCL_OUTLET_DEPTH
                                                          : apart;
            depth = needs > depth ? needs : depth;
        }
    }
    return depth;
}

/* Takes a stage's output buffers, of which `to` gets rows. */
static void open_outlet(const locl_pipeline *p, locl_pipeline_stage *from, const locl_pipeline_stage *to)
{
    size_t rows = locl_stage_rows(&from->stage.options);
    locl_arena *arena = kind_of(from, to) == &locl_channel_in_place ? NULL : from->stage.state;
    locl_outlet_open(&from->outlet, &from->lane->queues, arena, rows,
                     locl_stage_output_bytes(&from->stage) / rows, outlet_depth(p, from));
}

/* Joins the loader (`from` NULL) or a stage with one that takes rows of it. */
static locl_status join(locl_pipeline *p, locl_pipeline_stage *from, locl_pipeline_stage *to, locl_error *err)
{
    const locl_stage_options *o = &to->stage.options;
    locl_channel *channel = &p->channel[p->channels++];
    locl_channel_rows rows = {o->first_row, 0, locl_stage_rows(o)};
    if (from && from->outputs++ == 0) {
        from->output = channel;
        open_outlet(p, from, to);
    }
    if (to->inputs++ == 0) {
        to->input = channel;
        LOCL_TRY(open_inlet(p, from, to, err));
    }
    return from ? locl_channel_open(channel, &from->outlet, NULL, &to->inlet, overlap(from, to),
                                    joint_of(from, to), err)
                : locl_channel_open(channel, NULL, &p->feed, &to->inlet, rows, LOCL_JOINT_APART, err);
}

/* Joins every stage with those before it. Channels of a stage follow each other, on both sides, as rows are in the
 * order of the devices. */
static locl_status join_stages(locl_pipeline *p, locl_error *err)
{
    for (size_t i = 0; i < p->stages; i++) {
        locl_pipeline_stage *to = &p->stage[i];
        if (to->number == 0) {
            LOCL_TRY(join(p, NULL, to, err));
        }
        for (size_t j = 0; j < i; j++) {
            locl_pipeline_stage *from = &p->stage[j];
            if (from->number + 1 == to->number && overlap(from, to).count > 0) {
                LOCL_TRY(join(p, from, to, err));
            }
        }
    }
    return LOCL_OK;
}

/* Makes the exchanges of `members` stages from `first` on, which are one that devices share. */
static locl_status open_team(locl_pipeline *p, locl_pipeline_stage *first, size_t members, locl_error *err)
{
    locl_team *team = &p->team[p->teams++];
    *team = (locl_team){.member = first, .members = members};
    team->exchange = calloc(members - 1, sizeof *team->exchange);
    if (!team->exchange) {
        return locl_fail_memory(err, members * sizeof *team->exchange);
    }
    for (size_t i = 0; i < members; i++) {
        first[i].team = team;
        if (i > 0) {
            locl_exchange_open(&team->exchange[i - 1], &first->lane->queues, &first->stage,
                               &first[i].lane->queues, &first[i].stage, i - 1);
        }
    }
    return LOCL_OK;
}

static locl_status open_teams(locl_pipeline *p, locl_error *err)
{
    for (size_t i = 0, members; i < p->stages && p->options.optim; i += members) {
        members = 1;
        while (i + members < p->stages && p->stage[i + members].number == p->stage[i].number) {
            members++;
        }
        if (members > 1) {
            LOCL_TRY(open_team(p, &p->stage[i], members, err));
        }
    }
    return LOCL_OK;
}

/* Allocates for as many stages as devices share `stages` ones. */
static locl_status allocate(locl_pipeline *p, locl_error *err)
{
    size_t most = 0;
    for (size_t i = 0; i < p->placement.stages * p->placement.devices; i++) {
        most += p->placement.share[i] > 0 ? 1 : 0;
    }
    p->lane = calloc(p->devices->count, sizeof *p->lane);
    p->stage = calloc(most, sizeof *p->stage);
    p->channel = calloc(2 * most, sizeof *p->channel); /* a + b - 1 between a and b devices */
    p->team = calloc(most, sizeof *p->team);
    p->passing = calloc(most, sizeof *p->passing);
    bool all = p->lane && p->stage && p->channel && p->team && p->passing;
    return all ? LOCL_OK : locl_fail_memory(err, most * sizeof *p->stage);
}

/* `options` [blocks] is for the stages' options. */
static locl_status record_stages(locl_pipeline *p, locl_stage_options *options, locl_error *err)
{
    size_t stages = locl_pipeline_cut(&p->options, options);
    LOCL_TRY(locl_pipeline_place(&p->options, p->devices, options, stages, &p->placement, err));
    LOCL_TRY(allocate(p, err));
    for (size_t i = 0; i < stages; i++) {
        LOCL_TRY(open_shared(p, &options[i], i, err));
    }
    LOCL_TRY(join_stages(p, err));
    return open_teams(p, err);
}

locl_status locl_pipeline_record(locl_pipeline *p, locl_error *err)
{
    size_t blocks = p->options.model->blocks;
    locl_stage_options *options = calloc(blocks, sizeof *options);
    if (!options) {
        return locl_fail_memory(err, blocks * sizeof *options);
    }
    locl_status status = record_stages(p, options, err);
    free(options);
    return status;
}
