/* An event for TensorBoard, whose step is read: of any bytes, alone and as the record that frames them. */
#include "fuzz/fuzz.h"

#include "base/tfrecord.h"
#include "run/event_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    locl_text framed = {0};
    const char *record = NULL;
    size_t count = 0;
    uint64_t alone = 0, again = 0;
    bool good = locl_event_step((const char *)data, size, &alone);
    locl_tfrecord_find((const char *)data, size, &record, &count);
    locl_tfrecord_add(&framed, data, size);
    FUZZ_CHECK(locl_tfrecord_find(framed.data, framed.length, &record, &count) == framed.length);
    FUZZ_CHECK(count == size && locl_event_step(record, count, &again) == good);
    FUZZ_CHECK(!good || alone == again);
    locl_text_free(&framed);
    return 0;
}
