#include "gemm/clblast_turn.h"

#include "device/call.h"

#include <pthread.h>

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;

void locl_clblast_take_turn(void)
{
    pthread_mutex_lock(&turn);
}

void locl_clblast_end_turn(void)
{
    pthread_mutex_unlock(&turn);
}

#define STATUS_TABLE(X)                                                                                      \
    X(NotImplemented)                                                                                        \
    X(InvalidMatrixA)                                                                                        \
    X(InvalidMatrixB)                                                                                        \
    X(InvalidMatrixC)                                                                                        \
    X(InvalidDimension)                                                                                      \
    X(InvalidLeadDimA)                                                                                       \
    X(InvalidLeadDimB)                                                                                       \
    X(InvalidLeadDimC)                                                                                       \
    X(InsufficientMemoryA)                                                                                   \
    X(InsufficientMemoryB)                                                                                   \
    X(InsufficientMemoryC)                                                                                   \
    X(InsufficientMemoryTemp)                                                                                \
    X(InvalidBatchCount)                                                                                     \
    X(InvalidLocalMemUsage)                                                                                  \
    X(DatabaseError)                                                                                         \
    X(UnknownError)                                                                                          \
    X(UnexpectedError)

locl_status locl_fail_clblast(locl_error *err, const char *call, CLBlastStatusCode code,
                              const locl_device *device)
{
    const int lowest_opencl = -100;
    const char *name = "an unknown status";
    if ((int)code > lowest_opencl) {
        return locl_fail_cl(err, call, (cl_int)code, device, "CLBlast");
    }
#define STATUS_NAME(x) name = code == CLBlast##x ? "CLBlast" #x : name;
    STATUS_TABLE(STATUS_NAME)
#undef STATUS_NAME
    locl_fail(err, LOCL_E_OPENCL, "%s: %s: %s (%d)", device->name, call, name, (int)code);
    return locl_remedy(err, "engine: native for this device");
}
