/* Bad configurations: each says where, which key, what was found and what is allowed. */
#include "config/config.h"

#include "base/file.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#define MODEL "model: {preset: M/8/16}\n"
#define DATA "data: {name: mnist}\n"

typedef struct bad_case {
    const char *text;
    const char *set;     /* or NULL */
    const char *message; /* a part of it; "=..." all of it */
} bad_case;

static const bad_case cases[] = {
    /* types and ranges */
    {MODEL "data:\n  name: mnist\n  batch: abc\n", NULL,
     "=c.yaml:4:10: data.batch: found 'abc', should be an integer from 1 to 65536"},
    {MODEL DATA, "data.batch=abc", "=--set data.batch=abc: should be an integer from 1 to 65536"},
    {MODEL "data: {name: mnist, batch: 0}\n", NULL,
     "=c.yaml:2:28: data.batch: found '0', should be an integer"
     " from 1 to 65536"},
    {MODEL "data: {name: mnist, batch: 65537}\n", NULL, "c.yaml:2:28: data.batch: found '65537'"},
    {MODEL "data: {name: mnist, batch: -1}\n", NULL, "c.yaml:2:28: data.batch: found '-1'"},
    {MODEL "data: {name: mnist, batch: 12.5}\n", NULL, "c.yaml:2:28: data.batch: found '12.5'"},
    {MODEL "data: {name: mnist, batch: 0x10}\n", NULL, "c.yaml:2:28: data.batch: found '0x10'"},
    {MODEL "data: {name: mnist, batch: }\n", NULL, "data.batch: found nothing, should be"},
    {MODEL "data: {name: mnist, batch: [1]}\n", NULL,
     "c.yaml:2:28: data.batch: found a list of 1, should be"},
    {MODEL "data: {name: mnist, batch: {a: 1}}\n", NULL,
     "c.yaml:2:28: data.batch: found a mapping, should be"},
    {MODEL DATA "seed: 18446744073709551616\n", NULL,
     "c.yaml:3:7: seed: found '18446744073709551616', should"
     " be an integer from 0 to 18446744073709551615"},
    {MODEL DATA "seed: 99999999999999999999999999\n", NULL, "c.yaml:3:7: seed: found '9999"},
    {MODEL DATA "optimizer: {lr: .inf}\n", NULL,
     "=c.yaml:3:17: optimizer.lr: found '.inf', should be a number from 0 to 1000000"},
    {MODEL DATA "optimizer: {lr: .nan}\n", NULL, "c.yaml:3:17: optimizer.lr: found '.nan'"},
    {MODEL DATA "optimizer: {lr: nan}\n", NULL, "c.yaml:3:17: optimizer.lr: found 'nan'"},
    {MODEL DATA "optimizer: {lr: 1e999}\n", NULL, "c.yaml:3:17: optimizer.lr: found '1e999'"},
    {MODEL DATA "optimizer: {lr: 0.1.2}\n", NULL, "c.yaml:3:17: optimizer.lr: found '0.1.2'"},
    {MODEL DATA "optimizer: {lr: 0,1}\n", NULL, "optimizer.1: is an unknown key"},
    {MODEL DATA "optimizer: {lr: -0.1}\n", NULL, "c.yaml:3:17: optimizer.lr: found '-0.1'"},
    {MODEL DATA "optimizer: {momentum: 1}\n", NULL,
     "=c.yaml:3:23: optimizer.momentum: found '1', should be a number from 0 to less than 1"},
    {MODEL DATA "rule: {norm_grad: yes}\n", NULL,
     "=c.yaml:3:19: rule.norm_grad: found 'yes', should be true or false"},
    {MODEL DATA "rule: {noise: gausian}\n", NULL,
     "=c.yaml:3:15: rule.noise: found 'gausian', should be one of gaussian, rademacher; did you mean "
     "gaussian?"},
    {"model: {preset: M/8/17}\n" DATA, NULL,
     "=c.yaml:1:17: model.preset: found 'M/8/17', should be one of S/1/1,"
     " M/1/16, M/8/16, L/8/64, L/32/64; did you mean M/8/16?"},
    {"model: {preset: M/8/16, image: [32, 32]}\n" DATA, NULL,
     "=c.yaml:1:32: model.image: found a list of 2, should be a list of 3 integers from 1 to 16384"},
    {"model: {preset: M/8/16, image: [32, x, 3]}\n" DATA, NULL,
     "c.yaml:1:37: model.image: found 'x', should be"},
    {"model: {preset: M/8/16, image: 32}\n" DATA, NULL,
     "c.yaml:1:32: model.image: found '32', should be a list"},
    {"model: 3\n" DATA, NULL, "=c.yaml:1:8: model: found '3', should be a mapping of keys to values"},
    {MODEL "data:\n", NULL, "data: found nothing, should be a mapping of keys to values"},
    {MODEL DATA "run: {dir: ''}\n", NULL,
     "c.yaml:3:12: run.dir: found '', should be text of 1 to 4095 bytes"},
    {MODEL DATA "rule: {losses: true}\n", NULL,
     "=c.yaml:3:16: rule.losses: found 'true', should be a mapping of"
     " keys to values"},
    /* norms */
    {"model: {preset: M/8/16, norm: batch}\ndata: {name: mnist, batch: 1}\n", NULL,
     "=c.yaml:2:28: data.batch: found 1 with model.norm batch, which normalises over the batch; should be at "
     "least 2"},
    /* micro-batches */
    {MODEL "data: {name: mnist, batch: 128, microbatch: 24}\n", NULL,
     "=c.yaml:2:45: data.microbatch: found 24, which does not divide data.batch 128, should be 16 or 32, or "
     "another divisor"},
    {MODEL "data: {name: mnist, batch: 128, microbatch: 129}\n", NULL,
     "=c.yaml:2:45: data.microbatch: found 129, should be at most data.batch, 128"},
    {MODEL DATA, "data.microbatch=256",
     "--set data.microbatch=256: found 256, should be at most data.batch, 128"},
    {MODEL "data: {name: mnist, microbatch: 0}\n", NULL,
     "c.yaml:2:33: data.microbatch: found '0', should be an integer from 1 to 65536"},
    {"model: {preset: M/8/16, norm: batch}\ndata: {name: mnist, batch: 128, microbatch: 16}\n", NULL,
     "=c.yaml:2:45: data.microbatch: found 16 with model.norm batch, which normalises over the whole batch "
     "at "
     "once; should be left out, or model.norm layer or sample"},
    /* options that do not apply to the rule */
    {MODEL DATA "rule: {name: bp, exact_last: true}\n", NULL,
     "=c.yaml:3:30: rule.exact_last: does not apply to rule.name bp, should be left out; it is for lg-fg-a"},
    {MODEL DATA "rule: {name: dfa, noise: rademacher}\n", NULL,
     "=c.yaml:3:26: rule.noise: does not apply to rule.name dfa, should be left out; it is for fg-w, "
     "lg-fg-w, fg-a, "
     "lg-fg-a, np-a, np-w"},
    {MODEL DATA "rule: {name: lg-fa, passes: 2}\n", NULL, "c.yaml:3:29: rule.passes: does not apply to"},
    {MODEL DATA "rule: {name: lg-fg-w, norm_grad: false}\n", NULL,
     "=c.yaml:3:34: rule.norm_grad: does not apply to rule.name lg-fg-w, should be left out; it is for fg-a, "
     "lg-fg-a, "
     "np-a"},
    {MODEL DATA "rule: {name: lg-fg-a, epsilon: 0.01}\n", NULL,
     "=c.yaml:3:32: rule.epsilon: does not apply to rule.name lg-fg-a, should be left out; it is for np-a, "
     "np-w"},
    {MODEL DATA "rule: {name: fg-a, losses: {group: false}}\n", NULL,
     "c.yaml:3:36: rule.losses.group: does not apply to rule.name fg-a"},
    {MODEL DATA "rule: {name: np-a, losses: {block: false}}\n", NULL,
     "=c.yaml:3:36: rule.losses.block: does not apply to rule.name np-a, should be left out; it is for "
     "lg-fg-w, "
     "lg-fg-a"},
    {MODEL DATA "rule: {name: lg-bp, losses: {patch: false}}\n", NULL,
     "c.yaml:3:37: rule.losses.patch: does not apply to rule.name lg-bp"},
    {MODEL DATA "rule: {exact_last: true}\n", "rule.name=l-bp",
     "=c.yaml:3:20: rule.exact_last: does not apply to rule.name l-bp, should be left out; it is for "
     "lg-fg-a"},
    /* feedback, where it has no use or no way */
    {MODEL DATA "rule: {name: lg-bp, feedback: {group: mirror}}\n", NULL,
     "=c.yaml:3:39: rule.feedback.group: does not apply to rule.name lg-bp, should be left out; it is for "
     "lg-fg-a"},
    {MODEL DATA "rule: {name: np-a, feedback: {channel: mirror}}\n", NULL,
     "c.yaml:3:40: rule.feedback.channel: does not apply to rule.name np-a"},
    {MODEL DATA "rule: {feedback: {group: mirror}}\n", NULL,
     "=c.yaml:3:26: rule.feedback.group: found mirror, should be none with rule.exact_last: false"},
    {MODEL DATA "rule: {exact_last: true, feedback: {channel: mirror}}\n", NULL,
     "=c.yaml:3:46: rule.feedback.channel: found mirror, should be none with rule.feedback.group: none, "
     "through which "
     "the guess comes"},
    {MODEL DATA "rule: {exact_last: true, feedback: {group: mirror}, losses: {patch: false}}\n", NULL,
     "=c.yaml:3:44: rule.feedback.group: found mirror, should be none with rule.losses other than true"},
    {MODEL DATA "rule: {exact_last: true, feedback: {group: mirror}, tangents: {channel: 8}}\n", NULL,
     "=c.yaml:3:44: rule.feedback.group: found mirror, should be none with rule.tangents.channel above 1"},
    {"model: {preset: M/8/16, norm: sample}\n" DATA "rule: {exact_last: true, feedback: {group: mirror}}\n",
     NULL,
     "=c.yaml:3:44: rule.feedback.group: found mirror, should be none with model.norm other than layer"},
    {MODEL DATA "rule: {exact_last: true, feedback: {group: weight}}\n", NULL,
     "c.yaml:3:44: rule.feedback.group: found 'weight', should be one of none, mirror"},
    {MODEL DATA "rule: {exact_last: true, feedback: mirror}\n", NULL, "c.yaml:3:36: rule.feedback: found"},
    /* unknown and duplicate keys */
    {MODEL "data:\n  name: mnist\n  bacth: 128\n", NULL,
     "=c.yaml:4:3: data.bacth: is an unknown key, should be one of name, path, batch, microbatch, mean, std, "
     "holdout, "
     "prefetch, memory, threads; did you mean data.batch?"},
    {MODEL DATA "batch: 128\n", NULL,
     "c.yaml:3:1: batch: is an unknown key, should be one of seed, model, rule, task,"
     " data, augment, optimizer, train, device_sets, devices, placement, precision, rebalance, "
     "on_device_loss, "
     "engine, "
     "tune, run; did you mean"
     " data.batch?"},
    {MODEL DATA "data.batch: 128\n", NULL, "c.yaml:3:1: data.batch: is an unknown key"},
    {MODEL DATA "rule: {losses: {blocks: true}}\n", NULL,
     "c.yaml:3:17: rule.losses.blocks: is an unknown key,"
     " should be one of block, patch, group; did you mean"
     " rule.losses.block?"},
    {MODEL DATA, "data.bacth=5",
     "=--set data.bacth=5: is an unknown key, should be one of name, path, batch, microbatch, mean,"
     " std, holdout, prefetch, memory, threads; did you mean data.batch?"},
    {MODEL DATA, "qqqqqqqq.x=5", "--set qqqqqqqq.x=5: qqqqqqqq: is an unknown key, should be one of seed"},
    {MODEL DATA "seed: 1\nseed: 2\n", NULL,
     "=c.yaml:4:1: seed: is given twice, first at line 3; should be given"
     " once"},
    {MODEL DATA "rule: {feedback: {group: none, group: none}}\n", NULL,
     "=c.yaml:3:32: rule.feedback.group: is given twice, first at line 3; should be given once"},
    {MODEL DATA "devices: [cpu, {type: cpu, type: gpu}]\n", NULL,
     "=c.yaml:3:28: devices[1].type: is given twice, first at line 3; should be given once"},
    {MODEL DATA, "rule={name: bp, name: fa}",
     "=--set rule={name: bp, name: fa}: rule.name: is given twice, should be given once"},
    {MODEL DATA, "rule.feedback={group: none, group: none}",
     "=--set rule.feedback={group: none, group: none}: rule.feedback.group: is given twice, should be given "
     "once"},
    /* below a key with a value of its own, as where the key is not given */
    {MODEL DATA "seed: 1\n", "seed.x=3", "--set seed.x=3: seed: found a mapping, should be an integer"},
    {MODEL DATA, "seed.x=3", "--set seed.x=3: seed: found a mapping, should be an integer"},
    {MODEL DATA "rule: {feedback: {group: none}}\n", "rule.feedback.group.x.y=mirror",
     "--set rule.feedback.group.x.y=mirror: rule.feedback.group: found a mapping, should be one of none, "
     "mirror"},
    {MODEL DATA "devices: [cpu]\n", "devices.x=3", "--set devices.x=3: devices[0].x: is an unknown key"},
    {MODEL DATA "'': 1\n", NULL, "c.yaml:3:1: is an unknown key"},
    {MODEL DATA "? [a, b]\n: 1\n", NULL, "c.yaml:3:3: found a list, a mapping or an alias as a key"},
    {MODEL DATA "\"a\\nb\": 1\n", NULL, "c.yaml:3:1: a<U+000A>b: is an unknown key"},
    /* not available yet */
    {"model: {preset: M/8/16, norm: bach}\n" DATA, NULL,
     "found 'bach', should be one of layer, batch, sample"},
    {"model: {preset: M/8/16, group_ratio: [1, 65, 1, 1]}\n" DATA, NULL,
     "c.yaml:1:42: model.group_ratio: found"
     " '65', should be a list"},
    /* values that do not fit together */
    {"model: {preset: M/8/16, group_ratio: [1, 3, 1, 1]}\n" DATA, NULL,
     "=c.yaml:1:38: model.group_ratio: makes 48 groups in block 2, which do not divide its 512 channels and "
     "512 hidden "
     "ones"},
    {"model: {preset: M/8/16, channel_ratio: [64, 64, 1, 1]}\n" DATA, NULL,
     "=c.yaml:1:40: model.channel_ratio: makes 2097152 channels and 2097152 hidden ones in block 2, at most "
     "1048576 are "
     "possible"},
    {"model: {preset: M/8/16, groups: 7}\n" DATA, NULL,
     "=c.yaml:1:33: model.groups: found 7 groups, which do not divide model.channels 512 and model.hidden "
     "512,"
     " should be one of 1, 2, 4, 8, 16, 32, 64, 128, 256, 512"},
    {"model: {preset: M/8/16, channels: 96, hidden: 48}\n" DATA "rule: {tangents: {channel: 5}}\n", NULL,
     "=c.yaml:3:28: rule.tangents.channel: found 5, should be at most 4: a group of block 0 has hidden "
     "/ groups = 3 channels, and that many tangents are exact"},
    {"model: {preset: M/8/16, group_ratio: [1, 4, 1, 1]}\n" DATA "rule: {tangents: {channel: 32}}\n", NULL,
     "found 32, should be at most 8: a group of block 2 has hidden / groups = 8 channels"},
    {"model: {preset: M/8/16}\n" DATA "rule: {tangents: {channel: 2}, losses: {block: false}}\n", NULL,
     "=c.yaml:3:28: rule.tangents.channel: found 2, should be 1 with rule.losses.block: false: they re-run "
     "one "
     "block alone"},
    {"model: {preset: M/8/16, hidden: 500}\n" DATA, NULL, "model.hidden 500, should be one of 1, 2, 4"},
    {"model: {preset: M/8/16, image: [28, 28, 1]}\n" DATA, NULL,
     "=c.yaml:1:32: model.image: found 8 patches per side, which do not divide an image of 28x28, should be "
     "one of"
     " 1, 2, 4, 7, 14, 28"},
    {"model: {preset: M/8/16, downsample: [1, 1]}\n" DATA, NULL,
     "=c.yaml:1:37: model.downsample: found a list of 2, should be 4 values, one for each block"},
    {"model: {preset: M/8/16, kernel: 4}\n" DATA, NULL, "c.yaml:1:33: model.kernel: found 4, should be odd"},
    {"model: {blocks: 2}\n" DATA, NULL,
     "c.yaml:1:8: model: model.patches is missing, and no preset gives it"},
    {DATA, NULL, "c.yaml:1:1: model: model.blocks is missing"},
    {MODEL, NULL,
     "=c.yaml:1:1: data.name: is missing, should be one of mnist, fashion-mnist, cifar10, folder, shards"},
    {MODEL "data: {name: folder}\n", NULL, "c.yaml:2:7: data.path: is missing"},
    {MODEL "data: {name: mnist, mean: [0.1]}\n", NULL,
     "c.yaml:2:27: data.mean: found 1 values in data.mean and 0"
     " in data.std"},
    {"model: {preset: M/8/16, image: [32, 32, 3]}\ndata: {name: mnist, mean: [0.1], std: [1]}\n", NULL,
     "c.yaml:2:27: data.mean: found 1 values, should be 3"},
    {MODEL "data: {name: mnist, std: [0]}\n", NULL,
     "c.yaml:2:27: data.std: found '0', should be a list of 1 to 3"},
    {MODEL DATA "optimizer: {warmup_epochs: 11, schedule: warmup_cosine}\ntrain: {epochs: 10}\n", NULL,
     "=c.yaml:3:28: optimizer.warmup_epochs: found 11, should be at most train.epochs, 10"},
    /* devices and placement */
    {MODEL DATA "devices: []\n", NULL,
     "c.yaml:3:10: devices: found a list of 0, should be text, a mapping, or"},
    {MODEL DATA "devices: [[auto]]\n", NULL, "c.yaml:3:11: devices: found a list of 1"},
    {MODEL DATA "devices: [gpu, {nam: arc}]\n", NULL,
     "=c.yaml:3:17: devices[1].nam: is an unknown key, should be one of device, platform, vendor, name, "
     "type, "
     "memory, largest_buffer, local_memory, units, work_group, fp16, fp64, sub_groups, unified_memory, "
     "can_partition, "
     "index, split, part, engine; did you mean devices[1].name?"},
    {MODEL DATA "devices: {type: gpus}\n", NULL,
     "c.yaml:3:17: devices[0].type: found 'gpus', should be one of gpu,"
     " cpu, accelerator; did you mean gpu?"},
    {MODEL DATA "devices: {type: cpu, split: 2, part: 2}\n", NULL,
     "=c.yaml:3:38: devices[0].part: found 2, should be less than split, 2"},
    {MODEL DATA "devices: {type: cpu, part: 0}\n", NULL,
     "c.yaml:3:28: devices[0].part: found 0, but no split"},
    {MODEL DATA "placement: [{blocks: [0, 1], devices: [0]}]\n", NULL,
     "=c.yaml:3:12: placement: block 2 has no place, should be every block from 0 to 3"},
    {MODEL DATA "placement: [{blocks: [0, 1, 2, 3, 4], devices: [0]}]\n", NULL,
     "=c.yaml:3:22: placement[0].blocks: found block 4, should be from 0 to 3"},
    {MODEL DATA "placement: [{blocks: [0, 1, 2], devices: [0]}, {blocks: [2, 3], devices: [1]}]\n", NULL,
     "=c.yaml:3:57: placement[1].blocks: found block 2 a second time, should be placed once"},
    {MODEL DATA "placement: [{blocks: [0, 1, 2, 3]}]\n", NULL,
     "c.yaml:3:13: placement[0]: devices is missing"},
    {MODEL DATA "placement: [{blocks: [0, 1, 2, 3], devices: [0, 1, 0]}]\n", NULL,
     "=c.yaml:3:45: placement[0].devices: found device 0 a second time, should be there once"},
    {MODEL DATA "placement: [{blocks: [0, 1, 2, 3], devices: [0, 1], shares: [1]}]\n", NULL,
     "=c.yaml:3:61: placement[0].shares: found 1 of them, should be one for each of the 2 devices"},
    {MODEL DATA "placement: [{blocks: [0, 1, 2, 3], devices: [0, 1], shares: [1, 0]}]\n", NULL,
     "c.yaml:3:61: placement[0].shares: found 0, should be more than that"},
    {MODEL DATA "placement: [{blocks: [0, 1, 2, 3], devices: [0, 1], shares: [1, -1]}]\n", NULL,
     "c.yaml:3:65: placement[0].shares: found '-1', should be a list"},
    {MODEL DATA "rule: {name: bp}\nprecision: fp16-storage\n", NULL,
     "=c.yaml:4:12: precision: found fp16-storage with rule bp, under which no activations pass between "
     "devices; "
     "should be fp32, or a greedy rule such as lg-fg-a"},
    {MODEL DATA "precision: fp16\n", NULL,
     "=c.yaml:3:12: precision: found 'fp16', should be one of fp32, fp16-storage, matrix; did you mean "
     "fp32?"},
    {MODEL DATA "placement: automatic\n", NULL,
     "c.yaml:3:12: placement: found 'automatic', should be auto or a list"},
    {MODEL DATA "placement: {blocks: [0, 1, 2, 3], devices: [0]}\n", NULL,
     "c.yaml:3:12: placement: found a mapping,"
     " should be auto or a list"},
    {MODEL DATA "placement: [gpu]\n", NULL, "c.yaml:3:13: placement: found 'gpu', should be auto or a list"},
    /* the file as a whole */
    {"", NULL, "=c.yaml:1:1: is empty"},
    {"# only a comment\n", NULL, "=c.yaml:1:1: is empty"},
    {"--- \n", NULL, "found nothing, should be a mapping"},
    {"- a\n- b\n", NULL,
     "=c.yaml:1:1: found a list of 2, should be a mapping (model: ..., rule: ..., data: ...)"},
    {MODEL "data: {name: mnist\n", NULL,
     "not valid YAML: did not find expected ',' or '}' (while parsing a flow"
     " mapping that starts at line 2)"},
    {MODEL DATA "\tseed: 1\n", NULL,
     "c.yaml:3:1: not valid YAML: found character that cannot start any token"},
    {MODEL DATA "---\nseed: 1\n", NULL, "=c.yaml:3:1: found a second document (---), should be one"},
    {"model: &m {preset: M/8/16}\ndata: *m\n", NULL,
     "=c.yaml:2:7: found an alias (*name), should be the value"
     " itself"},
    {MODEL DATA "run: {dir: \"a\\0b\"}\n", NULL, "c.yaml:3:12: found a NUL character"},
    {"model: {preset: \xff\xfe}\n", NULL,
     "c.yaml:1:17: not a text file: invalid leading UTF-8 octet (byte 17)"},
    {"a\n\x01\x02\x03", NULL, "c.yaml:2:1: not a text file: control characters are not allowed"},
    {"[[[[[[[[[[[[[[[[[[[[", NULL,
     "=c.yaml:1:17: found more than 16 levels of nesting, which no configuration"
     " needs"},
    /* --set */
    {MODEL DATA, "data.batch", "=--set data.batch: should be key.path=value"},
    {MODEL DATA, "=5", "=--set =5: should be key.path=value"},
    {MODEL DATA, "data.batch=", "=--set data.batch=: has no value"},
    {MODEL DATA, "data.batch=[1", "--set data.batch=[1: not valid YAML: did not find expected ',' or ']'"},
    {MODEL DATA, "data.batch=*x", "=--set data.batch=*x: should be an integer from 1 to 65536"},
    {MODEL DATA, "data.batch=64 #2", "=--set data.batch=64 #2: should be an integer from 1 to 65536"},
    {MODEL DATA, "data.batch=\"64\" #2",
     "=--set data.batch=\"64\" #2: goes on behind the end of the value, should end there"},
    {MODEL DATA, "model.image=[8, 8, 1] # small",
     "--set model.image=[8, 8, 1] # small: goes on behind the end of the value"},
    {MODEL DATA, "run.dir='a' b", "--set run.dir='a' b: not valid YAML"},
    {MODEL DATA, "rule.name=lg-fg-a #", "--set rule.name=lg-fg-a #: should be one of bp"},
    {MODEL DATA, "run.dir=a\xff", "=--set run.dir=a<0xFF>: is no UTF-8 text, as a configuration has to be"},
    {MODEL DATA, "run.dir=~root/x", "--set run.dir=~root/x: begins with the home folder of another user"},
    {MODEL DATA, "data.path=$DATA/x", "--set data.path=$DATA/x: begins with a variable"},
    {MODEL "data:\n  name: mnist\n  path: ${DATA}/x\n", NULL, "data.path: begins with a variable"},
    /* blanks that cannot be seen */
    {MODEL "data: {name: mnist, batch: 64\xc2\xa0}\n", NULL, "found '64<U+00A0>', should be an integer"},
    {MODEL "data:\n\xc2\xa0 name: mnist\n", NULL, "c.yaml:3:1: <U+00A0> name: is an unknown key"},
    {MODEL "data: {name: mnist\xe2\x80\x8b}\n", NULL, "found 'mnist<U+200B>', should be one of mnist"},
    {MODEL DATA,
     "data.batch=\xe3\x80\x80"
     "8",
     "--set data.batch=<U+3000>8: should be an integer"},
    /* selectors that are found in names by accident */
    {MODEL DATA "devices: 1\n", NULL, "c.yaml:3:10: devices[0]: device selector \"1\": without a letter"},
    {MODEL DATA "devices: [gpu, 0]\n", NULL,
     "c.yaml:3:16: devices[1]: device selector \"0\": without a letter"},
    {MODEL DATA "devices: [cpu, \"!0\"]\n", NULL, "device selector \"0\": without a letter"},
    {MODEL DATA, "devices=0,1", "--set devices=0,1: devices[0]: device selector \"0,1\": without a letter"},
    {MODEL DATA, "devices=auto:1", "device selector \"auto:1\": auto takes no number"},
    {MODEL DATA "devices: {platform: 0}\n", NULL, "device platform \"0\": without a letter"},
    {MODEL DATA "devices: {name: 1}\n", NULL, "device name \"1\": without a letter"},
    {MODEL DATA, "data=7", "=--set data=7: should be a mapping of keys to values"},
    {MODEL DATA, "data={name: mnist, batch: 0}",
     "--set data={name: mnist, batch: 0}: data.batch: found '0', should"},
    {MODEL DATA, "model.groups=7", "--set model.groups=7: found 7 groups, which do not divide"},
    {MODEL DATA, "seed.x=7",
     "=--set seed.x=7: seed: found a mapping, should be an integer from 0 to"
     " 18446744073709551615"},
    {MODEL DATA, "a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r.s.t=1", "a: is an unknown key"},
};

