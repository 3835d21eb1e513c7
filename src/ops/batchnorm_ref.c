#include "ops/batchnorm.h"
#include "ops/ref64.h"

#define LOCL_REF_BODY "ops/batchnorm_ref.inc"
#include "ops/ref_twice.h"
