#include "device/selector.h"

#include "base/text.h"
#include "device/caps.h"
#include "device/identity.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char *const locl_device_types[] = {"gpu", "cpu", "accelerator", NULL};

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
    locl_remedy(err,
                "auto, all, gpu, cpu, accelerator, P:D (0:1), P:D/i/N (0:1/0/2), pci:0000:03:00.0, uuid:..., "
                "name:PLATFORM:DEVICE, set:NAME, any part of a platform, vendor or device name, with :N or "
                ":N-M behind it "
                "for those numbers (gpu:1), and ! before any of these to exclude; `locl devices` shows what "
                "there is");
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
    if (!locl_selector_has_letter(text)) {
        fail_grammar(text, "without a letter it would be found in names by accident", err);
        return locl_remedy(
            err, "P:D, platform and device as `locl devices` prints them (0:1), or a part of a name with "
                 "letters in it");
    }
    return LOCL_OK;
}

/* Takes "/i/N" off the end of an id. */
static locl_status take_part(const char *text, locl_selector *out, locl_error *err)
{
    char *slash = strchr(out->text, '/');
    const char *at = slash;
    if (!slash) {
        return LOCL_OK;
    }
    at++;
    bool good = take_number(&at, &out->part) && *at++ == '/' && take_number(&at, &out->split) && !*at;
    if (!good || out->split < 1 || out->part >= out->split) {
        return fail_grammar(text, "/i/N behind a device is part i, from 0 to N-1, of N parts", err);
    }
    if (out->excludes) {
        return fail_grammar(text, "a whole device is excluded, not a part", err);
    }
    *slash = '\0';
    return LOCL_OK;
}

/* Takes "@PLATFORM" off the end of an id. */
static locl_status take_platform(const char *text, locl_selector *out, locl_error *err)
{
    char *at = strchr(out->text, '@');
    if (at) {
        locl_identity_slug(at + 1, out->on, sizeof out->on);
        *at = '\0';
        if (!at[1]) {
            return fail_grammar(text, "a part of a platform's name is missing behind @", err);
        }
    }
    return LOCL_OK;
}

static const struct {
    const char *prefix;
    locl_selector_kind kind;
    const char *malformed;
} ids[] = {
    {"pci:", LOCL_SELECT_PCI, "no PCI address, which is like 0000:03:00.0 (domain, bus, device, function)"},
    {"uuid:", LOCL_SELECT_UUID, "no UUID, which has 32 hexadecimal digits"},
    {"name:", LOCL_SELECT_CALLED,
     "nothing follows name:, which is like name:portable-computing-language:pthread"},
    {"set:", LOCL_SELECT_SET, "no name of a set: letters, digits, - and _"},
};

/* Reads what follows the prefix of an id, in out->text. */
static bool read_id(locl_selector *out)
{
    char text[LOCL_SELECTOR];
    snprintf(text, sizeof text, "%s", out->text);
    switch (out->kind) {
    case LOCL_SELECT_PCI:
        return locl_identity_pci(text, out->text, sizeof out->text);
    case LOCL_SELECT_UUID:
        return locl_identity_uuid(text, out->text, sizeof out->text);
    case LOCL_SELECT_SET:
        return locl_selector_is_set_name(text) && !out->split && !out->on[0];
    default:
        return text[0];
    }
}

/* Reads an id. *is says whether the text begins like one. */
static locl_status take_id(const char *text, locl_selector *out, bool *is, locl_error *err)
{
    *is = false;
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        size_t length = strlen(ids[i].prefix);
        if (strncasecmp(out->text, ids[i].prefix, length) != 0) {
            continue;
        }
        *is = true;
        out->kind = ids[i].kind;
        memmove(out->text, out->text + length, strlen(out->text + length) + 1);
        LOCL_TRY(take_part(text, out, err));
        LOCL_TRY(take_platform(text, out, err));
        if (out->kind == LOCL_SELECT_SET && out->excludes) {
            return fail_grammar(text, "a set is not excluded, but may hold exclusions", err);
        }
        return read_id(out) ? LOCL_OK : fail_grammar(text, ids[i].malformed, err);
    }
    return LOCL_OK;
}

/* Reads "P:D" or "P:D/i/N", in out->text. */
static locl_status read_address(const char *text, locl_selector *out, locl_error *err)
{
    const char *at = out->text;
    out->kind = LOCL_SELECT_ADDRESS;
    bool good = take_number(&at, &out->platform) && *at++ == ':' && take_number(&at, &out->device);
    if (good && *at == '/') {
        return take_part(text, out, err);
    }
    return good && !*at ? LOCL_OK : fail_grammar(text, "it starts like P:D or P:D/i/N but is neither", err);
}

/* Takes ":N" or ":N-M" off the end of a type or a text. */
static locl_status take_numbers(const char *text, locl_selector *out, locl_error *err)
{
    char *colon = strrchr(out->text, ':');
    const char *at = colon ? colon + 1 : NULL;
    if (!colon || colon == out->text || !isdigit((unsigned char)*at) || at[strspn(at, "0123456789-")]) {
        return LOCL_OK;
    }
    bool good = take_number(&at, &out->first);
    out->last = out->first;
    if (good && *at == '-') {
        at++;
        good = take_number(&at, &out->last);
    }
    if (!good || *at || out->last < out->first) {
        return fail_grammar(text, "the numbers behind it should be N or N-M, from 0, in ascending order",
                            err);
    }
    out->numbered = true;
    *colon = '\0';
    return LOCL_OK;
}

