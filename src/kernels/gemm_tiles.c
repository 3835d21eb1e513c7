#include "kernels/declare.h"

/* gemm/gemm_tiles.c says which combinations there are. */
static const locl_kernel_geometry geometry[] = {
    {.name = "TILE_ROWS", .low = 32, .high = 128, .only = {32, 64, 128}, .sample = 128},
    {.name = "TILE_COLUMNS", .low = 32, .high = 128, .only = {32, 64, 128}, .sample = 128},
    {.name = "ITEM_ROWS", .low = 4, .high = 8, .only = {4, 8}, .sample = 8},
    {.name = "ITEM_COLUMNS", .low = 4, .high = 8, .only = {4, 8}, .sample = 8},
    {.name = "STEP", .low = 8, .high = 32, .only = {8, 16, 32}, .sample = 8},
    {.name = "BUFFERS", .low = 1, .high = 2, .sample = 2},
    {.name = "TEAMS", .low = 1, .high = 4, .only = {1, 2, 4}, .sample = 1},
    /* whose matrix unit, of enum locl_matrix, or broadcasts: numbers and no switches, as each is built by its vendor's
     * compiler alone */
    {.name = "UNIT", .low = 0, .high = 5, .sample = 0},
    {.name = "EMULATED", .low = 0, .high = 1, .sample = 0},
    {.name = NULL}};
static const char *const switches[] = {"TA", "TB", "HALF_A", "HALF_B", "HALF_C", "VECTORS", NULL};
static const locl_kernel_form forms[] = {
    {"floats", {EITHER, EITHER, OFF, OFF, OFF, EITHER}}, LOCL_PRODUCTS_OF_HALVES, END_OF_FORMS};

static const locl_kernel_arg gemm_tiles_args[] = {LOCL_PRODUCT_ARGS};
const locl_kernel locl_kernel_gemm_tiles = {.file = "gemm_tiles.cl",
                                            .name = "gemm_tiles",
                                            .args = gemm_tiles_args,
                                            .geometry = geometry,
                                            .switches = switches,
                                            .forms = forms};
