#include "ops/row.h"

enum {
    GROUPS_PER_UNIT = 16, /* on CPUs: enough for balance, few enough that starting them costs nothing */
    MAX_GROUPS = 65535,
    MAX_ITEMS = 256, /* of a work-group on GPUs */
    MAX_TEAM = 32    /* of those that share a row: each reads what all of them sum up */
};

static unsigned largest_chunk(const locl_caps *caps, size_t unit)
{
    const unsigned widest = caps->wide_chunks ? 64 : 4;
    static const unsigned chunks[] = {64, 32, 16, 4};
    for (size_t i = 0; i < sizeof chunks / sizeof chunks[0]; i++) {
        if (chunks[i] <= widest && unit % chunks[i] == 0) {
            return chunks[i];
        }
    }
    return 1;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Returns a cut for CPUs, where a work-item takes rows of `unit` by itself. */
static locl_row_cut cut_alone(const locl_caps *caps, size_t rows, size_t unit)
{
    size_t most = (size_t)caps->units * GROUPS_PER_UNIT;
    return (locl_row_cut){
        .chunk = largest_chunk(caps, unit), .items = 1, .teams = 1, .groups = smaller(rows ? rows : 1, most)};
}

/* Returns the largest power of two up to `most` and `enough`. */
static unsigned power_up_to(size_t most, size_t enough)
{
    unsigned power = 1;
    while (power * 2 <= most && power < enough) {
        power *= 2;
    }
    return power;
}

static size_t largest_group(const locl_caps *caps)
{
    return smaller(caps->work_group, MAX_ITEMS);
}

/* Returns how many teams, a power of two, a work-group has room for: at most as many as divide `count`. */
static unsigned teams_that_divide(const locl_caps *caps, unsigned items, size_t count)
{
    unsigned teams = 1;
    while (teams * 2 * items <= largest_group(caps) && count && count % (teams * 2) == 0) {
        teams *= 2;
    }
    return teams;
}

locl_row_cut locl_row_cut_for(const locl_caps *caps, size_t rows, size_t n, size_t unit)
{
    if (caps->cpu) {
        return cut_alone(caps, rows, unit);
    }
    locl_row_cut cut = {.chunk = unit % 4 == 0 ? 4 : 1};
    cut.items = power_up_to(smaller(largest_group(caps), MAX_TEAM), n / cut.chunk);
    cut.teams = teams_that_divide(caps, cut.items, rows);
    cut.groups = smaller(rows ? rows / cut.teams : 1, MAX_GROUPS);
    return cut;
}

locl_row_cut locl_row_cut_shared(const locl_caps *caps, size_t rows, size_t parts, size_t n)
{
    locl_row_cut cut = locl_row_cut_for(caps, rows, n, n);
    if (!caps->cpu) {
        cut.teams = teams_that_divide(caps, cut.items, parts);
        cut.groups = smaller(rows ? rows : 1, MAX_GROUPS);
    }
    return cut;
}

locl_row_cut locl_row_cut_columns(const locl_caps *caps, size_t slabs, size_t n)
{
    enum { STRIP = 8 }; /* chunks of a row's strip: what a GPU reads at once */
    if (caps->cpu) {
        return cut_alone(caps, slabs, n);
    }
    locl_row_cut cut = {.chunk = n % 4 == 0 ? 4 : 1};
    cut.items = power_up_to(smaller(largest_group(caps), STRIP), n / cut.chunk);
    cut.teams = power_up_to(largest_group(caps) / cut.items, MAX_ITEMS);
    size_t strip = (size_t)cut.items * cut.chunk;
    cut.groups = smaller(slabs * ((n + strip - 1) / strip), MAX_GROUPS);
    return cut;
}

locl_row_cut locl_row_cut_flat(const locl_caps *caps, size_t values, size_t unit)
{
    enum { PART = 64 }; /* values: less is not worth a work-group */
    if (caps->cpu) {
        return cut_alone(caps, (values + PART - 1) / PART, unit);
    }
    locl_row_cut cut = {.chunk = unit % 4 == 0 ? 4 : 1, .teams = 1};
    size_t chunks = values / cut.chunk;
    cut.items = power_up_to(largest_group(caps), chunks);
    cut.groups = smaller(chunks ? (chunks + cut.items - 1) / cut.items : 1, MAX_GROUPS);
    return cut;
}

void locl_row_macros(locl_launch *l, const locl_row_cut *cut)
{
    locl_launch_macro(l, "CHUNK", cut->chunk);
    locl_launch_macro(l, "ITEMS", cut->items);
    locl_launch_macro(l, "TEAMS", cut->teams);
}

void locl_row_run(locl_launch *l, const locl_row_cut *cut)
{
    locl_row_macros(l, cut);
    locl_launch_run(l, cut->groups, (size_t)cut->items * cut->teams);
}
