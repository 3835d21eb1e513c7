#include "ops/sum.h"
#include "ops/ref64.h"

#define LOCL_REF_BODY "ops/sum_ref.inc"
#include "ops/ref_twice.h"