/* Reads a keyword or a text, in out->text. */
static locl_status read_word(const char *text, locl_selector *out, locl_error *err)
{
    LOCL_TRY(take_numbers(text, out, err));
    for (size_t i = 0; i < sizeof keywords / sizeof keywords[0]; i++) {
        if (!strcasecmp(out->text, keywords[i].word)) {
            out->kind = keywords[i].kind;
            snprintf(out->text, sizeof out->text, "%s", keywords[i].word);
        }
    }
    if (out->kind == LOCL_SELECT_AUTO && out->numbered) {
        return fail_grammar(text, "auto takes no number", err);
    }
    if (out->excludes && (out->kind == LOCL_SELECT_AUTO || out->kind == LOCL_SELECT_ALL)) {
        return fail_grammar(text, "auto and all cannot be excluded", err);
    }
    return out->kind == LOCL_SELECT_TEXT ? check_text(out->text, err) : LOCL_OK;
}

/* Reads a selector. Text that starts like P:D or an id has to be one, so that a slip in it is not taken for a name. */
locl_status locl_selector_read(const char *text, locl_selector *out, locl_error *err)
{
    bool is_id;
    *out = (locl_selector){.excludes = text[0] == '!'};
    const char *at = text + out->excludes;
    if (!*at) {
        return fail_grammar(text, "it is empty", err);
    }
    if (*at == '!') {
        return fail_grammar(text, "one ! is enough", err);
    }
    if ((size_t)snprintf(out->text, sizeof out->text, "%s", at) >= sizeof out->text) {
        return fail_grammar(text, "it is too long", err);
    }
    LOCL_TRY(take_id(text, out, &is_id, err));
    if (is_id) {
        return LOCL_OK;
    }
    bool is_address = isdigit((unsigned char)*at) && at[strspn(at, "0123456789")] == ':';
    return is_address ? read_address(text, out, err) : read_word(text, out, err);
}

bool locl_selector_is_set_name(const char *text)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
    return text[0] && !text[strspn(text, allowed)];
}

bool locl_selector_is_stable(const locl_selector *sel)
{
    return sel->kind == LOCL_SELECT_PCI || sel->kind == LOCL_SELECT_UUID || sel->kind == LOCL_SELECT_CALLED;
}

/* Whether the device is under the platform that an id asks for. */
static bool is_on_platform(const locl_selector *sel, const locl_device_info *info)
{
    char platform[sizeof info->platform];
    locl_identity_slug(info->platform, platform, sizeof platform);
    return locl_text_contains(platform, sel->on);
}

/* The names that a text is looked for in. */
static const struct {
    const char *what;
    size_t offset;
} names[] = {{"platform's name", offsetof(locl_device_info, platform)},
             {"vendor's name", offsetof(locl_device_info, vendor)},
             {"name", offsetof(locl_device_info, name)},
             {"board's name", offsetof(locl_device_info, board)}};

/* Returns which of the names has the text, the last one that does; NULL: none. */
static const char *found_in(const locl_selector *sel, const locl_device_info *info)
{
    const char *what = NULL;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        what = locl_text_contains((const char *)info + names[i].offset, sel->text) ? names[i].what : what;
    }
    return what;
}

bool locl_selector_matches(const locl_selector *sel, const locl_device_info *info)
{
    switch (sel->kind) {
    case LOCL_SELECT_ADDRESS:
        return info->platform_index == sel->platform && info->device_index == sel->device;
    case LOCL_SELECT_TYPE:
        return !strcmp(locl_device_type_name(info->caps.type), sel->text);
    case LOCL_SELECT_TEXT:
        return found_in(sel, info) != NULL;
    case LOCL_SELECT_PCI:
        return !strcmp(info->pci, sel->text) && is_on_platform(sel, info);
    case LOCL_SELECT_UUID:
        return !strcmp(info->uuid, sel->text) && is_on_platform(sel, info);
    case LOCL_SELECT_CALLED:
        return !strcasecmp(info->called + strlen("name:"), sel->text) && is_on_platform(sel, info);
    case LOCL_SELECT_SET:
        return false;
    case LOCL_SELECT_AUTO:
    case LOCL_SELECT_ALL:
        break;
    }
    return true;
}

void locl_selector_why(const locl_selector *sel, const locl_device_info *info, char *out, size_t size)
{
    const char *what;
    switch (sel->kind) {
    case LOCL_SELECT_TYPE:
        snprintf(out, size, "its type is %s", sel->text);
        break;
    case LOCL_SELECT_TEXT:
        what = found_in(sel, info);
        snprintf(out, size, "its %s has \"%s\"", what ? what : "name", sel->text);
        break;
    case LOCL_SELECT_ADDRESS:
        snprintf(out, size, "it is device %u of platform %u", sel->device, sel->platform);
        break;
    case LOCL_SELECT_PCI:
        snprintf(out, size, "its PCI address is %s", sel->text);
        break;
    case LOCL_SELECT_UUID:
        snprintf(out, size, "its UUID is %s", sel->text);
        break;
    case LOCL_SELECT_CALLED:
        snprintf(out, size, "its platform and name are %s", sel->text);
        break;
    case LOCL_SELECT_AUTO:
        snprintf(out, size, "it is the best device");
        break;
    case LOCL_SELECT_ALL:
    case LOCL_SELECT_SET:
        snprintf(out, size, "%s takes every device", sel->text);
        break;
    }
}
