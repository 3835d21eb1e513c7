/* What brings activations and labels from a producer to a consumer: a bounded queue of batches, filled in order by
 * one worker (or the loader) and emptied in order by one. A kind, a struct of hooks chosen once, gets a batch
 * across:
 *
 *     loader    host memory of the loader -> upload
 *     queue     both ends in the same in-order queue
 *     context   two queues of a context: the consumer's queue waits for the producer's event, on the device
 *     host      two contexts: read to host memory, double-buffered, then uploaded; here a worker may wait
 *     in place  two contexts whose devices both work on host memory where it lies: nothing is copied; here, too
 *
 * Another kind (a rank on another machine) is one more file. A channel knows the lanes at its ends, not the stages.
 *
 * A consumer has an inlet (the ring of its input buffers), a producer an outlet. Usually one channel joins them, of
 * all rows (images), and within a context the producer then writes where the consumer reads. Where stages are
 * shared by several devices, rows of one outlet go to several inlets, and an inlet gets its rows from several
 * outlets, each by a channel of its own:
 *
 *     outlet of device 0, rows 0..63    --rows 0..31--> inlet of device 0, rows 0..31
 *                                       --rows 32..63-> inlet of device 1, rows 32..127
 *     outlet of device 1, rows 64..127  --all---------> the same
 *
 * Batch n is in slot n % depth of the inlet, whose x and labels are device memory of the consumer. A kind may keep
 * more for each slot in `own`. A slot (of a channel: its rows of it) belongs to
 *   the producer, from `consumed` > n - depth until send() of batch n: it may write, though not before the
 *     event of give_back(n - depth), which produce(), send() and the uploads see to;
 *   the consumer, from `produced` > n until give_back() of batch n: it may read, as long as that event runs.
 * `produced` and `consumed` are counted under the pipeline's lock, after send() and give_back(), so the hooks
 * themselves need none. */
#ifndef LOCL_SCHED_CHANNEL_H
#define LOCL_SCHED_CHANNEL_H

#include "device/arena.h"
#include "device/call.h"
#include "sched/feed.h"

/* One device: its worker's queues. What goes to the device and what comes from it never waits for each other. */
typedef struct locl_lane_queues {
    locl_queue compute, copy, back; /* copy: to the device; back: to the host */
    double deadline;                /* seconds that the host waits for them at most; 0: as long as it takes */
} locl_lane_queues;

/* Where a batch is: x [b,P,in] float or half, labels [b] int32. */
typedef struct locl_channel_batch {
    cl_mem x, labels;
    size_t valid; /* images that count */
} locl_channel_batch;

typedef struct locl_inlet_slot {
    const locl_tensor *x, *labels;
    cl_event done; /* event of the consumer's queue: its step has read them */
} locl_inlet_slot;

/* The input buffers of a stage on a device. */
typedef struct locl_inlet {
    locl_lane_queues *lane;
    size_t rows, row_bytes; /* images of a batch; bytes of x of one */
    size_t depth;           /* slots */
    bool in_place;          /* their memory is the host's, and the channel's */
    locl_inlet_slot slot[LOCL_CHANNEL_MOST];
} locl_inlet;

/* The output of a stage on a device. depth is 0 where it writes into the inlet of its one channel, 1 where its rows
 * are copied within the context, 2 where some are read to the host, while the next batch is computed, and the inlet's
 * where both are in place: batch n is in slot n % depth. */
enum { LOCL_OUTLET_DEPTH = 2 };

typedef struct locl_outlet {
    locl_lane_queues *lane;
    size_t rows, depth;
    bool in_place; /* the memory is the host's, and the channel's */
    const locl_tensor *x[LOCL_CHANNEL_MOST], *labels[LOCL_CHANNEL_MOST];
} locl_outlet;

/* The rows that a channel moves: from row `from` of what is produced to row `to` of what is consumed. */
typedef struct locl_channel_rows {
    size_t from, to, count;
} locl_channel_rows;

typedef struct locl_channel locl_channel;

/* What a kind does. Hooks may be NULL where there is nothing to do. They are called through the functions
 * below. */
typedef struct locl_channel_kind {
    const char *name;
    bool on_host; /* keeps `depth` batches on the host */
    locl_status (*open)(locl_channel *channel, locl_error *err);
    /* Allocates host memory. */
    locl_status (*bind)(locl_channel *channel, locl_error *err);
    void (*reset)(locl_channel *channel);
    void (*close)(locl_channel *channel);
    /* Makes the producer's queue wait until it may write batch n into the inlet, or into the outlet. */
    locl_status (*produce)(locl_channel *channel, uint64_t n, locl_error *err);
    locl_status (*send)(locl_channel *channel, uint64_t n, locl_error *err);
    locl_status (*receive)(locl_channel *channel, uint64_t n, locl_error *err);
} locl_channel_kind;

