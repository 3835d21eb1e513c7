#include "device/rank.h"

int locl_rank_type(cl_device_type type)
{
    if (type & CL_DEVICE_TYPE_GPU) {
        return 3;
    }
    return type & CL_DEVICE_TYPE_ACCELERATOR ? 2 : 1;
}

double locl_rank_peak(const locl_caps *caps)
{
    const cl_uint usual_mhz = 1000; /* for drivers that do not tell */
    const double fused = 2;         /* a multiplication and an addition */
    double mhz = caps->clock_mhz ? caps->clock_mhz : usual_mhz;
    return fused * (double)caps->units * (caps->lanes ? caps->lanes : 1) * mhz * 1e6;
}

double locl_rank_rate(const locl_device_info *info)
{
    const double usual_fraction = 0.5; /* of the peak, in large products */
    return info->rate > 0 ? info->rate : usual_fraction * locl_rank_peak(&info->caps);
}

/* Whether `a` has the larger rate, or is the earlier one. */
static bool is_faster(const locl_device_info *a, const locl_device_info *b)
{
    double rate_a = locl_rank_rate(a), rate_b = locl_rank_rate(b);
    if (rate_a < rate_b || rate_a > rate_b) {
        return rate_a > rate_b;
    }
    return a->platform_index != b->platform_index ? a->platform_index < b->platform_index
                                                  : a->device_index < b->device_index;
}

bool locl_device_better(const locl_device_info *a, const locl_device_info *b)
{
    const locl_caps *ca = &a->caps, *cb = &b->caps;
    if (locl_rank_type(ca->type) != locl_rank_type(cb->type)) {
        return locl_rank_type(ca->type) > locl_rank_type(cb->type);
    }
    if ((ca->type & CL_DEVICE_TYPE_CPU) && ca->can_partition != cb->can_partition) {
        return ca->can_partition;
    }
    if ((ca->type & CL_DEVICE_TYPE_GPU) && ca->unified_memory != cb->unified_memory) {
        return cb->unified_memory;
    }
    return is_faster(a, b);
}

/* Whether all rows were measured, so that what was measured decides alone. */
static bool all_measured(const locl_inventory *inventory, const bool *in)
{
    bool measured = true;
    for (size_t i = 0; i < inventory->count; i++) {
        measured = measured && (!in[i] || inventory->info[i].rate > 0);
    }
    return measured;
}

const locl_device_info *locl_rank_best(const locl_inventory *inventory, const bool *in)
{
    const locl_device_info *best = NULL;
    bool measured = all_measured(inventory, in);
    for (size_t i = 0; i < inventory->count; i++) {
        const locl_device_info *info = &inventory->info[i];
        if (in[i] && (!best || (measured ? is_faster(info, best) : locl_device_better(info, best)))) {
            best = info;
        }
    }
    return best;
}

const char *locl_rank_why(const locl_device_info *best, const locl_device_info *other,
                          const locl_inventory *inventory, const bool *in)
{
    const locl_caps *b = &best->caps, *o = &other->caps;
    if (all_measured(inventory, in)) {
        return "it is faster, as measured";
    }
    if (locl_rank_type(b->type) != locl_rank_type(o->type)) {
        return "a GPU goes before an accelerator, which goes before a CPU";
    }
    if ((b->type & CL_DEVICE_TYPE_CPU) && b->can_partition != o->can_partition) {
        return "its driver is made for CPUs";
    }
    if ((b->type & CL_DEVICE_TYPE_GPU) && b->unified_memory != o->unified_memory) {
        return "a GPU with memory of its own goes before an integrated one";
    }
    if (locl_rank_rate(best) > locl_rank_rate(other)) {
        return best->rate > 0    ? "it is faster: measured against estimated"
               : other->rate > 0 ? "it is faster: estimated against measured"
                                 : "it is faster, as estimated";
    }
    return "as fast, and the first";
}
