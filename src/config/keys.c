#include "config/keys.h"

#include "device/entry_keys.h"

#include <float.h>

static const char *const presets[] = {
#define NAME(name, blocks, patches, channels, groups, purpose) name,
    LOCL_MODEL_PRESET_TABLE(NAME)
#undef NAME
        NULL};
static const char *const inits[] = {"constant", "lecun", "kaiming", NULL};
static const char *const norms[] = {"layer", "batch", "sample", NULL};
static const char *const token_mixers[] = {"linear", "conv", NULL};
static const char *const pools[] = {"average", "max", NULL};
static const char *const tasks[] = {"classify", "contrast", NULL};
static const char *const rules[] = {
#define RULE_NAME(constant, name, id) name,
    LOCL_RULE_TABLE(RULE_NAME)
#undef RULE_NAME
        NULL};
static const char *const noises[] = {"gaussian", "rademacher", NULL};
static const char *const guesses[] = {"none", "mirror", NULL};
static const char *const data_names[] = {"mnist", "fashion-mnist", "cifar10", "folder", "shards", NULL};
static const char *const augments[] = {"none", "cifar", "contrast", NULL};
static const char *const optimizers[] = {"sgd", "adam", "adamw", "lars", NULL};
static const char *const schedules[] = {"constant", "linear", "warmup_cosine", "staircase", NULL};
static const char *const engines[] = {"auto", "native", "clblast", NULL};
static const char *const tunes[] = {"off", "quick", "full", NULL};
static const char *const precisions[] = {"fp32", "fp16-storage", "matrix", NULL};
static const char *const rebalances[] = {"auto", "off", NULL};
static const char *const losses[] = {"continue", "stop", NULL};
static const char *const failed_passports[] = {"refuse", "train", NULL};

#define SIZE_OF(type, member) (sizeof(((type *)0)->member))
#define LENGTH_OF(type, member) (SIZE_OF(type, member) / sizeof(((type *)0)->member[0]))

/* Rows of a key: its path, its field, what it may hold, its help. TYPE is the struct, redefined for each
 * table. */
#define ROW(kind, name, member, text)                                                                        \
    .path = (name), .type = (kind), .offset = offsetof(TYPE, member), .help = (text)
#define BOOL(name, member, text)                                                                             \
    {                                                                                                        \
        ROW(LOCL_KEY_BOOL, name, member, text)                                                               \
    }
#define INTEGER(kind, name, member, least, most, text)                                                       \
    ROW(kind, name, member, text), .low = (least), .high = (most)
#define UNSIGNED(name, member, least, most, text) INTEGER(LOCL_KEY_UNSIGNED, name, member, least, most, text)
#define NUMBER(name, member, least, most, text)                                                              \
    ROW(LOCL_KEY_NUMBER, name, member, text), .from = (least), .to = (most)
#define CHOICE(name, member, names, text) ROW(LOCL_KEY_CHOICE, name, member, text), .choices = (names)
#define TEXT(name, member, text) ROW(LOCL_KEY_TEXT, name, member, text), .size = SIZE_OF(TYPE, member)
#define LIST(kind, name, member, number, text)                                                               \
    ROW(kind, name, member, text), .least = 1, .capacity = LENGTH_OF(TYPE, member), .counted = true,         \
                                   .count_offset = offsetof(TYPE, number)

#define TYPE locl_placement_entry
static const locl_key placement_keys[] = {
    {LIST(LOCL_KEY_UNSIGNED_LIST, "blocks", blocks, block_count, "blocks, from 0"),
     .high = LOCL_MODEL_MAX_BLOCKS - 1},
    {LIST(LOCL_KEY_UNSIGNED_LIST, "devices", devices, device_count, "places in the list of chosen devices"),
     .high = LOCL_MAX_DEVICES - 1},
    {LIST(LOCL_KEY_NUMBER_LIST, "shares", shares, share_count,
          "of each batch, for each of these devices, in any unit"),
     .from = 0, .to = 1e9, .fallback = "equal ones"},
    {0},
};
static const locl_placement_entry placement_initial = {.block_count = 0};
static const locl_key_record placement_record = {
    .keys = placement_keys, .size = sizeof(TYPE), .initial = &placement_initial};
