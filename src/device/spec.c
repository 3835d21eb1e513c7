#include "device/select_parts.h"

#include "device/caps.h"
#include "device/condition.h"

#include <stdio.h>
#include <string.h>

static const char *const engines[] = {"auto", "native", "clblast", NULL};
static const char *const flags[] = {"true", "false", NULL};

locl_device_spec locl_device_spec_text(const char *text)
{
    locl_device_spec spec = {.index = -1, .part = -1};
    snprintf(spec.text, sizeof spec.text, "%s", text);
    return spec;
}

bool locl_device_specs_ask_half(const locl_device_spec *specs, size_t count)
{
    bool asks = false;
    for (size_t i = 0; i < count; i++) {
        asks = asks || specs[i].fp16[0];
    }
    return asks;
}

bool locl_device_specs_are_stable(const locl_device_spec *specs, size_t count)
{
    bool stable = count > 0;
    for (size_t i = 0; i < count; i++) {
        locl_selector sel;
        locl_error ignored;
        const char *text = specs[i].text[0] ? specs[i].text : specs[i].device;
        stable =
            stable && locl_selector_read(text, &sel, &ignored) == LOCL_OK && locl_selector_is_stable(&sel);
    }
    return stable;
}

void locl_device_spec_keep(const locl_device *device, locl_device_spec *out)
{
    locl_selector sel;
    locl_error ignored;
    *out = locl_device_spec_text(device->stable);
    if (!strcmp(device->engine, "auto") || locl_selector_read(device->stable, &sel, &ignored) != LOCL_OK) {
        return;
    }
    size_t length = strcspn(device->stable, "/");
    out->text[0] = '\0';
    snprintf(out->device, sizeof out->device, "%.*s", (int)length, device->stable);
    memcpy(out->engine, device->engine, sizeof out->engine);
    out->split = (int)sel.split;
    out->part = sel.split ? (int)sel.part : -1;
}

/* A field of a mapping that is compared with something of a device. */
typedef enum field_kind { PART, TYPE, BYTES, NUMBER, FLAG } field_kind;

typedef struct field {
    const char *name;
    size_t in_spec; /* offset of the text */
    field_kind kind;
} field;

#define FIELD(member, kind)                                                                                  \
    {                                                                                                        \
#member, offsetof(locl_device_spec, member), kind                                                    \
    }
static const field fields[] = {
    FIELD(platform, PART),       FIELD(vendor, PART),        FIELD(name, PART),
    FIELD(type, TYPE),           FIELD(memory, BYTES),       FIELD(largest_buffer, BYTES),
    FIELD(local_memory, BYTES),  FIELD(units, NUMBER),       FIELD(work_group, NUMBER),
    FIELD(fp16, FLAG),           FIELD(fp64, FLAG),          FIELD(sub_groups, FLAG),
    FIELD(unified_memory, FLAG), FIELD(can_partition, FLAG),
};
#undef FIELD
enum { FIELDS = sizeof fields / sizeof fields[0] };

static const char *given(const locl_device_spec *spec, const field *f)
{
    return (const char *)spec + f->in_spec;
}

