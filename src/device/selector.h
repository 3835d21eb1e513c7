/* The grammar of text selectors. Included by select.c and selector.c only. */
#ifndef LOCL_DEVICE_SELECTOR_H
#define LOCL_DEVICE_SELECTOR_H

#include "device/select.h"

typedef enum locl_selector_kind {
    LOCL_SELECT_TEXT, /* part of platform, vendor or name */
    LOCL_SELECT_AUTO,
    LOCL_SELECT_ALL,
    LOCL_SELECT_TYPE,
    LOCL_SELECT_ADDRESS /* P:D or P:D/i/N */
} locl_selector_kind;

typedef struct locl_selector {
    locl_selector_kind kind;
    bool excludes;
    const char *text;                       /* what follows the "!": in the text read, or a constant */
    unsigned platform, device, part, split; /* of an address; split 0: whole */
} locl_selector;

/* Reads a selector. LOCL_E_CONFIG: outside the grammar, or text that would match names by accident. */
locl_status locl_selector_read(const char *text, locl_selector *out, locl_error *err);
/* Whether the device matches. AUTO and ALL match every device. */
bool locl_selector_matches(const locl_selector *selector, const locl_device_info *info);

/* Whether the text has a letter. Text without one matches names by accident. */
bool locl_selector_has_letter(const char *text);

extern const char *const locl_device_types[]; /* "gpu", "cpu", "accelerator", NULL */
bool locl_word_listed(const char *word, const char *const *list);

#endif
