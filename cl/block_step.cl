/* A step of one block under a local rule, from its input to the gradients of its parameters, without leaving the caches
 * of a core: each work-group takes its share of the batch in tiles of a few images, and writes nothing to memory but
 * the block's output and its part of the gradient. It computes what the operations of layernorm.cl, activation.cl,
 * head.cl and the products compute one after another (SPEC 1 to 3). Built with
 *   TOKEN   the block mixes tokens first, and adds its input before the last ReLU
 *   WAY     0 every layer by the estimate dL u, 1 the group layer exactly and the others so, 2 all exactly, 3 no way
 *           back: forward and loss alone, 4 as 1 but what the group layer's mirror guesses of the channel layer's
 *           cotangent is taken as that, and only the rest is estimated, 5 with the channel layer's mirror so too (SPEC 5)
 *   NOISE   where u comes from; none with WAY 2 and 3
 *   IN_VECS, OUT_VECS   vectors of 16 values in a group of the channel and of the group layer: H/G, D/G / 16
 *   STRIP               rows of a product that registers hold at once (gemm_tile.clh)
 * For CPUs: a work-group has one work-item. */
#define ESTIMATE 0
#define EXACT_LAST 1
#define EXACT 2
#define FORWARD 3
#define GROUP_MIRROR 4
#define MIRRORS 5
#define TANGENT (WAY != EXACT && WAY != FORWARD)
#define GUESS (WAY == GROUP_MIRROR || WAY == MIRRORS)
#define THROUGH_GROUP (WAY == EXACT || GUESS) /* a cotangent goes back through the layer's weight or mirror */
#define THROUGH_CHANNEL (TOKEN && (WAY == EXACT || WAY == MIRRORS))
#define IN_GROUP (16 * IN_VECS)
#define OUT_GROUP (16 * OUT_VECS)

#pragma OPENCL FP_CONTRACT ON
#include "block_products.clh"
#define CHUNK 64
#define ITEMS 1
#include "row.clh"
#include "draw.clh"
#include "noise.clh"
#include "block_rows.clh"
#include "block_sizes.clh"
#include "block_tile.clh"
#include "block_forward.clh"
#if WAY != FORWARD
#include "block_back.clh"
#endif
#include "loss.clh"

#define SIZES uint patches, uint in, uint hidden, uint width, uint groups, uint classes
#define SIZES_GIVEN {patches, in, hidden, width, groups, classes}

static void copy(global const float *from, global float *to, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        to[i] = from[i];
    }
}

/* Writes out [columns][rows] = from [rows][columns] transposed. */
static void transpose(global const float *from, global float *out, size_t rows, size_t columns)
{
    for (size_t i = 0; i < rows; i++) {
        for (size_t j = 0; j < columns; j++) {
            out[j * rows + i] = from[i * columns + j];
        }
    }
}

/* Writes out [panels of n][k][32] from w [k,n] or, if `transposed`, [n,k]. Columns that do not exist are 0. */
static void pack_panels(const bool transposed, global const float *w, global float *out, uint k, uint n)
{
    for (uint j = 0; j < n; j += COLUMNS) {
        for (uint p = 0; p < k; p++) {
            for (uint i = j; i < j + COLUMNS; i++) {
                *out++ = i < n ? w[transposed ? (size_t)i * k + p : (size_t)p * n + i] : 0.0f;
            }
        }
    }
}

/* Packs the parameters in the order in which block_step() reads them, once a step. Work-group i does part i of 3. */
kernel __attribute__((reqd_work_group_size(1, 1, 1))) void
block_pack(global const float *token, global const float *token_bias,     /* [P,P], [P] with TOKEN */
           global const float *channel, global const float *channel_bias, /* [in,H], [H] */
           global const float *group, global const float *group_bias,     /* [G,H/G,D/G], [D] */
           global const float *head, global const float *head_bias,       /* [D,K], [K] */
           global const float *channel_back, global const float *group_back, /* what cotangents go back through */
           global float *packed, SIZES)
{
    block_sizes size = SIZES_GIVEN;
    packed_at at = packed_of(size);
    size_t part = get_group_id(0);
    if (part == 0) {
        pack_panels(false, channel, packed + at.channel, in, hidden);
    } else if (part == 1) {
#if TOKEN
        transpose(token, packed + at.token, patches, patches);
        copy(token_bias, packed + at.token_bias, patches);
#endif
        transpose(head, packed + at.head, width, classes);
        copy(group, packed + at.group, group_weights(size));
        copy(channel_bias, packed + at.channel_bias, hidden);
        copy(group_bias, packed + at.group_bias, width);
        copy(head_bias, packed + at.head_bias, classes);
    } else {
#if THROUGH_GROUP
        for (uint g = 0; g < groups; g++) {
            size_t one = group_weights(size) / groups;
            transpose(group_back + g * one, packed + at.group_back + g * one, hidden / groups, width / groups);
        }
#endif
#if THROUGH_CHANNEL
        pack_panels(true, channel_back, packed + at.channel_back, hidden, in);
#endif
    }
}

