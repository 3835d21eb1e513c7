#include "data/junk.h"

#include <string.h>
#include <strings.h>

/* by line: Windows, its pictures and settings, Picasa, macOS, Synology and QNAP, Linux */
/* clang-format off */
static const char *const junk[] = {
    "$RECYCLE.BIN", "System Volume Information",
    "Thumbs.db", "Thumbs.db:encryptable", "ehthumbs.db", "ehthumbs_vista.db", "desktop.ini",
    "Picasa.ini",
    "__MACOSX", "Icon\r", "Network Trash Folder", "Temporary Items",
    "@eaDir", "#recycle", "#snapshot", "@Recycle", "@Recently-Snapshot",
    "lost+found",
};
/* clang-format on */

static bool is_one(const char *part, size_t length)
{
    bool found = length > 0 && part[0] == '.';
    for (size_t i = 0; i < sizeof junk / sizeof *junk && !found; i++) {
        found = strlen(junk[i]) == length && strncasecmp(part, junk[i], length) == 0;
    }
    return found;
}

bool locl_is_junk(const char *name)
{
    while (*name) {
        size_t length = strcspn(name, "/");
        if (is_one(name, length)) {
            return true;
        }
        name += length + (name[length] == '/');
    }
    return false;
}
