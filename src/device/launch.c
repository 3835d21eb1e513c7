#include "device/launch.h"

#include "device/command_parts.h"

#include <string.h>

static bool failed(const locl_launch *l)
{
    return !l->arg || l->cmd->error.status != LOCL_OK;
}

/* Fails with the kernel's name before the text. */
#define FAIL(l, format, ...)                                                                                 \
    locl_command_buffer_fail((l)->cmd, LOCL_E_FAILED, "%s: " format, (l)->kernel->name, __VA_ARGS__)

locl_launch locl_launch_begin(locl_command_buffer *cmd, const locl_kernel *kernel)
{
    locl_launch l = {.cmd = cmd, .kernel = kernel};
    size_t args = 0;
    while (kernel->args[args].kind != LOCL_ARG_NONE) {
        args++;
    }
    if (cmd->open) {
        FAIL(&l, "begun before %s was run", cmd->open->name);
    }
    if (cmd->error.status == LOCL_OK) {
        l.arg = locl_command_buffer_memory(cmd, args, sizeof *l.arg);
        cmd->open = kernel;
    }
    return l;
}

static const char *kind_name(locl_arg_kind kind)
{
    static const char *const names[] = {[LOCL_ARG_IN] = "an input",
                                        [LOCL_ARG_OUT] = "an output",
                                        [LOCL_ARG_IN_OUT] = "both input and output",
                                        [LOCL_ARG_U32] = "a uint",
                                        [LOCL_ARG_I32] = "an int",
                                        [LOCL_ARG_U64] = "a ulong",
                                        [LOCL_ARG_F32] = "a float",
                                        [LOCL_ARG_STEP] = "set at each replay",
                                        [LOCL_ARG_RATE] = "set at each replay",
                                        [LOCL_ARG_VALID] = "set at each replay",
                                        [LOCL_ARG_FIRST] = "a first value's number"};
    return names[kind];
}

/* Finds the argument of that name, which must be of that kind and not given yet; else NULL and an error. */
static locl_launch_arg *take(locl_launch *l, const char *name, locl_arg_kind kind)
{
    const locl_kernel_arg *args = l->kernel->args;
    size_t i = 0;
    if (failed(l)) {
        return NULL;
    }
    while (args[i].kind != LOCL_ARG_NONE && strcmp(args[i].name, name) != 0) {
        i++;
    }
    if (args[i].kind == LOCL_ARG_NONE) {
        FAIL(l, "it has no argument \"%s\"", name);
        return NULL;
    }
    if (args[i].kind != kind) {
        FAIL(l, "argument \"%s\" is %s, not %s", name, kind_name(args[i].kind), kind_name(kind));
        return NULL;
    }
    if (l->args_given >> i & 1u) {
        FAIL(l, "argument \"%s\" is given twice", name);
        return NULL;
    }
    l->args_given |= UINT32_C(1) << i;
    l->arg[i].kind = kind;
    return &l->arg[i];
}

static void give_tensor(locl_launch *l, const char *name, locl_arg_kind kind, const locl_tensor *tensor,
                        size_t count)
{
    locl_launch_arg *arg = take(l, name, kind);
    if (!arg) {
        return;
    }
    const locl_kernel_arg *declared = &l->kernel->args[arg - l->arg];
    bool halves = tensor && tensor->half;
    size_t element = declared->element ? declared->element : locl_tensor_element(tensor);
    if (tensor && !declared->half && halves != (declared->element == sizeof(cl_half))) {
        FAIL(l, "argument \"%s\" takes %s, but %s has %s", name, halves ? "floats" : "halves", tensor->name,
             halves ? "halves" : "floats");
        return;
    }
    if (tensor && count > tensor->bytes / element) {
        FAIL(l, "argument \"%s\" takes %zu elements, but %s has only %zu", name, count,
             tensor->name[0] ? tensor->name : "its buffer", tensor->bytes / element);
        return;
    }
    if (!tensor && count) {
        FAIL(l, "argument \"%s\" takes %zu elements, but there is no buffer", name, count);
        return;
    }
    arg->tensor = tensor;
}

void locl_launch_in(locl_launch *l, const char *name, const locl_tensor *tensor, size_t count)
{
    give_tensor(l, name, LOCL_ARG_IN, tensor, count);
}

