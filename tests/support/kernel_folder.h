/* A temporary folder of kernel files that LOCL_KERNELS points to, with a program cache of its own below it
 * (XDG_CACHE_HOME). For tests of programs that must not depend on the product's kernels. */
#ifndef LOCL_TESTS_SUPPORT_KERNEL_FOLDER_H
#define LOCL_TESTS_SUPPORT_KERNEL_FOLDER_H

/* Makes the folder and returns its path, to be handed to locl_kernel_folder_remove(). Aborts the test program
 * on failure. */
char *locl_kernel_folder_make(void);
void locl_kernel_folder_write(const char *folder, const char *name, const char *text);
void locl_kernel_folder_remove(char *folder); /* with all that is in it */

#endif
