/* The position of a run in a checkpoint, JSON: refused with a message, or read, and then what is saved of it is
 * read as the same. */
#include "fuzz/fuzz.h"

#include "run/run_state.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCKS = 2 };

/* Loads and saves `text`; malloc'd, NULL where it is refused. */
static char *go_through(const char *text)
{
    static locl_run_state state;
    locl_arrays set = {0};
    locl_error err = {0};
    char *saved = NULL;
    FUZZ_CHECK(locl_arrays_set_meta(&set, "locl.run", text, &err) == LOCL_OK);
    locl_status status = locl_run_state_load(&state, BLOCKS, &set, &err);
    if (status == LOCL_OK) {
        FUZZ_CHECK(locl_run_state_save(&state, &set, &err) == LOCL_OK);
        saved = strdup(locl_arrays_get_meta(&set, "locl.run"));
        FUZZ_CHECK(saved != NULL);
    } else {
        fuzz_check_error(status, &err);
        FUZZ_CHECK(status == LOCL_E_CHECKPOINT);
    }
    locl_arrays_free(&set);
    return saved;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    FUZZ_CHECK(text != NULL);
    memcpy(text, data, size);
    text[size] = '\0';
    char *saved = go_through(text);
    if (saved) {
        char *again = go_through(saved);
        FUZZ_CHECK(again != NULL && strcmp(saved, again) == 0);
        free(again);
    }
    free(saved);
    free(text);
    return 0;
}
