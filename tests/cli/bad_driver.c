/* An OpenCL driver that misbehaves as the name of its file says, for the cases of `locl doctor`: copied to
 * crash.so, it crashes when it is loaded. Where it comes as far as that it passes on the driver $REAL_DRIVER. */
#define _GNU_SOURCE /* dladdr() */
#include <CL/cl_ext.h>
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int is_called(const char *name)
{
    static const char own;
    Dl_info info;
    const char *slash = dladdr(&own, &info) ? strrchr(info.dli_fname, '/') : NULL;
    return slash && !strcmp(slash + 1, name);
}

static void hang(void)
{
    signal(SIGTERM, SIG_IGN);
    for (;;) {
        pause();
    }
}

__attribute__((constructor)) static void misbehave(void)
{
    if (is_called("crash.so")) {
        raise(SIGSEGV);
    } else if (is_called("late.so")) {
        atexit(abort);
    } else if (is_called("abort.so")) {
        abort();
    } else if (is_called("exit.so")) {
        exit(0);
    } else if (is_called("hang.so")) {
        hang();
    } else if (is_called("leave.so") && fork() == 0) {
        hang(); /* a process that keeps what it was given */
    } else if (is_called("print.so")) {
        printf("hello from\na driver\n");
        fprintf(stderr, "\033[31mand\033[0m its errors\n");
        fflush(stdout);
    } else if (is_called("flood.so")) {
        for (int i = 0; i < 100000; i++) {
            puts("{\"rows\": []}");
        }
        fflush(stdout);
    }
}

/* Finds a function of the driver that is passed on. */
static void *real(const char *name)
{
    void *(*next)(const char *) = NULL;
    const char *path = getenv("REAL_DRIVER");
    void *library = path ? dlopen(path, RTLD_LAZY | RTLD_LOCAL) : NULL;
    void *found = library ? dlsym(library, "clGetExtensionFunctionAddress") : NULL;
    memcpy(&next, &found, sizeof next);
    void *direct = library ? dlsym(library, name) : NULL;
    return direct ? direct : next ? next(name) : NULL;
}

CL_API_ENTRY void *CL_API_CALL clGetExtensionFunctionAddress(const char *name)
{
    return strcmp(name, "clIcdGetPlatformIDsKHR") ? real(name) : NULL;
}

CL_API_ENTRY cl_int CL_API_CALL clIcdGetPlatformIDsKHR(cl_uint entries, cl_platform_id *ids, cl_uint *count)
{
    cl_int (*next)(cl_uint, cl_platform_id *, cl_uint *) = NULL;
    void *found = real("clIcdGetPlatformIDsKHR");
    memcpy(&next, &found, sizeof next);
    if (is_called("ask.so")) {
        raise(SIGFPE);
    }
    if (next) {
        return next(entries, ids, count);
    }
    if (count) {
        *count = 0;
    }
    return CL_PLATFORM_NOT_FOUND_KHR;
}

CL_API_ENTRY cl_int CL_API_CALL clGetPlatformInfo(cl_platform_id platform, cl_platform_info what, size_t size,
                                                  void *value, size_t *needed)
{
    cl_int (*next)(cl_platform_id, cl_platform_info, size_t, void *, size_t *) = NULL;
    void *found = real("clGetPlatformInfo");
    memcpy(&next, &found, sizeof next);
    return next ? next(platform, what, size, value, needed) : CL_INVALID_PLATFORM;
}
