#include "ops/activation.h"
#include "ops/ref64.h"

#define LOCL_REF_BODY "ops/activation_ref.inc"
#include "ops/ref_twice.h"
