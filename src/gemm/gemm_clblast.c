#include "gemm/clblast_turn.h"
#include "gemm/solver.h"
#include "kernels/kernels.h"

enum { LARGEST_SUMS = 16 << 20 }; /* floats; for more, the products are added up one after the other */

typedef struct gemm_call {
    locl_gemm_shape shape;
    const locl_tensor *a, *b, *c;
} gemm_call;

/* Enqueues product `s` of the `sum` products, for all batches. */
static CLBlastStatusCode one_product(const locl_gemm_shape *x, cl_mem a, cl_mem b, cl_mem c, size_t s,
                                     cl_command_queue *queue, cl_event *event)
{
    CLBlastTranspose ta = x->ta ? CLBlastTransposeYes : CLBlastTransposeNo;
    CLBlastTranspose tb = x->tb ? CLBlastTransposeYes : CLBlastTransposeNo;
    float beta = s == 0 ? x->beta : 1.0f;
    if (x->batch == 1) {
        return CLBlastSgemm(CLBlastLayoutRowMajor, ta, tb, x->m, x->n, x->k, x->alpha, a, s * x->sum_a,
                            x->lda, b, s * x->sum_b, x->ldb, beta, c, 0, x->ldc, queue, event);
    }
    return CLBlastSgemmStridedBatched(CLBlastLayoutRowMajor, ta, tb, x->m, x->n, x->k, x->alpha, a,
                                      s * x->sum_a, x->lda, x->stride_a, b, s * x->sum_b, x->ldb, x->stride_b,
                                      beta, c, 0, x->ldc, x->stride_c, x->batch, queue, event);
}

static locl_status enqueue(const void *args, locl_queue *queue, cl_event *event, locl_error *err)
{
    const gemm_call *call = args;
    CLBlastStatusCode code = CLBlastSuccess;
    locl_clblast_take_turn();
    for (size_t s = 0; s < call->shape.sum && code == CLBlastSuccess; s++) {
        bool last = s + 1 == call->shape.sum;
        code = one_product(&call->shape, call->a->mem, call->b->mem, call->c->mem, s, &queue->cl,
                           last ? event : NULL);
    }
    locl_clblast_end_turn();
    return code == CLBlastSuccess ? LOCL_OK : locl_fail_clblast(err, "CLBlastSgemm", code, queue->device);
}

/* Makes CLBlast build its programs before the first step, with two products of single values. */
static locl_status prepare(locl_device *device, locl_error *err)
{
    locl_queue queue = {0};
    cl_mem buffer = NULL;
    locl_status status;
    CLBlastStatusCode code = CLBlastSuccess;
    LOCL_TRY_GOTO(status, locl_queue_create(device, LOCL_QUEUE_PLAIN, &queue, err));
    LOCL_TRY_GOTO(status,
                  locl_buffer_create(device, 6 * sizeof(cl_float), "CLBlast's warm-up", &buffer, err));
    locl_clblast_take_turn();
    for (size_t batch = 1; batch <= 2 && code == CLBlastSuccess; batch++) {
        locl_gemm_shape shape = {.m = 1,
                                 .n = 1,
                                 .k = 1,
                                 .lda = 1,
                                 .ldb = 1,
                                 .ldc = 1,
                                 .sum = 1,
                                 .stride_a = 1,
                                 .stride_b = 1,
                                 .stride_c = 1,
                                 .alpha = 1};
        shape.batch = batch;
        code = one_product(&shape, buffer, buffer, buffer, 0, &queue.cl, NULL);
    }
    locl_clblast_end_turn();
    status = code == CLBlastSuccess ? locl_queue_finish(&queue, err)
                                    : locl_fail_clblast(err, "CLBlastSgemm", code, device);
fail:
    locl_buffer_release(&buffer);
    locl_queue_release(&queue);
    return status;
}

/* Returns a tensor whose buffer is fixed when the command buffer is bound, as a library call needs. One that
 * changes from replay to replay is copied to scratch first. */
static const locl_tensor *settled(locl_command_buffer *cmd, const locl_tensor *tensor)
{
    enum { ITEMS = 64 };
    if (tensor->external < 0) {
        return tensor;
    }
    size_t count = tensor->bytes / sizeof(cl_float);
    size_t items = locl_command_buffer_caps(cmd)->work_group < ITEMS ? 1 : ITEMS;
    const locl_tensor *copy = locl_gemm_scratch(cmd, count, "copied operand");
    locl_launch l = locl_launch_begin(cmd, &locl_kernel_gemm_copy);
    locl_launch_in(&l, "from", tensor, count);
    locl_launch_out(&l, "to", copy, count);
    locl_launch_u64(&l, "count", count);
    locl_launch_cost(&l, 0, 8.0 * (double)count);
    locl_launch_run(&l, (count + items - 1) / items, items);
    return copy;
}

static void add_call(locl_command_buffer *cmd, gemm_call call)
{
    locl_command_buffer_add_call(cmd, "clblast", enqueue, &call, sizeof call, locl_gemm_flops(&call.shape),
                                 locl_gemm_bytes(&call.shape, (locl_gemm_operands){call.a, call.b, call.c}));
    locl_command_buffer_call_uses(cmd, call.a);
    locl_command_buffer_call_uses(cmd, call.b);
    locl_command_buffer_call_uses(cmd, call.c);
}

static bool applicable(const locl_gemm_shape *shape, const locl_gemm_cut *cut, const locl_caps *caps)
{
    (void)shape;
    (void)caps;
    return cut->kernel == LOCL_GEMM_UNCUT;
}

static void record(locl_command_buffer *cmd, const locl_gemm_choice *choice, locl_gemm_operands operands)
{
    const locl_gemm_shape *shape = &choice->shape;
    if (operands.c->external >= 0) {
        locl_command_buffer_fail(cmd, LOCL_E_FAILED,
                                 "CLBlast cannot write to %s, which changes from step to step",
                                 operands.c->name);
        return;
    }
    gemm_call call = {*shape, settled(cmd, operands.a), settled(cmd, operands.b), operands.c};
    size_t values = shape->m * shape->n;
    if (shape->sum == 1 || shape->batch > 1 || shape->sum > LARGEST_SUMS / values) {
        add_call(cmd, call);
        return;
    }
    /* computes the products of a sum as one batch, then adds them up */
    call.c = locl_gemm_scratch(cmd, shape->sum * values, "products");
    call.shape.batch = shape->sum;
    call.shape.stride_a = shape->sum_a;
    call.shape.stride_b = shape->sum_b;
    call.shape.stride_c = values;
    call.shape.ldc = shape->n;
    call.shape.sum = 1;
    call.shape.alpha = 1;
    call.shape.beta = 0;
    add_call(cmd, call);
    locl_gemm_reduce(cmd, shape, call.c, shape->sum, operands.c);
}

const locl_gemm_solver locl_gemm_clblast = {
    .name = "clblast", .applicable = applicable, .prepare = prepare, .record = record};
