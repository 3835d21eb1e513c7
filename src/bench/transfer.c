/* locl bench transfer: copies between the host and the device, by size. */
#include "bench/bench.h"

#include "base/clock.h"
#include "bench/race.h"
#include "device/call.h"

#include <stdlib.h>
#include <string.h>

typedef enum way { TO_DEVICE, FROM_DEVICE, MAPPED, WAYS } way;
static const char *const names[WAYS] = {"host to device", "device to host", "mapped"};

static const size_t sizes[] = {(size_t)1 << 12, (size_t)1 << 16, (size_t)1 << 20, (size_t)1 << 24,
                               (size_t)1 << 26};
enum { SIZES = sizeof sizes / sizeof sizes[0] };

/* What all copies share. */
typedef struct ends {
    locl_queue queue;
    cl_mem buffer;
    char *host;
} ends;

typedef struct transfer {
    ends *ends;
    way way;
    size_t bytes;
} transfer;

/* Maps the device's memory, writes to it from end to end, and gives it back. */
static locl_status write_mapped(const transfer *t, locl_error *err)
{
    void *mapped;
    LOCL_TRY(locl_buffer_map(&t->ends->queue, t->ends->buffer, t->bytes, &mapped, err));
    memcpy(mapped, t->ends->host, t->bytes);
    LOCL_TRY(locl_buffer_unmap(&t->ends->queue, t->ends->buffer, t->bytes, mapped, err));
    return locl_queue_finish(&t->ends->queue, err);
}

static locl_status copy(const transfer *t, locl_error *err)
{
    ends *e = t->ends;
    switch (t->way) {
    case TO_DEVICE:
        return locl_buffer_write(&e->queue, e->buffer, 0, t->bytes, e->host, LOCL_BLOCKING, NULL, NULL, err);
    case FROM_DEVICE:
        return locl_buffer_read(&e->queue, e->buffer, 0, t->bytes, e->host, LOCL_BLOCKING, NULL, NULL, err);
    default:
        return write_mapped(t, err);
    }
}

static locl_status sample(void *user, size_t replays, double *seconds, locl_error *err)
{
    double start = locl_clock_seconds();
    for (size_t i = 0; i < replays; i++) {
        LOCL_TRY(copy(user, err));
    }
    *seconds = locl_clock_seconds() - start;
    return LOCL_OK;
}

static locl_status race_transfers(locl_bench_job *job, ends *e, locl_bench_race *race, locl_error *err)
{
    transfer all[SIZES * WAYS];
    size_t count = 0;
    LOCL_TRY(locl_bench_race_open(job, SIZES * WAYS, race, err));
    for (size_t i = 0; i < SIZES * WAYS; i++) {
        all[count] = (transfer){e, (way)(i % WAYS), sizes[i / WAYS]};
        if (all[count].bytes <= job->device->caps.largest_buffer) {
            locl_bench_race_enter(
                race,
                (locl_race_runner){.sample = sample, .user = &all[count], .least = LOCL_OP_SAMPLE_SECONDS});
            count++;
        }
    }
    LOCL_TRY(locl_bench_race_calibrate(race, err));
    LOCL_TRY(locl_bench_race_run(race, job, err));
    for (size_t i = 0; i < count; i++) {
        locl_spread spread = locl_bench_race_spread(race, i);
        double bytes = (double)all[i].bytes, within = 2 * bytes / race->peaks.bytes; /* read and written */
        const locl_report_head head = {job->device->selector, "transfer", "GB/s", within / spread.median};
        locl_report_add(job->report, &head, &spread, LOCL_REPORT_RATE, 1e-9 * bytes, "%s", names[all[i].way]);
        locl_report_number(job->report, "bytes", bytes);
        locl_report_number(job->report, "us", 1e6 * spread.median);
    }
    locl_bench_race_report(race, job);
    return LOCL_OK;
}

locl_status locl_bench_transfer(locl_bench_job *job, locl_error *err)
{
    size_t most = sizes[SIZES - 1];
    ends e = {.host = malloc(most)};
    locl_bench_race race = {0};
    locl_status status;
    if (most > job->device->caps.largest_buffer) {
        most = (size_t)job->device->caps.largest_buffer;
    }
    if (!e.host) {
        return locl_fail_memory(err, most);
    }
    locl_bench_tell(job, "copies");
    memset(e.host, 1, most); /* so that its pages are there */
    LOCL_TRY_GOTO(status, locl_queue_create(job->device, LOCL_QUEUE_PLAIN, &e.queue, err));
    LOCL_TRY_GOTO(status, locl_buffer_create(job->device, most, "transfer", &e.buffer, err));
    status = race_transfers(job, &e, &race, err);
fail:
    locl_bench_race_close(&race);
    locl_buffer_release(&e.buffer);
    locl_queue_release(&e.queue);
    free(e.host);
    return status;
}
