#include "ops/loss.h"
#include "ops/ref64.h"

#define LOCL_REF_BODY "ops/loss_ref.inc"
#include "ops/ref_twice.h"
