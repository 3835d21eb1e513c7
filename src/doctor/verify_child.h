/* What a child of `locl verify` does: lists devices, or walks the table of kernels on one. Used by examine.c; verify.c
 * listens. Beside "doing" it says
 *
 *     {"selected": [selector, ...]} or {"error": status, "message": text, "remedy": text}
 *     {"key": {...}, "kernels": hash, "name": text}      of the device, before the first row
 *     {"place": in the table, "row": {name, status, detail, remedy, device, kernel, variant, shapes, runs, ulp, relative, tolerated, deterministic}} */
#ifndef LOCL_DOCTOR_VERIFY_CHILD_H
#define LOCL_DOCTOR_VERIFY_CHILD_H

#define LOCL_EXAMINE_SELECT "select" /* SELECTORS, "" for all */
#define LOCL_EXAMINE_VERIFY "verify" /* SELECTOR PATTERN PART */

void locl_verify_select(const char *selectors);
/* `part` is "1/4": of the kernels that match, every fourth from the second on. */
void locl_verify_device(const char *selector, const char *pattern, const char *part);

#endif
