#include "bench/folder.h"

#include <fts.h>
#include <stdio.h>
#include <stdlib.h>

locl_status locl_folder_make(char path[LOCL_FOLDER_PATH], locl_error *err)
{
    const char *parent = getenv("TMPDIR");
    int length =
        snprintf(path, LOCL_FOLDER_PATH, "%s/locl-bench-XXXXXX", parent && parent[0] ? parent : "/tmp");
    if (length >= LOCL_FOLDER_PATH || !mkdtemp(path)) {
        locl_fail_errno(err, LOCL_E_IO, "make a folder like", path);
        path[0] = '\0';
        return LOCL_E_IO;
    }
    return LOCL_OK;
}

void locl_folder_remove(char *path)
{
    char *const paths[] = {path, NULL};
    FTS *tree = path[0] ? fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL) : NULL;
    for (FTSENT *entry = tree ? fts_read(tree) : NULL; entry; entry = fts_read(tree)) {
        if (entry->fts_info != FTS_D) {
            remove(entry->fts_accpath);
        }
    }
    if (tree) {
        fts_close(tree);
    }
}
