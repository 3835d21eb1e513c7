#include "base/json.h"

#include "base/utf8.h"

json_t *locl_json_text(const char *text)
{
    static const char replacement[] = "\xEF\xBF\xBD";
    locl_text good = {0};
    if (locl_utf8_valid(text)) {
        return json_string(text);
    }
    for (const char *start = text; *start; start = text) {
        if (locl_utf8_next(&text) < 0) {
            locl_text_add_bytes(&good, replacement, sizeof replacement - 1);
        } else {
            locl_text_add_bytes(&good, start, (size_t)(text - start));
        }
    }
    json_t *json = good.failed ? NULL : json_string(good.data);
    locl_text_free(&good);
    return json;
}
