/* Decodes what libjpeg can decode, to the pixels of the modes RGB or L of Pillow. */
#include "data/image_format.h"

#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include <jerror.h>
#include <jpeglib.h>

enum { MOST_SCANS = 500, CMYK = 4, MOST_REDUCED = 8 };

typedef struct reader {
    struct jpeg_error_mgr errors; /* first: libjpeg hands out its address */
    struct jpeg_progress_mgr progress;
    struct jpeg_decompress_struct jpeg;
    jmp_buf stop;
    char message[JMSG_LENGTH_MAX];
    const uint8_t *bytes;
    size_t size;
    locl_image *out;
    uint8_t *row; /* [w,4], for CMYK */
} reader;

_Noreturn static void stop(j_common_ptr jpeg)
{
    reader *in = (reader *)jpeg->err;
    jpeg->err->format_message(jpeg, in->message);
    longjmp(in->stop, 1);
}

/* Whether a warning leaves the pixels as they are. After any other one (a premature end, a broken code, one
 * unknown here) the rest is not the picture. */
static bool is_harmless(int code)
{
    switch (code) {
    case JWRN_ADOBE_XFORM:
    case JWRN_BOGUS_ICC:
    case JWRN_EXTRANEOUS_DATA:
    case JWRN_JFIF_MAJOR:
    case JWRN_NOT_SEQUENTIAL:
        return true;
    default:
        return false;
    }
}

static void note(j_common_ptr jpeg, int level)
{
    if (level < 0 && !is_harmless(jpeg->err->msg_code)) {
        stop(jpeg);
    }
}

/* Limits the scans. A small file may hold very many, and each takes as long as the whole picture. */
static void limit_scans(j_common_ptr jpeg)
{
    reader *in = (reader *)jpeg->err;
    if (in->jpeg.input_scan_number > MOST_SCANS) {
        snprintf(in->message, sizeof in->message, "it has more than %d scans", MOST_SCANS);
        longjmp(in->stop, 1);
    }
}

static void read_header(reader *in)
{
    jpeg_create_decompress(&in->jpeg);
    in->progress.progress_monitor = limit_scans;
    in->jpeg.progress = &in->progress;
    jpeg_mem_src(&in->jpeg, in->bytes, (unsigned long)in->size);
    jpeg_read_header(&in->jpeg, TRUE);
}

/* Computes k - (255 - c) k / 255, rounded, as Pillow does. All CMYK files are taken for inverted ones, as
 * Adobe writes them. */
static uint8_t print_to_light(uint8_t colour, uint8_t black)
{
    unsigned product = (255u - colour) * black + 128u;
    return (uint8_t)(black - ((product + (product >> 8)) >> 8));
}

/* Converts cmyk [w,4] to out [w,3]. */
static void convert_row(const uint8_t *cmyk, uint8_t *out, size_t w)
{
    for (size_t i = 0; i < w; i++, cmyk += CMYK, out += 3) {
        for (size_t channel = 0; channel < 3; channel++) {
            out[channel] = print_to_light(cmyk[channel], cmyk[3]);
        }
    }
}

/* Returns how many times smaller than its own the image is that is wanted. */
static unsigned reduction(const reader *in)
{
    unsigned reduce = 1;
    while (reduce < MOST_REDUCED && ((in->jpeg.image_height + reduce - 1) / reduce > in->out->h ||
                                     (in->jpeg.image_width + reduce - 1) / reduce > in->out->w)) {
        reduce *= 2;
    }
    return reduce;
}

