#include "ops/sum.h"
#include "ops/ref/ref64.h"

#define LOCL_REF_BODY "ops/ref/sum_ref.inc"
#include "ops/ref/ref_twice.h"
