#include "check/floats.h"

#include "device/call.h"
#include "device/program.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { VALUES = 16, WAYS = 5 };

static const char *const source =
    "#pragma OPENCL FP_CONTRACT OFF\n"
    "kernel void floats(global const float *x, global float *out)\n"
    "{\n"
    "    size_t i = get_global_id(0), n = get_global_size(1), j = get_global_id(1);\n"
    "    global float *to = out + 5 * (i * n + j);\n"
    "    to[0] = x[i] + x[j];\n"
    "    to[1] = x[i] * x[j];\n"
    "    to[2] = fma(x[i], x[j], x[i]);\n"
    "    to[3] = x[i] > x[j] ? 1.0f : 0.0f;\n"
    "    to[4] = isnan(x[i]) ? 2.0f : isinf(x[j]) ? 1.0f : 0.0f;\n"
    "}\n";

static float host(float x, float y, size_t way)
{
    switch (way) {
    case 0:
        return x + y;
    case 1:
        return x * y;
    case 2:
        return fmaf(x, y, x);
    case 3:
        return x > y ? 1.0F : 0.0F;
    default:
        return isnan(x) ? 2.0F : isinf(y) ? 1.0F : 0.0F;
    }
}

static bool agrees(float got, float want)
{
    return (isnan(got) && isnan(want)) || (got >= want && got <= want);
}

static float flushed(float x)
{
    return fabsf(x) < FLT_MIN ? 0.0F : x;
}

/* Returns whether a value is what a device gives that takes denormals for 0. */
static bool agrees_flushed(float got, float x, float y, size_t way)
{
    return agrees(flushed(got), flushed(host(flushed(x), flushed(y), way))) ||
           agrees(flushed(got), flushed(host(x, y, way)));
}

static void judge(const float *x, const float *got, locl_floats *out)
{
    static const char *const ways[WAYS] = {"x + y", "x * y", "fma(x, y, x)", "x > y", "isnan(x), isinf(y)"};
    for (size_t e = 0; e < VALUES * VALUES * WAYS; e++) {
        size_t way = e % WAYS, i = e / WAYS / VALUES, j = e / WAYS % VALUES;
        float want = host(x[i], x[j], way);
        out->cases++;
        if (agrees(got[e], want)) {
            continue;
        }
        if (agrees_flushed(got[e], x[i], x[j], way)) {
            out->denormals_flushed = true;
        } else if (!out->wrong++) {
            snprintf(out->first, sizeof out->first, "%s of %g and %g is %.9g, should be %.9g", ways[way],
                     (double)x[i], (double)x[j], (double)got[e], (double)want);
        }
    }
}

static locl_status run(locl_queue *queue, cl_kernel kernel, const float *x, float *got, locl_error *err)
{
    cl_mem in = NULL, to = NULL;
    const size_t in_bytes = VALUES * sizeof *x, bytes = sizeof *got * VALUES * VALUES * WAYS,
                 items[2] = {VALUES, VALUES};
    locl_status status;
    LOCL_TRY_GOTO(status, locl_buffer_create(queue->device, in_bytes, "special floats", &in, err));
    LOCL_TRY_GOTO(status, locl_buffer_create(queue->device, bytes, "special floats", &to, err));
    LOCL_TRY_GOTO(status, locl_buffer_write(queue, in, 0, in_bytes, x, LOCL_BLOCKING, NULL, NULL, err));
    cl_int rc = clSetKernelArg(kernel, 0, sizeof in, &in);
    rc = rc == CL_SUCCESS ? clSetKernelArg(kernel, 1, sizeof to, &to) : rc;
    rc = rc == CL_SUCCESS ? clEnqueueNDRangeKernel(queue->cl, kernel, 2, NULL, items, NULL, 0, NULL, NULL)
                          : rc;
    status = rc == CL_SUCCESS ? locl_buffer_read(queue, to, 0, bytes, got, LOCL_BLOCKING, NULL, NULL, err)
                              : locl_fail_cl(err, "clEnqueueNDRangeKernel", rc, queue->device, "floats");
fail:
    locl_buffer_release(&in);
    locl_buffer_release(&to);
    return status;
}

static locl_status build(locl_device *device, cl_program *program, cl_kernel *kernel, locl_error *err)
{
    cl_int rc;
    *program = clCreateProgramWithSource(device->context, 1, (const char **)&source, NULL, &rc);
    rc = *program ? clBuildProgram(*program, 1, &device->id, LOCL_PROGRAM_OPTIONS, NULL, NULL) : rc;
    if (rc == CL_SUCCESS) {
        *kernel = clCreateKernel(*program, "floats", &rc);
    }
    return rc == CL_SUCCESS ? LOCL_OK : locl_fail_cl(err, "clBuildProgram", rc, device, "floats");
}

locl_status locl_floats_check(locl_device *device, locl_floats *out, locl_error *err)
{
    static const float x[VALUES] = {
        0.0F,     -0.0F,   1.0F,     -1.5F,  NAN,     INFINITY, -INFINITY,          FLT_MAX,
        -FLT_MAX, FLT_MIN, -FLT_MIN, 1e-40F, -1e-45F, 3e38F,    1.0F + FLT_EPSILON, 1e20F};
    float got[VALUES * VALUES * WAYS];
    cl_program program = NULL;
    cl_kernel kernel = NULL;
    locl_queue queue = {0};
    locl_status status;
    *out = (locl_floats){.cases = 0};
    LOCL_TRY(locl_queue_create(device, LOCL_QUEUE_PLAIN, &queue, err));
    LOCL_TRY_GOTO(status, build(device, &program, &kernel, err));
    LOCL_TRY_GOTO(status, run(&queue, kernel, x, got, err));
    judge(x, got, out);
fail:
    if (kernel) {
        clReleaseKernel(kernel);
    }
    if (program) {
        clReleaseProgram(program);
    }
    locl_queue_release(&queue);
    return status;
}
