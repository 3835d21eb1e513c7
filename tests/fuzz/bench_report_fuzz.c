/* Results of benchmarks from anybody: what is read is written and read as the same, and can be compared with itself,
 * which finds no difference. */
#include "fuzz/fuzz.h"

#include "locl/compare.h"

#include <stdlib.h>
#include <string.h>

static char *write_again(const locl_bench_report *report)
{
    char *text;
    locl_error err = {0};
    FUZZ_CHECK(locl_bench_to_json(report, &text, &err) == LOCL_OK);
    return text;
}

static void check_compared(const locl_bench_report *report)
{
    const locl_compare_input input[] = {{"a", report}, {"b", report}};
    locl_compare *compare;
    locl_error err = {0};
    locl_status status = locl_compare_open(input, 2, &compare, &err);
    FUZZ_CHECK(status == LOCL_OK || (status == LOCL_E_USAGE && report->devices == 0));
    for (size_t p = 0; status == LOCL_OK && p < compare->pairs; p++) {
        FUZZ_CHECK(compare->pair[p].faster + compare->pair[p].slower == 0);
    }
    locl_compare_close(compare);
}

static void check(const locl_bench_report *report)
{
    locl_bench_report *again;
    locl_error err = {0};
    char *text = write_again(report);
    FUZZ_CHECK(locl_bench_read(fuzz_write("again.json", text, strlen(text)), &again, &err) == LOCL_OK);
    char *twice = write_again(again);
    FUZZ_CHECK(!strcmp(text, twice));
    check_compared(again);
    locl_bench_free(again);
    free(twice);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    locl_bench_report *report;
    locl_error err = {0};
    locl_status status = locl_bench_read(fuzz_write("report.json", data, size), &report, &err);
    if (status == LOCL_OK) {
        check(report);
        locl_bench_free(report);
    } else {
        fuzz_check_error(status, &err);
        FUZZ_CHECK(status == LOCL_E_DATA);
    }
    return 0;
}
