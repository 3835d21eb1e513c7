/* Writes images as PNG files. Used by the sheet of a batch. */
#ifndef LOCL_DATA_PNG_WRITE_H
#define LOCL_DATA_PNG_WRITE_H

#include "data/image.h"

/* Writes the file whole or not at all. LOCL_E_IO, LOCL_E_MEMORY. */
locl_status locl_png_write(const char *path, const locl_image *image, locl_error *err);

#endif
