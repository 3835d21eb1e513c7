/* Saving, keeping and loading checkpoints: damage, full disks, and death in the middle of it. */
#include "run/checkpoint.h"

#include "base/file.h"
#include "base/safetensors.h"
#include "base/log.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { VALUES = 5000 };
static char run[64];
static char logged[8192];

static void on_log(void *user, locl_log_level level, const char *text)
{
    (void)user;
    snprintf(logged, sizeof logged, "%d %s", (int)level, text);
}

static int setup(void **state)
{
    (void)state;
    snprintf(run, sizeof run, "/tmp/locl_checkpoint_XXXXXX");
    logged[0] = '\0';
    locl_log_set_handler(on_log, NULL);
    return mkdtemp(run) ? 0 : -1;
}

static const char *path_of(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/checkpoints/%s", run, name);
    return path;
}

static int teardown(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", run);
    return system(command);
}

/* All values are `step`, and so is the metadata. */
static void fill(locl_arrays *set, int step)
{
    char text[16];
    *set = (locl_arrays){0};
    float *value = locl_arrays_add(set, "w", LOCL_F32, 2, (const size_t[]){VALUES / 10, 10}, NULL)->data;
    for (int i = 0; i < VALUES; i++) {
        value[i] = (float)step;
    }
    snprintf(text, sizeof text, "%d", step);
    assert_int_equal(locl_arrays_set_meta(set, "step", text, NULL), LOCL_OK);
}

static locl_status save(int step, locl_error *err)
{
    locl_arrays set;
    fill(&set, step);
    locl_status status = locl_checkpoint_save(run, &set, err);
    locl_arrays_free(&set);
    return status;
}

static int step_of(const locl_arrays *set)
{
    int step = atoi(locl_arrays_get_meta(set, "step"));
    const float *value = locl_arrays_find(set, "w")->data;
    for (int i = 0; i < VALUES; i++) {
        assert_true(value[i] == (float)step);
    }
    return step;
}

/* The step of what is loaded, or -1. */
static int loaded(locl_error *err)
{
    locl_arrays set = {0};
    int step = -1;
    if (locl_checkpoint_load(run, &set, err) == LOCL_OK) {
        step = step_of(&set);
    }
    locl_arrays_free(&set);
    return step;
}

static int step_in(const char *name)
{
    locl_arrays set = {0};
    assert_int_equal(locl_safetensors_read(path_of(name), &set, NULL), LOCL_OK);
    int step = step_of(&set);
    locl_arrays_free(&set);
    return step;
}

static void keeps_the_previous_one(void **state)
{
    (void)state;
    locl_error err = {0};
    assert_false(locl_checkpoint_exists(run));
    assert_int_equal(loaded(&err), -1);
    assert_int_equal(err.status, LOCL_E_CHECKPOINT);
    assert_int_equal(save(1, &err), LOCL_OK);
    assert_true(locl_checkpoint_exists(run));
    assert_false(locl_file_exists(path_of("previous.safetensors")));
    assert_int_equal(save(2, &err), LOCL_OK);
    assert_int_equal(save(3, &err), LOCL_OK);
    assert_int_equal(step_in("last.safetensors"), 3);
    assert_int_equal(step_in("previous.safetensors"), 2);
    assert_int_equal(loaded(&err), 3);
    assert_string_equal(logged, "");
    assert_false(locl_file_exists(path_of("next.safetensors")));
    assert_false(locl_file_exists(path_of("aside.safetensors")));
}

static void keeps_the_best_one(void **state)
{
    (void)state;
    locl_arrays set;
    assert_int_equal(save(1, NULL), LOCL_OK);
    fill(&set, 1);
    assert_int_equal(locl_checkpoint_save_best(run, &set, NULL), LOCL_OK);
    locl_arrays_free(&set);
    assert_int_equal(save(2, NULL), LOCL_OK);
    assert_int_equal(step_in("best.safetensors"), 1);
}

