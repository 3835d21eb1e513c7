#include "ops/layernorm.h"
#include "ops/ref64.h"

#define LOCL_REF_BODY "ops/layernorm_ref.inc"
#include "ops/ref_twice.h"
