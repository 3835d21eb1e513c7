#include "device/kernel.h"

#include <string.h>

static size_t bits(uint32_t set)
{
    size_t count = 0;
    for (; set; set &= set - 1) {
        count++;
    }
    return count;
}

/* Returns the position of bit number `index` of the set, counted from the lowest. */
static uint32_t bit(uint32_t set, size_t index)
{
    uint32_t at = 0;
    for (size_t left = index + 1; left; at++) {
        left -= set >> at & 1u;
    }
    return at - 1;
}

static size_t switches_of(const locl_kernel *kernel)
{
    size_t count = 0;
    while (kernel->switches && kernel->switches[count]) {
        count++;
    }
    return count;
}

static size_t settings_of(const locl_kernel_form *form, size_t switches)
{
    size_t count = 1;
    for (size_t i = 0; i < switches; i++) {
        count *= bits(form->allowed[i]);
    }
    return count;
}

size_t locl_kernel_variants(const locl_kernel *kernel)
{
    size_t switches = switches_of(kernel), count = 0;
    if (!switches) {
        return 1;
    }
    for (const locl_kernel_form *form = kernel->forms; form->name; form++) {
        count += settings_of(form, switches);
    }
    return count;
}

void locl_kernel_variant(const locl_kernel *kernel, size_t index, uint32_t setting[LOCL_KERNEL_SWITCHES])
{
    size_t switches = switches_of(kernel);
    const locl_kernel_form *form = kernel->forms;
    if (!switches) {
        return;
    }
    for (; index >= settings_of(form, switches); form++) {
        index -= settings_of(form, switches);
    }
    for (size_t i = switches; i-- > 0;) {
        size_t values = bits(form->allowed[i]);
        setting[i] = bit(form->allowed[i], index % values);
        index /= values;
    }
}

/* Returns which setting of the form it is; SIZE_MAX: none. */
static size_t place_in(const locl_kernel_form *form, const uint32_t *setting, size_t switches)
{
    size_t place = 0;
    for (size_t i = 0; i < switches; i++) {
        if (setting[i] > 31 || !(form->allowed[i] >> setting[i] & 1u)) {
            return SIZE_MAX;
        }
        uint32_t below = form->allowed[i] & ((UINT32_C(1) << setting[i]) - 1);
        place = place * bits(form->allowed[i]) + bits(below);
    }
    return place;
}

size_t locl_kernel_variant_of(const locl_kernel *kernel, const uint32_t setting[LOCL_KERNEL_SWITCHES])
{
    size_t switches = switches_of(kernel), before = 0;
    if (!switches) {
        return 0;
    }
    for (const locl_kernel_form *form = kernel->forms; form->name; form++) {
        size_t place = place_in(form, setting, switches);
        if (place != SIZE_MAX) {
            return before + place;
        }
        before += settings_of(form, switches);
    }
    return SIZE_MAX;
}

void locl_kernel_setting_text(const locl_kernel *kernel, const uint32_t setting[LOCL_KERNEL_SWITCHES],
                              locl_text *out)
{
    for (size_t i = 0; i < switches_of(kernel); i++) {
        locl_text_add(out, "%s%s=%u", i ? " " : "", kernel->switches[i], setting[i]);
    }
}

bool locl_kernel_switch_is_half(const locl_kernel *kernel, const char *name)
{
    for (const locl_kernel_arg *arg = kernel->args; arg->kind != LOCL_ARG_NONE; arg++) {
        if (arg->half && !strcmp(arg->half, name)) {
            return true;
        }
    }
    return false;
}

void locl_kernel_options(const locl_kernel *kernel, const uint32_t setting[LOCL_KERNEL_SWITCHES],
                         const uint32_t *geometry, locl_text *out)
{
    locl_text_add(out, "%s", "");
    for (size_t i = 0; kernel->geometry && kernel->geometry[i].name; i++) {
        const locl_kernel_geometry *g = &kernel->geometry[i];
        locl_text_add(out, "%s-D %s=%u", out->length ? " " : "", g->name, geometry ? geometry[i] : g->sample);
    }
    for (size_t i = 0; i < switches_of(kernel); i++) {
        if (setting[i] || !locl_kernel_switch_is_half(kernel, kernel->switches[i])) {
            locl_text_add(out, "%s-D %s=%u", out->length ? " " : "", kernel->switches[i], setting[i]);
        }
    }
}

bool locl_kernel_geometry_allows(const locl_kernel_geometry *geometry, size_t value)
{
    bool listed = !geometry->only[0];
    for (size_t i = 0; i < sizeof geometry->only / sizeof geometry->only[0]; i++) {
        listed = listed || (value && geometry->only[i] == value);
    }
    return listed && value >= geometry->low && value <= geometry->high;
}
