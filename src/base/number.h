/* Numbers as text with a dot, whatever language the host program speaks. */
#ifndef LOCL_BASE_NUMBER_H
#define LOCL_BASE_NUMBER_H

#include <stddef.h>

/* strtod() of the C locale. */
double locl_number_read(const char *text, char **end);
/* Writes `value` in as many digits, as "%.*g" of the C locale does. */
void locl_number_write(double value, int digits, char *out, size_t size);

#endif
