/* Pooling of the tokens' map per channel by windows of WINDOW x WINDOW cells, `stride` apart, from `before` cells
 * before the map on. Each window has a cell on the map. With MAX it gives the largest value of those on the map, else
 * the sum over WINDOW * WINDOW. */
#include "row.clh"

inline vec vec_pick(vec a, vec b, veci second)
{
#if VEC == 1
    return second ? b : a;
#else
    return select(a, b, second);
#endif
}

inline veci veci_pick(veci a, veci b, veci second)
{
#if VEC == 1
    return second ? b : a;
#else
    return select(a, b, second);
#endif
}

/* One side of a window: the cells [first,end) of the map that it sees. */
typedef struct span {
    int first, end;
} span;

inline span span_of(uint out, uint stride, uint before, int side)
{
    int from = (int)(out * stride) - (int)before;
    span s = {max(from, 0), min(from + WINDOW, side)};
    return s;
}

/* The cell of a window that the maximum is taken from, for each channel: the first of the largest, or the first NaN. */
typedef struct taken {
    vec value;
    veci cell; /* y * side + x */
} taken;

inline taken window_taken(global const float *image, span rows, span columns, int side, uint d, uint j)
{
    taken best;
    best.value = 0.0f;
    best.cell = -1;
    for (int y = rows.first; y < rows.end; y++) {
        for (int x = columns.first; x < columns.end; x++) {
            int cell = y * side + x;
            vec v = vec_load(image + (ulong)cell * d + j);
            veci better = (best.cell < 0) | (v > best.value) | ((v != v) & (best.value == best.value));
            best.value = vec_pick(best.value, v, better);
            best.cell = veci_pick(best.cell, cell, better);
        }
    }
    return best;
}

/* Returns what a window makes of an image: with MAX the value in the cell that was taken. */
inline vec window_value(global const float *image, span rows, span columns, int side, uint d, uint j, veci cell)
{
    vec sum = 0.0f;
    for (int y = rows.first; y < rows.end; y++) {
        for (int x = columns.first; x < columns.end; x++) {
            vec v = vec_load(image + (ulong)(y * side + x) * d + j);
#if MAX
            sum = vec_pick(sum, v, cell == y * side + x);
#else
            sum += v;
#endif
        }
    }
#if MAX
    return sum;
#else
    return sum * (1.0f / (WINDOW * WINDOW));
#endif
}

/* Computes y = the pooled x and dy = the pooled dx, with MAX taken from the same cells. */
kernel void pool_dual(global const float *x,  /* [B,S,S,D] */
                      global const float *dx, /* [M,B,S,S,D] */
                      global float *y,        /* [B,O,O,D] */
                      global float *dy,       /* [M,B,O,O,D] */
                      uint batch, int side, uint out, uint d, uint stride, uint before, uint tangents)
{
    ulong rows = (ulong)batch * out * out;
    ulong pixels = (ulong)(side * side);
    FOR_ROWS(row, rows)
    {
        ulong image = row / (out * out);
        span down = span_of((uint)(row / out % out), stride, before, side);
        span across = span_of((uint)(row % out), stride, before, side);
        FOR_CHUNKS(j, d)
        {
            for (int i = 0; i < VECS; i++) {
                uint c = j + i * VEC;
                global const float *xi = x + image * pixels * d;
                veci cell = 0;
#if MAX
                taken best = window_taken(xi, down, across, side, d, c);
                cell = best.cell;
                vec_store(best.value, y + row * d + c);
#else
                vec_store(window_value(xi, down, across, side, d, c, cell), y + row * d + c);
#endif
                for (uint m = 0; m < tangents; m++) {
                    global const float *ti = dx + (m * (ulong)batch + image) * pixels * d;
                    vec_store(window_value(ti, down, across, side, d, c, cell), dy + (m * rows + row) * d + c);
                }
            }
        }
    }
}

/* Returns the windows [first,end) of `out` that see a cell of the map: out * stride - before <= at < out * stride -
 * before + WINDOW. */
inline span windows_of(int at, uint stride, uint before, uint out)
{
    int last = at + (int)before, r = (int)stride;
    span s = {max(last - WINDOW + r, 0) / r, min(last / r + 1, (int)out)};
    return s;
}

/* Returns whether a window takes its maximum from `cell`, which it sees and whose value is v. No cell before it in the
 * window is as large or a NaN, and none after it is larger (with a NaN v: no NaN before it). This agrees with
 * window_taken, without the search. */
inline veci window_takes(global const float *image, span rows, span columns, int side, uint d, uint j, int cell,
                         vec v)
{
    veci takes = -1;
    for (int y = rows.first; y < rows.end; y++) {
        for (int x = columns.first; x < columns.end; x++) {
            int other = y * side + x;
            vec o = vec_load(image + (ulong)other * d + j);
            takes &= other < cell ? (o == o) & !(o >= v) : !(o > v) & ((o == o) | (v != v));
        }
    }
    return takes;
}

/* Computes t = the transposed map of q: the cotangents of the windows that see a cell, with MAX of those that took its
 * value. */
kernel void pool_vjp(global const float *x, /* [B,S,S,D], with MAX */
                     global const float *q, /* [B,O,O,D] */
                     global float *t,       /* [B,S,S,D] */
                     uint batch, int side, uint out, uint d, uint stride, uint before)
{
    ulong pixels = (ulong)(side * side);
    FOR_ROWS(row, batch * pixels)
    {
        ulong image = row / pixels;
        int cell = (int)(row % pixels);
        span down = windows_of(cell / side, stride, before, out);
        span across = windows_of(cell % side, stride, before, out);
#if MAX
        global const float *xi = x + image * pixels * d;
#endif
        FOR_CHUNKS(j, d)
        {
            for (int i = 0; i < VECS; i++) {
                uint c = j + i * VEC;
                vec sum = 0.0f;
#if MAX
                vec value = vec_load(xi + (ulong)cell * d + c);
#endif
                for (int oy = down.first; oy < down.end; oy++) {
                    for (int ox = across.first; ox < across.end; ox++) {
                        vec v = vec_load(q + ((image * out + oy) * out + ox) * d + c);
#if MAX
                        veci takes = window_takes(xi, span_of(oy, stride, before, side),
                                                  span_of(ox, stride, before, side), side, d, c, cell, value);
                        sum = vec_pick(sum, sum + v, takes);
#else
                        sum += v;
#endif
                    }
                }
#if !MAX
                sum *= 1.0f / (WINDOW * WINDOW);
#endif
                vec_store(sum, t + row * d + c);
            }
        }
    }
}