void locl_launch_out(locl_launch *l, const char *name, const locl_tensor *tensor, size_t count)
{
    give_tensor(l, name, LOCL_ARG_OUT, tensor, count);
}

void locl_launch_in_out(locl_launch *l, const char *name, const locl_tensor *tensor, size_t count)
{
    give_tensor(l, name, LOCL_ARG_IN_OUT, tensor, count);
}

static void give_number(locl_launch *l, const char *name, locl_arg_kind kind, const void *value, size_t bytes)
{
    locl_launch_arg *arg = take(l, name, kind);
    if (arg) {
        memcpy(arg->value, value, bytes);
    }
}

static void give_size(locl_launch *l, const char *name, locl_arg_kind kind, size_t value, size_t most)
{
    cl_uint narrow = (cl_uint)value;
    if (value > most && !failed(l)) {
        locl_command_buffer_fail(l->cmd, LOCL_E_TOO_LARGE, "%s: argument \"%s\": a size of %zu is above %zu",
                                 l->kernel->name, name, value, most);
    }
    give_number(l, name, kind, &narrow, sizeof narrow);
}

void locl_launch_u32(locl_launch *l, const char *name, size_t value)
{
    give_size(l, name, LOCL_ARG_U32, value, UINT32_MAX);
}

void locl_launch_i32(locl_launch *l, const char *name, size_t value)
{
    give_size(l, name, LOCL_ARG_I32, value, INT32_MAX);
}

void locl_launch_u64(locl_launch *l, const char *name, uint64_t value)
{
    give_number(l, name, LOCL_ARG_U64, &value, sizeof value);
}

void locl_launch_first(locl_launch *l, const char *name, uint64_t value, uint64_t image)
{
    locl_launch_arg *arg = take(l, name, LOCL_ARG_FIRST);
    if (arg) {
        memcpy(arg->value, &value, sizeof value);
        arg->image = image;
    }
}

void locl_launch_f32(locl_launch *l, const char *name, float value)
{
    give_number(l, name, LOCL_ARG_F32, &value, sizeof value);
}

/* Sets macro `index`; `given` marks those that have been set. */
static void give_macro(locl_launch *l, const char *name, size_t index, size_t value, uint32_t *given,
                       uint32_t *values)
{
    if (*given >> index & 1u) {
        FAIL(l, "macro %s is given twice", name);
    }
    *given |= UINT32_C(1) << index;
    values[index] = value < UINT32_MAX ? (uint32_t)value : UINT32_MAX;
}

void locl_launch_macro(locl_launch *l, const char *name, size_t value)
{
    const locl_kernel *k = l->kernel;
    if (failed(l)) {
        return;
    }
    for (size_t i = 0; k->switches && k->switches[i]; i++) {
        if (!strcmp(k->switches[i], name)) {
            give_macro(l, name, i, value, &l->switches_given, l->setting);
            return;
        }
    }
    for (size_t i = 0; k->geometry && k->geometry[i].name; i++) {
        if (!strcmp(k->geometry[i].name, name)) {
            if (!locl_kernel_geometry_allows(&k->geometry[i], value)) {
                FAIL(l, "%s=%zu is not a value that it is built with", name, value);
            }
            give_macro(l, name, i, value, &l->geometry_given, l->geometry);
            return;
        }
    }
    FAIL(l, "it is built with no macro %s", name);
}

void locl_launch_cost(locl_launch *l, double flops, double bytes)
{
    l->flops = flops;
    l->bytes = bytes;
}

/* Returns the value of a switch that a buffer depends on. */
static uint32_t value_of(const locl_launch *l, const char *name)
{
    size_t i = 0;
    while (strcmp(l->kernel->switches[i], name) != 0) {
        i++;
    }
    return l->setting[i];
}

/* Checks that a buffer is given exactly where its switch needs it. */
static void check_buffer(locl_launch *l, const locl_kernel_arg *arg, const locl_tensor *tensor)
{
    uint32_t value = value_of(l, arg->with);
    bool needed = arg->values ? arg->values >> value & 1u : value != 0;
    if (needed && !tensor) {
        FAIL(l, "argument \"%s\" is missing, which %s=%u needs", arg->name, arg->with, value);
    } else if (!needed && tensor) {
        FAIL(l, "argument \"%s\" is given, which %s=%u does not have", arg->name, arg->with, value);
    }
}

