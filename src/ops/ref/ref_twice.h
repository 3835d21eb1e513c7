/* Compiles LOCL_REF_BODY, a file of references, twice: for float as name_ref, which kernels are held against,
 * and for double as name_ref64 (ref64.h), which finite differences are held against. Sums are in double in
 * both. Each *_ref.c includes it once, so it has no include guard. */
#include <math.h>

#define REAL float
#define REF(name) name##_ref
#include LOCL_REF_BODY
#undef REAL
#undef REF
#define REAL double
#define REF(name) name##_ref64
#include LOCL_REF_BODY
#undef REAL
#undef REF