static void check_fails(const char *text, size_t size, const char *set, const char *message)
{
    locl_config *config;
    locl_error err = {0};
    locl_status status =
        locl_config_parse("c.yaml", text, size, &set, set ? 1 : 0, LOCL_CONFIG_TRAIN, &config, &err);
    bool exact = message[0] == '=';
    bool right = exact ? strcmp(err.message, message + 1) == 0 : strstr(err.message, message) != NULL;
    if (status != LOCL_E_CONFIG || config || !right) {
        print_error("for:\n%.300s\nset: %s\nfound:    %s\nexpected: %s\n", text, set ? set : "", err.message,
                    message);
        fail();
    }
}

static void each_bad_value_is_located(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        check_fails(cases[i].text, strlen(cases[i].text), cases[i].set, cases[i].message);
    }
}

static void all_problems_come_at_once_in_order(void **state)
{
    static const char text[] = "sed: 1\n"
                               "model: {preset: M/8/16, groups: 7, image: [30, 30, 3]}\n"
                               "data: {name: mnist, batch: 0}\n"
                               "optimizer: {name: sdg, lr: x}\n"
                               "train: {epochs: 0}\n";
    (void)state;
    check_fails(text, strlen(text), NULL, "7 problems\n  c.yaml:1:1: sed: ");
    check_fails(text, strlen(text), NULL, "\n  c.yaml:2:33: model.groups: found 7 groups");
    check_fails(text, strlen(text), NULL, "\n  c.yaml:2:43: model.image: found 8 patches per side");
    check_fails(text, strlen(text), NULL, "\n  c.yaml:3:28: data.batch: found '0'");
    check_fails(text, strlen(text), NULL,
                "\n  c.yaml:4:19: optimizer.name: found 'sdg', should be one of sgd, adam, "
                "adamw, lars; did you mean sgd?\n  c.yaml:4:28: optimizer.lr: found 'x'");
    check_fails(text, strlen(text), NULL, "\n  c.yaml:5:17: train.epochs: found '0'");
}

