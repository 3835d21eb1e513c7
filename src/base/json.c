#include "base/json.h"

#include "base/utf8.h"

#include <math.h>

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

json_t *locl_json_number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

locl_status locl_json_print(json_t *json, size_t flags, char **out, locl_error *err)
{
    *out = json ? json_dumps(json, flags) : NULL;
    json_decref(json);
    return *out ? LOCL_OK
                : locl_fail(err, LOCL_E_MEMORY,
                            "the result cannot be written as JSON: memory ran out, or a value in it has no "
                            "place there");
}
