#include "data/foreign.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { SHOWN_TEXT = 24, SHOWN_BYTES = 8, TAR_MAGIC = 257 };

static const struct {
    const char *magic;
    size_t length;
    const char *name;
} kinds[] = {
    {"\x1f\x8b", 2, "gzip data"},
    {"\xfd"
     "7zXZ",
     5, "xz data"},
    {"BZh", 3, "bzip2 data"},
    {"\x28\xb5\x2f\xfd", 4, "zstd data"},
    {"PK\3\4", 4, "a zip file"},
    {"\x89PNG", 4, "a PNG image"},
    {"\xff\xd8\xff", 3, "a JPEG image"},
    {"7z\xbc\xaf", 4, "a 7z file"},
    {"Rar!", 4, "a rar file"},
};

void locl_foreign_describe(const uint8_t *bytes, size_t size, char text[LOCL_FOREIGN_TEXT])
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (size >= kinds[i].length && memcmp(bytes, kinds[i].magic, kinds[i].length) == 0) {
            snprintf(text, LOCL_FOREIGN_TEXT, "%s", kinds[i].name);
            return;
        }
    }
    if (size >= TAR_MAGIC + 5 && memcmp(bytes + TAR_MAGIC, "ustar", 5) == 0) {
        snprintf(text, LOCL_FOREIGN_TEXT, "a tar archive");
        return;
    }
    size_t printable = 0;
    while (printable < size && printable < SHOWN_TEXT && isprint(bytes[printable])) {
        printable++;
    }
    if (printable >= 4 || printable == size) {
        snprintf(text, LOCL_FOREIGN_TEXT, "the text '%.*s'", (int)printable, (const char *)bytes);
        return;
    }
    size_t used = (size_t)snprintf(text, LOCL_FOREIGN_TEXT, "the bytes");
    for (size_t i = 0; i < size && i < SHOWN_BYTES; i++) {
        used += (size_t)snprintf(text + used, LOCL_FOREIGN_TEXT - used, " %02x", bytes[i]);
    }
}
