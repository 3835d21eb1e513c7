/* What a test asks of the OpenCL layer (tests/opencl_layer/layer.c): a library that is preloaded before
 * libOpenCL and sees every OpenCL call of the program, CLBlast's too. It counts calls, makes chosen ones
 * fail, delays them, and keeps track of what was created and not released.
 *
 *     int main(int argc, char **argv)
 *     {
 *         locl_layer_require(argc, argv);       // starts the program again with the layer, when it is absent
 *         ...
 *         locl_layer_reset();
 *         ... one step ...
 *         assert_int_equal(locl_layer_count("clFinish"), 0);
 *
 * Any program, the locl command too, runs under the layer with LD_PRELOAD=build/tests/libopencl_layer.so and
 *     LOCL_LAYER_FAIL=clCreateBuffer,3,-4    the third call of clCreateBuffer gives -4; "*" is any call
 *     LOCL_LAYER_BLOCK=100                   the queue of launch 100 stands still from then on
 *     LOCL_LAYER_SPOIL=100                   read 100 gives NaN
 *     LOCL_LAYER_PART=1                      only calls on queues of part 1 of a split device fail, hang or give NaN
 *     LOCL_LAYER_DELAY_US=200,7              each call first waits 0 to 200 microseconds, drawn from seed 7
 *     LOCL_LAYER_CLAIM="vendor=NVIDIA Corporation;work_group=4096"   devices and platforms say that of themselves
 *     LOCL_LAYER_STAMPS=zero,100             profiling stamps are 0 from the 101st on; also constant, backwards
 *     LOCL_LAYER_REPORT=FILE                 at exit, "name count" lines of the calls that were made, then "calls" of all, and "held":
 *                                            references that were not released
 */
#ifndef LOCL_TESTS_SUPPORT_OPENCL_LAYER_H
#define LOCL_TESTS_SUPPORT_OPENCL_LAYER_H

#include <stdbool.h>

/* What the library exports as `locl_layer_table`. Calls may come from any thread. */
typedef struct locl_layer_functions {
    long (*count)(const char *entry);
    void (*reset)(void);
    void (*fail)(const char *entry, long nth, int code);
    void (*delay)(unsigned microseconds, unsigned seed);
    long (*live)(void);
    void (*block)(long nth);
    void (*unblock)(void);
    void (*only)(int part);
    void (*spoil)(long nth);
    void (*claim)(const char *name, const char *value);
    int (*blocked)(void);
    void (*keep)(bool on);
} locl_layer_functions;

/* Starts the program again with the layer when it is absent. Call it first in main(). Aborts when the layer
 * cannot be loaded. */
void locl_layer_require(int argc, char **argv);

/* Returns the calls of an entry point since the last reset: "clFinish". "*" is all entry points but
 * clRelease* and clRetain*. "clEnqueueReadBuffer:blocking" (Write, Map) is only those told to block. Aborts
 * for a name that the layer does not know, so that a mistyped name does not count as 0. */
long locl_layer_count(const char *entry);
/* Sets counts to 0 and removes a failure, a part and a NaN that are set. A delay stays. */
void locl_layer_reset(void);
/* Makes the nth call (from 1, from now on) of `entry` fail with `code`, without calling it. "*" as above.
 * Then the failure is off. */
void locl_layer_fail(const char *entry, long nth, int code);
void locl_layer_delay(unsigned microseconds, unsigned seed); /* 0: no delays */
/* Makes the queue of the nth launch (from 1, from now on) stand still from then on, as one does whose device
 * hangs. It waits for an event that only locl_layer_unblock() completes. */
void locl_layer_block(long nth);
void locl_layer_unblock(void);
int locl_layer_blocked(void); /* returns the part whose queue that is since locl_layer_block(); -1: of none */
/* Makes calls on queues of one part of a split device alone count for failures, hangs and NaN, and no calls on none.
 * -1: all calls. */
void locl_layer_only(int part);
/* Has contexts and built programs stay, and be given again where the same ones are asked for, as building takes most of
 * the time of a short run. Programs have a text in one piece, and are always built with the same options, for all
 * devices of their context. */
void locl_layer_keep(bool on);
/* Makes what the nth read (from 1, from now on) gives NaN. */
void locl_layer_spoil(long nth);
/* Makes all devices and platforms claim something else: texts "vendor", "name", "driver", "version", "extensions",
 * "platform", "platform_version", "board"; numbers "type", "vendor_id", "units", "clock", "memory", "largest_buffer",
 * "local_memory", "work_group", "alignment" (bits), "unified"; "pci" and "uuid", as they are written. NULL: what is
 * true again. A reset leaves claims. Aborts for a name that the layer does not know. */
void locl_layer_claim(const char *name, const char *value);
/* Returns the references to OpenCL objects that are held: created or retained, and not yet released. */
long locl_layer_live(void);

#endif