#undef TYPE

#define TYPE locl_config
#define BLOCK_LIST(name, member, text)                                                                       \
    {                                                                                                        \
        LIST(LOCL_KEY_UNSIGNED_LIST, name, member.values, member.count, text),                               \
            .low = 1, .high = 64, .fallback = "1 for each block"                                             \
    }

#define AUGMENT(name, member, fewest, most, low_end, high_end, text)                                         \
    ROW(LOCL_KEY_NUMBER_LIST, "augment." name, augment.member.value, text),                                  \
        .from = (low_end), .to = (high_end), .least = (fewest), .capacity = (most), .counted = true,         \
        .count_offset = offsetof(TYPE, augment.member.count)
#define AUGMENT_P(name, part, text)                                                                          \
    {                                                                                                        \
        AUGMENT(name ".p", p[LOCL_AUGMENT_##part], 1, 2, 0, 1, text), .unbracketed = true,                   \
                                                                      .fallback = "the preset's"             \
    }
#define AUGMENT_VALUE(name, part, low_end, high_end, usual, text)                                            \
    {                                                                                                        \
        AUGMENT(name, range[LOCL_AUGMENT_##part], 1, 1, low_end, high_end, text), .unbracketed = true,       \
                                                                                  .fallback = "`" usual "`"  \
    }
#define AUGMENT_RANGE(name, part, low_end, high_end, usual, text)                                            \
    {                                                                                                        \
        AUGMENT(name, range[LOCL_AUGMENT_##part], 2, 2, low_end, high_end, text), .fallback = "`" usual "`"  \
    }

const locl_key locl_keys[] = {
    {INTEGER(LOCL_KEY_WIDE, "seed", seed, 0, UINT64_MAX,
             "key of every random draw: initial values, order of images, perturbations")},

    {TEXT("model.preset", model.preset, "size / patches per side / groups; gives what is not set below"),
     .choices = presets, .fallback = "none"},
    {ROW(LOCL_KEY_UNSIGNED_LIST, "model.image", model.image, "height, width and channels of an image"),
     .low = 1, .high = LOCL_DATA_MAX_SIDE, .least = 3, .capacity = 3, .fallback = "the data's"},
    {UNSIGNED("model.classes", model.classes, 2, LOCL_DATA_MAX_CLASSES, "number of classes K"),
     .fallback = "the data's"},
    {UNSIGNED("model.blocks", model.blocks, 1, LOCL_MODEL_MAX_BLOCKS, "number of blocks"),
     .fallback = "the preset's"},
    {UNSIGNED("model.patches", model.patches, 1, 256, "patches per side: an image is cut into P = patches^2"),
     .fallback = "the preset's"},
    {UNSIGNED("model.channels", model.channels, 1, 65536, "channels D of a token"),
     .fallback = "the preset's"},
    {UNSIGNED("model.hidden", model.hidden, 1, 65536, "hidden channels H"), .fallback = "model.channels"},
    {UNSIGNED("model.groups", model.groups, 1, 65536, "groups G, divides channels and hidden"),
     .fallback = "the preset's"},
    BOOL("model.begin_ln", model.begin_ln, "layer normalisation at the start of a block"),
    BOOL("model.middle_ln", model.middle_ln, "layer normalisation before each later layer of a block"),
    BOOL("model.post_linear_ln", model.post_linear_ln, "layer normalisation right after each linear layer"),
    BOOL("model.head_ln", model.head_ln, "layer normalisation of the tokens before a head pools them"),
    BOOL("model.classifier_ln", model.classifier_ln,
         "layer normalisation of the pooled features before the classifier"),
    {CHOICE("model.init", model.init, inits, "standard deviation of the initial weights")},
    {CHOICE("model.norm", model.norm, norms,
            "normalisation after the linear layers: of each token, over the batch, or of each image")},
    {CHOICE("model.token_mixer", model.token_mixer, token_mixers, "what mixes the patches")},
    {UNSIGNED("model.kernel", model.kernel, 1, 255, "side of the window of token_mixer conv, odd")},
    BLOCK_LIST("model.downsample", model.downsample, "stride of the pooling after each block"),
    {CHOICE("model.pool", model.pool, pools, "what that pooling takes")},
    BLOCK_LIST("model.channel_ratio", model.channel_ratio,
               "for each block, the factor of channels and hidden from the next block on"),
    BLOCK_LIST("model.group_ratio", model.group_ratio,
               "for each block, the factor of groups from the next block on"),

    {CHOICE("rule.name", rule.kind, rules, "learning rule")},
    {CHOICE("rule.noise", rule.noise, noises, "distribution of the perturbations")},
    {UNSIGNED("rule.passes", rule.passes, 1, 4096, "independent draws per step, averaged")},
    BOOL("rule.norm_grad", rule.norm_grad,
         "take the gradient through the normalisation after a linear layer"),
    BOOL("rule.exact_last", rule.exact_last, "group layer's gradient in closed form from the head's error"),
    {UNSIGNED("rule.tangents.channel", rule.channel_tangents, 1, 65536,
              "tangents of the channel layer's own, up to the next power of two at or above hidden / groups; "
              "1: it shares those of the others")},
    {CHOICE("rule.feedback.group", rule.group_feedback, guesses,
            "what sends a guess of the channel layer's gradient back through the group layer: nothing, or a "
            "mirror "
            "that learns to be its weight")},
    {CHOICE("rule.feedback.channel", rule.channel_feedback, guesses,
            "the same for the token layer's gradient, through the channel layer")},
    BOOL("rule.losses.block", rule.loss_block, "a loss for each block; off: only the last block's"),
    BOOL("rule.losses.patch", rule.loss_patch, "a loss for each patch; off: their sum"),
    BOOL("rule.losses.group", rule.loss_group, "a loss for each group; off: their sum"),
    {NUMBER("rule.epsilon", rule.epsilon, 1e-6, 1, "length of the step of rules that perturb a copy (np-*)")},

    {CHOICE("task.name", model.task.kind, tasks,
            "what is learned: the classes of labelled images; or which two views are of one image, without "
            "labels, and "
            "then a linear classifier on the features (see docs/spec.md, 7)")},
    {NUMBER("task.temperature", model.task.temperature, 1e-3, 1e3,
            "what the logits of contrast are divided by")},
    {UNSIGNED("task.projection", model.task.projection, 1, 65536, "outputs of each head under contrast")},

    {CHOICE("data.name", data.name, data_names, "kind of data"), .fallback = "required to train"},
    {TEXT("data.path", data.path,
          "folder or archive, relative to the working directory; ~/ is the home folder; of shards a folder, "
          "a range "
          "as in train-{000..146}.tar, or a list"),
     .is_path = true, .many = true, .fallback = "where Debian or a data/ folder has it"},
    {UNSIGNED("data.batch", data.batch, 1, 65536, "images per step")},
    {UNSIGNED("data.microbatch", data.microbatch, 1, 65536,
              "images computed at once: a step's batch in slices, whose gradients are added up, for less "
              "memory; divides data.batch"),
     .fallback = "data.batch"},
    {LIST(LOCL_KEY_NUMBER_LIST, "data.mean", data.mean, data.mean_count,
          "mean of each channel, pixels being from 0 to 1"),
     .from = -1e6, .to = 1e6, .fallback = "usual for the data, or the training set's"},
    {LIST(LOCL_KEY_NUMBER_LIST, "data.std", data.std, data.std_count, "standard deviation of each channel"),
     .from = 1e-6, .to = 1e6, .fallback = "usual for the data, or the training set's"},
    {UNSIGNED("data.holdout", data.holdout, 0, 1000000000,
              "training images, evenly spaced, that are kept from training and are the test split instead of "
              "the data's own")},
    {UNSIGNED("data.prefetch", data.prefetch, 2, 64, "batches (or micro-batches) made ahead")},
    {UNSIGNED("data.memory", data.memory_mib, 0, 1000000000,
              "MiB of memory that images may take, decoded or on their way; what does not fit stays in its "
              "files; 0: what is free, or half of it where images stay in files")},
    {UNSIGNED("data.threads", data.threads, 0, 1024,
              "threads that decode images, and that change them; 0: one per core")},

    {CHOICE("augment.preset", augment.preset, augments,
            "parts that are not given below: none; cifar: pad and flip; contrast: crop, flip, jitter, grey, "
            "blur and "
            "solarize as docs/data.md says"),
     .fallback = "`none`; `contrast` under task contrast, where augment is not given"},
    AUGMENT_P("crop", CROP, "chance that a part of the image is cut out and scaled to its size, bicubic"),
    AUGMENT_RANGE("crop.area", AREA, 0, 1, "[0.08, 1]", "share of the image that is cut out"),
    AUGMENT_RANGE("crop.aspect", ASPECT, 0.01, 100, "[0.75, 1.3333]", "width over height of what is cut out"),
    AUGMENT_P("pad", PAD, "chance that the image is moved, with black edges"),
    AUGMENT_VALUE("pad.pixels", PIXELS, 1, LOCL_DATA_MAX_SIDE, "4",
                  "most pixels that it is moved by, each way"),
    AUGMENT_P("flip", FLIP, "chance that left and right are changed"),
    AUGMENT_P("jitter", JITTER, "chance that the colours are changed, the four ways in random order"),
    AUGMENT_RANGE("jitter.brightness", BRIGHTNESS, 0, 100, "[0.6, 1.4]", "factor on all values"),
    AUGMENT_RANGE("jitter.contrast", CONTRAST, 0, 100, "[0.6, 1.4]",
                  "factor on the distance from the mean luma"),
    AUGMENT_RANGE("jitter.saturation", SATURATION, 0, 100, "[0.8, 1.2]", "factor on the distance from grey"),
    AUGMENT_RANGE("jitter.hue", HUE, -0.5, 0.5, "[-0.1, 0.1]", "part of a turn that hues move by"),
    AUGMENT_P("grey", GREY, "chance that colours become grey"),
    AUGMENT_P("blur", BLUR, "chance of a Gaussian blur"),
    AUGMENT_VALUE("blur.kernel", KERNEL, 0, 1, "0.1",
                  "side of its kernel, as a share of the image's shorter one"),
    AUGMENT_RANGE("blur.sigma", SIGMA, 0.001, 1000, "[0.1, 2]", "its standard deviation, in pixels"),
    AUGMENT_P("solarize", SOLARIZE, "chance that bright values are inverted"),
    AUGMENT_VALUE("solarize.threshold", THRESHOLD, 0, 1, "0.5",
                  "the least value, from 0 to 1, that is inverted"),

    {CHOICE("optimizer.name", optimizer.kind, optimizers, "how gradients become updates")},
    {NUMBER("optimizer.lr", optimizer.lr, 0, 1e6, "learning rate at the schedule's height")},
    {NUMBER("optimizer.momentum", optimizer.momentum, 0, 1, "of sgd and lars"), .open_to = true},
    {NUMBER("optimizer.weight_decay", optimizer.weight_decay, 0, 1e6, "decay of weights, never of biases")},
    {CHOICE("optimizer.schedule", optimizer.schedule, schedules,
            "course of the learning rate: linear falls to 0, staircase is x0.1 at 50 % and 80 %")},
    {NUMBER("optimizer.warmup_epochs", optimizer.warmup_epochs, 0, 1e6,
            "epochs in which warmup_cosine rises from 0")},
    {NUMBER("optimizer.classifier_lr", optimizer.classifier_lr, 0, 1e6, "the classifier's factor on lr")},
    {NUMBER("optimizer.head_lr", optimizer.head_lr, 0, 1e6, "the heads' factor on lr")},

    {UNSIGNED("train.epochs", train.epochs, 1, 1000000, "times through the training images")},
    {INTEGER(LOCL_KEY_WIDE, "train.steps", train.steps, 0, UINT32_MAX,
             "end the run after so many steps, schedule unchanged; 0: no limit")},
    {UNSIGNED("train.save_steps", train.save_steps, 1, 1000000000, "steps from one checkpoint to the next")},

    {TEXT("device_sets", device_sets,
          "file of named sets of devices for `set:NAME`, beside the user's own, see docs/devices.md"),
     .is_path = true, .fallback = "none"},
    {ROW(LOCL_KEY_RECORDS, "devices", devices,
         "selector, mapping or list of them: which devices a run uses (see below)"),
     .least = 1, .capacity = LOCL_MAX_DEVICES, .counted = true, .count_offset = offsetof(TYPE, device_count),
     .record = &locl_device_record},
    {ROW(LOCL_KEY_RECORDS, "placement", placement,
         "which blocks run on which of the chosen devices (see below)"),
     .least = 1, .capacity = LOCL_MODEL_MAX_BLOCKS, .counted = true,
     .count_offset = offsetof(TYPE, placement_count), .record = &placement_record, .empty = "auto",
     .fallback = "`auto`"},
    {CHOICE(
        "precision", precision, precisions,
        "how values are kept: fp32; or fp16-storage, under greedy rules: activations as halves on their "
        "way from "
        "one device to another and, on GPUs under lg-bp, lg-fa and lg-fg-a, those of blocks, with their "
        "tangents; "
        "parameters, gradients and arithmetic are in fp32 (what else is, and on CPUs: docs/memory.md); or "
        "matrix: GPUs' matrix units compute products, NVIDIA's and Intel's of operands rounded to tf32 (10 "
        "bits "
        "of mantissa), where they are there and seen to be right, else fp32 with a warning (see "
        "docs/gpus.md)")},
    {CHOICE("rebalance", rebalance, rebalances,
            "auto: where devices become slower while a run trains, stages that were placed by measurement "
            "get other "
            "shares, and the last bits of its result depend on when; off: they stay")},
    {CHOICE("on_device_loss", on_device_loss, losses,
            "where a device fails while a run trains, see docs/placement.md: continue on the others from the "
            "last snapshot; or stop with a checkpoint of it, as a run with one device does")},
    {CHOICE("engine", engine, engines, "engine of products, for devices that name none")},
    {CHOICE("tune", tune, tunes,
            "what is measured before a new run's first step, see docs/tune.md: nothing; who computes large "
            "products "
            "faster with the same bits, for 5 s at most; all candidates, whatever their last bits")},

    {TEXT("run.dir", run.dir,
          "folder of the run: configuration, metrics, checkpoints; ~/ is the home folder"),
     .is_path = true,
     .fallback = "runs/ and the configuration's name; has to be given if that comes through a pipe"},
    {UNSIGNED(
        "run.snapshot_steps", run.snapshot_steps, 0, 1000000000,
        "steps from one snapshot in the host's memory to the next, from which a run goes on that loses a "
        "device; 0: so that they cost less than 1 %")},
    {NUMBER(
        "run.deadline", run.deadline, 0, 1e6,
        "seconds that a run waits for a device before that counts as lost, more than a first step takes; 0: "
        "LOCL_DEADLINE, or as long as it takes")},
    BOOL("run.tensorboard", run.tensorboard,
         "what metrics.jsonl tells also as event files for TensorBoard, in the folder tensorboard/ of the "
         "run"),
    {CHOICE("run.failed_passport", run.failed_passport, failed_passports,
            "what training does on a device whose kernels failed `locl verify`: refuse, with an error that "
            "names the "
            "kernel; or train nevertheless")},
    {0},
};

const locl_key_section locl_key_sections[] = {
    {"model", "The network, a LocalMixer: a preset, or each number on its own, or both."},
    {"rule", "How gradients are made."},
    {"task", "What is learned."},
    {"data", "The images."},
    {"augment",
     "How training images are changed, anew each time that they are shown ([data.md](data.md)). "
     "`augment: cifar` stands for\n`augment: {preset: cifar}`. A chance `p` is one number, or one for each "
     "of two views; a part of which\nonly ranges are given is always applied."},
    {"optimizer", "How gradients become updates."},
    {"train", "How long."},
    {"run", "Where the run keeps its files, and what it does about devices that fail."},
    {0},
};
