#include "device/selector.h"

#include "base/text.h"
#include "device/caps.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char *const locl_device_types[] = {"gpu", "cpu", "accelerator", NULL};

locl_device_spec locl_device_spec_text(const char *text)
{
    locl_device_spec spec = {.index = -1, .part = -1};
    snprintf(spec.text, sizeof spec.text, "%s", text);
    return spec;
}

bool locl_word_listed(const char *word, const char *const *list)
{
    while (*list && strcmp(word, *list) != 0) {
        list++;
    }
    return *list != NULL;
}

/* Reads a number of at most 4 digits at *text and moves *text behind it. */
static bool take_number(const char **text, unsigned *out)
{
    const char *at = *text;
    *out = 0;
    while (isdigit((unsigned char)*at) && at - *text < 4) {
        *out = *out * 10 + (unsigned)(*at++ - '0');
    }
    bool some = at != *text && !isdigit((unsigned char)*at);
    *text = at;
    return some;
}

static locl_status fail_grammar(const char *text, const char *why, locl_error *err)
{
    locl_fail(err, LOCL_E_CONFIG, "device selector \"%s\": %s", text, why);
    locl_remedy(
        err, "auto, all, gpu, cpu, accelerator, P:D (0:1), P:D/i/N (0:1/0/2), any part of a platform, vendor "
             "or device name, and ! before any of these to exclude; `locl devices` shows what there is");
    return LOCL_E_CONFIG;
}

static const struct {
    const char *word;
    locl_selector_kind kind;
} keywords[] = {{"auto", LOCL_SELECT_AUTO},
                {"all", LOCL_SELECT_ALL},
                {"gpu", LOCL_SELECT_TYPE},
                {"cpu", LOCL_SELECT_TYPE},
                {"accelerator", LOCL_SELECT_TYPE}};

bool locl_selector_has_letter(const char *text)
{
    while (*text && !isalpha((unsigned char)*text) && (unsigned char)*text < 0x80) {
        text++;
    }
    return *text != '\0';
}

/* Checks text that is looked for in names. A number alone matches by accident: "1" is in every "3.1", of
 * several devices. */
static locl_status check_text(const char *text, locl_error *err)
{
    char why[160];
    if (!locl_selector_has_letter(text)) {
        fail_grammar(text, "without a letter it would be found in names by accident", err);
        return locl_remedy(
            err, "P:D, platform and device as `locl devices` prints them (0:1), or a part of a name with "
                 "letters in it");
    }
    for (size_t i = 0; i < sizeof keywords / sizeof keywords[0]; i++) {
        size_t length = strlen(keywords[i].word);
        if (!strncasecmp(text, keywords[i].word, length) && text[length] == ':') {
            snprintf(why, sizeof why, "%s takes no number", keywords[i].word);
            fail_grammar(text, why, err);
            return locl_remedy(err,
                               "P:D, platform and device as `locl devices` prints them (0:1), or in YAML "
                               "{type: gpu, index: 1}");
        }
    }
    return LOCL_OK;
}

/* Reads a selector. Text that starts like P:D has to be one, so that a slip in it is not taken for a name. */
locl_status locl_selector_read(const char *text, locl_selector *out, locl_error *err)
{
    *out = (locl_selector){.excludes = text[0] == '!', .text = text + (text[0] == '!')};
    const char *at = out->text;
    if (!*at) {
        return fail_grammar(text, "it is empty", err);
    }
    if (*at == '!') {
        return fail_grammar(text, "one ! is enough", err);
    }
    for (size_t i = 0; i < sizeof keywords / sizeof keywords[0]; i++) {
        if (!strcasecmp(at, keywords[i].word)) {
            out->kind = keywords[i].kind;
            out->text = keywords[i].word;
        }
    }
    if (out->excludes && (out->kind == LOCL_SELECT_AUTO || out->kind == LOCL_SELECT_ALL)) {
        return fail_grammar(text, "auto and all cannot be excluded", err);
    }
    if (out->kind != LOCL_SELECT_TEXT) {
        return LOCL_OK;
    }
    if (!isdigit((unsigned char)*at) || at[strspn(at, "0123456789")] != ':') {
        return check_text(at, err);
    }
    out->kind = LOCL_SELECT_ADDRESS;
    bool good = take_number(&at, &out->platform) && *at++ == ':' && take_number(&at, &out->device);
    if (good && *at == '/') {
        at++;
        good = take_number(&at, &out->part) && *at++ == '/' && take_number(&at, &out->split);
        if (good && (out->split < 1 || out->part >= out->split)) {
            return fail_grammar(text, "P:D/i/N is part i, from 0 to N-1, of N parts", err);
        }
        if (good && out->excludes) {
            return fail_grammar(text, "a whole device is excluded, not a part", err);
        }
    }
    return good && !*at ? LOCL_OK : fail_grammar(text, "it starts like P:D or P:D/i/N but is neither", err);
}

bool locl_selector_matches(const locl_selector *sel, const locl_device_info *info)
{
    switch (sel->kind) {
    case LOCL_SELECT_ADDRESS:
        return info->platform_index == sel->platform && info->device_index == sel->device;
    case LOCL_SELECT_TYPE:
        return !strcmp(locl_device_type_name(info->caps.type), sel->text);
    case LOCL_SELECT_TEXT:
        return locl_text_contains(info->platform, sel->text) || locl_text_contains(info->vendor, sel->text) ||
               locl_text_contains(info->name, sel->text);
    case LOCL_SELECT_AUTO:
    case LOCL_SELECT_ALL:
        break;
    }
    return true;
}

/* Parses one entry of a list: `length` bytes of `text`, without the blanks around it. */
static locl_status parse_entry(const char *text, size_t length, locl_device_spec *out, locl_error *err)
{
    locl_selector ignored;
    while (length && isspace((unsigned char)*text)) {
        text++;
        length--;
    }
    while (length && isspace((unsigned char)text[length - 1])) {
        length--;
    }
    if (length >= sizeof out->text) {
        return fail_grammar(text, "it is too long", err);
    }
    *out = locl_device_spec_text("");
    snprintf(out->text, sizeof out->text, "%.*s", (int)length, text);
    return locl_selector_read(out->text, &ignored, err);
}

locl_status locl_device_specs_parse(const char *text, locl_device_spec **out, size_t *count, locl_error *err)
{
    size_t most = 1;
    *out = NULL;
    *count = 0;
    for (const char *at = text; *at; at++) {
        most += *at == ',';
    }
    locl_device_spec *specs = calloc(most, sizeof *specs);
    if (!specs) {
        return locl_fail_memory(err, most * sizeof *specs);
    }
    for (size_t i = 0; i < most; i++) {
        size_t length = strcspn(text, ",");
        locl_status status = parse_entry(text, length, &specs[i], err);
        if (status != LOCL_OK) {
            free(specs);
            return status;
        }
        text += length + (text[length] == ',');
    }
    *out = specs;
    *count = most;
    return LOCL_OK;
}
