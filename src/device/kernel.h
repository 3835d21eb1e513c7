/* The descriptor of a kernel in cl/: its arguments in their order, and the builds that exist of it. A launch
 * names arguments and macros and is checked against it while recording (launch.h). src/kernels has the
 * descriptors.
 *
 * A build has switches, which choose code, and geometry, numbers such as CHUNK and ITEMS by which the work is
 * cut. Switches have few values. All settings that are ever built are listed, as forms, and each setting is a
 * variant. Geometry has ranges. */
#ifndef LOCL_DEVICE_KERNEL_H
#define LOCL_DEVICE_KERNEL_H

#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum locl_arg_kind {
    LOCL_ARG_NONE, /* ends a list */
    LOCL_ARG_IN,   /* buffers */
    LOCL_ARG_OUT,
    LOCL_ARG_IN_OUT,
    LOCL_ARG_U32, /* numbers */
    LOCL_ARG_I32,
    LOCL_ARG_U64,
    LOCL_ARG_F32,
    LOCL_ARG_STEP,  /* uint: number of the step, from 0; this and the next three are set at each replay */
    LOCL_ARG_RATE,  /* float: learning rate of the step */
    LOCL_ARG_VALID, /* uint: images that count, <= those computed (fewer in a last batch of an evaluation) */
    LOCL_ARG_FIRST  /* ulong: number of the first value in the tensor of the whole batch */
} locl_arg_kind;

typedef struct locl_kernel_arg {
    const char *name; /* as in cl/ */
    /* Switch that the buffer depends on. The buffer is there when its value is in the bits of `values` (0:
     * any value but 0), else null. NULL: the buffer is there unless the launch expects no elements. */
    const char *with;
    uint32_t values;
    locl_arg_kind kind;
    size_t element; /* bytes of an element of a buffer that is always the same; 0: 4, 2: halves */
    /* Switch that is 1 where the buffer holds halves and 0 where it holds floats: launches set it from the tensors that
     * they are given. Several buffers may share one. NULL: the buffer is what `element` says. */
    const char *half;
} locl_kernel_arg;

typedef struct locl_kernel_geometry {
    const char *name; /* NULL ends a list */
    uint32_t low, high;
    uint32_t only[10]; /* the values allowed; first 0: all of low..high */
    uint32_t sample;   /* a value that builds with every setting of the switches */
} locl_kernel_geometry;

enum { LOCL_KERNEL_ARGS = 32, LOCL_KERNEL_SWITCHES = 13, LOCL_KERNEL_GEOMETRIES = 12 };

typedef struct locl_kernel_form {
    const char *name;                       /* NULL ends a list */
    uint32_t allowed[LOCL_KERNEL_SWITCHES]; /* bits of the values of each switch, which combine freely */
} locl_kernel_form;

typedef struct locl_kernel {
    const char *file, *name;
    const locl_kernel_arg *args;
    const locl_kernel_geometry *geometry; /* NULL: none */
    const char *const *switches;          /* names, NULL at the end; NULL: none, and one variant */
    const locl_kernel_form *forms;
} locl_kernel;

/* Counts the variants. They are numbered by forms in their order, then by switches, the last one fastest. A
 * setting of two forms has two numbers. */
size_t locl_kernel_variants(const locl_kernel *kernel);
/* Returns the switches of variant `index`, in order. */
void locl_kernel_variant(const locl_kernel *kernel, size_t index, uint32_t setting[LOCL_KERNEL_SWITCHES]);
/* Returns the first variant of that setting; SIZE_MAX: none is built so. */
size_t locl_kernel_variant_of(const locl_kernel *kernel, const uint32_t setting[LOCL_KERNEL_SWITCHES]);
/* Whether a switch says what buffers hold (locl_kernel_arg.half). */
bool locl_kernel_switch_is_half(const locl_kernel *kernel, const char *name);
/* Adds "NORM=1 BIAS=0", or nothing without switches. */
void locl_kernel_setting_text(const locl_kernel *kernel, const uint32_t setting[LOCL_KERNEL_SWITCHES],
                              locl_text *out);
/* Adds the options that build it: "-D CHUNK=64 -D NORM=1". With `geometry` NULL it takes the samples. A switch of
 * halves (locl_kernel_arg) is named only where it is 1. */
void locl_kernel_options(const locl_kernel *kernel, const uint32_t setting[LOCL_KERNEL_SWITCHES],
                         const uint32_t *geometry, locl_text *out);
bool locl_kernel_geometry_allows(const locl_kernel_geometry *geometry, size_t value);

#endif
