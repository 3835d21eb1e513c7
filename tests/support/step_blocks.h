/* The pieces of the reference step: a block forward, in double precision and plain loops (step_blocks.c). Heads
 * (step_heads.h), ways back (step_back.h) and estimates (step_estimate.h) are written with them. For the step_*.c
 * files. */
#ifndef TESTS_SUPPORT_STEP_BLOCKS_H
#define TESTS_SUPPORT_STEP_BLOCKS_H

#include "support/step_reference.h"

enum { TOKEN, CHANNEL, GROUP, LAYERS };
extern const char *const step_layer_names[LAYERS];

/* A layer as it ran. Arrays are [B,P,in] and [B,P,out]. */
typedef struct layer_run {
    int kind;
    size_t in, out;
    bool ln_before;
    const double *w, *b;
    const double *back;   /* what sends errors back: w, or its feedback */
    double *x, *pre;      /* what reaches it, before and after the LN before it */
    double *z;            /* with bias */
    double *post, *dpost; /* and its tangent */
} layer_run;

/* A block as it ran. */
typedef struct block_run {
    size_t index, in;
    int first;
    double *x;
    layer_run layer[LAYERS];
    double *out, *dout;     /* [B,P,D] */
    double *next, *dnext;   /* [B,P',D] pooled, or out and dout */
    double *features;       /* [B,D] of its head */
    double *error, *logits; /* [B,K] */
} block_run;

typedef struct step {
    step_sizes s;
    step_rule rule;
    const step_set *in;
    const int *labels;
    step_block at;          /* the block that is worked on: its sizes */
    size_t patches, tokens; /* its P and B P; behind the last block those that the classifier pools */
    const double *keys;     /* [R,K] of contrast, where these are not the rows' own */
    double *units;          /* [R,K] the rows' own, of the last head that ran */
    int tangent;            /* the channel layer's own tangent that runs now; -1: the base tangent */
    double **memory;        /* [MAX_MEMORY] */
    size_t memories;
    double nearest; /* to 0, of all values before a ReLU but 0 itself */
} step;

/* Uses one connection of a layer: from which input to which output, and with which weight. Three such
 * functions use the map, forward and in its two ways back. The token layer mixes patches, the others channels
 * (of a group). */
typedef void (*step_connect)(const layer_run *l, size_t from, size_t to, size_t weight, const double *a,
                             double *b);

double *step_take(step *st, size_t count);
step step_begin(const step_sizes *s, const step_rule *rule, const step_set *in, const int *labels);
/* Enters a block. All that follows is about its sizes. */
void step_enter(step *st, size_t block);
/* Enters the classifier. All that follows is about what leaves the last block. */
void step_enter_classifier(step *st);
void step_end(step *st);
/* Computes y = (x - mean) / sqrt(var + 1e-5) of each row of n values. */
void step_norm(const double *x, double *y, size_t rows, size_t n);
/* Computes the Jacobian of step_norm() at x times t. It is symmetric. */
void step_norm_jacobian(const double *x, const double *t, double *out, size_t rows, size_t n);
void step_each_connection(const step *st, const layer_run *l, step_connect visit, const double *a, double *b);
void step_add_backward(const layer_run *l, size_t from, size_t to, size_t weight, const double *q, double *t);
void step_add_gradient(const layer_run *l, size_t from, size_t to, size_t weight, const double *q,
                       double *dw);
/* Returns which bias value output `index` gets. */
size_t step_bias_of(const step *st, const layer_run *l, size_t index);
/* Returns the rows of the LN over a layer's channels, which is within a group for group layers. */
size_t step_norm_rows(const step *st, const layer_run *l);
/* Returns the norm after the layer's linear map or, with `t` not NULL, its Jacobian at x times t. */
double *step_post_norm(step *st, const layer_run *l, const double *x, const double *t);
bool step_trains_layers(const step *st, size_t block);
const double *step_draw_of(step *st, size_t pass, size_t block, int layer);
/* Returns what sends errors back through a weight: its feedback where there is one of the weight's shape. */
const double *step_back_of(const step *st, const char *weight);
/* Returns the cotangent of b->out from that of b->next. */
double *step_back_through_pooling(step *st, const block_run *b, double *q);
void step_run_block(step *st, block_run *b, size_t index, size_t pass, double *x, double *dx, double shift);

#endif