static void too_many_problems_are_counted(void **state)
{
    locl_text text = {0};
    (void)state;
    for (int i = 0; i < 300; i++) {
        locl_text_add(&text, "unknown_key_%d: 1\n", i);
    }
    check_fails(text.data, text.length, NULL, "302 problems\n");
    check_fails(text.data, text.length, NULL, " more");
    locl_text_free(&text);
}

static void sizes_are_limited(void **state)
{
    locl_text text = {0};
    (void)state;
    for (int i = 0; i < 10001; i++) {
        locl_text_add(&text, "- a\n");
    }
    check_fails(text.data, text.length, NULL, "found more than 10000 values");
    while (text.length <= 1 << 20) {
        locl_text_add(&text, "# padding padding padding padding padding padding padding padding\n");
    }
    check_fails(text.data, text.length, NULL, "should have at most 1 MiB");
    locl_text_free(&text);
    for (int i = 0; i < 900; i++) {
        locl_text_add(&text, "x");
    }
    locl_text_add(&text, ": 1\n" MODEL DATA);
    check_fails(text.data, text.length, NULL, "c.yaml:1:1: xxxxxxxx");
    locl_text_free(&text);
}

static void files_that_are_none(void **state)
{
    char folder[] = "/tmp/locl-config-XXXXXX", path[64];
    locl_config *config;
    locl_error err;
    (void)state;
    assert_non_null(mkdtemp(folder));
    assert_int_equal(locl_config_load(folder, NULL, 0, LOCL_CONFIG_TRAIN, &config, &err), LOCL_E_CONFIG);
    assert_non_null(strstr(err.message, "is a folder, not a file"));
    snprintf(path, sizeof path, "%s/missing.yaml", folder);
    assert_int_equal(locl_config_load(path, NULL, 0, LOCL_CONFIG_TRAIN, &config, &err), LOCL_E_CONFIG);
    assert_non_null(strstr(err.message, "missing.yaml"));
    assert_null(config);
    char *large = calloc(1, (1 << 20) + 1);
    assert_non_null(large);
    assert_int_equal(locl_file_write(path, large, (1 << 20) + 1, &err), LOCL_OK);
    assert_int_equal(locl_config_load(path, NULL, 0, LOCL_CONFIG_TRAIN, &config, &err), LOCL_E_CONFIG);
    assert_non_null(strstr(err.message, "1048576"));
    free(large);
    unlink(path);
    rmdir(folder);
}

static void a_set_replaces_a_bad_value(void **state)
{
    static const char text[] = MODEL "data: {name: mnist, batch: abc}\n";
    const char *sets[] = {"data.batch=0", "data.batch=64"};
    locl_config *config;
    locl_error err;
    (void)state;
    assert_int_equal(
        locl_config_parse("c.yaml", text, strlen(text), sets, 2, LOCL_CONFIG_TRAIN, &config, &err), LOCL_OK);
    assert_int_equal(config->data.batch, 64);
    locl_config_free(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_bad_value_is_located),     cmocka_unit_test(all_problems_come_at_once_in_order),
        cmocka_unit_test(too_many_problems_are_counted), cmocka_unit_test(sizes_are_limited),
        cmocka_unit_test(files_that_are_none),           cmocka_unit_test(a_set_replaces_a_bad_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
