/* Checks whether the options of a model fit together. Sizes of 0 are not known yet and are not checked. */
#include "model/options.h"

#include <stdio.h>

/* Writes the common divisors of a and b up to `most`: "1, 2, 4". */
static void divisors(unsigned a, unsigned b, unsigned most, char *buffer, size_t size)
{
    size_t used = 0;
    buffer[0] = '\0';
    for (unsigned d = 1; d <= most && d <= a && used + 16 < size; d++) {
        if (a % d == 0 && b % d == 0) {
            used += (size_t)snprintf(buffer + used, size - used, "%s%u", used ? ", " : "", d);
        }
    }
}

static void check_groups(const locl_model_options *o, locl_option_sink *sink)
{
    static const char *const needed[] = {"model.preset", "model.channels", "model.hidden", "model.groups",
                                         NULL};
    char allowed[256];
    if (o->channels && o->groups && !locl_option_wrong(sink, needed) &&
        (o->channels % o->groups || o->hidden % o->groups)) {
        divisors(o->channels, o->hidden, o->channels, allowed, sizeof allowed);
        locl_option_report(
            sink, locl_option_given(sink, "model.groups", "model.channels"),
            "found %u groups, which do not divide model.channels %u and model.hidden %u, should be one of %s",
            o->groups, o->channels, o->hidden, allowed);
    }
}

static void check_list(const char *key, const locl_model_options *o, const locl_block_list *list,
                       locl_option_sink *sink)
{
    const char *const needed[] = {key, NULL};
    if (list->count > 0 && list->count != o->blocks && !locl_option_wrong(sink, needed)) {
        locl_option_report(sink, key, "found a list of %u, should be %u values, one for each block",
                           list->count, o->blocks);
    }
}

/* Checks the blocks after the first, whose sizes the ratios change. */
static void check_ratios(const locl_model_options *o, locl_option_sink *sink)
{
    static const char *const needed[] = {"model", NULL};
    size_t width = o->channels, hidden = o->hidden, groups = o->groups;
    for (unsigned k = 0; k + 1 < o->blocks && !locl_option_wrong(sink, needed); k++) {
        width *= locl_block_list_value(&o->channel_ratio, k);
        hidden *= locl_block_list_value(&o->channel_ratio, k);
        groups *= locl_block_list_value(&o->group_ratio, k);
        if (width > LOCL_MODEL_MAX_WIDTH || hidden > LOCL_MODEL_MAX_WIDTH) {
            locl_option_report(sink, "model.channel_ratio",
                               "makes %zu channels and %zu hidden ones in block %u, at most %d are possible",
                               width, hidden, k + 1, LOCL_MODEL_MAX_WIDTH);
            return;
        }
        if (width % groups || hidden % groups) {
            locl_option_report(
                sink, "model.group_ratio",
                "makes %zu groups in block %u, which do not divide its %zu channels and %zu hidden ones",
                groups, k + 1, width, hidden);
            return;
        }
    }
}

/* Checks the numbers that src/config has checked by itself, for those who fill the options in C. */
static void check_numbers(const locl_model_options *o, locl_option_sink *sink)
{
    if (o->blocks > LOCL_MODEL_MAX_BLOCKS) {
        locl_option_report(sink, "model.blocks", "found %u, at most %d are possible", o->blocks,
                           LOCL_MODEL_MAX_BLOCKS);
    }
    if (o->classes == 1) {
        locl_option_report(sink, "model.classes", "found 1, at least 2 are needed");
    }
    if (o->kernel % 2 == 0) {
        locl_option_report(sink, "model.kernel", "found %u, should be odd", o->kernel);
    }
}

void locl_model_options_check_image(const locl_model_options *o, locl_option_sink *sink)
{
    static const char *const needed[] = {"model.preset", "model.patches", "model.image", NULL};
    const unsigned *image = o->image;
    char allowed[256];
    if (image[0] && o->patches && !locl_option_wrong(sink, needed) &&
        (image[0] % o->patches || image[1] % o->patches)) {
        divisors(image[0], image[1], 256, allowed, sizeof allowed);
        locl_option_report(
            sink, locl_option_given(sink, "model.patches", "model.image"),
            "found %u patches per side, which do not divide an image of %ux%u, should be one of %s",
            o->patches, image[0], image[1], allowed);
    }
}

void locl_model_options_check(const locl_model_options *o, locl_option_sink *sink)
{
    check_numbers(o, sink);
    check_groups(o, sink);
    check_list("model.downsample", o, &o->downsample, sink);
    check_list("model.channel_ratio", o, &o->channel_ratio, sink);
    check_list("model.group_ratio", o, &o->group_ratio, sink);
    check_ratios(o, sink);
}
