#include "ops/row.h"

enum {
    GROUPS_PER_UNIT = 16, /* on CPUs: enough for balance, few enough that starting them costs nothing */
    MAX_GROUPS = 65535,
    MAX_ITEMS = 256
};

static unsigned largest_chunk(size_t unit)
{
    static const unsigned chunks[] = {64, 32, 16, 4};
    for (size_t i = 0; i < sizeof chunks / sizeof chunks[0]; i++) {
        if (unit % chunks[i] == 0) {
            return chunks[i];
        }
    }
    return 1;
}

locl_row_cut locl_row_cut_for(const locl_caps *caps, size_t rows, size_t n, size_t unit)
{
    locl_row_cut cut = {.items = 1};
    size_t groups = rows ? rows : 1;
    if (caps->cpu) {
        size_t most = (size_t)caps->units * GROUPS_PER_UNIT;
        cut.chunk = largest_chunk(unit);
        cut.groups = groups < most ? groups : most;
        return cut;
    }
    size_t most = caps->work_group < MAX_ITEMS ? caps->work_group : MAX_ITEMS;
    cut.chunk = unit % 4 == 0 ? 4 : 1;
    while (cut.items * 2 <= most && cut.items < n / cut.chunk) {
        cut.items *= 2;
    }
    cut.groups = groups < MAX_GROUPS ? groups : MAX_GROUPS;
    return cut;
}

void locl_row_macros(locl_launch *l, const locl_row_cut *cut)
{
    locl_launch_macro(l, "CHUNK", cut->chunk);
    locl_launch_macro(l, "ITEMS", cut->items);
}

void locl_row_run(locl_launch *l, const locl_row_cut *cut)
{
    locl_row_macros(l, cut);
    locl_launch_run(l, cut->groups, cut->items);
}