static void read_rows(reader *in)
{
    struct jpeg_decompress_struct *jpeg = &in->jpeg;
    size_t w = in->out->w;
    jpeg->out_color_space = in->out->c == 1 ? JCS_GRAYSCALE : in->row ? JCS_CMYK : JCS_RGB;
    jpeg->dct_method = JDCT_ISLOW;
    jpeg->scale_num = 1;
    jpeg->scale_denom = reduction(in);
    jpeg_start_decompress(jpeg);
    while (jpeg->output_scanline < jpeg->output_height) {
        uint8_t *out = in->out->pixels + jpeg->output_scanline * w * in->out->c;
        JSAMPROW row = in->row ? in->row : out;
        jpeg_read_scanlines(jpeg, &row, 1);
        if (in->row) {
            convert_row(in->row, out, w);
        }
    }
    jpeg_finish_decompress(jpeg); /* reads up to the marker that ends the file */
}

/* Runs a part. False, with a message, when libjpeg gave up. After setjmp() only what `in` points to
 * changes. */
static bool run(reader *in, void (*part)(reader *in))
{
    if (setjmp(in->stop)) {
        return false;
    }
    part(in);
    return true;
}

/* Whether libjpeg knows the feature but does not decode it. Nothing is wrong with such a file. */
static bool is_unsupported(int code)
{
    switch (code) {
    case JERR_BAD_MCU_SIZE:
    case JERR_BAD_PRECISION:
    case JERR_CONVERSION_NOTIMPL:
    case JERR_FRACT_SAMPLE_NOTIMPL:
    case JERR_SOF_UNSUPPORTED:
        return true;
    default:
        return false;
    }
}

static locl_status fail_jpeg(const reader *in, locl_error *err)
{
    if (!is_unsupported(in->errors.msg_code)) {
        return locl_fail(err, LOCL_E_DATA, "the JPEG is damaged: %s", in->message);
    }
    locl_fail(err, LOCL_E_DATA, "the JPEG is of a kind that libjpeg does not decode: %s", in->message);
    locl_remedy(err, "convert it to an ordinary JPEG, or to PNG");
    return LOCL_E_DATA;
}

static void start(reader *in, const uint8_t *bytes, size_t size, locl_image *out)
{
    *in = (reader){.bytes = bytes, .size = size, .out = out};
    in->jpeg.err = jpeg_std_error(&in->errors);
    in->errors.error_exit = stop;
    in->errors.emit_message = note;
}

static locl_status check_kind(const struct jpeg_decompress_struct *jpeg, locl_error *err)
{
    int components = jpeg->num_components;
    bool known = components == 1 || components == 3 || components == CMYK;
    if (jpeg->data_precision == 8 && known && jpeg->jpeg_color_space != JCS_UNKNOWN) {
        return LOCL_OK;
    }
    locl_fail(err, LOCL_E_DATA,
              "the JPEG has %d components of %d bits: grey, RGB and CMYK images of 8 bits are read",
              components, jpeg->data_precision);
    locl_remedy(err, "convert it to an ordinary JPEG, or to PNG");
    return LOCL_E_DATA;
}

locl_status locl_jpeg_measure(const uint8_t *bytes, size_t size, locl_image *out, locl_error *err)
{
    reader in;
    start(&in, bytes, size, out);
    locl_status status = run(&in, read_header) ? check_kind(&in.jpeg, err) : fail_jpeg(&in, err);
    if (status == LOCL_OK) {
        *out = (locl_image){
            .h = in.jpeg.image_height, .w = in.jpeg.image_width, .c = in.jpeg.num_components == 1 ? 1 : 3};
    }
    jpeg_destroy_decompress(&in.jpeg);
    return status;
}

locl_status locl_jpeg_decode(const uint8_t *bytes, size_t size, locl_image *out, locl_error *err)
{
    reader in;
    locl_status status = LOCL_OK;
    start(&in, bytes, size, out);
    if (!run(&in, read_header)) {
        status = fail_jpeg(&in, err);
    } else if (in.jpeg.num_components == CMYK && !(in.row = malloc(out->w * CMYK))) {
        status = locl_fail_memory(err, out->w * CMYK);
    } else if (!run(&in, read_rows)) {
        status = fail_jpeg(&in, err);
    }
    jpeg_destroy_decompress(&in.jpeg);
    free(in.row);
    return status;
}
