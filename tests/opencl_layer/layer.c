#define _GNU_SOURCE /* RTLD_NEXT */
#include "opencl_layer/layer.h"

#include "support/opencl_layer.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define EXPORT __attribute__((visibility("default")))

static const char *const names[ID_COUNT] = {
#define NAME(name) [ID_##name] = #name,
    LAYER_CALLS(NAME) LAYER_RELEASES(NAME)
#undef NAME
        [ID_READ_BLOCKING] = "clEnqueueReadBuffer:blocking",
    [ID_WRITE_BLOCKING] = "clEnqueueWriteBuffer:blocking",
    [ID_MAP_BLOCKING] = "clEnqueueMapBuffer:blocking",
};

enum { ANY_CALL = ID_COUNT, NO_CALL };

static atomic_long counts[ID_COUNT];
static atomic_uint delay_us, delay_seed;
static atomic_ulong delay_draws;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards what follows */
static struct {
    int id, code;
    long left;
} fault = {NO_CALL, 0, 0};
static long launches_to_block; /* counts down; 0: none */
static long reads_to_spoil;    /* counts down; 0: none */
enum { MOST_PARTS = 64, ANY_PART = -1 };
static int only_part = ANY_PART; /* whose calls alone fail, hang or give NaN */
static struct {
    const void *device;
    int part;
} parts[MOST_PARTS];
static size_t part_count;
static void *blocker;               /* cl_event that a queue waits for */
static int blocked_part = ANY_PART; /* whose queue that is */
static struct {
    void *object;
    long references;
} * held;
static size_t held_count, held_capacity;

static int find(const char *entry)
{
    if (!strcmp(entry, "*")) {
        return ANY_CALL;
    }
    for (int id = 0; id < ID_COUNT; id++) {
        if (!strcmp(entry, names[id])) {
            return id;
        }
    }
    fprintf(stderr, "the OpenCL layer knows no entry point %s\n", entry);
    abort();
}

static long count(const char *entry)
{
    int id = find(entry);
    long sum = 0;
    if (id != ANY_CALL) {
        return atomic_load(&counts[id]);
    }
    for (id = 0; id < ID_CALLS; id++) {
        sum += atomic_load(&counts[id]);
    }
    return sum;
}

static void set_fault(const char *entry, long nth, int code)
{
    int id = find(entry);
    pthread_mutex_lock(&lock);
    fault.id = id;
    fault.left = nth;
    fault.code = code;
    pthread_mutex_unlock(&lock);
}

static void reset(void)
{
    for (int id = 0; id < ID_COUNT; id++) {
        atomic_store(&counts[id], 0);
    }
    pthread_mutex_lock(&lock);
    fault.id = NO_CALL;
    only_part = ANY_PART;
    reads_to_spoil = 0;
    pthread_mutex_unlock(&lock);
}

static void set_delay(unsigned microseconds, unsigned seed)
{
    atomic_store(&delay_seed, seed);
    atomic_store(&delay_draws, 0);
    atomic_store(&delay_us, microseconds);
}

static long live(void)
{
    long sum = 0;
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < held_count; i++) {
        sum += held[i].references;
    }
    pthread_mutex_unlock(&lock);
    return sum;
}

static void block(long nth)
{
    pthread_mutex_lock(&lock);
    launches_to_block = nth;
    blocked_part = ANY_PART;
    pthread_mutex_unlock(&lock);
}

static int blocked(void)
{
    pthread_mutex_lock(&lock);
    int part = blocked_part;
    pthread_mutex_unlock(&lock);
    return part;
}

static void only(int part)
{
    pthread_mutex_lock(&lock);
    only_part = part;
    pthread_mutex_unlock(&lock);
}

static void spoil(long nth)
{
    pthread_mutex_lock(&lock);
    reads_to_spoil = nth;
    pthread_mutex_unlock(&lock);
}

void layer_note_part(void *device, int part)
{
    pthread_mutex_lock(&lock);
    if (part_count < MOST_PARTS) {
        parts[part_count].device = device;
        parts[part_count++].part = part;
    }
    pthread_mutex_unlock(&lock);
}

