#include "device/matrix.h"

#include <string.h>

/* AMD's CDNA 1 to 4, which have v_mfma_f32_16x16x4f32. RDNA's WMMA takes 16-bit floats, whose range or mantissa is not
 * that of what training passes on: it is not taken. */
static bool has_mfma(const char *name)
{
    static const char *const known[] = {"gfx908", "gfx90a", "gfx940", "gfx941", "gfx942", "gfx950"};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (!strncmp(name, known[i], strlen(known[i]))) {
            return true;
        }
    }
    return false;
}

locl_matrix locl_matrix_of(const locl_traits *traits, const locl_matrix_traits *told)
{
    enum { AMPERE = 8 };
    if (!(traits->type & CL_DEVICE_TYPE_GPU) || traits->mesa) {
        return LOCL_MATRIX_NONE;
    }
    switch (traits->maker) {
    case LOCL_MAKER_NVIDIA: /* its OpenCL C takes PTX in asm() */
        return traits->major >= AMPERE && !strcmp(told->platform, "NVIDIA CUDA") ? LOCL_MATRIX_MMA
                                                                                 : LOCL_MATRIX_NONE;
    case LOCL_MAKER_AMD: /* its OpenCL C is clang's, with its builtins */
        return has_mfma(told->name) && !strcmp(told->platform, "AMD Accelerated Parallel Processing")
                   ? LOCL_MATRIX_MFMA
                   : LOCL_MATRIX_NONE;
    case LOCL_MAKER_INTEL:
        return strstr(told->extensions, "cl_intel_subgroup_matrix_multiply_accumulate_tf32")
                   ? LOCL_MATRIX_DPAS
                   : LOCL_MATRIX_NONE;
    case LOCL_MAKER_ARM:
    case LOCL_MAKER_OTHER:
        break;
    }
    return LOCL_MATRIX_NONE;
}

cl_uint locl_broadcasts_of(const locl_traits *traits, const char *extensions, const size_t *sizes,
                           size_t count)
{
    cl_uint least = 0;
    if (traits->maker != LOCL_MAKER_INTEL || traits->mesa || !strstr(extensions, "cl_intel_subgroups") ||
        !strstr(extensions, "cl_intel_required_subgroup_size")) {
        return 0;
    }
    for (size_t i = 0; i < count; i++) {
        if ((sizes[i] == 8 || sizes[i] == 16) && (!least || sizes[i] < least)) {
            least = (cl_uint)sizes[i];
        }
    }
    return least;
}

size_t locl_broadcasts_unit(cl_uint broadcasts)
{
    enum { OF_8 = LOCL_MATRIX_DPAS + 1, OF_16 };
    return broadcasts == 8 ? OF_8 : OF_16;
}

const char *locl_matrix_name(locl_matrix unit)
{
    static const char *const names[] = {[LOCL_MATRIX_NONE] = "none",
                                        [LOCL_MATRIX_MMA] = "mma",
                                        [LOCL_MATRIX_MFMA] = "mfma",
                                        [LOCL_MATRIX_DPAS] = "dpas"};
    return names[unit];
}

bool locl_matrix_rounds(locl_matrix unit)
{
    return unit == LOCL_MATRIX_MMA || unit == LOCL_MATRIX_DPAS;
}