extern const locl_channel_kind locl_channel_loader, locl_channel_queue, locl_channel_context,
    locl_channel_host, locl_channel_in_place;

struct locl_channel {
    const locl_channel_kind *kind;
    locl_outlet *outlet; /* NULL for the loader */
    locl_inlet *inlet;
    locl_feed *feed; /* the loader's; else NULL */
    locl_channel_rows rows;
    size_t valid[LOCL_CHANNEL_MOST];   /* of the slot's rows, those that count; set by the producer */
    cl_event ready[LOCL_CHANNEL_MOST]; /* event of the producer's queue, or the loader's upload: the rows are
                                         * where send() put them */
    void *own;                         /* what the kind keeps */
    uint64_t produced, consumed;       /* batches of this run, counted under the pipeline's lock */
};

/* How an inlet gets its rows. */
typedef enum locl_joint {
    LOCL_JOINT_APART, /* from several outlets, or from a part of one */
    LOCL_JOINT_DIRECT /* from one outlet, which has all its rows and no others */
} locl_joint;

/* Returns the kind between two lanes; `producer` is NULL for the loader. Compares devices, not queues, which need not
 * exist yet. */
const locl_channel_kind *locl_channel_kind_of(const locl_lane_queues *producer,
                                              const locl_lane_queues *consumer, locl_joint joint);
/* Takes the buffers of `depth` batches of `rows` images, `row_bytes` of x each, from the arena; NULL: they are in
 * place, which the channel sees to. Nothing is allocated on a device. Within a queue, where a producer writes directly,
 * its order is enough, and a depth of 1. */
void locl_inlet_open(locl_inlet *inlet, locl_lane_queues *lane, locl_arena *arena, size_t rows,
                     size_t row_bytes, size_t depth);
size_t locl_inlet_bytes(const locl_inlet *inlet);
void locl_inlet_reset(locl_inlet *inlet); /* forgets events; zeroed is fine */
/* Takes the buffers of `depth` batches in the same way. */
void locl_outlet_open(locl_outlet *outlet, locl_lane_queues *lane, locl_arena *arena, size_t rows,
                      size_t row_bytes, size_t depth);
size_t locl_outlet_bytes(const locl_outlet *outlet);

/* Joins an outlet, or the loader's feed (the other one is NULL), with an inlet. */
locl_status locl_channel_open(locl_channel *channel, locl_outlet *outlet, locl_feed *feed, locl_inlet *inlet,
                              locl_channel_rows rows, locl_joint joint, locl_error *err);
/* Allocates the kind's host memory, after the arenas were bound. */
locl_status locl_channel_bind(locl_channel *channel, locl_error *err);
void locl_channel_close(locl_channel *channel);               /* zeroed is fine */
size_t locl_channel_host_bytes(const locl_channel *channel);  /* that it keeps on the host */
size_t locl_channel_moved_bytes(const locl_channel *channel); /* of a batch, between devices */
/* Forgets what is under way, before and after a run. Queues are idle. */
void locl_channel_reset(locl_channel *channel);

/* Says where a stage writes batch n, and makes its queue wait until that is free. `channels` [count] are all of its
 * outlet. */
locl_status locl_outlet_produce(const locl_outlet *outlet, locl_channel *channels, size_t count, uint64_t n,
                                locl_channel_batch *to, locl_error *err);
/* Sends the channel's rows of batch n, of which `valid` images of all the outlet's count, once the producer's step is
 * enqueued. The host kind's worker waits until the memory on the host is free. */
locl_status locl_channel_send(locl_channel *channel, uint64_t n, size_t valid, locl_error *err);
/* Says where a stage reads batch n, and makes its queue (for the host kind its worker) wait until it is there.
 * `channels` [count] are all of its inlet. */
locl_status locl_inlet_receive(const locl_inlet *inlet, locl_channel *channels, size_t count, uint64_t n,
                               locl_channel_batch *from, locl_error *err);
/* Gives batch n's slot back, once the consumer's step is enqueued. The step is complete with `done`
 * (retained). */
locl_status locl_inlet_give_back(locl_inlet *inlet, uint64_t n, cl_event done, locl_error *err);
/* Waits until batch n of the loader is no longer read on the host. */
locl_status locl_channel_await_upload(locl_channel *channel, uint64_t n, locl_error *err);

/* Returns the slot of batch n in the channel's rings. This function and the next two are for the kinds. */
size_t locl_channel_slot(const locl_channel *channel, uint64_t n);
size_t locl_outlet_slot(const locl_outlet *outlet, uint64_t n);
/* Copies host memory to the rows' place in the inlet, on the copy queue, once the step that read it last is done.
 * The compute queue waits for it. With *uploaded the host memory is free again. */
locl_status locl_channel_upload(locl_channel *channel, uint64_t n, const float *x, const int32_t *labels,
                                cl_event *uploaded, locl_error *err);

#endif