kernel __attribute__((reqd_work_group_size(1, 1, 1))) void
block_step(global const float *x,                                                /* [B,P,in] */
           global const int *labels,                                             /* [B] */
           global const float *packed,                                           /* by block_pack() */
           global const float *given_token, global const float *given_channel,   /* [B,P,D], [B,P,H] and */
           global const float *given_group,                                      /* [B,P,D] noise, for NOISE_GIVEN */
           global float *out,                                                    /* [B,P,D] */
           global float *logits,                                                 /* [B,K] */
           global float *losses, global uint *wrong,                             /* [B] */
           global float *jvp,                                                    /* [B,P,G] dL, with tangents */
           global float *sums,                                                   /* [work-groups,sums], unless WAY is 3 */
           global float *scratch,                                                /* [work-groups,slot] */
           uint batch, uint images, SIZES, ulong slot, uint plane, ulong first_image, ulong seed, uint token_tag,
           uint channel_tag, uint group_tag, uint step, uint valid)
{
    size_t part = get_group_id(0), parts = get_num_groups(0), tiles = (batch + images - 1) / images;
    block_sizes size = SIZES_GIVEN;
    tile t = {.size = size, .batch = batch, .packed = packed};
    t.at = packed_of(size);
    t.sum_at = where_sums_are(size);
    t.sums = WAY == FORWARD ? 0 : sums + part * t.sum_at.end;
    tile_memory(&t, scratch + part * slot, plane, images);
#if WAY != FORWARD
    for (size_t i = 0; i < t.sum_at.end; i++) {
        t.sums[i] = 0.0f;
    }
#endif
    for (size_t i = tiles * part / parts; i < tiles * (part + 1) / parts; i++) {
        uint image = (uint)i * images;
        tile_begin(&t, image, min(images, batch - image), x, out, jvp);
        forward_input(&t);
#if TOKEN
        tile_draw(&t, 0, given_token, first_image, in, seed, step, token_tag);
        forward_token(&t);
#endif
        tile_draw(&t, 1, given_channel, first_image, hidden, seed, step, channel_tag);
        forward_channel(&t);
#if WAY == ESTIMATE
        tile_draw(&t, 2, given_group, first_image, width, seed, step, group_tag);
#endif
        forward_group(&t);
        for (uint n = 0; n < t.images; n++) {
            global float *l = logits + (ulong)(image + n) * classes;
            uint is_wrong;
            read_out(&t, n, l);
            losses[image + n] = cross_entropy(l, t.error + n * classes, labels[image + n], classes, image + n < valid,
                                              &is_wrong);
            wrong[image + n] = is_wrong;
#if WAY != FORWARD
            back_head(&t, n);
#endif
        }
#if WAY != FORWARD
        back_group(&t);
        back_channel(&t);
#if TOKEN
        back_token(&t);
#endif
#endif
    }
}

/* Adds up the sums of all work-groups, in their order, to the gradient. Each work-group does its part of them. */
kernel __attribute__((reqd_work_group_size(1, 1, 1))) void
block_reduce(global const float *sums, /* [slots,sums] */
             global float *token, global float *token_bias, global float *channel, global float *channel_bias,
             global float *group, global float *group_bias, global float *head, global float *head_bias, uint slots,
             SIZES)
{
    block_sizes size = SIZES_GIVEN;
    sums_at at = where_sums_are(size);
    const size_t begin[] = {at.token,      at.token_bias, at.channel, at.channel_bias, at.group,
                            at.group_bias, at.head,       at.head_bias};
    const size_t count[] = {TOKEN * patches * patches, TOKEN * patches, (size_t)in * hidden,     hidden,
                            group_weights(size),       width,           (size_t)classes * width, classes};
    global float *const to[] = {token, token_bias, channel, channel_bias, group, group_bias, head, head_bias};
    for (int i = 0; i < 8; i++) {
        bool is_head = i == 6;
        size_t first = count[i] * get_group_id(0) / get_num_groups(0);
        size_t last = count[i] * (get_group_id(0) + 1) / get_num_groups(0);
        for (size_t j = first; j < last; j++) {
            float value = 0.0f;
            for (uint s = 0; s < slots; s++) {
                value += sums[s * at.end + begin[i] + j];
            }
            to[i][is_head ? j % width * classes + j / width : j] = value;
        }
    }
}
