#define _XOPEN_SOURCE 700 /* nftw */
#include "support/kernel_folder.h"

#include "base/file.h"

#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char *locl_kernel_folder_make(void)
{
    char *folder = strdup("/tmp/locl-kernels-XXXXXX");
    if (!folder || !mkdtemp(folder)) {
        perror("a folder for test kernels");
        abort();
    }
    setenv("LOCL_KERNELS", folder, 1);
    setenv("XDG_CACHE_HOME", folder, 1);
    return folder;
}

void locl_kernel_folder_write(const char *folder, const char *name, const char *text)
{
    char path[PATH_MAX];
    locl_error err = {0};
    snprintf(path, sizeof path, "%s/%s", folder, name);
    if (locl_file_write(path, text, strlen(text), &err) != LOCL_OK) {
        fprintf(stderr, "%s\n", err.message);
        abort();
    }
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *where)
{
    (void)info;
    (void)kind;
    (void)where;
    return remove(path);
}

void locl_kernel_folder_remove(char *folder)
{
    nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    unsetenv("LOCL_KERNELS");
    free(folder);
}
