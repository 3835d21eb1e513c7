/* How the native engine cuts a product for a device: pure, from shape and caps only, so that the order of
 * summation is fixed by them, or by the cut that was chosen among the candidates. */
#ifndef LOCL_GEMM_POLICY_H
#define LOCL_GEMM_POLICY_H

#include "gemm/cut.h"
#include "gemm/gemm.h"

/* Returns the cut of a product that nobody measured. */
locl_gemm_cut locl_gemm_cut_for(const locl_gemm_shape *shape, const locl_caps *caps);
/* Lists the cuts worth measuring, out [LOCL_GEMM_CUTS], each once: first locl_gemm_cut_for(), then those that its
 * kernel's build will do for, then the others, in the order in which they are likely to win. Where a cut adds up in
 * another order than the first, its like in the first's order is listed, too. Returns their number. */
enum { LOCL_GEMM_CUTS = 84 };
size_t locl_gemm_cuts(const locl_gemm_shape *shape, const locl_caps *caps, locl_gemm_cut *out);
/* Returns whether the kernels compute the product with that cut on a device; for cuts from files. False for none. */
bool locl_gemm_cut_fits(const locl_gemm_shape *shape, const locl_gemm_cut *cut, const locl_caps *caps);

/* Whether a CPU has vectors of fewer than 16 values, or 16 registers of them. */
bool locl_gemm_is_narrow(const locl_caps *caps);
/* Returns how many of a tile's rows a CPU's registers hold at once (STRIP of cl/gemm_tile.clh): all where there are 32
 * registers of 16 values, else as many as go with 16 columns in 16 registers of 8. Sums do not depend on it. */
size_t locl_gemm_strip(const locl_caps *caps, size_t rows);
/* Counts the parts of C that work-groups compute, those of each slab. */
size_t locl_gemm_parts(const locl_gemm_shape *shape, const locl_gemm_cut *cut);
/* Work-groups that take the parts in turn (PACKED). */
size_t locl_gemm_workers(const locl_gemm_shape *shape, const locl_caps *caps, const locl_gemm_cut *cut);
bool locl_gemm_by_tiles(const locl_gemm_cut *cut);      /* whether gemm_tiles.cl computes it */
size_t locl_gemm_items(const locl_gemm_cut *cut);       /* work-items of a work-group */
size_t locl_gemm_local_bytes(const locl_gemm_cut *cut); /* of local memory, per work-group */
size_t locl_gemm_pack_step(const locl_gemm_cut *cut);   /* floats of scratch per worker (PACKED) */
/* Divides the sum and C until there is work for all units of a CPU. */
void locl_gemm_divide(const locl_gemm_shape *shape, const locl_caps *caps, locl_gemm_cut *cut);
/* Divides C alone: the order of summation stays. */
void locl_gemm_divide_result(const locl_gemm_shape *shape, const locl_caps *caps, locl_gemm_cut *cut);
/* Returns the cut by gemm_local.cl on a device, `each` rows and columns an item, with the sum cut as `sums` has it. */
locl_gemm_cut locl_gemm_local_cut(const locl_caps *caps, size_t each, const locl_gemm_cut *sums);
/* Divides the sum over s and k into about `wanted` slabs of at least `least` values. */
void locl_gemm_divide_sum(const locl_gemm_shape *shape, size_t wanted, size_t least, locl_gemm_cut *cut);

/* ---- TILES, LANES, MATRIX: gemm_tiles.c ---- */
enum { LOCL_GEMM_TILE_KINDS = 12 };
/* Cuts a product by a kind of tile, for one of these kernels: its sum as `like` has it, or, NULL, as fits the tile.
 * False where the device or the product is too small for it. */
bool locl_gemm_tile_cut(const locl_gemm_shape *shape, const locl_caps *caps, locl_gemm_kernel kernel,
                        size_t kind, const locl_gemm_cut *like, locl_gemm_cut *out);
/* Chooses the kind of tile and the slabs by an estimate of time, for the matrix unit where the device takes it, else
 * for broadcasts where it has them; false where no tile fits the device. */
bool locl_gemm_tile_choose(const locl_gemm_shape *shape, const locl_caps *caps, locl_gemm_cut *out);
/* Returns whether it is a cut by one of the kinds that the device has room for. */
bool locl_gemm_tile_fits(const locl_gemm_cut *cut, const locl_caps *caps);

#endif
