#include "device/trial.h"

#include "device/call.h"
#include "device/problem.h"
#include "device/program.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const claims_source = "kernel void trial(global float *x, local float *l, uint values) {\n"
                                         "    size_t i = get_local_id(0), n = get_local_size(0);\n"
                                         "    for (uint k = i; k < values; k += n) {\n"
                                         "        l[k] = fma((float)k, 2.0f, x[0]);\n"
                                         "    }\n"
                                         "    barrier(CLK_LOCAL_MEM_FENCE);\n"
                                         "    float4 last = convert_float4(as_uint4(vload4(0, l)));\n"
                                         "    if (i == n - 1) {\n"
                                         "        x[1] = l[values - 1];\n"
                                         "        x[2] = (float)n;\n"
                                         "        x[3] = last.x < 0.0f ? 1.0f : 0.0f;\n"
                                         "    }\n"
                                         "}\n";
static const char *const half_source = "#pragma OPENCL EXTENSION cl_khr_fp16 : enable\n"
                                       "kernel void trial(global float *x) {\n"
                                       "    half a = (half)x[0], b = (half)x[1];\n"
                                       "    x[2] = (float)(a * b + a);\n"
                                       "}\n";

enum { VALUES = 4 }; /* floats that a trial works on */

/* What a trial takes. */
typedef struct bench {
    cl_context context;
    cl_command_queue queue;
    cl_program program;
    cl_kernel kernel;
    cl_mem whole, part;
    const char *call; /* the last one, where it failed */
    cl_int rc;
} bench;

/* Releases what is there, as does a driver that lost its way. */
static void release(bench *b)
{
    locl_buffer_release(&b->part);
    locl_buffer_release(&b->whole);
    if (b->kernel) {
        clReleaseKernel(b->kernel);
    }
    if (b->program) {
        clReleaseProgram(b->program);
    }
    if (b->queue) {
        clReleaseCommandQueue(b->queue);
    }
    if (b->context) {
        clReleaseContext(b->context);
    }
    *b = (bench){0};
}

#define STEP(b, name, expression) ((b)->rc == CL_SUCCESS ? ((b)->call = (name), (void)(expression)) : (void)0)

static bool build(bench *b, cl_device_id id, const char *source)
{
    STEP(b, "clCreateContext", b->context = clCreateContext(NULL, 1, &id, NULL, NULL, &b->rc));
    STEP(b, "clCreateProgramWithSource",
         b->program = clCreateProgramWithSource(b->context, 1, &source, NULL, &b->rc));
    STEP(b, "clBuildProgram", b->rc = clBuildProgram(b->program, 1, &id, LOCL_PROGRAM_OPTIONS, NULL, NULL));
    STEP(b, "clCreateKernel", b->kernel = clCreateKernel(b->program, "trial", &b->rc));
    STEP(b, "clCreateCommandQueue", b->queue = clCreateCommandQueue(b->context, id, 0, &b->rc));
    return b->rc == CL_SUCCESS;
}

/* Makes a buffer of two parts, the second at `alignment`, and writes the values to that one. */
static bool fill(bench *b, size_t alignment, const float values[VALUES])
{
    cl_buffer_region region = {alignment, VALUES * sizeof values[0]};
    STEP(b, "clCreateBuffer",
         b->whole = clCreateBuffer(b->context, CL_MEM_READ_WRITE, 2 * alignment + region.size, NULL, &b->rc));
    STEP(b, "clCreateSubBuffer",
         b->part =
             clCreateSubBuffer(b->whole, CL_MEM_READ_WRITE, CL_BUFFER_CREATE_TYPE_REGION, &region, &b->rc));
    STEP(b, "clEnqueueWriteBuffer",
         b->rc = clEnqueueWriteBuffer(b->queue, b->part, CL_TRUE, 0, region.size, values, 0, NULL, NULL));
    return b->rc == CL_SUCCESS;
}

/* Runs one work-group of `items`, and reads the values back. */
static bool run(bench *b, size_t items, float values[VALUES])
{
    STEP(b, "clEnqueueNDRangeKernel",
         b->rc = clEnqueueNDRangeKernel(b->queue, b->kernel, 1, NULL, &items, &items, 0, NULL, NULL));
    STEP(b, "clEnqueueReadBuffer",
         b->rc = clEnqueueReadBuffer(b->queue, b->part, CL_TRUE, 0, VALUES * sizeof values[0], values, 0,
                                     NULL, NULL));
    return b->rc == CL_SUCCESS;
}

bool locl_device_try_half(cl_device_id id)
{
    const size_t alignment = 4096;
    float values[VALUES] = {1.5f, 2.25f, 0, 0}; /* 1.5 x 2.25 + 1.5 is a half, too */
    bench b = {.rc = CL_SUCCESS};
    bool good = build(&b, id, half_source) && fill(&b, alignment, values);
    STEP(&b, "clSetKernelArg", b.rc = clSetKernelArg(b.kernel, 0, sizeof b.part, &b.part));
    good = good && run(&b, 1, values) && values[2] > 4.874f && values[2] < 4.876f;
    release(&b);
    return good;
}