/* Sets the switches of halves from the buffers, which have to agree. Without a buffer they are 0. */
static void set_halves(locl_launch *l)
{
    const locl_kernel *k = l->kernel;
    for (size_t i = 0; k->switches && k->switches[i]; i++) {
        const locl_tensor *first = NULL;
        if (!locl_kernel_switch_is_half(k, k->switches[i])) {
            continue;
        }
        for (size_t a = 0; k->args[a].kind != LOCL_ARG_NONE; a++) {
            const locl_tensor *tensor = l->arg[a].tensor;
            bool counts = k->args[a].half && !strcmp(k->args[a].half, k->switches[i]) && tensor;
            if (counts && first && tensor->half != first->half) {
                FAIL(l, "%s and %s are not both halves, or both floats", first->name, tensor->name);
            }
            first = counts && !first ? tensor : first;
        }
        give_macro(l, k->switches[i], i, first && first->half, &l->switches_given, l->setting);
    }
}

static void check_macros(locl_launch *l)
{
    const locl_kernel *k = l->kernel;
    for (size_t i = 0; k->switches && k->switches[i]; i++) {
        if (!(l->switches_given >> i & 1u)) {
            FAIL(l, "macro %s is missing", k->switches[i]);
            return;
        }
    }
    for (size_t i = 0; k->geometry && k->geometry[i].name; i++) {
        if (!(l->geometry_given >> i & 1u)) {
            FAIL(l, "macro %s is missing", k->geometry[i].name);
            return;
        }
    }
    if (locl_kernel_variant_of(k, l->setting) == SIZE_MAX) {
        locl_text text = {0};
        locl_kernel_setting_text(k, l->setting, &text);
        FAIL(l, "no variant is built with %s", text.failed ? "this setting" : text.data);
        locl_text_free(&text);
    }
}

/* Checks that all arguments are there, buffers as their switches say. Sets the kinds of those that change at
 * each replay. */
static void check_args(locl_launch *l)
{
    for (size_t i = 0; l->kernel->args[i].kind != LOCL_ARG_NONE; i++) {
        const locl_kernel_arg *arg = &l->kernel->args[i];
        l->arg[i].kind = arg->kind;
        if (arg->with) {
            check_buffer(l, arg, l->arg[i].tensor);
        } else if ((arg->kind < LOCL_ARG_STEP || arg->kind == LOCL_ARG_FIRST) && !(l->args_given >> i & 1u)) {
            FAIL(l, "argument \"%s\" is missing", arg->name);
        }
    }
}

static const char *options_of(locl_launch *l)
{
    locl_text text = {0};
    locl_kernel_options(l->kernel, l->setting, l->geometry, &text);
    char *options = text.failed ? NULL : locl_command_buffer_memory(l->cmd, text.length + 1, 1);
    if (options) {
        memcpy(options, text.data, text.length);
    } else {
        locl_command_buffer_fail(l->cmd, LOCL_E_MEMORY, "out of memory while recording");
    }
    locl_text_free(&text);
    return options;
}

void locl_launch_run(locl_launch *l, size_t groups, size_t items)
{
    if (failed(l)) {
        return;
    }
    l->cmd->open = NULL;
    set_halves(l);
    check_macros(l);
    if (!failed(l)) {
        check_args(l);
    }
    const char *options = failed(l) ? NULL : options_of(l);
    locl_launch_record *launch = options ? locl_launch_record_add(l->cmd) : NULL;
    if (!launch) {
        return;
    }
    launch->name = l->kernel->name;
    launch->kernel = l->kernel;
    launch->variant = locl_kernel_variant_of(l->kernel, l->setting);
    launch->options = options;
    launch->arg = l->arg;
    while (l->kernel->args[launch->args].kind != LOCL_ARG_NONE) {
        launch->args++;
    }
    launch->global = groups * items;
    launch->local = items;
    launch->flops = l->flops;
    launch->bytes = l->bytes;
}
