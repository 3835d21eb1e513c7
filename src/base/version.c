#include "locl/version.h"

#define TEXT_OF(number) #number
#define DOTTED(major, minor, patch) TEXT_OF(major) "." TEXT_OF(minor) "." TEXT_OF(patch)

const char *locl_version(void)
{
    return DOTTED(LOCL_VERSION_MAJOR, LOCL_VERSION_MINOR, LOCL_VERSION_PATCH);
}

int locl_version_number(void)
{
    return LOCL_VERSION_NUMBER;
}
