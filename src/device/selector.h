/* The grammar of text selectors. Included by select.c and selector.c only. */
#ifndef LOCL_DEVICE_SELECTOR_H
#define LOCL_DEVICE_SELECTOR_H

#include "device/select.h"

typedef enum locl_selector_kind {
    LOCL_SELECT_TEXT, /* part of platform, vendor, name or board */
    LOCL_SELECT_AUTO,
    LOCL_SELECT_ALL,
    LOCL_SELECT_TYPE,
    LOCL_SELECT_ADDRESS, /* P:D or P:D/i/N */
    LOCL_SELECT_PCI,     /* pci:0000:03:00.0, these with @PLATFORM and /i/N behind them */
    LOCL_SELECT_UUID,    /* uuid:... */
    LOCL_SELECT_CALLED,  /* name:platform:device */
    LOCL_SELECT_SET      /* set:NAME, which sets.c puts others in place of */
} locl_selector_kind;

typedef struct locl_selector {
    locl_selector_kind kind;
    bool excludes;
    char text[LOCL_SELECTOR];               /* type, name or id, without all that has a place of its own */
    char on[LOCL_SELECTOR];                 /* part of the platform's name as a word; "": any */
    unsigned platform, device, part, split; /* of an address; split 0: whole */
    bool numbered;                          /* gpu:1, nvidia:0-1: of those that match, these */
    unsigned first, last;
} locl_selector;

/* Reads a selector. LOCL_E_CONFIG: outside the grammar, or text that would match names by accident. */
locl_status locl_selector_read(const char *text, locl_selector *out, locl_error *err);
/* Whether the device matches, its number aside. AUTO and ALL match every device. */
bool locl_selector_matches(const locl_selector *selector, const locl_device_info *info);
/* Says why a device matches: "its name has \"rtx\"". */
void locl_selector_why(const locl_selector *selector, const locl_device_info *info, char *out, size_t size);
/* Whether the selector names one device for good. */
bool locl_selector_is_stable(const locl_selector *selector);

/* Whether the text has a letter. Text without one matches names by accident. */
bool locl_selector_has_letter(const char *text);

/* Whether text can be the name of a set. */
bool locl_selector_is_set_name(const char *text);

extern const char *const locl_device_types[]; /* "gpu", "cpu", "accelerator", NULL */
bool locl_word_listed(const char *word, const char *const *list);

#endif