int layer_part_of_device(const void *device)
{
    int part = ANY_PART;
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < part_count; i++) {
        part = parts[i].device == device ? parts[i].part : part;
    }
    pthread_mutex_unlock(&lock);
    return part;
}

/* Returns whether calls on the queue are meant. NULL: a call on none. */
static bool is_meant(void *queue)
{
    pthread_mutex_lock(&lock);
    int part = only_part;
    pthread_mutex_unlock(&lock);
    return part == ANY_PART || (queue && layer_part_of(queue) == part);
}

/* Counts down to the call that is meant. */
static bool is_turn(long *left, void *queue)
{
    bool meant = is_meant(queue);
    pthread_mutex_lock(&lock);
    bool now = meant && *left > 0 && --*left == 0;
    pthread_mutex_unlock(&lock);
    return now;
}

bool layer_blocks(void *queue)
{
    bool now = is_turn(&launches_to_block, queue);
    if (now) {
        int part = layer_part_of(queue);
        pthread_mutex_lock(&lock);
        blocked_part = part;
        pthread_mutex_unlock(&lock);
    }
    return now;
}

bool layer_spoils(void *queue)
{
    return is_turn(&reads_to_spoil, queue);
}

void layer_set_blocker(void *event)
{
    pthread_mutex_lock(&lock);
    blocker = event;
    pthread_mutex_unlock(&lock);
}

static void unblock(void)
{
    pthread_mutex_lock(&lock);
    void *event = blocker;
    blocker = NULL;
    launches_to_block = 0;
    pthread_mutex_unlock(&lock);
    if (event) {
        layer_complete(event);
    }
}

EXPORT const locl_layer_functions locl_layer_table = {
    count, reset, set_fault, set_delay, live, block, unblock, only, spoil, layer_claim, blocked, layer_keep};

static void wait_some_time(void)
{
    unsigned most = atomic_load(&delay_us);
    if (most) {
        /* SplitMix64 of (seed, number of the draw) */
        uint64_t z = (uint64_t)atomic_load(&delay_seed) << 32;
        z += (atomic_fetch_add(&delay_draws, 1) + 1) * 0x9e3779b97f4a7c15u;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        z ^= z >> 31;
        uint64_t wait = z % ((uint64_t)most + 1);
        struct timespec time = {(time_t)(wait / 1000000), (long)(wait % 1000000) * 1000};
        nanosleep(&time, NULL);
    }
}

int layer_before(layer_id id)
{
    return layer_before_on(id, NULL);
}

int layer_before_on(layer_id id, void *queue)
{
    int code = 0;
    layer_note(id);
    wait_some_time();
    bool meant = is_meant(queue);
    pthread_mutex_lock(&lock);
    if (meant && (fault.id == (int)id || fault.id == ANY_CALL) && --fault.left == 0) {
        code = fault.code;
        fault.id = NO_CALL;
    }
    pthread_mutex_unlock(&lock);
    return code;
}

void layer_note(layer_id id)
{
    atomic_fetch_add(&counts[id], 1);
}

/* What LOCL_LAYER_STAMPS makes of stamps, after so many that were left as they are. */
typedef enum stamps { STAMPS_KEPT, STAMPS_ZERO, STAMPS_CONSTANT, STAMPS_BACKWARDS } stamps;
static stamps spoil_by;
static long spoil_after;
static atomic_long stamps_read;

static void set_stamps(const char *how, long after)
{
    spoil_by = !strcmp(how, "zero")        ? STAMPS_ZERO
               : !strcmp(how, "constant")  ? STAMPS_CONSTANT
               : !strcmp(how, "backwards") ? STAMPS_BACKWARDS
                                           : STAMPS_KEPT;
    spoil_after = after;
}

