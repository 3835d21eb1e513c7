#include "kernels/declare.h"

static const locl_kernel_arg loss_softmax_args[] = {
    IN_OUT("logits"), IN("bias"),   IN("labels"),   OUT("error"), OUT("losses"),
    OUT("wrong"),     U32("batch"), U32("classes"), VALID,        END_OF_ARGS};
const locl_kernel locl_kernel_loss_softmax = {
    .file = "loss.cl", .name = "loss_softmax", .args = loss_softmax_args};

static const locl_kernel_arg loss_record_args[] = {IN("losses"), IN("wrong"), OUT("record"), U32("index"),
                                                   U32("batch"), VALID,       END_OF_ARGS};
const locl_kernel locl_kernel_loss_record = {
    .file = "loss.cl", .name = "loss_record", .args = loss_record_args};

static const locl_kernel_arg loss_gather_args[] = {IN("dl"),      OUT("out"), U32("images"), U32("patches"),
                                                   U32("groups"), U32("lp"),  U32("lg"),     END_OF_ARGS};
const locl_kernel locl_kernel_loss_gather = {
    .file = "loss.cl", .name = "loss_gather", .args = loss_gather_args};
