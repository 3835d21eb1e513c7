/* A kernel that is compiled but cannot run: a compiler has to say so (matrix.py). */

float nobody_defines_this(float x);

kernel void incomplete(global float *x)
{
    x[get_global_id(0)] = nobody_defines_this(x[0]);
}
