/* Shapes as text with named dimensions: "layer=group B=5 P=3 D=64 G=4". A row says in `dims` which there are,
 * as "NAME=DEFAULT" with blanks between:
 *
 *     rows=64                     a number; at least 1, or at least 0 where the default is 0
 *     layer=token|channel|group   one of these words, kept as 0, 1, ...; the default is the first
 *     alpha=1.0                   a real number (its default has a point), kept in millionths
 */
#ifndef LOCL_CHECK_SHAPE_H
#define LOCL_CHECK_SHAPE_H

#include "check/table.h"

enum { LOCL_OP_SHAPE_TEXT = 512 };

/* Sets the dimensions that `text` names. The others keep their values. LOCL_E_CONFIG says which word is wrong
 * and what is allowed. */
locl_status locl_op_shape_change(const locl_op *op, const char *text, size_t dim[LOCL_OP_DIMS],
                                 locl_error *err);
/* Sets all dimensions: those that `text` names, the others to the row's defaults. */
locl_status locl_op_shape_parse(const locl_op *op, const char *text, size_t dim[LOCL_OP_DIMS],
                                locl_error *err);
/* Writes all dimensions, so that parsing the text gives the same. */
void locl_op_shape_print(const locl_op *op, const size_t *dim, char *text, size_t size);
/* Writes shape `index` of a row: those that are written down come first, then those that its covers stand
 * for. Returns false past the last. */
bool locl_op_shape_at(const locl_op *op, size_t index, char text[LOCL_OP_SHAPE_TEXT]);
/* Returns the real number that a dimension holds. */
double locl_op_real(size_t dim);

#endif