/* What a driver claims of a device: one work-group with all that. */
typedef struct claims {
    size_t items, bytes;
} claims;

/* Runs the kernel with that; false: it fails, or its values are wrong. */
static bool try_claims(bench *b, const claims *c)
{
    float values[VALUES] = {1, 0, 0, 0};
    cl_uint count = (cl_uint)(c->bytes / sizeof values[0]);
    size_t bytes = count * sizeof values[0];
    b->rc = CL_SUCCESS;
    STEP(b, "clEnqueueWriteBuffer",
         b->rc = clEnqueueWriteBuffer(b->queue, b->part, CL_TRUE, 0, sizeof values, values, 0, NULL, NULL));
    STEP(b, "clSetKernelArg", b->rc = clSetKernelArg(b->kernel, 0, sizeof b->part, &b->part));
    STEP(b, "clSetKernelArg", b->rc = clSetKernelArg(b->kernel, 1, bytes, NULL));
    STEP(b, "clSetKernelArg", b->rc = clSetKernelArg(b->kernel, 2, sizeof count, &count));
    if (!run(b, c->items, values)) {
        return false;
    }
    b->call = "the kernel's result";
    float last = 2.0f * (float)(count - 1) + 1.0f, items = (float)c->items;
    return fabsf(values[1] - last) < 0.5f && fabsf(values[2] - items) < 0.5f; /* neither is NaN */
}

static const char *outcome(const bench *b)
{
    return b->rc == CL_SUCCESS ? "wrong values" : locl_cl_error_name(b->rc);
}

/* Tries a claim; where it does not hold, it is a problem. */
static void check_claim(locl_device_info *info, bench *b, const claims *c, const char *what, const char *cap)
{
    if (!try_claims(b, c)) {
        char remedy[256];
        snprintf(remedy, sizeof remedy,
                 "update its driver, lower what it claims (LOCL_CAPS=%s, see docs/devices.md), or leave the "
                 "device "
                 "out (`!%s` in devices)",
                 cap, info->selector);
        locl_problem_add(info->problem, &info->problems, remedy,
                         "its driver claims %s, but a kernel that uses that fails: %s: %s", what, b->call,
                         outcome(b));
    }
}

static void check_claims(locl_device_info *info, bench *b)
{
    const size_t enough = (size_t)1 << 20; /* no kernel takes more */
    const claims little = {1, 64 * sizeof(float)};
    claims most_items = little, most_bytes = little;
    char what[128];
    size_t own = 0;
    cl_ulong taken = 0; /* NVIDIA's driver takes a byte for itself from kernels that are given local memory */
    clGetKernelWorkGroupInfo(b->kernel, info->id, CL_KERNEL_WORK_GROUP_SIZE, sizeof own, &own, NULL);
    clGetKernelWorkGroupInfo(b->kernel, info->id, CL_KERNEL_LOCAL_MEM_SIZE, sizeof taken, &taken, NULL);
    if (!try_claims(b, &little)) {
        locl_problem_add(info->problem, &info->problems,
                         "update or reinstall its driver, or leave the device out (`!P:D` in devices)",
                         "a trial kernel does not run: %s: %s", b->call, outcome(b));
        return;
    }
    most_items.items = own && own < info->caps.work_group ? own : info->caps.work_group;
    snprintf(what, sizeof what, "work-groups of %zu work-items", most_items.items);
    check_claim(info, b, &most_items, what, "work_group=64");
    most_bytes.bytes = (size_t)info->caps.local_memory < enough ? (size_t)info->caps.local_memory : enough;
    snprintf(what, sizeof what, "%zu bytes of local memory", most_bytes.bytes);
    most_bytes.bytes -= taken < most_bytes.bytes ? (size_t)taken : 0;
    check_claim(info, b, &most_bytes, what, "local_memory=16384");
}

void locl_device_try(locl_device_info *info)
{
    const float values[VALUES] = {1, 0, 0, 0};
    bench b = {.rc = CL_SUCCESS};
    if (!build(&b, info->id, claims_source)) {
        locl_problem_add(info->problem, &info->problems,
                         "update or reinstall its driver, or leave the device out (`!P:D` in devices)",
                         "a trial kernel does not build: %s: %s", b.call, outcome(&b));
    } else if (!fill(&b, info->caps.alignment, values)) {
        locl_problem_add(
            info->problem, &info->problems,
            "update its driver, or LOCL_CAPS=alignment=4096 (see docs/devices.md)",
            "its driver claims that parts of buffers may begin at multiples of %zu bytes, but one fails: "
            "%s: %s",
            info->caps.alignment, b.call, outcome(&b));
    } else {
        check_claims(info, &b);
    }
    release(&b);
}
