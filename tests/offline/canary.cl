/* Kernels that take what others must not: a compiler that does not tell says nothing about those either (matrix.py). */

/* Takes 4 KiB of scratch memory, as its values' places are known at run time alone, and 400 bytes of local memory. */
kernel void scratching(global float *x, global const uint *order, uint n)
{
    local float shared[100];
    float own[1024];
    for (uint i = 0; i < 1024; i++) {
        own[order[i] % 1024] = x[i * n + get_local_id(0)];
    }
    shared[get_local_id(0) % 100] = own[order[n] % 1024];
    barrier(CLK_LOCAL_MEM_FENCE);
    for (uint i = 0; i < 1024; i++) {
        x[i * n + get_local_id(0)] = own[order[i * n] % 1024] + shared[i % 100];
    }
}

/* Needs more registers than an item of so large a work-group can have. */
kernel __attribute__((reqd_work_group_size(1024, 1, 1))) void spilling(global float *x, uint n)
{
    enum { VALUES = 220 };
    float own[VALUES];
#pragma unroll
    for (uint i = 0; i < VALUES; i++) {
        own[i] = x[i * n + get_local_id(0)];
    }
    for (uint k = 0; k < n; k++) {
#pragma unroll
        for (uint i = 0; i < VALUES; i++) {
            own[i] = fma(own[i], own[(i + 1) % VALUES], own[(i + 7) % VALUES]);
        }
    }
#pragma unroll
    for (uint i = 0; i < VALUES; i++) {
        x[i * n + get_local_id(0)] = own[i];
    }
}
