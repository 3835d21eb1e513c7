#define _GNU_SOURCE /* RTLD_DEFAULT */
#include "support/opencl_layer.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const locl_layer_functions *layer;

static void prepend(const char *name, const char *value, const char *separator)
{
    char text[4096];
    const char *old = getenv(name);
    snprintf(text, sizeof text, "%s%s%s", value, old ? separator : "", old ? old : "");
    setenv(name, text, 1);
}

void locl_layer_require(int argc, char **argv)
{
    (void)argc;
    layer = dlsym(RTLD_DEFAULT, "locl_layer_table");
    if (layer) {
        return;
    }
    if (getenv("LOCL_LAYER_STARTED")) {
        fprintf(stderr, "the OpenCL layer %s could not be preloaded\n", LOCL_LAYER_PATH);
        abort();
    }
    setenv("LOCL_LAYER_STARTED", "1", 1);
    prepend("LD_PRELOAD", LOCL_LAYER_PATH, ":");
    prepend("ASAN_OPTIONS", "verify_asan_link_order=0", ":"); /* the layer comes before the sanitizer */
    execv("/proc/self/exe", argv);
    perror("starting again with the OpenCL layer");
    abort();
}

long locl_layer_count(const char *entry)
{
    return layer->count(entry);
}

void locl_layer_reset(void)
{
    layer->reset();
}

void locl_layer_fail(const char *entry, long nth, int code)
{
    layer->fail(entry, nth, code);
}

void locl_layer_delay(unsigned microseconds, unsigned seed)
{
    layer->delay(microseconds, seed);
}

void locl_layer_block(long nth)
{
    layer->block(nth);
}

int locl_layer_blocked(void)
{
    return layer->blocked();
}

void locl_layer_keep(bool on)
{
    layer->keep(on);
}

void locl_layer_unblock(void)
{
    layer->unblock();
}

void locl_layer_only(int part)
{
    layer->only(part);
}

void locl_layer_spoil(long nth)
{
    layer->spoil(nth);
}

void locl_layer_claim(const char *name, const char *value)
{
    layer->claim(name, value);
}

long locl_layer_live(void)
{
    return layer->live();
}
