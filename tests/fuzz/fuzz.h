/* What the fuzz targets share. A target is LLVMFuzzerTestOneInput() over one reader of ours; the sanitizers see
 * wrong accesses, FUZZ_CHECK() what must hold whatever the input. docs/testing.md says how to run them. */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
/* libFuzzer's own changes; returns the new size, at most `capacity`. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t capacity);
/* Where a target has it, it makes the inputs: LLVMFuzzerMutate() and then, say, checksums that are right. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t capacity, unsigned seed);

/* Ends the process with a message, which libFuzzer takes for a finding. */
#define FUZZ_CHECK(condition) ((condition) ? (void)0 : fuzz_fail(__FILE__, __LINE__, #condition))
_Noreturn void fuzz_fail(const char *file, int line, const char *what);
/* An error record has to say something, and its status has to be the one returned. */
void fuzz_check_error(locl_status status, const locl_error *err);

/* A folder in memory (or $TMPDIR) of this process, empty at first; removed when the process ends without a finding. */
const char *fuzz_folder(void);
/* "<folder>/<name>", in one of a few static buffers that take turns. */
const char *fuzz_path(const char *name);
/* Writes a file of the folder, over what it held, and returns its path. */
const char *fuzz_write(const char *name, const void *bytes, size_t size);
/* Reads a whole file of the folder; malloc'd. */
uint8_t *fuzz_read(const char *path, size_t *size);

#endif
