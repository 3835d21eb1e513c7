/* Says of a file whether it is a library that this process could load, from its head alone. Included by icd.c and
 * tests. */
#ifndef LOCL_DOCTOR_ELF_HEAD_H
#define LOCL_DOCTOR_ELF_HEAD_H

#include <stdbool.h>
#include <stddef.h>

/* Returns whether the regular file is a shared library for the machine that this program is for. Where it is not,
 * `flaw` says why: "is no library: it begins with \"...\"", "is a library for 32-bit x86, not for x86-64". */
bool locl_elf_fits(const char *path, char *flaw, size_t size);

#endif
