/* Contexts and built programs that stay, and are given again where the same ones are asked for: building takes most of
 * the time of a short run. */
#include "opencl_layer/layer.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 64 };

/* What was made of something: a context of devices, a program of a text in a context. */
typedef struct kept {
    const void *object, *in;
    void *from; /* [bytes] */
    size_t bytes;
    char *options; /* that a program was built with; NULL: it is not built yet */
} kept;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards what follows */
static bool keeps;
static kept all[MOST];
static size_t count;

void layer_keep(bool on)
{
    pthread_mutex_lock(&lock);
    keeps = on;
    pthread_mutex_unlock(&lock);
}

static kept *find(const void *in, const void *from, size_t bytes)
{
    for (size_t i = 0; keeps && i < count; i++) {
        if (all[i].in == in && all[i].bytes == bytes && !memcmp(all[i].from, from, bytes)) {
            return &all[i];
        }
    }
    return NULL;
}

void *layer_kept(const void *in, const void *from, size_t bytes)
{
    pthread_mutex_lock(&lock);
    const kept *k = find(in, from, bytes);
    void *object = k ? (void *)k->object : NULL;
    pthread_mutex_unlock(&lock);
    return object;
}

bool layer_keeps(const void *object, const void *in, const void *from, size_t bytes)
{
    pthread_mutex_lock(&lock);
    bool takes = keeps && object && bytes > 0 && count < MOST && !find(in, from, bytes);
    void *copy = takes ? malloc(bytes) : NULL;
    if (copy) {
        memcpy(copy, from, bytes);
        all[count++] = (kept){.object = object, .in = in, .from = copy, .bytes = bytes};
    }
    pthread_mutex_unlock(&lock);
    return copy != NULL;
}

bool layer_build_kept(const void *program, const char *options,
                      int (*build)(void *program, const char *options), int *code)
{
    kept *k = NULL;
    pthread_mutex_lock(&lock); /* others wait: they may want the same */
    for (size_t i = 0; keeps && i < count; i++) {
        k = all[i].object == program ? &all[i] : k;
    }
    if (k && k->options && strcmp(k->options, options) != 0) {
        abort(); /* one that has kernels cannot be built again */
    }
    if (k && !k->options) {
        *code = build((void *)program, options);
        k->options = *code ? NULL : strdup(options);
    } else if (k) {
        *code = 0;
    }
    pthread_mutex_unlock(&lock);
    return k != NULL;
}
