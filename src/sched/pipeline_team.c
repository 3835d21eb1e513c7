/* Stages that several devices share, while they are trained. In each step every device computes the gradient of its
 * rows, those of the others go to the first one, the owner, which adds them up in their order, updates the parameters
 * and sends them back. A thread for each such stage, its courier, waits for these transfers, so that no device's queue
 * and no worker does, and both go on with other stages meanwhile. */
#include "sched/pipeline_parts.h"

bool locl_team_is_owner(const locl_pipeline_stage *s)
{
    return s->stage.options.first_row == 0;
}

/* Returns the steps whose batches a stage has all begun. */
static uint64_t begun_steps(const locl_progress *progress, const locl_pipeline_stage *s)
{
    return s->next / progress->slices;
}

/* Returns whether a run shares this stage's updates. */
static bool shares(const locl_progress *progress, const locl_pipeline_stage *s)
{
    return s->team && progress->kind == LOCL_STEP_TRAIN;
}

bool locl_team_may_update(const locl_progress *progress, const locl_pipeline_stage *s)
{
    return shares(progress, s) && locl_team_is_owner(s) && s->team->gathered > s->team->updated &&
           begun_steps(progress, s) > s->team->updated;
}

bool locl_team_may_take(const locl_pipeline_stage *s)
{
    return s->team && !locl_team_is_owner(s) && s->team->published > s->taken;
}

bool locl_team_may_step(const locl_progress *progress, const locl_pipeline_stage *s)
{
    uint64_t has = s->team && locl_team_is_owner(s) ? s->team->updated : s->taken;
    return !shares(progress, s) || has >= begun_steps(progress, s);
}

locl_exchange *locl_team_exchange(const locl_pipeline_stage *s)
{
    return &s->team->exchange[s - s->team->member - 1];
}

locl_status locl_team_send_gradient(const locl_pipeline_stage *s, locl_error *err)
{
    return locl_exchange_send_gradient(locl_team_exchange(s), err);
}

locl_status locl_team_take_parameters(const locl_pipeline_stage *s, locl_error *err)
{
    return locl_exchange_take_parameters(locl_team_exchange(s), err);
}

locl_status locl_team_take_gradients(const locl_pipeline_stage *s, locl_error *err)
{
    for (size_t i = 0; i + 1 < s->team->members; i++) {
        LOCL_TRY(locl_exchange_take_gradient(&s->team->exchange[i], err));
    }
    return LOCL_OK;
}

locl_status locl_team_publish(const locl_pipeline_stage *s, locl_error *err)
{
    for (size_t i = 0; i + 1 < s->team->members; i++) {
        LOCL_TRY(locl_exchange_publish(&s->team->exchange[i], err));
    }
    return LOCL_OK;
}

/* Adds to an error at which device of a shared stage it came up, and in which step of the run. */
static locl_status at_member(const locl_progress *progress, const locl_pipeline_stage *s, uint64_t step,
                             locl_status status, locl_error *err)
{
    if (status != LOCL_OK) {
        step += progress->run->first;
        locl_error_where(err, "step %llu: stage %zu on device %zu (%s)", (unsigned long long)step + 1,
                         s->number, s->lane->device->index, s->lane->device->name);
        locl_error_at(err, (int)s->lane->device->index, (int)s->index, (int64_t)step);
    }
    return status;
}

static locl_status await_gradients(const locl_progress *progress, const locl_team *team, uint64_t step,
                                   locl_error *err)
{
    for (size_t i = 1; i < team->members; i++) {
        locl_status status = locl_exchange_await_gradient(&team->exchange[i - 1], err);
        LOCL_TRY(at_member(progress, &team->member[i], step, status, err));
    }
    return LOCL_OK;
}

static locl_status await_parameters(const locl_progress *progress, const locl_team *team, uint64_t step,
                                    locl_error *err)
{
    for (size_t i = 1; i < team->members; i++) {
        locl_status status = locl_exchange_await_parameters(&team->exchange[i - 1], err);
        LOCL_TRY(at_member(progress, &team->member[0], step, status, err));
    }
    return LOCL_OK;
}

/* Returns whether all but the owner have sent their gradient of a step. */
static bool are_sent(const locl_progress *progress, const locl_team *team, uint64_t step)
{
    for (size_t i = 1; i < team->members; i++) {
        if (begun_steps(progress, &team->member[i]) <= step) {
            return false;
        }
    }
    return true;
}

static bool goes_on(const locl_progress *progress, uint64_t step)
{
    return !progress->failed && step < progress->count / progress->slices;
}

/* Waits until all gradients of a step are on their way. Returns false where the run ends before. */
static bool wait_for_gradients(locl_progress *progress, const locl_team *team, uint64_t step)
{
    pthread_mutex_lock(&progress->lock);
    while (goes_on(progress, step) && !are_sent(progress, team, step)) {
        pthread_cond_wait(&progress->changed, &progress->lock);
    }
    bool sent = goes_on(progress, step);
    pthread_mutex_unlock(&progress->lock);
    return sent;
}

static bool wait_for_update(locl_progress *progress, const locl_team *team, uint64_t step)
{
    pthread_mutex_lock(&progress->lock);
    while (!progress->failed && team->updated <= step) {
        pthread_cond_wait(&progress->changed, &progress->lock);
    }
    bool updated = !progress->failed;
    pthread_mutex_unlock(&progress->lock);
    return updated;
}

void *locl_team_carry(void *argument)
{
    locl_courier *courier = argument;
    locl_progress *progress = courier->progress;
    locl_team *team = courier->team;
    locl_error error;
    locl_status status = LOCL_OK;
    for (uint64_t step = 0; status == LOCL_OK && wait_for_gradients(progress, team, step); step++) {
        status = await_gradients(progress, team, step, &error);
        if (status != LOCL_OK) {
            break;
        }
        locl_progress_count(progress, &team->gathered);
        if (!wait_for_update(progress, team, step)) {
            break;
        }
        status = await_parameters(progress, team, step, &error);
        if (status == LOCL_OK) {
            locl_progress_count(progress, &team->published);
        }
    }
    if (status != LOCL_OK) {
        locl_progress_fail(progress, &error);
    }
    return NULL;
}

locl_status locl_team_in_turn(locl_progress *progress, const locl_pipeline_stage *s, locl_error *err)
{
    locl_team *team = s->team;
    locl_lane_queues *queues = &s->lane->queues;
    uint64_t step = team->updated;
    locl_status status = locl_queue_await(&queues->compute, queues->deadline, "the gradient", err);
    LOCL_TRY(at_member(progress, s, step, status, err));
    if (begun_steps(progress, &team->member[0]) <= step || !are_sent(progress, team, step)) {
        return LOCL_OK;
    }
    LOCL_TRY(await_gradients(progress, team, step, err));
    locl_progress_count(progress, &team->gathered);
    const locl_task update = {LOCL_TASK_UPDATE, &team->member[0]};
    locl_keep_begin(progress, update);
    LOCL_TRY(locl_progress_do(progress, update, err));
    LOCL_TRY(await_parameters(progress, team, step, err));
    locl_progress_count(progress, &team->published);
    for (size_t i = 1; i < team->members; i++) {
        LOCL_TRY(locl_progress_do(progress, (locl_task){LOCL_TASK_TAKE, &team->member[i]}, err));
    }
    for (size_t i = 0; i < team->members; i++) {
        LOCL_TRY(locl_progress_drain(progress, team->member[i].lane, err));
    }
    return LOCL_OK;
}
