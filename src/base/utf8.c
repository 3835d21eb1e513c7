#include "base/utf8.h"

#include <string.h>

/* Returns how many bytes follow the first one, or -1. Sets its own bits and the least code point that needs
 * so many bytes (RFC 3629). */
static int follow_of(unsigned char first, int32_t *bits, int32_t *least)
{
    static const struct {
        unsigned char mask, mark;
        int32_t least;
    } forms[] = {{0x80, 0x00, 0}, {0xE0, 0xC0, 0x80}, {0xF0, 0xE0, 0x800}, {0xF8, 0xF0, 0x10000}};
    for (int follow = 0; follow < 4; follow++) {
        if ((first & forms[follow].mask) == forms[follow].mark) {
            *bits = first & (unsigned char)~forms[follow].mask;
            *least = forms[follow].least;
            return follow;
        }
    }
    return -1;
}

int32_t locl_utf8_next(const char **at)
{
    const unsigned char *bytes = (const unsigned char *)*at;
    int32_t code = 0, least = 0;
    int follow = follow_of(bytes[0], &code, &least);
    if (!bytes[0]) {
        return 0;
    }
    for (int i = 1; i <= follow; i++) {
        if ((bytes[i] & 0xC0) != 0x80) {
            follow = -1;
            break;
        }
        code = code << 6 | (bytes[i] & 0x3F);
    }
    if (follow < 0 || code < least || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) {
        *at += 1;
        return -1;
    }
    *at += follow + 1;
    return code;
}

bool locl_utf8_valid(const char *text)
{
    int32_t code;
    while ((code = locl_utf8_next(&text)) > 0) {
    }
    return code == 0;
}

bool locl_utf8_invisible(int32_t code)
{
    static const struct {
        int32_t first, last;
    } ranges[] = {{0x00, 0x1F},      {0x7F, 0xA0},     {0xAD, 0xAD},     {0x34F, 0x34F},   {0x61C, 0x61C},
                  {0x115F, 0x1160},  {0x1680, 0x1680}, {0x17B4, 0x17B5}, {0x180B, 0x180F}, {0x2000, 0x200F},
                  {0x2028, 0x202F},  {0x205F, 0x206F}, {0x2800, 0x2800}, {0x3000, 0x3000}, {0x3164, 0x3164},
                  {0xFE00, 0xFE0F},  {0xFEFF, 0xFEFF}, {0xFFA0, 0xFFA0}, {0xFFF0, 0xFFFB}, {0xFFFE, 0xFFFF},
                  {0xE0000, 0xE0FFF}};
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        if (code >= ranges[i].first && code <= ranges[i].last) {
            return true;
        }
    }
    return (code & 0xFFFE) == 0xFFFE;
}

void locl_utf8_add_visible(locl_text *out, const char *text)
{
    for (;;) {
        const char *start = text;
        int32_t code = locl_utf8_next(&text);
        if (code == 0) {
            return;
        }
        if (code < 0) {
            locl_text_add(out, "<0x%02X>", (unsigned)(unsigned char)*start);
        } else if (locl_utf8_invisible(code)) {
            locl_text_add(out, "<U+%04X>", (unsigned)code);
        } else {
            locl_text_add_bytes(out, start, (size_t)(text - start));
        }
    }
}