static void same_content_same_bytes(void **state)
{
    (void)state;
    char *a, *b;
    size_t size_a, size_b;
    assert_int_equal(save(4, NULL), LOCL_OK);
    assert_int_equal(save(4, NULL), LOCL_OK);
    assert_int_equal(locl_file_read(path_of("last.safetensors"), 1 << 20, LOCL_E_IO, &a, &size_a, NULL), 0);
    assert_int_equal(locl_file_read(path_of("previous.safetensors"), 1 << 20, LOCL_E_IO, &b, &size_b, NULL),
                     0);
    assert_int_equal(size_a, size_b);
    assert_memory_equal(a, b, size_a);
    free(a);
    free(b);
}

static void falls_back_to_the_previous_one(void **state)
{
    (void)state;
    locl_error err = {0};
    assert_int_equal(save(1, NULL), LOCL_OK);
    assert_int_equal(save(2, NULL), LOCL_OK);
    assert_int_equal(truncate(path_of("last.safetensors"), 1000), 0);
    assert_int_equal(loaded(&err), 1);
    assert_non_null(strstr(logged, "last.safetensors"));
    assert_non_null(strstr(logged, "tensor w ends at byte"));
    assert_int_equal(unlink(path_of("last.safetensors")), 0);
    logged[0] = '\0';
    assert_true(locl_checkpoint_exists(run));
    assert_int_equal(loaded(&err), 1);
    assert_non_null(strstr(logged, "No such file"));
}

static void a_flipped_bit_is_noticed(void **state)
{
    (void)state;
    assert_int_equal(save(1, NULL), LOCL_OK);
    assert_int_equal(save(2, NULL), LOCL_OK);
    FILE *file = fopen(path_of("last.safetensors"), "r+b");
    assert_non_null(file);
    assert_int_equal(fseek(file, -1000, SEEK_END), 0);
    fputc(1, file);
    fclose(file);
    assert_int_equal(loaded(NULL), 1);
    assert_non_null(strstr(logged, "checksum"));
}

static void two_damaged_ones_are_both_named(void **state)
{
    (void)state;
    locl_error err = {0};
    assert_int_equal(save(1, NULL), LOCL_OK);
    assert_int_equal(save(2, NULL), LOCL_OK);
    assert_int_equal(truncate(path_of("last.safetensors"), 0), 0);
    assert_int_equal(truncate(path_of("previous.safetensors"), 100), 0);
    assert_int_equal(loaded(&err), -1);
    assert_int_equal(err.status, LOCL_E_CHECKPOINT);
    assert_non_null(strstr(err.message, "last.safetensors"));
    assert_non_null(strstr(err.message, "previous.safetensors"));
}

static void a_full_disk_leaves_the_old_ones(void **state)
{
    (void)state;
    locl_error err = {0};
    struct rlimit old, small;
    assert_int_equal(save(1, NULL), LOCL_OK);
    assert_int_equal(save(2, NULL), LOCL_OK);
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &old);
    small = old;
    small.rlim_cur = 8192; /* less than VALUES floats */
    setrlimit(RLIMIT_FSIZE, &small);
    locl_status status = save(3, &err);
    setrlimit(RLIMIT_FSIZE, &old);
    assert_int_equal(status, LOCL_E_IO);
    assert_string_equal(err.where, "saving a checkpoint");
    assert_true(err.remedy[0]);
    assert_int_equal(step_in("last.safetensors"), 2);
    assert_int_equal(step_in("previous.safetensors"), 1);
    assert_int_equal(save(3, &err), LOCL_OK);
    assert_int_equal(loaded(NULL), 3);
}

static void a_folder_that_cannot_be_written(void **state)
{
    (void)state;
    locl_error err = {0};
    assert_int_equal(save(1, NULL), LOCL_OK);
    if (geteuid() != 0) { /* permissions don't stop root */
        assert_int_equal(chmod(path_of(""), 0555), 0);
        assert_int_equal(save(2, &err), LOCL_E_IO);
        assert_int_equal(loaded(NULL), 1);
        assert_int_equal(chmod(path_of(""), 0755), 0);
    }
    char other[96], inside[160];
    snprintf(other, sizeof other, "%s/file", run);
    assert_int_equal(locl_file_write(other, "x", 1, NULL), LOCL_OK);
    snprintf(inside, sizeof inside, "%s/run", other);
    locl_arrays set;
    fill(&set, 1);
    assert_int_equal(locl_checkpoint_save(inside, &set, &err), LOCL_E_IO);
    assert_int_equal(locl_checkpoint_save_best(inside, &set, &err), LOCL_E_IO);
    locl_arrays_free(&set);
}

