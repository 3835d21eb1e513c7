/* locl bench transfer: copies between the host and the device, by size. */
#include "bench/transfer.h"

#include "base/clock.h"
#include "bench/bench.h"
#include "bench/race.h"

#include <stdlib.h>
#include <string.h>

const char *const locl_transfer_names[LOCL_TRANSFER_WAYS] = {"host to device", "device to host", "mapped"};

static const size_t sizes[] = {(size_t)1 << 12, (size_t)1 << 16, (size_t)1 << 20, (size_t)1 << 24,
                               (size_t)1 << 26};
enum { SIZES = sizeof sizes / sizeof sizes[0] };

/* ---- one copy ---- */

locl_status locl_transfer_open(locl_device *device, size_t bytes, locl_transfer_ends *out, locl_error *err)
{
    *out = (locl_transfer_ends){.bytes = bytes};
    if (bytes > device->caps.largest_buffer) {
        out->bytes = (size_t)device->caps.largest_buffer;
    }
    out->host = malloc(out->bytes);
    if (!out->host) {
        return locl_fail_memory(err, out->bytes);
    }
    memset(out->host, 1, out->bytes); /* so that its pages are there */
    LOCL_TRY(locl_queue_create(device, LOCL_QUEUE_PLAIN, &out->queue, err));
    return locl_buffer_create(device, out->bytes, "transfer", &out->buffer, err);
}

void locl_transfer_close(locl_transfer_ends *ends)
{
    locl_buffer_release(&ends->buffer);
    locl_queue_release(&ends->queue);
    free(ends->host);
    *ends = (locl_transfer_ends){.bytes = 0};
}

/* Maps the device's memory, writes to it from end to end, and gives it back. */
static locl_status write_mapped(const locl_transfer *t, locl_error *err)
{
    void *mapped;
    LOCL_TRY(locl_buffer_map(&t->ends->queue, t->ends->buffer, t->bytes, &mapped, err));
    memcpy(mapped, t->ends->host, t->bytes);
    LOCL_TRY(locl_buffer_unmap(&t->ends->queue, t->ends->buffer, t->bytes, mapped, err));
    return locl_queue_finish(&t->ends->queue, err);
}

static locl_status copy(const locl_transfer *t, locl_error *err)
{
    locl_transfer_ends *e = t->ends;
    switch (t->way) {
    case LOCL_TO_DEVICE:
        return locl_buffer_write(&e->queue, e->buffer, 0, t->bytes, e->host, LOCL_BLOCKING, NULL, NULL, err);
    case LOCL_FROM_DEVICE:
        return locl_buffer_read(&e->queue, e->buffer, 0, t->bytes, e->host, LOCL_BLOCKING, NULL, NULL, err);
    default:
        return write_mapped(t, err);
    }
}

locl_status locl_transfer_sample(void *user, size_t replays, double *seconds, locl_error *err)
{
    double start = locl_clock_seconds();
    for (size_t i = 0; i < replays; i++) {
        LOCL_TRY(copy(user, err));
    }
    *seconds = locl_clock_seconds() - start;
    return LOCL_OK;
}

/* ---- all of them ---- */

static locl_status race_transfers(locl_bench_job *job, locl_transfer_ends *e, locl_bench_race *race,
                                  locl_error *err)
{
    enum { ALL = SIZES * LOCL_TRANSFER_WAYS };
    locl_transfer all[ALL];
    size_t count = 0;
    LOCL_TRY(locl_bench_race_open(job, ALL, race, err));
    for (size_t i = 0; i < ALL; i++) {
        all[count] =
            (locl_transfer){e, (locl_transfer_way)(i % LOCL_TRANSFER_WAYS), sizes[i / LOCL_TRANSFER_WAYS]};
        if (all[count].bytes <= e->bytes) {
            locl_bench_race_enter(race, (locl_race_runner){.sample = locl_transfer_sample,
                                                           .user = &all[count],
                                                           .least = LOCL_OP_SAMPLE_SECONDS});
            count++;
        }
    }
    LOCL_TRY(locl_bench_race_calibrate(race, err));
    LOCL_TRY(locl_bench_race_run(race, job, err));
    for (size_t i = 0; i < count; i++) {
        locl_spread spread = locl_bench_race_spread(race, i);
        double bytes = (double)all[i].bytes, within = 2 * bytes / race->peaks.bytes; /* read and written */
        const locl_report_head head = {job->device->selector, "transfer", "GB/s", within / spread.median};
        locl_report_add(job->report, &head, &spread, LOCL_REPORT_RATE, 1e-9 * bytes, "%s",
                        locl_transfer_names[all[i].way]);
        locl_report_number(job->report, "bytes", bytes);
        locl_report_number(job->report, "us", 1e6 * spread.median);
    }
    locl_bench_race_report(race, job);
    return LOCL_OK;
}

locl_status locl_bench_transfer(locl_bench_job *job, locl_error *err)
{
    locl_transfer_ends ends;
    locl_bench_race race = {0};
    locl_status status;
    locl_bench_tell(job, "copies");
    LOCL_TRY_GOTO(status, locl_transfer_open(job->device, sizes[SIZES - 1], &ends, err));
    status = race_transfers(job, &ends, &race, err);
fail:
    locl_bench_race_close(&race);
    locl_transfer_close(&ends);
    return status;
}
