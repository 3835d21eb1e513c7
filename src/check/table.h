/* The table of operations: one row per kernel entry, with all that it takes to check it or to time it alone:
 * shapes to try, inputs, how it is recorded, its reference and the tolerance. Walked by tests; check.h runs a
 * row on a device. Flops and bytes are those that the
 * operation itself records (locl_command_buffer_cost).
 *
 *     locl_op_case *c;
 *     LOCL_TRY(locl_op_case_create(op, op->shapes[0], seed, true, &c, err));
 *     locl_op_case_expect(c);                           // runs the reference
 *     LOCL_TRY(locl_op_case_run(c, device, true, err)); // runs the kernel
 *     ok = locl_op_case_near(c, device->selector, text, sizeof text);
 *     locl_op_case_release(c); */
#ifndef LOCL_CHECK_TABLE_H
#define LOCL_CHECK_TABLE_H

#include "device/command_buffer.h"

enum { LOCL_OP_DIMS = 11, LOCL_OP_TENSORS = 12 };

typedef enum locl_op_use {
    LOCL_OP_ABSENT, /* the shape has none: a null buffer */
    LOCL_OP_IN,
    LOCL_OP_OUT,
    LOCL_OP_IN_OUT,
    LOCL_OP_HOST /* seen by the reference only */
} locl_op_use;

/* An argument of an operation. Arrays are [rows,n], owned by the case; NULL where the use has none. */
typedef struct locl_op_tensor {
    const char *name;
    locl_op_use use;
    size_t rows, n;
    int fill;        /* locl_op_fill, see case.h */
    size_t exact;    /* of an output, trailing columns that have to agree bit for bit */
    int mask;        /* -1, or the output whose sign decides whether this output is 0 (ReLU) */
    float *in;       /* IN, IN_OUT, HOST */
    float *want;     /* OUT, IN_OUT: what the reference says */
    double *scale;   /* beside `want`: size of the terms that the value is made from */
    float *got;      /* OUT, IN_OUT: what the device said */
    locl_tensor dev; /* while it runs */
    bool guards_intact;
} locl_op_tensor;

typedef struct locl_op locl_op;

typedef struct locl_op_case {
    const locl_op *op;
    size_t dim[LOCL_OP_DIMS];
    uint64_t seed;
    locl_op_tensor t[LOCL_OP_TENSORS]; /* in the operation's order */
} locl_op_case;

struct locl_op {
    const char *name;                 /* of the kernel */
    const char *dims;                 /* what the numbers of a shape are, "rows,n,tangents" */
    double tolerance;                 /* of |got - want| / scale */
    void (*lay_out)(locl_op_case *c); /* adds the tensors */
    void (*derive)(locl_op_case *c);  /* inputs that depend on others; may be NULL */
    void (*record)(const locl_op_case *c,
                   locl_command_buffer *cmd); /* with the tensors of locl_op_case_tensor() */
    void (*reference)(locl_op_case *c);       /* `in` -> `want` and `scale` */
    size_t shapes;
    const size_t (*shape)[LOCL_OP_DIMS]; /* [shapes]: 1, primes, past a chunk, the presets' own */
};

extern const locl_op *const locl_ops[];        /* ends with NULL */
const locl_op *locl_op_find(const char *name); /* NULL when there is none */
size_t locl_op_dims(const locl_op *op);        /* how many numbers a shape has */

/* Lays out, allocates and fills the inputs from `seed`. `hard`: with rows of equal values, of 1e15, of
 * denormals, besides random ones; else all standard normal. *out is the caller's; NULL on error. */
locl_status locl_op_case_create(const locl_op *op, const size_t *dim, uint64_t seed, bool hard,
                                locl_op_case **out, locl_error *err);
void locl_op_case_release(locl_op_case *c); /* NULL is fine */
/* The tensor of that name; NULL when the operation has none. Whoever changes inputs calls op->derive again.
 */
locl_op_tensor *locl_op_case_find(locl_op_case *c, const char *name);
void locl_op_case_expect(locl_op_case *c);
/* Compares `got` with `want`, both filled in. False: `text` says what differs, where, and how to see it
 * again. */
bool locl_op_case_near(const locl_op_case *c, const char *selector, char *text, size_t size);
/* The largest |got - want| / scale of all outputs, for setting tolerances; NaN counts as infinite. */
double locl_op_case_error(const locl_op_case *c);

#endif
