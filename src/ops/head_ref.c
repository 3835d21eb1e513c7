#include "ops/head.h"
#include "ops/ref64.h"

#define LOCL_REF_BODY "ops/head_ref.inc"
#include "ops/ref_twice.h"