/* Returns the cap of that name. */
static double cap_of(const locl_caps *caps, const char *name)
{
#define CAP(member, kind)                                                                                    \
    if (!strcmp(name, #member)) {                                                                            \
        return (double)caps->member;                                                                         \
    }
    LOCL_CAPS_NUMBERS(CAP)
    LOCL_CAPS_FLAGS(CAP)
#undef CAP
    return 0;
}

static bool has_part(const field *f, const char *text, const locl_device_info *info, char *why, size_t size)
{
    bool platform = !strcmp(f->name, "platform"), name = !strcmp(f->name, "name");
    const char *has = platform ? info->platform : name ? info->name : info->vendor;
    bool found = locl_text_contains(has, text) || (name && locl_text_contains(info->board, text));
    snprintf(why, size, "its %s is %s", f->name, has);
    return found;
}

static bool has_amount(const field *f, const char *text, const locl_device_info *info, char *why, size_t size)
{
    locl_condition condition;
    double has = cap_of(&info->caps, f->name);
    char amount[32];
    snprintf(amount, sizeof amount, "%.0f", has);
    if (f->kind == BYTES) {
        locl_size_write(has, amount, sizeof amount);
    }
    snprintf(why, size, "its %s is %s", f->name, amount);
    return locl_condition_read(text, f->kind == BYTES ? LOCL_QUANTITY_BYTES : LOCL_QUANTITY_NUMBER,
                               &condition) &&
           locl_condition_holds(&condition, has);
}

/* Whether a row has what a field asks for; *why gets what it has. */
static bool has(const field *f, const char *text, const locl_device_info *info, char *why, size_t size)
{
    const char *type = locl_device_type_name(info->caps.type);
    bool set = cap_of(&info->caps, f->name) > 0;
    switch (f->kind) {
    case PART:
        return has_part(f, text, info, why, size);
    case TYPE:
        snprintf(why, size, "its type is %s", type);
        return !strcmp(type, text);
    case BYTES:
    case NUMBER:
        return has_amount(f, text, info, why, size);
    case FLAG:
        break;
    }
    snprintf(why, size, "its %s is %s", f->name, set ? "true" : "false");
    return set == !strcmp(text, "true");
}

bool locl_spec_matches(const locl_device_spec *spec, const locl_device_info *info, char *why, size_t size)
{
    for (size_t i = 0; i < FIELDS; i++) {
        const char *text = given(spec, &fields[i]);
        if (text[0] && !has(&fields[i], text, info, why, size)) {
            return false;
        }
    }
    return true;
}

static void add_field(const char *name, const char *value, locl_text *out)
{
    if (value[0]) {
        locl_text_add(out, "%s%s: %s", out->length ? ", " : "{", name, value);
    }
}

void locl_spec_describe(const locl_device_spec *spec, locl_text *out)
{
    if (spec->text[0]) {
        locl_text_add(out, "\"%s\"", spec->text);
        return;
    }
    add_field("device", spec->device, out);
    for (size_t i = 0; i < FIELDS; i++) {
        add_field(fields[i].name, given(spec, &fields[i]), out);
    }
    if (spec->index >= 0) {
        locl_text_add(out, "%sindex: %d", out->length ? ", " : "{", spec->index);
    }
    locl_text_add(out, "%s}", out->length ? "" : "{");
}

/* Checks the parts of names, which need a letter, as text does. Only `name` may be a number alone, of a model
 * (4090). */
static locl_status check_part(const field *f, const char *value, locl_error *err)
{
    enum { MODEL_NUMBER = 3 };
    bool enough = !strcmp(f->name, "name") && strlen(value) >= MODEL_NUMBER;
    if (!enough && !locl_selector_has_letter(value)) {
        locl_fail(err, LOCL_E_CONFIG,
                  "device %s \"%s\": without a letter it would be found in names by accident", f->name,
                  value);
        return locl_remedy(err, "a part of the %s's text; or \"P:D\", as `locl devices` prints it", f->name);
    }
    return LOCL_OK;
}

static locl_status check_condition(const field *f, const char *value, locl_error *err)
{
    locl_condition ignored;
    bool bytes = f->kind == BYTES;
    if (locl_condition_read(value, bytes ? LOCL_QUANTITY_BYTES : LOCL_QUANTITY_NUMBER, &ignored)) {
        return LOCL_OK;
    }
    locl_fail(err, LOCL_E_CONFIG, "device %s \"%s\": no condition on a %s", f->name, value,
              bytes ? "size" : "number");
    return locl_remedy(err, "%s",
                       bytes ? "8 GiB (at least that), \"< 16 GiB\", at most 512 MiB"
                             : "20 (at least that), \"< 64\", at most 256");
}

static locl_status check_field(const field *f, const char *value, locl_error *err)
{
    switch (f->kind) {
    case PART:
        return check_part(f, value, err);
    case TYPE:
        return locl_word_listed(value, locl_device_types)
                   ? LOCL_OK
                   : locl_fail(err, LOCL_E_CONFIG, "device type \"%s\": should be gpu, cpu or accelerator",
                               value);
    case BYTES:
    case NUMBER:
        return check_condition(f, value, err);
    case FLAG:
        break;
    }
    return locl_word_listed(value, flags)
               ? LOCL_OK
               : locl_fail(err, LOCL_E_CONFIG, "device %s \"%s\": should be true or false", f->name, value);
}

/* Checks the selector in a mapping, which names devices that there are. */
static locl_status check_device(const char *text, locl_error *err)
{
    locl_selector sel;
    LOCL_TRY(locl_selector_read(text, &sel, err));
    if (sel.excludes || sel.kind == LOCL_SELECT_SET) {
        locl_fail(err, LOCL_E_CONFIG, "device \"%s\": a mapping takes no %s", text,
                  sel.excludes ? "exclusion" : "set");
        return locl_remedy(err, "make it an entry of its own: \"%s\"", text);
    }
    if (sel.split) {
        locl_fail(err, LOCL_E_CONFIG, "device \"%s\": a mapping says split and part as keys", text);
        return locl_remedy(err, "{device: ..., split: %u, part: %u}", sel.split, sel.part);
    }
    return LOCL_OK;
}

static locl_status check_numbers(const locl_device_spec *spec, locl_error *err)
{
    if (spec->index < -1 || spec->split < 0 || spec->part < -1) {
        return locl_fail(err, LOCL_E_CONFIG, "device index, split and part: should not be negative");
    }
    if (spec->part >= 0 && spec->part >= spec->split) {
        return locl_fail(err, LOCL_E_CONFIG, "device part %d: should be from 0 to split - 1, and split is %d",
                         spec->part, spec->split);
    }
    return LOCL_OK;
}

locl_status locl_device_spec_check(const locl_device_spec *spec, locl_error *err)
{
    locl_selector ignored;
    if (spec->text[0]) {
        LOCL_TRY(locl_selector_read(spec->text, &ignored, err));
    }
    if (spec->device[0]) {
        LOCL_TRY(check_device(spec->device, err));
    }
    for (size_t i = 0; i < FIELDS; i++) {
        if (given(spec, &fields[i])[0]) {
            LOCL_TRY(check_field(&fields[i], given(spec, &fields[i]), err));
        }
    }
    LOCL_TRY(check_numbers(spec, err));
    if (spec->engine[0] && !locl_word_listed(spec->engine, engines)) {
        return locl_fail(err, LOCL_E_CONFIG, "device engine \"%s\": should be auto, native or clblast",
                         spec->engine);
    }
    return LOCL_OK;
}
