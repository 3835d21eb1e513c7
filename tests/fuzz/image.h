/* Decoding, for the targets of single formats. */
#ifndef TESTS_FUZZ_IMAGE_H
#define TESTS_FUZZ_IMAGE_H

#include <stddef.h>
#include <stdint.h>

/* Measures, decodes and fits an image; what is large is only measured, to stay fast. */
void fuzz_image(const uint8_t *bytes, size_t size);

#endif
