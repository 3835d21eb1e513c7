#include "ops/pool.h"
#include "ops/ref/ref64.h"

#include <string.h>

#define LOCL_REF_BODY "ops/ref/pool_ref.inc"
#include "ops/ref/ref_twice.h"
