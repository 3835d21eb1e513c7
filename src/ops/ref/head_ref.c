#include "ops/head.h"
#include "ops/ref/ref64.h"

#define LOCL_REF_BODY "ops/ref/head_ref.inc"
#include "ops/ref/ref_twice.h"
