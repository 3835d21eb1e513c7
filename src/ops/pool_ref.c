#include "ops/pool.h"
#include "ops/ref64.h"

#include <string.h>

#define LOCL_REF_BODY "ops/pool_ref.inc"
#include "ops/ref_twice.h"
