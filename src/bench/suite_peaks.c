/* The suite's peaks, and its copies between host and device. */
#include "bench/fma.h"
#include "bench/race.h"
#include "bench/suite.h"
#include "bench/transfer.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- peaks ---- */

enum { HALF, DOUBLE, WIDTHS };

typedef struct peaks {
    locl_op_runner plain[LOCL_PEAKS];
    locl_fma wide[WIDTHS];
} peaks;

static locl_status add_plain(locl_suite *suite, peaks *p, locl_error *err)
{
    LOCL_TRY(locl_peak_open(suite->job->device, p->plain, err));
    for (int i = 0; i < LOCL_PEAKS; i++) {
        const locl_op_counts *count = &p->plain[i].count;
        locl_suite_row row = {.kind = "peak", .peak = true};
        locl_peak_row like = locl_peak_row_of((locl_peak_kind)i, count);
        row.unit = like.unit;
        row.sense = like.sense;
        row.scale = like.scale;
        snprintf(row.name, sizeof row.name, "%s", like.name);
        locl_suite_add(suite, &row, locl_op_runner_enter(&p->plain[i]));
    }
    return LOCL_OK;
}

/* Adds multiply-adds of another width, where the device has numbers of that width. */
static void add_wide(locl_suite *suite, locl_fma *fma, size_t bits, bool has)
{
    char name[16];
    locl_error err = {0};
    snprintf(name, sizeof name, "fma fp%zu", bits);
    if (!has) {
        locl_suite_miss(suite, "peak", name, LOCL_BENCH_UNSUPPORTED, "the device has no numbers of %zu bits",
                        bits);
    } else if (locl_fma_open(suite->job->device, bits, fma, &err) != LOCL_OK) {
        locl_suite_fail(suite, "peak", name, &err);
    } else {
        locl_suite_row row = {.kind = "peak",
                              .unit = "GFLOP/s",
                              .peak = true,
                              .sense = LOCL_REPORT_RATE,
                              .scale = 1e-9 * fma->flops};
        snprintf(row.name, sizeof row.name, "%s", name);
        locl_suite_add(
            suite, &row,
            (locl_race_runner){.sample = locl_fma_sample, .user = fma, .least = LOCL_OP_SAMPLE_SECONDS});
    }
}

static void close_peaks(void *state)
{
    peaks *p = state;
    if (p) {
        locl_peak_close(p->plain);
        for (int i = 0; i < WIDTHS; i++) {
            locl_fma_close(&p->wide[i]);
        }
        free(p);
    }
}

static locl_status open_peaks(locl_suite *suite, void **state, locl_error *err)
{
    const locl_caps *caps = &suite->job->device->caps;
    peaks *p = calloc(1, sizeof *p);
    *state = p;
    if (!p) {
        return locl_fail_memory(err, sizeof *p);
    }
    locl_status status = add_plain(suite, p, err);
    add_wide(suite, &p->wide[HALF], 16, caps->fp16);
    add_wide(suite, &p->wide[DOUBLE], 64, caps->fp64);
    return status;
}

const locl_suite_part locl_suite_peaks = {.kind = "peak", .open = open_peaks, .close = close_peaks};

/* ---- transfers ---- */

typedef struct transfers {
    locl_transfer_ends ends;
    locl_transfer way[LOCL_FROM_DEVICE + 1];
} transfers;

static void close_transfers(void *state)
{
    transfers *t = state;
    if (t) {
        locl_transfer_close(&t->ends);
        free(t);
    }
}

static locl_status open_transfers(locl_suite *suite, void **state, locl_error *err)
{
    enum { BYTES = 1 << 26 };
    transfers *t = calloc(1, sizeof *t);
    *state = t;
    if (!t) {
        return locl_fail_memory(err, sizeof *t);
    }
    LOCL_TRY(locl_transfer_open(suite->job->device, BYTES, &t->ends, err));
    for (int way = LOCL_TO_DEVICE; way <= LOCL_FROM_DEVICE; way++) {
        double bytes = (double)t->ends.bytes;
        locl_suite_row row = {.kind = "transfer",
                              .unit = "GB/s",
                              .sense = LOCL_REPORT_RATE,
                              .scale = 1e-9 * bytes,
                              .floor_bytes = 2 * bytes}; /* read and written */
        snprintf(row.name, sizeof row.name, "%s", locl_transfer_names[way]);
        snprintf(row.work, sizeof row.work, "%zu MiB", t->ends.bytes >> 20);
        t->way[way] = (locl_transfer){&t->ends, (locl_transfer_way)way, t->ends.bytes};
        locl_suite_number(suite,
                          locl_suite_add(suite, &row,
                                         (locl_race_runner){.sample = locl_transfer_sample,
                                                            .user = &t->way[way],
                                                            .least = LOCL_OP_SAMPLE_SECONDS}),
                          "bytes", bytes);
    }
    return LOCL_OK;
}

const locl_suite_part locl_suite_transfers = {
    .kind = "transfer", .open = open_transfers, .close = close_transfers};
