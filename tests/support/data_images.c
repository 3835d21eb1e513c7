#include "support/data_images.h"

#include <archive.h>
#include <archive_entry.h>
#include <png.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <unistd.h>

#include <cmocka.h>

enum { MOST_IMAGES = 16384 };

static uint8_t *made[MOST_IMAGES];
static size_t made_count;

static uint8_t *keep(size_t size)
{
    assert_true(made_count < MOST_IMAGES);
    made[made_count] = malloc(size);
    assert_non_null(made[made_count]);
    return made[made_count++];
}

int data_images_remove(void **state)
{
    while (made_count) {
        free(made[--made_count]);
    }
    return data_folder_remove(state);
}

void data_pixels(uint8_t *out, size_t h, size_t w, size_t c, unsigned seed)
{
    for (size_t i = 0; i < h * w * c; i++) {
        out[i] = (uint8_t)(i * 31 + i / 7 + seed * 57);
    }
}

data_entry data_png(const char *name, size_t h, size_t w, size_t c, unsigned seed)
{
    static const png_uint_32 formats[] = {0, PNG_FORMAT_GRAY, 0, PNG_FORMAT_RGB, PNG_FORMAT_RGBA};
    png_image png = {.version = PNG_IMAGE_VERSION,
                     .width = (png_uint_32)w,
                     .height = (png_uint_32)h,
                     .format = formats[c]};
    png_alloc_size_t size = 1000 + 2 * h * w * c;
    uint8_t *pixels = malloc(h * w * c), *bytes = keep(size);
    data_pixels(pixels, h, w, c, seed);
    assert_true(png_image_write_to_memory(&png, bytes, &size, 0, pixels, 0, NULL));
    free(pixels);
    return (data_entry){name, bytes, size, NULL, NULL};
}

data_entry data_jpeg(const char *name, size_t h, size_t w, size_t c, unsigned seed)
{
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    uint8_t *pixels = malloc(h * w * c), *compressed = NULL;
    unsigned long size = 0;
    data_pixels(pixels, h, w, c, seed);
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    jpeg_mem_dest(&jpeg, &compressed, &size);
    jpeg.image_width = (JDIMENSION)w;
    jpeg.image_height = (JDIMENSION)h;
    jpeg.input_components = (int)c;
    jpeg.in_color_space = c == 1 ? JCS_GRAYSCALE : c == 3 ? JCS_RGB : c == 4 ? JCS_CMYK : JCS_UNKNOWN;
    jpeg_set_defaults(&jpeg);
    jpeg_set_quality(&jpeg, 95, TRUE);
    for (int i = 0; i < jpeg.num_components; i++) { /* colours as fine as brightness */
        jpeg.comp_info[i].h_samp_factor = jpeg.comp_info[i].v_samp_factor = 1;
    }
    jpeg_start_compress(&jpeg, TRUE);
    while (jpeg.next_scanline < h) {
        JSAMPROW row = pixels + jpeg.next_scanline * w * c;
        jpeg_write_scanlines(&jpeg, &row, 1);
    }
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    uint8_t *bytes = keep(size);
    memcpy(bytes, compressed, size);
    free(compressed);
    free(pixels);
    return (data_entry){name, bytes, size, NULL, NULL};
}

void data_write_folder(const char *folder, const data_entry *entries, size_t count)
{
    char name[512];
    for (size_t i = 0; i < count; i++) {
        snprintf(name, sizeof name, "%s/%s", folder, entries[i].name);
        if (entries[i].link) {
            assert_int_equal(symlink(entries[i].link, data_path(name)), 0);
        } else if (entries[i].hard) {
            char first[512];
            snprintf(first, sizeof first, "%s/%s", folder, entries[i].hard);
            assert_int_equal(link(data_path(first), data_path(name)), 0);
        } else if (name[strlen(name) - 1] == '/') {
            data_path(name);
        } else {
            data_write(name, entries[i].bytes, entries[i].size);
        }
    }
}

void data_write_tar(const char *file, const char *compression, const char *prefix, const data_entry *entries,
                    size_t count)
{
    struct archive *archive = archive_write_new();
    char name[512];
    archive_write_set_format_gnutar(archive);
    if (compression[0]) {
        assert_int_equal(archive_write_add_filter_by_name(archive, compression), ARCHIVE_OK);
    }
    assert_int_equal(archive_write_open_filename(archive, data_path(file)), ARCHIVE_OK);
    for (size_t i = 0; i < count; i++) {
        struct archive_entry *entry = archive_entry_new();
        bool folder = entries[i].name[strlen(entries[i].name) - 1] == '/';
        snprintf(name, sizeof name, "%s%s", prefix, entries[i].name);
        archive_entry_set_pathname(entry, name);
        archive_entry_set_perm(entry, 0644);
        archive_entry_set_filetype(entry, entries[i].link ? AE_IFLNK : folder ? AE_IFDIR : AE_IFREG);
        archive_entry_set_size(entry, (la_int64_t)entries[i].size);
        if (entries[i].link) {
            archive_entry_set_symlink(entry, entries[i].link);
        }
        if (entries[i].hard) {
            snprintf(name, sizeof name, "%s%s", prefix, entries[i].hard);
            archive_entry_set_hardlink(entry, name);
        }
        assert_int_equal(archive_write_header(archive, entry), ARCHIVE_OK);
        assert_int_equal(archive_write_data(archive, entries[i].bytes, entries[i].size), entries[i].size);
        archive_entry_free(entry);
    }
    assert_int_equal(archive_write_close(archive), ARCHIVE_OK);
    archive_write_free(archive);
}
