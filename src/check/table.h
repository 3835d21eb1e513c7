/* The table of operations: a row for each kernel entry, each kind of product and each optimiser, with all
 * that it takes to check it, to break it and to time it alone. These are shapes to try, inputs, how it is
 * recorded, its reference and tolerance, its cost by hand, and how it is spoiled on purpose. Walked by
 * check.h, tests and bench/kernel_check.c.
 *
 *     locl_op_case *c;
 *     LOCL_TRY(locl_op_case_create(op, dim, seed, LOCL_OP_HARD, &c, err));
 *     LOCL_TRY(locl_op_case_expect(c, err));                                // runs the reference
 *     LOCL_TRY(locl_op_case_run(c, device, variant, LOCL_OP_GUARDED, err)); // runs the kernel (run.h)
 *     ok = locl_op_case_near(c, device, text, sizeof text);
 *     locl_op_case_release(c); */
#ifndef LOCL_CHECK_TABLE_H
#define LOCL_CHECK_TABLE_H

#include "device/command_buffer.h"
#include "gemm/gemm.h"

enum { LOCL_OP_DIMS = 16, LOCL_OP_TENSORS = 28 };

typedef enum locl_op_use {
    LOCL_OP_ABSENT, /* the shape has none: a null buffer */
    LOCL_OP_IN,
    LOCL_OP_OUT,
    LOCL_OP_IN_OUT,
    LOCL_OP_HOST /* for the reference only */
} locl_op_use;

/* An argument of an operation. Arrays are [rows,n] and owned by the case. They are NULL where the use has
 * none. */
typedef struct locl_op_tensor {
    const char *name;
    locl_op_use use;
    size_t rows, n;
    int fill;        /* locl_op_fill, see case.h */
    size_t exact;    /* trailing columns of an output that have to agree bit for bit */
    int mask;        /* -1, or the output whose sign decides whether this output is 0 (ReLU) */
    bool half;       /* holds halves on the device; `in` are values that these have */
    bool gaps;       /* where this output's `want` is NaN, the bits have to be what they were */
    float *in;       /* IN, IN_OUT, HOST */
    float *want;     /* OUT, IN_OUT: what the reference says, once it was asked */
    double *scale;   /* size of the terms that each of `want` is made from */
    float *got;      /* OUT, IN_OUT: what the device said, once it ran */
    locl_tensor dev; /* while it runs; `external` is the row's choice */
    bool guards_intact;
} locl_op_tensor;

/* A way to compute an operation on a device: the changes to its caps while recording, and the engine. */
typedef enum locl_op_caps { LOCL_OP_AS_IT_IS, LOCL_OP_AS_CPU, LOCL_OP_AS_GPU } locl_op_caps;

typedef struct locl_op_variant {
    const char *name;
    locl_op_caps caps;
    size_t work_group;       /* 0: the device's; else lowered to it */
    cl_uint units, lanes;    /* 0: the device's */
    locl_engine engine;      /* of products */
    locl_gemm_kernel kernel; /* of native ones: cut for that one; none: as nobody measured */
    cl_uint broadcasts; /* of sub-groups of so many, emulated; 0: of the device's own, where it has any */
    locl_matrix matrix; /* products take that matrix unit, which the device has, or */
    bool emulated;      /* which is emulated */
} locl_op_variant;

/* How a kernel is spoiled so that its check has to fail. With a file, the first `from` at or behind the
 * kernel's head in cl/<file> becomes `to`. Without one, it is recorded with `argument` ("alpha=2") in place
 * of what the reference takes. */
typedef struct locl_op_break {
    const char *shape;  /* shape on which it shows */
    const char *kernel; /* kernel that goes wrong; NULL with a library's */
    const char *file;   /* "layernorm.cl" */
    const char *from, *to;
    const char *argument;
    const char *variant; /* NULL: the row's first */
} locl_op_break;

/* The FLOPs and bytes that the mathematics asks for. FLOPs are additions, subtractions, multiplications,
 * divisions, roots, exponentials and logarithms of floats, one each, counted per value. What is done once
 * per row and comparisons count 0. Bytes count each tensor once for each time that it has to be read or
 * written. */
typedef struct locl_op_cost {
    double flops, bytes;
} locl_op_cost;

typedef struct locl_op locl_op;

