/* Decodes PNG with libpng to the values as they are stored: no gamma, no composing, no colour profile. These
 * are the pixels of the modes RGB or L of Pillow. */
#include "data/image_format.h"

#include <png.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

typedef struct reader {
    png_structp png;
    png_infop info;
    const uint8_t *bytes;
    size_t left;
    char message[256];
    locl_image *out;
} reader;

_Noreturn static void stop(png_structp png, const char *text)
{
    reader *in = png_get_error_ptr(png);
    snprintf(in->message, sizeof in->message, "%s", text);
    png_longjmp(png, 1);
}

/* Stops at a warning about the checksum behind the pixels. Other warnings are about extras, which are not
 * used. Pixel data behind the last row are harmless. */
static void note(png_structp png, const char *text)
{
    if (strncmp(text, "IDAT: ", 6) == 0 && !strstr(text, "Extra") && !strstr(text, "Too much")) {
        stop(png, text);
    }
}

static void read_bytes(png_structp png, png_bytep out, size_t count)
{
    reader *in = png_get_io_ptr(png);
    if (count > in->left) {
        png_error(png, "it ends before its IEND chunk does");
    }
    memcpy(out, in->bytes, count);
    in->bytes += count;
    in->left -= count;
}

static void read_header(reader *in)
{
    png_set_read_fn(in->png, in, read_bytes);
    png_set_keep_unknown_chunks(in->png, PNG_HANDLE_CHUNK_NEVER, NULL,
                                -1); /* skips what pixels do not need */
    png_set_chunk_malloc_max(in->png, 0);
    png_read_info(in->png, in->info);
}

static void read_rows(reader *in)
{
    size_t width = in->out->w * in->out->c;
    png_set_strip_16(in->png);
    png_set_expand(in->png);
    png_set_strip_alpha(in->png);
    int passes = png_set_interlace_handling(in->png);
    png_read_update_info(in->png, in->info);
    if (png_get_rowbytes(in->png, in->info) != width) {
        png_error(in->png, "its rows have another length than its header says");
    }
    for (int pass = 0; pass < passes; pass++) {
        for (size_t y = 0; y < in->out->h; y++) {
            png_read_row(in->png, in->out->pixels + y * width, NULL);
        }
    }
    png_read_end(in->png, NULL); /* reads up to IEND */
}

/* Runs a part. False, with a message, when libpng gave up. After setjmp() only what `in` points to
 * changes. */
static bool run(reader *in, void (*part)(reader *in))
{
    if (setjmp(png_jmpbuf(in->png))) {
        return false;
    }
    part(in);
    return true;
}

static locl_status open_reader(reader *in, const uint8_t *bytes, size_t size, locl_image *out,
                               locl_error *err)
{
    *in = (reader){.bytes = bytes, .left = size, .out = out};
    in->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, in, stop, note);
    in->info = in->png ? png_create_info_struct(in->png) : NULL;
    if (!in->info) {
        png_destroy_read_struct(&in->png, NULL, NULL);
        return locl_fail(err, LOCL_E_MEMORY, "out of memory for libpng");
    }
    return LOCL_OK;
}

static locl_status fail_png(const reader *in, locl_error *err)
{
    return locl_fail(err, LOCL_E_DATA, "the PNG is damaged: %s", in->message);
}

locl_status locl_png_measure(const uint8_t *bytes, size_t size, locl_image *out, locl_error *err)
{
    reader in;
    LOCL_TRY(open_reader(&in, bytes, size, out, err));
    locl_status status = run(&in, read_header) ? LOCL_OK : fail_png(&in, err);
    if (status == LOCL_OK) {
        bool colour = png_get_color_type(in.png, in.info) & PNG_COLOR_MASK_COLOR; /* true of palettes, too */
        *out = (locl_image){.h = png_get_image_height(in.png, in.info),
                            .w = png_get_image_width(in.png, in.info),
                            .c = colour ? 3 : 1};
    }
    png_destroy_read_struct(&in.png, &in.info, NULL);
    return status;
}

locl_status locl_png_decode(const uint8_t *bytes, size_t size, locl_image *out, locl_error *err)
{
    reader in;
    LOCL_TRY(open_reader(&in, bytes, size, out, err));
    locl_status status = run(&in, read_header) && run(&in, read_rows) ? LOCL_OK : fail_png(&in, err);
    png_destroy_read_struct(&in.png, &in.info, NULL);
    return status;
}
