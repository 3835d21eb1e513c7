#include "ops/depthwise.h"
#include "ops/ref64.h"

#define LOCL_REF_BODY "ops/depthwise_ref.inc"
#include "ops/ref_twice.h"