/* What inputs are filled with. LOCL_OP_PLAIN ones are all standard normal. LOCL_OP_HARD ones have rows of equal
 * values, of 1e15 and of denormals beside random ones. */
typedef enum locl_op_inputs { LOCL_OP_PLAIN, LOCL_OP_HARD } locl_op_inputs;

typedef struct locl_op_case {
    const locl_op *op;
    size_t dim[LOCL_OP_DIMS];
    uint64_t seed;
    locl_op_inputs inputs;
    locl_op_tensor t[LOCL_OP_TENSORS]; /* in the operation's order */
    locl_engine engine;                /* of the variant that is being recorded */
    locl_gemm_kernel kernel;           /* as well */
    void *own;                         /* what `open` made */
} locl_op_case;

struct locl_op {
    const char *name;
    const char *dims;  /* names and defaults of a shape's numbers, see shape.h */
    int kind;          /* which of several rows that share their functions */
    double tolerance;  /* of |got - want| / scale */
    bool sums;         /* sums over rows: hard values hide others, so plain ones are checked too */
    bool whole_blocks; /* only devices with that cap ever run it */
    const char *(*refuses)(const size_t *dim); /* why a shape cannot be; NULL: it can. May be NULL */
    void (*lay_out)(locl_op_case *c);          /* adds the tensors */
    void (*derive)(locl_op_case *c);           /* inputs that depend on others; may be NULL */
    /* Make, fill and release what there is beside the tensors (c->own). `open` takes memory from `state`,
     * `ready` runs once it is bound, `close` also after an error. All three may be NULL. */
    locl_status (*open)(locl_op_case *c, const locl_caps *caps, locl_arena *state, locl_error *err);
    locl_status (*ready)(locl_op_case *c, locl_queue *queue, locl_error *err);
    void (*close)(locl_op_case *c);
    void (*record)(const locl_op_case *c, locl_command_buffer *cmd);
    void (*bind)(const locl_op_case *c, locl_bindings *bindings); /* scalars of the replay; may be NULL */
    void (*reference)(locl_op_case *c);                           /* `in` -> `want` and `scale` */
    locl_op_cost (*cost)(const locl_op_case *c, const locl_caps *caps); /* counted by hand */
    const char *const *shape; /* [shapes] of 1, primes, past a chunk; the last `presets` are presets' */
    size_t shapes, presets;
    /* [covers] more, small shapes, in which each word may stand for several ("norm=no|yes"). Their product
     * runs the variants of the row's kernel (src/kernels) that the other shapes leave. May be NULL. */
    const char *const *cover;
    size_t covers;
    const locl_op_variant *variant; /* [variants]; the first `rivals` are timed against each other */
    size_t variants, rivals;
    const locl_op_break *breaks; /* [break_count] */
    size_t break_count;
};

extern const locl_op *const locl_ops[];        /* ends with NULL */
const locl_op *locl_op_find(const char *name); /* NULL when there is none */
const locl_op_variant *locl_op_variant_find(const locl_op *op, const char *name);

/* Lays out, allocates and fills the inputs from `seed`. *out is the caller's, NULL on error. LOCL_E_CONFIG for
 * a shape that the row refuses. */
locl_status locl_op_case_create(const locl_op *op, const size_t *dim, uint64_t seed, locl_op_inputs inputs,
                                locl_op_case **out, locl_error *err);
void locl_op_case_release(locl_op_case *c); /* NULL is fine */
/* Returns the tensor of that name, NULL when the operation has none. Whoever changes inputs calls op->derive
 * again. */
locl_op_tensor *locl_op_case_find(locl_op_case *c, const char *name);
size_t locl_op_largest(const locl_op *op, const size_t *dim); /* values of the largest tensor of a shape */
/* Runs the reference, once. */
locl_status locl_op_case_expect(locl_op_case *c, locl_error *err);
/* Compares `got` with `want`, both filled in. Where it returns false, `text` says what differs, where, and
 * how to see it again. */
bool locl_op_case_near(const locl_op_case *c, const locl_device *device, const locl_op_variant *variant,
                       char *text, size_t size);
/* Returns the largest |got - want| / scale of all outputs, for setting tolerances. NaN counts as infinite. */
double locl_op_case_error(const locl_op_case *c);
/* Writes the command that runs the case alone again. */
void locl_op_case_command(const locl_op_case *c, const locl_device *device, const locl_op_variant *variant,
                          char *text, size_t size);

#endif
