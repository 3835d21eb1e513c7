/* What brings batches of activations and labels to a stage: a bounded queue, filled in order by one worker (or
 * the loader) and emptied in order by one. A kind, a struct of hooks chosen once, gets a batch across:
 *
 *     loader    host memory of the loader -> upload
 *     queue     both stages in the same in-order queue: the producer writes where the consumer reads
 *     context   two queues of a context: the consumer's queue waits for the producer's event, on the device
 *     host      two contexts: read to host memory, double-buffered, then uploaded; only here a worker may wait
 *
 * Another kind (a rank on another machine) is one more file. A channel knows the lanes at its ends and their
 * arenas, not the stages.
 *
 * The ring is `slot`: batch n is in slot n % depth, whose x and labels are device memory of the consumer. A
 * kind may keep more for each slot in `own`. A slot belongs to
 *   the producer, from `consumed` > n - depth until send() of batch n: it may write, though not before the
 *     event of give_back(n - depth), which produce() and the uploads see to;
 *   the consumer, from `produced` > n until give_back() of batch n: it may read, as long as that event runs.
 * `produced` and `consumed` are counted under the pipeline's lock, after send() and give_back(), so the hooks
 * themselves need none. */
#ifndef LOCL_SCHED_CHANNEL_H
#define LOCL_SCHED_CHANNEL_H

#include "data/loader.h"
#include "device/arena.h"
#include "device/call.h"

enum { LOCL_CHANNEL_DEPTH = 2 };

/* One device: its worker's queues. */
typedef struct locl_lane_queues {
    locl_queue compute, copy;
    double deadline; /* seconds that the host waits for them at most; 0: as long as it takes */
} locl_lane_queues;

/* One end of a channel: the lane there and the arena of the stage's own memory. */
typedef struct locl_channel_end {
    locl_lane_queues *lane;
    locl_arena *arena;
} locl_channel_end;

/* Where a batch is: x [B,P,in] float, labels [B] int32. */
typedef struct locl_channel_batch {
    cl_mem x, labels;
    size_t valid; /* images that count */
} locl_channel_batch;

typedef struct locl_channel_slot {
    const locl_tensor *x, *labels; /* the consumer's input buffers */
    size_t valid;                  /* set by the producer */
    cl_event ready;                /* event of the producer's queue: the batch is where send() put it */
    cl_event done;                 /* event of the consumer's queue: its step has read x and labels */
} locl_channel_slot;

typedef struct locl_channel locl_channel;

/* What a kind does. Hooks may be NULL where there is nothing to do. They are called through the functions
 * below. */
typedef struct locl_channel_kind {
    const char *name;
    size_t depth; /* slots, at most LOCL_CHANNEL_DEPTH */
    size_t sent;  /* batches beside them that the producer's device and the host keep: 0, or 1 and `depth` */
    /* Takes what the kind needs beside the slots. */
    locl_status (*open)(locl_channel *channel, const locl_channel_end *producer, locl_error *err);
    /* Allocates host memory. */
    locl_status (*bind)(locl_channel *channel, locl_error *err);
    void (*reset)(locl_channel *channel);
    void (*close)(locl_channel *channel);
    /* Gets batch n, for kinds that no stage produces into. Returns false at the end. */
    bool (*fetch)(locl_channel *channel, uint64_t n);
    locl_status (*produce)(locl_channel *channel, uint64_t n, locl_channel_batch *to, locl_error *err);
    locl_status (*send)(locl_channel *channel, uint64_t n, locl_error *err);
    locl_status (*receive)(locl_channel *channel, uint64_t n, locl_error *err);
    locl_status (*give_back)(locl_channel *channel, uint64_t n, cl_event done, locl_error *err);
} locl_channel_kind;

extern const locl_channel_kind locl_channel_loader, locl_channel_queue, locl_channel_context,
    locl_channel_host;

struct locl_channel {
    const locl_channel_kind *kind;
    locl_lane_queues *producer; /* NULL for the loader */
    locl_lane_queues *consumer;
    size_t x_bytes, label_bytes;
    locl_channel_slot slot[LOCL_CHANNEL_DEPTH];
    void *own;                   /* what the kind keeps */
    uint64_t produced, consumed; /* batches of this run, counted under the pipeline's lock */
};

/* Chooses the kind and takes the buffers of a batch of `batch` images, `values` floats in all, from the
 * arenas. Nothing is allocated on a device. `producer` is NULL for the loader. */
locl_status locl_channel_open(locl_channel *channel, const locl_channel_end *producer,
                              const locl_channel_end *consumer, size_t values, size_t batch, locl_error *err);
/* Allocates the kind's host memory, after the arenas were bound. */
locl_status locl_channel_bind(locl_channel *channel, locl_error *err);
/* Where a channel takes memory: on the consumer's device, on the producer's, on the host. */
typedef enum locl_channel_side {
    LOCL_CHANNEL_CONSUMER,
    LOCL_CHANNEL_PRODUCER,
    LOCL_CHANNEL_HOST
} locl_channel_side;
/* Returns the bytes that a channel takes there. */
size_t locl_channel_bytes(const locl_channel *channel, locl_channel_side side);
void locl_channel_close(locl_channel *channel); /* zeroed is fine */
/* Forgets what is under way and gives the loader its batches back, before and after a run. Queues are
 * idle. */
void locl_channel_reset(locl_channel *channel);
/* Sets where the loader's channel gets its batches in the run to come. */
void locl_channel_set_loader(locl_channel *channel, locl_loader *loader);

/* Returns whether the channel's batches are fetched, not produced by a stage. */
bool locl_channel_is_fetched(const locl_channel *channel);
/* Gets batch n from outside. Gives back the batch that had its slot, whose step is complete. Returns false at
 * the end. */
bool locl_channel_fetch(locl_channel *channel, uint64_t n);
/* Says where the producer writes batch n, and makes its queue wait until that is free. */
locl_status locl_channel_produce(locl_channel *channel, uint64_t n, locl_channel_batch *to, locl_error *err);
/* Sends batch n, `valid` images of it, once the producer's step is enqueued. The host kind's worker waits
 * until the memory on the host is free. */
locl_status locl_channel_send(locl_channel *channel, uint64_t n, size_t valid, locl_error *err);
/* Says where the consumer reads batch n, and makes its queue (for the host kind its worker) wait until it is
 * there. */
locl_status locl_channel_receive(locl_channel *channel, uint64_t n, locl_channel_batch *from,
                                 locl_error *err);
/* Gives batch n's slot back, once the consumer's step is enqueued. The step is complete with `done`
 * (retained). */
locl_status locl_channel_give_back(locl_channel *channel, uint64_t n, cl_event done, locl_error *err);

/* Returns the slot of batch n. This function and the next two are for the kinds. */
locl_channel_slot *locl_channel_slot_of(locl_channel *channel, uint64_t n);
/* Keeps `done` in the slot, for those who write into it next. */
locl_status locl_channel_keep_done(locl_channel *channel, uint64_t n, cl_event done, locl_error *err);
/* Copies host memory to the slot's buffers, on the copy queue, once the step that read them last is done. The
 * compute queue waits for it. With *uploaded the host memory is free again. */
locl_status locl_channel_upload(locl_channel *channel, locl_channel_slot *slot, const float *x,
                                const int32_t *labels, cl_event *uploaded, locl_error *err);

#endif
