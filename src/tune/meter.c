#include "tune/meter.h"

#include "base/clock.h"
#include "gemm/clblast_setting.h"
#include "tune/race.h"
#include "tune/trial.h"

static double now(void *user)
{
    (void)user;
    return locl_clock_seconds();
}

static locl_status begin(void *user, locl_device *device, const locl_gemm_shape *shape, locl_error *err)
{
    locl_device_meter *m = user;
    return locl_trial_open(device, shape, NULL, &m->trial, err);
}

static locl_status enter(void *user, size_t index, const locl_gemm_choice *choice,
                         locl_trial_verdict *verdict, locl_error *err)
{
    locl_device_meter *m = user;
    LOCL_TRY(locl_trial_runner_open(m->trial, choice, &m->runner[index], err));
    return locl_trial_check(m->runner[index], verdict, err);
}

static locl_status measure(void *user, size_t index, double *seconds, locl_error *err)
{
    locl_device_meter *m = user;
    return locl_trial_seconds(m->runner[index], seconds, err);
}

static void end(void *user)
{
    locl_device_meter *m = user;
    for (size_t i = 0; i < LOCL_TUNE_RACE_MOST; i++) {
        locl_trial_runner_close(m->runner[i]);
    }
    locl_trial_close(m->trial);
    *m = (locl_device_meter){0};
}

static locl_status use(void *user, locl_device *device, const char *setting, locl_error *err)
{
    (void)user;
    return locl_clblast_use_setting(device, setting, err);
}

locl_tune_meter locl_device_meter_of(locl_device_meter *m)
{
    return (locl_tune_meter){
        .user = m, .clock = now, .begin = begin, .enter = enter, .measure = measure, .end = end, .use = use};
}
