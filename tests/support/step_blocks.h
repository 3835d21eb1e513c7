/* The pieces of the reference step: a block forward, in double precision and plain loops (step_blocks.c),
 * which the rules of step_reference.c are written with. Included by these two only. */
#ifndef TESTS_SUPPORT_STEP_BLOCKS_H
#define TESTS_SUPPORT_STEP_BLOCKS_H

#include "support/step_reference.h"

enum { TOKEN, CHANNEL, GROUP, LAYERS };
extern const char *const step_layer_names[LAYERS];

/* A layer as it ran; arrays [B,P,in] and [B,P,out]. */
typedef struct layer_run {
    int kind;
    size_t in, out;
    bool ln_before;
    const double *w, *b;
    const double *back; /* what sends errors back: w, or its feedback */
    double *x, *pre;    /* what reaches it, before and after the LN before it */
    double *z;          /* with bias */
    double *post;
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
    size_t patches, tokens; /* its P, B P; of what the classifier pools behind the last block */
    int tangent;            /* the channel layer's own that runs now; -1: the base tangent */
    double **memory;        /* [MAX_MEMORY] */
    size_t memories;
} step;

/* Where value (row, j) of the layer's output gets its inputs from, and with which weights: calls out to the
 * three ways of using the map. The token layer mixes patches, the others channels (of a group). */
typedef void (*step_connect)(const layer_run *l, size_t from, size_t to, size_t weight, const double *a,
                             double *b);

double *step_take(step *st, size_t count);
step step_begin(const step_sizes *s, const step_rule *rule, const step_set *in, const int *labels);
/* Sizes differ between blocks: all that follows is about this one. */
void step_enter(step *st, size_t block);
/* About what leaves the last block. */
void step_enter_classifier(step *st);
void step_end(step *st);
/* y = (x - mean) / sqrt(var + 1e-5) of each row of n values. */
void step_norm(const double *x, double *y, size_t rows, size_t n);
/* The Jacobian of step_norm() at x times t; it is symmetric. */
void step_norm_jacobian(const double *x, const double *t, double *out, size_t rows, size_t n);
void step_each_connection(const step *st, const layer_run *l, step_connect visit, const double *a, double *b);
void step_add_backward(const layer_run *l, size_t from, size_t to, size_t weight, const double *q, double *t);
void step_add_gradient(const layer_run *l, size_t from, size_t to, size_t weight, const double *q,
                       double *dw);
/* Which bias value (row, j) of the output gets. */
size_t step_bias_of(const step *st, const layer_run *l, size_t index);
/* Rows and length of the LN over a layer's channels: within a group for group layers. */
size_t step_norm_rows(const step *st, const layer_run *l);
/* The norm after the layer's linear map, and with `t` not NULL its Jacobian at x times t. */
double *step_post_norm(step *st, const layer_run *l, const double *x, const double *t);
bool step_trains_layers(const step *st, size_t block);
const double *step_draw_of(const step *st, size_t pass, size_t block, int layer);
/* What sends errors back through a weight: its feedback where there is one of the weight's shape. */
const double *step_back_of(const step *st, const char *weight);
/* From the cotangent of b->next to that of b->out. */
double *step_back_through_pooling(step *st, const block_run *b, double *q);
void step_run_block(step *st, block_run *b, size_t index, size_t pass, double *x, double *dx, double shift);

#endif