static void a_damaged_last_is_replaced(void **state)
{
    (void)state;
    assert_int_equal(save(1, NULL), LOCL_OK);
    assert_int_equal(save(2, NULL), LOCL_OK);
    assert_int_equal(truncate(path_of("last.safetensors"), 10), 0);
    assert_int_equal(save(3, NULL), LOCL_OK);
    assert_int_equal(loaded(NULL), 3);
}

static void a_kill_at_any_moment_leaves_a_good_one(void **state)
{
    (void)state;
    int step = 1;
    assert_int_equal(save(0, NULL), LOCL_OK);
    for (int round = 0; round < 40; round++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            for (int s = step;; s++) {
                if (save(s, NULL) != LOCL_OK) {
                    _exit(1);
                }
            }
        }
        nanosleep(&(struct timespec){.tv_nsec = 3000000 + round * 331000}, NULL);
        kill(child, SIGKILL);
        int status;
        waitpid(child, &status, 0);
        assert_true(WIFSIGNALED(status));
        locl_error err = {0};
        int found = loaded(&err);
        if (found < step - 1) {
            fail_msg("step %d after %d: %s", found, step - 1, err.message);
        }
        step = found + 1;
    }
    assert_string_equal(logged, ""); /* last was there every time */
    assert_int_equal(save(step, NULL), LOCL_OK);
    char command[160];
    snprintf(command, sizeof command, "test $(ls '%s' | wc -l) -le 4", path_of("")); /* + aside */
    assert_int_equal(system(command), 0);
}

static void content_is_checked_strictly(void **state)
{
    (void)state;
    const locl_array_want want[] = {
        {.name = "a", .dtype = LOCL_F32, .rank = 1, .dim = {3}},
        {.name = "b", .dtype = LOCL_F32, .rank = 2, .dim = {2, 3}},
        {.name = "c", .dtype = LOCL_F32, .rank = 0},
        {.name = "d", .dtype = LOCL_F32, .rank = 1, .dim = {2}},
    };
    locl_arrays set = {0};
    locl_error err = {0};
    locl_arrays_add(&set, "a", LOCL_F32, 1, (const size_t[]){3}, NULL);
    assert_int_equal(locl_checkpoint_check(&set, want, 1, &err), LOCL_OK);
    locl_arrays_add(&set, "b", LOCL_F32, 2, (const size_t[]){3, 2}, NULL);
    ((float *)locl_arrays_add(&set, "c", LOCL_F32, 0, NULL, NULL)->data)[0] = INFINITY;
    for (int i = 0; i < 18; i++) {
        char name[16];
        snprintf(name, sizeof name, "extra%d", i);
        locl_arrays_add(&set, name, LOCL_F32, 0, NULL, NULL);
    }
    assert_int_equal(locl_checkpoint_check(&set, want, 4, &err), LOCL_E_CHECKPOINT);
    assert_non_null(strstr(err.message, "missing: d\n"));
    assert_non_null(strstr(err.message, "wrong shape: b (F32 [3,2], should be F32 [2,3])\n"));
    assert_non_null(strstr(err.message, "NaN or infinite: c\n"));
    assert_non_null(strstr(err.message, "unknown: extra0, extra1"));
    assert_non_null(strstr(err.message, "extra15, and 2 more"));
    assert_null(strstr(err.message, ": a"));
    locl_arrays_free(&set);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(keeps_the_previous_one),          TEST(keeps_the_best_one),
        TEST(same_content_same_bytes),         TEST(falls_back_to_the_previous_one),
        TEST(a_flipped_bit_is_noticed),        TEST(two_damaged_ones_are_both_named),
        TEST(a_full_disk_leaves_the_old_ones), TEST(a_folder_that_cannot_be_written),
        TEST(a_damaged_last_is_replaced),      TEST(a_kill_at_any_moment_leaves_a_good_one),
        TEST(content_is_checked_strictly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
