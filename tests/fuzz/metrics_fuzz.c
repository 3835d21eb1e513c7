/* A run's metrics.jsonl: refused with a message, or read as lines of one depth, whose steps rise. */
#include "fuzz/fuzz.h"

#include "locl/history.h"

#include <math.h>

static void check_history(const locl_history *h)
{
    uint64_t last[2] = {0, 0};
    FUZZ_CHECK(h->lines > 0 && h->folder && h->rule && h->network && h->data);
    for (size_t i = 0; i < h->lines; i++) {
        const locl_history_line *l = &h->line[i];
        double sum = l->classifier.loss;
        FUZZ_CHECK(l->step > last[l->test] && l->epoch > 0 && l->images > 0);
        FUZZ_CHECK(l->images_per_second >= 0 && isfinite(l->images_per_second) && !(l->seconds < 0));
        for (size_t k = 0; k < h->blocks; k++) {
            sum += l->block[k].loss + l->block[k].error;
        }
        (void)sum;
        last[l->test] = l->step;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    locl_history *history;
    locl_error err = {0};
    fuzz_write("metrics.jsonl", data, size);
    locl_status status = locl_history_read(fuzz_folder(), &history, &err);
    if (status == LOCL_OK) {
        check_history(history);
    } else {
        FUZZ_CHECK(status == LOCL_E_DATA && history == NULL);
        fuzz_check_error(status, &err);
    }
    locl_history_free(history);
    return 0;
}
