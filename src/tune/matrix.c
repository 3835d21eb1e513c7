#include "tune/matrix.h"

#include "base/log.h"
#include "device/matrix.h"
#include "gemm/policy.h"
#include "gemm/solver.h"
#include "tune/trial.h"

#include <stdio.h>

enum { WHY = 512 };

/* Returns product `index` of those that a unit is looked at with: layouts in turn, first with edges, then of whole
 * vectors. */
static locl_gemm_shape shape_of(size_t index)
{
    enum { LAYOUTS = 4 };
    bool whole = index / LAYOUTS % 2;
    locl_gemm_shape x = {.ta = index & 1,
                         .tb = index & 2,
                         .m = whole ? 152 : 149,
                         .n = whole ? 140 : 139,
                         .k = whole ? 52 : 51,
                         .batch = 2,
                         .sum = 2,
                         .alpha = 1};
    x.lda = x.ta ? x.m : x.k;
    x.ldb = x.tb ? x.k : x.n;
    x.ldc = x.n;
    x.sum_a = x.m * x.k;
    x.sum_b = x.k * x.n;
    x.stride_a = x.sum * x.sum_a;
    x.stride_b = x.sum * x.sum_b;
    x.stride_c = x.m * x.n;
    return x;
}

/* Computes a product by one kind of tile. What is wrong goes to `why`, which stays empty if nothing is. */
static locl_status try_cut(locl_trial *trial, const locl_gemm_choice *choice, char why[WHY], locl_error *err)
{
    locl_trial_runner *runner = NULL;
    locl_trial_verdict verdict = LOCL_TRIAL_WRONG;
    locl_status status = locl_trial_runner_open(trial, choice, &runner, err);
    status = status == LOCL_OK ? locl_trial_check(runner, &verdict, err) : status;
    if (status == LOCL_OK && verdict == LOCL_TRIAL_WRONG) {
        snprintf(why, WHY, "a product of %zu x %zu x %zu is not what it should be", choice->shape.m,
                 choice->shape.n, choice->shape.k);
    }
    locl_trial_runner_close(runner);
    return status;
}

/* Tries kind of tile `kind`, and counts it where the device has room for it. */
static locl_status try_kind(locl_device *device, size_t kind, size_t *tried, char why[WHY], locl_error *err)
{
    locl_gemm_choice choice = {.shape = shape_of(kind), .solver = &locl_gemm_native};
    locl_trial *trial = NULL;
    if (!locl_gemm_tile_cut(&choice.shape, &device->caps, LOCL_GEMM_MATRIX, kind, NULL, &choice.cut)) {
        return LOCL_OK;
    }
    ++*tried;
    locl_status status = locl_trial_open(device, &choice.shape, NULL, &trial, err);
    status = status == LOCL_OK ? try_cut(trial, &choice, why, err) : status;
    locl_trial_close(trial);
    return status;
}

/* Says why the unit is not taken; "" where it is. */
static locl_status try_unit(locl_device *device, char why[WHY], locl_error *err)
{
    size_t tried = 0;
    why[0] = '\0';
    for (size_t kind = 0; kind < LOCL_GEMM_TILE_KINDS && !why[0]; kind++) {
        locl_error failed = {0};
        locl_status status = try_kind(device, kind, &tried, why, &failed);
        if (status == LOCL_E_MEMORY) {
            *err = failed;
            return status;
        }
        if (status != LOCL_OK) {
            snprintf(why, WHY, "%s", failed.message);
        }
    }
    if (!tried) {
        snprintf(why, WHY, "no tile fits its work-groups and local memory");
    }
    return LOCL_OK;
}

static locl_status take(locl_device *device, locl_error *err)
{
    const char *name = locl_matrix_name(device->caps.matrix);
    char why[WHY];
    if (device->caps.cpu || device->caps.matrix == LOCL_MATRIX_NONE) {
        locl_log(
            LOCL_LOG_WARNING,
            "precision: matrix: device %s (%s) has no matrix unit that locl knows: its products are in fp32",
            device->selector, device->name);
        return LOCL_OK;
    }
    device->caps.takes_matrix = true;
    LOCL_TRY(try_unit(device, why, err));
    device->caps.takes_matrix = !why[0];
    if (why[0]) {
        locl_log(LOCL_LOG_WARNING,
                 "precision: matrix: device %s (%s): its unit %s is not taken, its products are in fp32: %s",
                 device->selector, device->name, name, why);
    } else {
        locl_log(LOCL_LOG_INFO, "precision: matrix: device %s (%s) multiplies %s by %s%s, seen to be right",
                 device->selector, device->name,
                 locl_matrix_rounds(device->caps.matrix) ? "values rounded to tf32" : "floats", name,
                 device->caps.emulates_matrix ? ", which is emulated" : "");
    }
    return LOCL_OK;
}

locl_status locl_matrix_take(locl_devices *devices, locl_error *err)
{
    for (size_t i = 0; i < devices->count; i++) {
        LOCL_TRY(take(devices->device[i], err));
    }
    return LOCL_OK;
}
