#include "support/step_pocl.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

/* Device `index` of PoCL's two. */
static locl_device_spec spec_of(int index)
{
    locl_device_spec spec = locl_device_spec_text("");
    snprintf(spec.platform, sizeof spec.platform, "Portable");
    spec.index = index;
    return spec;
}

locl_devices *step_pocl_halves(void)
{
    locl_devices *found = NULL;
    for (int index = 0; index < 2 && !found; index++) {
        locl_device_spec specs[2] = {spec_of(index), spec_of(index)};
        specs[0].split = specs[1].split = 2;
        specs[0].part = 0;
        specs[1].part = 1;
        found = step_devices_of(specs, 2);
    }
    if (!found) {
        skip();
    }
    return found;
}

locl_devices *step_pocl_two(void)
{
    const locl_device_spec specs[2] = {spec_of(0), spec_of(1)};
    locl_devices *devices = step_devices_of(specs, 2);
    if (!devices) {
        skip();
    }
    return devices;
}

locl_devices *step_pocl_one(void)
{
    const locl_device_spec spec = spec_of(0);
    locl_devices *devices = step_devices_of(&spec, 1);
    if (!devices) {
        skip();
    }
    return devices;
}

/* Numbers that are the same in every run. */
static unsigned draw(unsigned *state, unsigned below)
{
    *state = *state * 1664525u + 1013904223u;
    return (*state >> 16) % below;
}

void step_place_at_random(step_run *run, unsigned seed)
{
    unsigned state = seed;
    step_run_place(run, (const unsigned[]){0, 0, 0, 0});
    run->depth = draw(&state, 5);
    for (size_t k = 0; k < 4; k++) {
        locl_placement_entry *e = &run->placement[k];
        unsigned where = draw(&state, 4);
        e->devices[0] = where % 2;
        if (where > 1) {
            e->devices[1] = 1 - e->devices[0];
            e->device_count = e->share_count = 2;
            e->shares[0] = 1 + draw(&state, 5);
            e->shares[1] = 1 + draw(&state, 5);
        }
    }
}

void step_place_everywhere(step_run *run)
{
    step_run_place(run, (const unsigned[]){0, 0, 0, 0});
    for (size_t k = 0; k < 4; k++) {
        locl_placement_entry *e = &run->placement[k];
        e->devices[1] = 1;
        e->device_count = e->share_count = 2;
        e->shares[0] = 1;
        e->shares[1] = 2;
    }
}