void layer_stamp(void *stamp)
{
    const uint64_t some = 123456789, most = UINT64_MAX;
    uint64_t value;
    if (spoil_by == STAMPS_KEPT || atomic_fetch_add(&stamps_read, 1) < spoil_after) {
        return;
    }
    memcpy(&value, stamp, sizeof value);
    value = spoil_by == STAMPS_ZERO ? 0 : spoil_by == STAMPS_CONSTANT ? some : most - value;
    memcpy(stamp, &value, sizeof value);
}

static void *real[ID_COUNT];

static void find_real(void)
{
    for (int id = 0; id < ID_COUNT; id++) {
        bool blocking_variant = strchr(names[id], ':') != NULL;
        real[id] = blocking_variant ? NULL : dlsym(RTLD_NEXT, names[id]);
    }
}

void *layer_real(layer_id id)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, find_real);
    if (!real[id]) {
        fprintf(stderr, "the OpenCL layer: there is no %s below it\n", names[id]);
        abort();
    }
    return real[id];
}

/* Its place in `held`, or held_count. */
static size_t place_of(const void *object)
{
    size_t i = 0;
    while (i < held_count && held[i].object != object) {
        i++;
    }
    return i;
}

void layer_hold(void *object)
{
    if (!object) {
        return;
    }
    pthread_mutex_lock(&lock);
    size_t i = place_of(object);
    if (i == held_count && held_count == held_capacity) {
        held_capacity = held_capacity ? held_capacity * 2 : 256;
        held = realloc(held, held_capacity * sizeof *held);
        if (!held) {
            abort();
        }
    }
    if (i == held_count) {
        held[held_count].object = object;
        held[held_count++].references = 0;
    }
    held[i].references++;
    pthread_mutex_unlock(&lock);
}

void layer_retain(layer_id id, void *object)
{
    layer_note(id);
    pthread_mutex_lock(&lock);
    size_t i = place_of(object);
    if (i < held_count) {
        held[i].references++;
    }
    pthread_mutex_unlock(&lock);
}

void layer_drop(layer_id id, void *object)
{
    layer_note(id);
    pthread_mutex_lock(&lock);
    size_t i = place_of(object);
    if (i < held_count && --held[i].references == 0) {
        held[i] = held[--held_count];
    }
    pthread_mutex_unlock(&lock);
}

__attribute__((constructor)) static void read_environment(void)
{
    const char *text = getenv("LOCL_LAYER_FAIL");
    char entry[64];
    long nth;
    int code;
    unsigned most = 0, seed = 0;
    if (text && sscanf(text, "%63[^,],%ld,%d", entry, &nth, &code) == 3) {
        set_fault(entry, nth, code);
    }
    text = getenv("LOCL_LAYER_BLOCK");
    if (text && sscanf(text, "%ld", &nth) == 1) {
        block(nth);
    }
    text = getenv("LOCL_LAYER_STAMPS");
    if (text && sscanf(text, "%63[^,],%ld", entry, &nth) == 2) {
        set_stamps(entry, nth);
    }
    text = getenv("LOCL_LAYER_SPOIL");
    if (text && sscanf(text, "%ld", &nth) == 1) {
        spoil(nth);
    }
    text = getenv("LOCL_LAYER_CLAIM");
    if (text) {
        layer_read_claims(text);
    }
    text = getenv("LOCL_LAYER_PART");
    if (text && sscanf(text, "%d", &code) == 1) {
        only(code);
    }
    text = getenv("LOCL_LAYER_DELAY_US");
    if (text && sscanf(text, "%u,%u", &most, &seed) >= 1) {
        set_delay(most, seed);
    }
}

__attribute__((destructor)) static void write_report(void)
{
    const char *path = getenv("LOCL_LAYER_REPORT");
    FILE *file = path ? fopen(path, "w") : NULL;
    for (int id = 0; file && id < ID_COUNT; id++) {
        long calls = atomic_load(&counts[id]);
        if (calls) {
            fprintf(file, "%s %ld\n", names[id], calls);
        }
    }
    if (file) {
        fprintf(file, "calls %ld\nheld %ld\n", count("*"), live());
        fclose(file);
    }
    free(held);
    held = NULL;
    held_count = held_capacity = 0;
}
