/* The tuner's store of a device: its records are believed where they are of the device's kernels, and such as the store
 * may have written. "KERNELS" in an input stands for the hash of the kernels' sources, which no input could guess. */
#include "fuzz/fuzz.h"

#include "gemm/clblast_setting.h"
#include "gemm/solver.h"
#include "tune/store.h"

#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const locl_device device = {
    .name = "made up",
    .platform_name = "none",
    .driver = "1",
    .caps = {.cpu = true, .units = 2, .work_group = 64, .local_memory = 1 << 15}};
static char path[PATH_MAX], kernels[17];

static locl_gemm_shape shape_of(size_t m)
{
    return (locl_gemm_shape){.m = m, .n = 8, .k = 8, .lda = 8, .ldb = 8, .ldc = 8, .batch = 1, .sum = 1};
}

static locl_tune_record record_of(size_t m)
{
    const locl_gemm_shape shape = shape_of(m);
    return (locl_tune_record){.choice = locl_gemm_choose(&(locl_gemm_choices){0}, &shape, &device.caps),
                              .effort = LOCL_TUNE_QUICK,
                              .candidates = 2,
                              .own_seconds = 2,
                              .seconds = 1};
}

static locl_tune_store *open_store(void)
{
    locl_tune_store *store;
    locl_error err = {0};
    FUZZ_CHECK(locl_tune_store_open(&device, &store, &err) == LOCL_OK);
    return store;
}

/* Puts a product into the store, and saves it. */
static void put(locl_tune_store *store, size_t m)
{
    locl_error err = {0};
    const locl_tune_record record = record_of(m);
    FUZZ_CHECK(locl_tune_store_put(store, &record, &err) == LOCL_OK);
    locl_tune_store_save(store);
}

static int find_file(const char *name, const struct stat *info, int type, struct FTW *place)
{
    const char *end = strrchr(name, '.');
    (void)info;
    (void)place;
    if (type == FTW_F && end && !strcmp(end, ".json")) {
        snprintf(path, sizeof path, "%s", name);
    }
    return 0;
}

/* Lets the store write a file, to know where, and with which hash. */
static void make_file(void)
{
    size_t size;
    static const char key[] = "\"kernels\": \"";
    FUZZ_CHECK(setenv("XDG_CACHE_HOME", fuzz_folder(), 1) == 0);
    locl_tune_store *store = open_store();
    put(store, 7);
    locl_tune_store_close(store);
    FUZZ_CHECK(nftw(fuzz_folder(), find_file, 16, FTW_PHYS) == 0 && path[0] != '\0');
    uint8_t *bytes = fuzz_read(path, &size);
    for (size_t i = 0; i + sizeof key + sizeof kernels < size && !kernels[0]; i++) {
        if (!memcmp(bytes + i, key, sizeof key - 1)) {
            memcpy(kernels, bytes + i + sizeof key - 1, sizeof kernels - 1);
        }
    }
    free(bytes);
    FUZZ_CHECK(kernels[0] != '\0');
}

/* Writes the input in place of the file. */
static void write_file(const uint8_t *data, size_t size)
{
    static const char word[] = "KERNELS";
    const size_t length = sizeof word - 1;
    FILE *file = fopen(path, "wb");
    FUZZ_CHECK(file != NULL);
    for (size_t i = 0; i < size; i++) {
        if (i + length <= size && !memcmp(data + i, word, length)) {
            fputs(kernels, file);
            i += length - 1;
        } else {
            fputc(data[i], file);
        }
    }
    FUZZ_CHECK(fclose(file) == 0);
}

static void check_record(const locl_tune_record *r)
{
    FUZZ_CHECK(r->candidates > 0 && r->seconds > 0 && r->own_seconds > 0);
    FUZZ_CHECK(r->effort == LOCL_TUNE_QUICK || r->effort == LOCL_TUNE_FULL);
    FUZZ_CHECK(r->choice.solver->applicable(&r->choice.shape, &r->choice.cut, &device.caps));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const locl_gemm_shape seeds = shape_of(2001), mine = shape_of(9);
    if (!path[0]) {
        make_file();
    }
    write_file(data, size);
    locl_tune_store *store = open_store();
    for (int engine = LOCL_ENGINE_AUTO; engine <= LOCL_ENGINE_CLBLAST; engine++) {
        for (int bits = LOCL_TUNE_SAME_BITS; bits <= LOCL_TUNE_ANY_BITS; bits++) {
            const locl_tune_record *r =
                locl_tune_store_find(store, &seeds, (locl_engine)engine, (locl_tune_bits)bits);
            if (r) {
                check_record(r);
            }
        }
    }
    FUZZ_CHECK(locl_clblast_setting_named(locl_tune_store_setting(store)) != NULL);
    /* what is put is there, whatever the file was */
    put(store, 9);
    locl_tune_store_close(store);
    store = open_store();
    FUZZ_CHECK(locl_tune_store_find(store, &mine, LOCL_ENGINE_AUTO, LOCL_TUNE_SAME_BITS) != NULL);
    locl_tune_store_close(store);
    return 0;
}
