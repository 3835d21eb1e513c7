#include "bench/train.h"

#define NETWORK                                                                                              \
    "model: {preset: M/1/16}\n"                                                                              \
    "rule: {name: lg-fg-a, noise: rademacher, exact_last: true}\n"                                           \
    "train: {save_steps: 1000000}\n"

/* The networks of configs/ under the paper's estimator, and the epochs that they take on two cores of a Zen 4 EPYC under
 * PoCL, C's arithmetic being that of every device but for the last bits of sums: docs/benchmarks.md has the command. */
const locl_train_target locl_train_targets[] = {
    {.name = "mnist",
     .network = "M/1/16, lg-fg-a, batch 128",
     .config =
         NETWORK "data: {name: mnist, path: data/mnist, batch: 128}\n"
                 "optimizer: {name: sgd, lr: 0.1, momentum: 0.9, weight_decay: 1.0e-4, schedule: linear, "
                 "classifier_lr: 1.0}\n",
     .error = 0.03,
     .most = 20,
     .epochs = 8.7,
     .deviation = 1.83,
     .reference = 10},
    {.name = "fashion-mnist",
     .network = "M/1/16, lg-fg-a, batch 128",
     .config =
         NETWORK "data: {name: fashion-mnist, path: /usr/share/datasets/fashion-mnist, batch: 128}\n"
                 "optimizer: {name: sgd, lr: 0.07, momentum: 0.9, weight_decay: 1.0e-4, schedule: linear, "
                 "classifier_lr: 1.0}\n",
     .error = 0.15,
     .most = 10,
     .epochs = 5.9,
     .deviation = 0.74,
     .reference = 10},
    {.name = NULL},
};
