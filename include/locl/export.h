/* Marks what the shared library exports: declarations with LOCL_API and nothing else. */
#ifndef LOCL_EXPORT_H
#define LOCL_EXPORT_H

#if defined(__GNUC__)
#define LOCL_API __attribute__((visibility("default")))
#define LOCL_PRINTF(string, first) __attribute__((format(printf, string, first)))
#else
#define LOCL_API
#define LOCL_PRINTF(string, first)
#endif

#endif
