#include "ops/loss.h"
#include "ops/ref/ref64.h"

#define LOCL_REF_BODY "ops/ref/loss_ref.inc"
#include "ops/ref/ref_twice.h"
