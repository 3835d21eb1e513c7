#include "data/decoded.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 1 << 24, ALIGNED = 16 };

typedef struct locl_kept {
    locl_image_size size;
    uint32_t h, w, c;
    uint8_t pixels[]; /* [h,w,c] */
} locl_kept;

typedef struct locl_decoded_block {
    struct locl_decoded_block *before;
    size_t used, size;
    uint8_t *bytes;
} locl_decoded_block;

locl_status locl_decoded_open(locl_decoded *keep, size_t n, uint64_t bytes, locl_error *err)
{
    *keep = (locl_decoded){.n = n, .left = bytes, .image = calloc(n + 1, sizeof *keep->image)};
    if (!keep->image) {
        return locl_fail_memory(err, n * sizeof *keep->image);
    }
    pthread_mutex_init(&keep->lock, NULL);
    keep->open = true;
    return LOCL_OK;
}

void locl_decoded_close(locl_decoded *keep)
{
    if (!keep->open) {
        return;
    }
    for (locl_decoded_block *block = keep->blocks, *before; block; block = before) {
        before = block->before;
        free(block->bytes);
        free(block);
    }
    free((void *)keep->image);
    pthread_mutex_destroy(&keep->lock);
    *keep = (locl_decoded){0};
}

/* Adds a block of memory for at least `bytes`. Under the lock. */
static locl_decoded_block *add_block(locl_decoded *keep, size_t bytes)
{
    locl_decoded_block *block = calloc(1, sizeof *block);
    size_t size = keep->left < BLOCK ? (size_t)keep->left : BLOCK;
    size = size < bytes ? bytes : size;
    if (block && !(block->bytes = malloc(size))) {
        free(block);
        block = NULL;
    }
    if (block) {
        block->size = size;
        block->before = keep->blocks;
        keep->blocks = block;
    }
    return block;
}

/* Takes memory. NULL where there is no more of it. */
static void *take(locl_decoded *keep, size_t bytes)
{
    void *taken = NULL;
    bytes = (bytes + ALIGNED - 1) / ALIGNED * ALIGNED;
    pthread_mutex_lock(&keep->lock);
    locl_decoded_block *block = keep->blocks;
    if (bytes <= keep->left && (!block || block->size - block->used < bytes)) {
        block = add_block(keep, bytes);
    }
    if (block && bytes <= keep->left) {
        taken = block->bytes + block->used;
        block->used += bytes;
        keep->left -= bytes;
    }
    pthread_mutex_unlock(&keep->lock);
    return taken;
}

bool locl_decoded_find(const locl_decoded *keep, size_t index, locl_image_size size, locl_image *out)
{
    locl_kept *kept = keep->open ? atomic_load_explicit(&keep->image[index], memory_order_acquire) : NULL;
    if (!kept || kept->size != size) {
        return false;
    }
    *out = (locl_image){kept->pixels, kept->h, kept->w, kept->c};
    return true;
}

void locl_decoded_store(locl_decoded *keep, size_t index, locl_image_size size, const locl_image *image)
{
    size_t bytes = image->h * image->w * image->c;
    if (!keep->open || atomic_load_explicit(&keep->image[index], memory_order_acquire)) {
        return;
    }
    locl_kept *kept = take(keep, sizeof *kept + bytes);
    if (!kept) {
        return;
    }
    kept->size = size;
    kept->h = (uint32_t)image->h;
    kept->w = (uint32_t)image->w;
    kept->c = (uint32_t)image->c;
    memcpy(kept->pixels, image->pixels, bytes);
    atomic_store_explicit(&keep->image[index], kept, memory_order_release);
}
