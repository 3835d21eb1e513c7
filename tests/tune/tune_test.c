/* The measured choice with a meter that the test makes up, on a device that needs no driver; and its store. */
#include "tune/tune.h"

#include "base/file.h"
#include "gemm/clblast_setting.h"
#include "gemm/policy.h"
#include "gemm/solver.h"
#include "locl/log.h"
#include "tune/race.h"
#include "tune/store.h"
#include "tune/worth.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static locl_device device = {
    .name = "made up",
    .platform_name = "none",
    .driver = "1",
    .selector = "0:0",
    .caps = {.cpu = true, .units = 2, .lanes = 16, .work_group = 64, .local_memory = 1 << 15}};
static char folder[] = "/tmp/locl-tune-XXXXXX";
static int warnings;

/* Candidate `fastest` takes half of the time of the others, and what adds up in another order than the first a quarter
 * with `other_orders`; all are right but `wrong`, with the bits of the first but `deviant`. */
typedef struct meter {
    double now, begins, enters; /* seconds that these take */
    size_t fastest, wrong, deviant, begun;
    bool other_orders, other[LOCL_TUNE_RACE_MOST]; /* in another order */
    locl_gemm_choice first, last;                  /* entered as number 0, as `fastest` */
    /* With CLBlast's parameters `good` it takes half of the time, with `bad` it is wrong, `refused` fails. */
    const char *setting, *good, *bad, *refused;
    bool clblast[LOCL_TUNE_RACE_MOST];
} meter;

static double now_of(void *user)
{
    return ((meter *)user)->now;
}

static locl_status begin(void *user, locl_device *on, const locl_gemm_shape *shape, locl_error *err)
{
    meter *m = user;
    (void)on;
    (void)shape;
    (void)err;
    m->now += m->begins;
    m->begun++;
    return LOCL_OK;
}

static locl_status enter(void *user, size_t index, const locl_gemm_choice *choice,
                         locl_trial_verdict *verdict, locl_error *err)
{
    meter *m = user;
    (void)err;
    m->now += m->enters;
    m->first = index ? m->first : *choice;
    m->last = index == m->fastest ? *choice : m->last;
    m->other[index] = !locl_gemm_same_bits(&m->first, choice);
    m->clblast[index] = choice->solver == &locl_gemm_clblast;
    bool wrong = index == m->wrong || (m->clblast[index] && m->bad && !strcmp(m->setting, m->bad));
    *verdict = wrong                                    ? LOCL_TRIAL_WRONG
               : m->other[index] || index == m->deviant ? LOCL_TRIAL_RIGHT
                                                        : LOCL_TRIAL_SAME_BITS;
    return LOCL_OK;
}

static locl_status measure(void *user, size_t index, double *seconds, locl_error *err)
{
    meter *m = user;
    (void)err;
    *seconds = m->other_orders && m->other[index] ? 0.0625 : index == m->fastest ? 0.125 : 0.25;
    if (m->clblast[index] && m->good && !strcmp(m->setting, m->good)) {
        *seconds = 0.125;
    }
    m->now += *seconds;
    return LOCL_OK;
}

static void end(void *user)
{
    (void)user;
}

static locl_status use(void *user, locl_device *on, const char *setting, locl_error *err)
{
    meter *m = user;
    (void)on;
    m->setting = setting;
    return m->refused && !strcmp(setting, m->refused) ? locl_fail(err, LOCL_E_OPENCL, "refused") : LOCL_OK;
}

static locl_gemm_choice product(size_t m, size_t n, size_t k)
{
    const locl_gemm_choices choices = {.engine = LOCL_ENGINE_NATIVE};
    const locl_gemm_shape shape = {
        .m = m, .n = n, .k = k, .lda = k, .ldb = n, .ldc = n, .batch = 1, .sum = 1, .alpha = 1};
    return locl_gemm_choose(&choices, &shape, &device.caps);
}

static locl_tune_list tune_with(locl_tune_options options, meter *m, locl_engine engine,
                                const locl_gemm_choice *products, size_t count)
{
    const locl_tune_meter given = {.user = m,
                                   .clock = now_of,
                                   .begin = begin,
                                   .enter = enter,
                                   .measure = measure,
                                   .end = end,
                                   .use = use};
    locl_tune_list list = {.device = &device, .engine = engine, .product = products, .count = count};
    locl_error err = {0};
    options.meter = &given;
    m->setting = "";
    if (locl_tune(&options, &list, 1, &err) != LOCL_OK) {
        fail_msg("%s", err.message);
    }
    return list;
}

static locl_tune_list tune(meter *m, locl_tune_effort effort, double seconds,
                           const locl_gemm_choice *products, size_t count)
{
    return tune_with((locl_tune_options){.effort = effort, .seconds = seconds}, m, LOCL_ENGINE_AUTO, products,
                     count);
}

static bool same(const locl_gemm_choice *x, const locl_gemm_choice *y)
{
    return x->solver == y->solver && locl_gemm_same_cut(&x->cut, &y->cut);
}

static void the_file(char *path, size_t size)
{
    char in[512];
    assert_true(locl_file_cache_folder("tune", in, sizeof in));
    DIR *list = opendir(in);
    assert_non_null(list);
    path[0] = '\0';
    for (struct dirent *d; (d = readdir(list));) {
        size_t length = strlen(d->d_name);
        if (length > 5 && !strcmp(d->d_name + length - 5, ".json")) {
            snprintf(path, size, "%s/%s", in, d->d_name);
        }
    }
    closedir(list);
    assert_true(path[0]);
}

/* The file's text with `from` changed to `to` everywhere; NULL `from`: `to` in place of all. */
static void change_file(const char *from, const char *to)
{
    char path[1024], *text;
    size_t size;
    locl_error err = {0};
    locl_text out = {0};
    the_file(path, sizeof path);
    assert_int_equal(locl_file_read(path, 1 << 20, LOCL_E_IO, &text, &size, &err), LOCL_OK);
    const char *at = text;
    for (const char *hit; from && (hit = strstr(at, from)); at = hit + strlen(from)) {
        locl_text_add_bytes(&out, at, (size_t)(hit - at));
        locl_text_add(&out, "%s", to);
    }
    locl_text_add(&out, "%s", from ? at : to);
    assert_int_equal(locl_file_write(path, out.data, out.length, &err), LOCL_OK);
    locl_text_free(&out);
    free(text);
}

static void off_measures_nothing(void **state)
{
    const locl_gemm_choice products[] = {product(64, 64, 64)};
    meter m = {.fastest = 1, .wrong = 99};
    (void)state;
    locl_tune_list list = tune(&m, LOCL_TUNE_OFF, 0, products, 1);
    assert_int_equal(m.begun, 0);
    assert_int_equal(list.result[0].source, LOCL_TUNE_UNMEASURED);
    assert_true(same(&list.result[0].choice, &products[0]));
    locl_tune_release(&list, 1);
}

/* The winner is chosen, kept on disk, and found there; more effort measures again, less does not. */
static void what_was_measured_is_kept(void **state)
{
    const locl_gemm_choice products[] = {product(640, 64, 64)};
    meter m = {.fastest = 2, .wrong = 1, .deviant = 99};
    (void)state;
    locl_tune_list list = tune(&m, LOCL_TUNE_QUICK, 1000, products, 1);
    assert_int_equal(m.begun, 1);
    assert_int_equal(list.result[0].source, LOCL_TUNE_MEASURED);
    assert_false(same(&list.result[0].choice, &products[0]));
    assert_true(same(&list.result[0].choice, &m.last));
    assert_true(list.result[0].own_seconds == 0.25 && list.result[0].seconds == 0.125);
    locl_gemm_choice first = list.result[0].choice;
    locl_tune_release(&list, 1);

    meter other = {.fastest = 3, .wrong = 99, .deviant = 99};
    list = tune(&other, LOCL_TUNE_QUICK, 1000, products, 1);
    assert_int_equal(other.begun, 0);
    assert_int_equal(list.result[0].source, LOCL_TUNE_STORED);
    assert_true(same(&list.result[0].choice, &first));
    locl_tune_release(&list, 1);

    list = tune(&other, LOCL_TUNE_FULL, 0, products, 1);
    assert_int_equal(other.begun, 1);
    assert_true(same(&list.result[0].choice, &other.last));
    assert_true(locl_gemm_same_bits(&other.last, &products[0]));
    locl_tune_release(&list, 1);
    list = tune(&m, LOCL_TUNE_QUICK, 1000, products, 1);
    assert_int_equal(m.begun, 1);
    assert_true(same(&list.result[0].choice, &other.last));
    locl_tune_release(&list, 1);
}

/* Whatever is faster, and whoever measured it: quick takes no choice that may have other bits, full takes the
 * fastest. */
static void quick_keeps_the_bits(void **state)
{
    const locl_gemm_choice products[] = {product(96, 64, 4096)}; /* blocks of k matter */
    meter m = {.fastest = 1, .wrong = 99, .deviant = 99, .other_orders = true};
    (void)state;
    locl_tune_list list = tune(&m, LOCL_TUNE_QUICK, 1000, products, 1);
    assert_int_equal(list.result[0].source, LOCL_TUNE_MEASURED);
    assert_true(list.result[0].candidates > 3);
    assert_true(same(&list.result[0].choice, &m.last));
    assert_true(locl_gemm_same_bits(&list.result[0].choice, &products[0]));
    locl_tune_release(&list, 1);
    list = tune(&m, LOCL_TUNE_FULL, 0, products, 1);
    assert_false(locl_gemm_same_bits(&list.result[0].choice, &products[0]));
    locl_gemm_choice fastest = list.result[0].choice;
    locl_tune_release(&list, 1);
    m.begun = 0;
    list = tune(&m, LOCL_TUNE_QUICK, 1000, products, 1);
    assert_true(locl_gemm_same_bits(&list.result[0].choice, &products[0]));
    assert_false(same(&list.result[0].choice, &products[0]));
    locl_tune_release(&list, 1);
    list = tune(&m, LOCL_TUNE_FULL, 0, products, 1);
    assert_true(same(&list.result[0].choice, &fastest));
    assert_int_equal(m.begun, 0); /* both were kept */
    locl_tune_release(&list, 1);
}

/* What should have the same bits and was seen not to is left out with a word. */
static void quick_believes_the_device(void **state)
{
    const locl_gemm_choice products[] = {product(97, 64, 64)};
    meter m = {.fastest = 2, .wrong = 99, .deviant = 2};
    (void)state;
    warnings = 0;
    locl_tune_list list = tune(&m, LOCL_TUNE_QUICK, 1000, products, 1);
    assert_true(same(&list.result[0].choice, &products[0]));
    assert_int_equal(warnings, 1);
    locl_tune_release(&list, 1);
}

/* A file that passes a cut of other bits off as one of the same is not believed. */
static void a_changed_store_changes_no_bits(void **state)
{
    const locl_gemm_choice products[] = {product(98, 64, 4096)};
    meter m = {.fastest = 99, .wrong = 99, .deviant = 99, .other_orders = true};
    (void)state;
    locl_tune_list list = tune(&m, LOCL_TUNE_FULL, 0, products, 1);
    assert_false(locl_gemm_same_bits(&list.result[0].choice, &products[0]));
    locl_tune_release(&list, 1);
    change_file("\"bits\": \"same\"", "\"bits\": \"neither\"");
    change_file("\"bits\": \"any\"", "\"bits\": \"same\"");
    list = tune_with((locl_tune_options){.effort = LOCL_TUNE_QUICK, .what = LOCL_TUNE_NOTHING}, &m,
                     LOCL_ENGINE_AUTO, products, 1);
    assert_int_equal(list.result[0].source, LOCL_TUNE_UNMEASURED);
    assert_true(same(&list.result[0].choice, &products[0]));
    locl_tune_release(&list, 1);
}

/* Of a short run nothing is measured; of a long one the budget is a share of the time that its large products take. */
static void small_products_are_not_worth_it(void **state)
{
    const locl_gemm_choice products[] = {product(70, 64, 64), product(71, 512, 512)};
    const double expected = locl_tune_expected(&products[1].shape, &device.caps, 1);
    locl_tune_options options = {.effort = LOCL_TUNE_QUICK, .seconds = 5, .steps = 49 / expected};
    meter m = {.fastest = 1, .wrong = 99, .deviant = 99, .enters = 0.6};
    (void)state;
    locl_tune_list list = tune_with(options, &m, LOCL_ENGINE_AUTO, products, 2);
    assert_int_equal(m.begun, 0);
    locl_tune_release(&list, 1);
    options.steps = 51 / expected; /* two hundredths of 51 s */
    list = tune_with(options, &m, LOCL_ENGINE_AUTO, products, 2);
    assert_int_equal(m.begun, 1);
    assert_int_equal(list.result[1].source, LOCL_TUNE_MEASURED);
    assert_int_equal(list.result[1].candidates, 2); /* with the second half of the time is gone */
    locl_tune_release(&list, 1);
}

/* ---- CLBlast's parameters ---- */

static locl_gemm_choice clblast_product(size_t m)
{
    const locl_gemm_choices choices = {.engine = LOCL_ENGINE_CLBLAST};
    const locl_gemm_choice p = product(m, 64, 64);
    return locl_gemm_choose(&choices, &p.shape, &device.caps);
}

/* The fastest set that is neither wrong nor refused is kept, is full's, and not quick's, whose bits it may change. */
static void the_fastest_parameters_are_kept(void **state)
{
    char other[64];
    snprintf(other, sizeof other, "%s/wide", folder);
    setenv("XDG_CACHE_HOME", other, 1); /* has the file of another device */
    device.caps.cpu = false;
    const locl_gemm_choice products[] = {clblast_product(60), clblast_product(61)};
    const locl_tune_options all = {.effort = LOCL_TUNE_FULL, .what = LOCL_TUNE_ALL};
    locl_tune_options look = {.effort = LOCL_TUNE_FULL, .what = LOCL_TUNE_NOTHING};
    meter m = {.fastest = 99,
               .wrong = 99,
               .deviant = 99,
               .good = locl_clblast_setting_name(2),
               .bad = locl_clblast_setting_name(0),
               .refused = locl_clblast_setting_name(1)};
    (void)state;
    locl_tune_list list = tune_with(all, &m, LOCL_ENGINE_CLBLAST, products, 2);
    assert_string_equal(list.setting, m.good);
    assert_string_equal(m.setting, m.good); /* in use again behind those tried later */
    assert_true(list.result[1].own_seconds == 0.25 && list.result[1].seconds == 0.125);
    assert_int_equal(list.result[1].source, LOCL_TUNE_MEASURED);
    locl_tune_release(&list, 1);
    list = tune_with(look, &m, LOCL_ENGINE_CLBLAST, products, 2);
    assert_string_equal(list.setting, m.good);
    locl_tune_release(&list, 1);
    look.effort = LOCL_TUNE_QUICK;
    list = tune_with(look, &m, LOCL_ENGINE_CLBLAST, products, 2);
    assert_string_equal(list.setting, "");
    locl_tune_release(&list, 1);

    m.good = "none"; /* all alike: its own stay, and are kept */
    list = tune_with(all, &m, LOCL_ENGINE_CLBLAST, products, 2);
    assert_string_equal(list.setting, "");
    locl_tune_release(&list, 1);
    look.effort = LOCL_TUNE_FULL;
    list = tune_with(look, &m, LOCL_ENGINE_CLBLAST, products, 2);
    assert_string_equal(list.setting, "");
    locl_tune_release(&list, 1);
    device.caps.cpu = true;
    setenv("XDG_CACHE_HOME", folder, 1);
}

/* On a device whose products the native engine computes, its parameters are not looked for. */
static void parameters_nobody_uses_are_not_tried(void **state)
{
    const locl_gemm_choice products[] = {product(62, 64, 64)};
    const locl_tune_options all = {.effort = LOCL_TUNE_FULL, .what = LOCL_TUNE_ALL};
    meter m = {.fastest = 1, .wrong = 99, .deviant = 99, .good = locl_clblast_setting_name(2)};
    (void)state;
    locl_tune_list list = tune_with(all, &m, LOCL_ENGINE_NATIVE, products, 1);
    assert_string_equal(list.setting, "");
    assert_string_equal(m.setting, "");
    locl_tune_release(&list, 1);
}

/* The largest product comes first; those for which no time is left stay as they are, and unknown. */
static void without_time_nothing_changes(void **state)
{
    const locl_gemm_choice products[] = {product(33, 33, 33), product(999, 333, 333)};
    meter m = {.fastest = 1, .wrong = 99, .deviant = 99, .begins = 5, .enters = 1};
    (void)state;
    locl_tune_list list = tune(&m, LOCL_TUNE_QUICK, 10, products, 2);
    assert_int_equal(list.result[1].source, LOCL_TUNE_MEASURED);
    assert_int_equal(list.result[0].source, LOCL_TUNE_UNMEASURED);
    assert_true(same(&list.result[0].choice, &products[0]));
    locl_tune_release(&list, 1);
    m = (meter){.fastest = 1, .wrong = 99, .deviant = 99};
    list = tune(&m, LOCL_TUNE_QUICK, 10, products, 2);
    assert_int_equal(m.begun, 1);
    assert_int_equal(list.result[0].source, LOCL_TUNE_MEASURED);
    locl_tune_release(&list, 1);
}

/* ---- the store ---- */

static locl_tune_store *open_store(void)
{
    locl_tune_store *store = NULL;
    locl_error err = {0};
    assert_int_equal(locl_tune_store_open(&device, &store, &err), LOCL_OK);
    return store;
}

static locl_tune_record record_of(size_t m, locl_tune_effort effort)
{
    return (locl_tune_record){
        .choice = product(m, 8, 8), .effort = effort, .candidates = 2, .own_seconds = 2, .seconds = 1};
}

static void put(locl_tune_store *store, locl_tune_record record)
{
    locl_error err = {0};
    assert_int_equal(locl_tune_store_put(store, &record, &err), LOCL_OK);
}

static bool knows(const locl_tune_store *store, size_t m, locl_engine engine)
{
    const locl_gemm_choice p = product(m, 8, 8);
    return locl_tune_store_find(store, &p.shape, engine, LOCL_TUNE_SAME_BITS) != NULL;
}

/* Two that were opened before either was saved keep both their records, of one shape the more thorough. */
static void stores_merge(void **state)
{
    locl_tune_store *a = open_store(), *b = open_store();
    (void)state;
    put(a, record_of(1001, LOCL_TUNE_QUICK));
    put(a, record_of(1003, LOCL_TUNE_FULL));
    put(b, record_of(1002, LOCL_TUNE_QUICK));
    put(b, record_of(1003, LOCL_TUNE_QUICK));
    locl_tune_store_save(a);
    locl_tune_store_save(b);
    locl_tune_store_close(a);
    locl_tune_store_close(b);
    a = open_store();
    assert_true(knows(a, 1001, LOCL_ENGINE_AUTO) && knows(a, 1002, LOCL_ENGINE_AUTO));
    assert_false(knows(a, 1001, LOCL_ENGINE_NATIVE));
    assert_false(knows(a, 1004, LOCL_ENGINE_AUTO));
    const locl_gemm_choice p = product(1003, 8, 8);
    assert_int_equal(locl_tune_store_find(a, &p.shape, LOCL_ENGINE_AUTO, LOCL_TUNE_SAME_BITS)->effort,
                     LOCL_TUNE_FULL);
    /* what another measured anew meanwhile stays, though this one has read what was before */
    const locl_gemm_choice anew = product(1001, 8, 8);
    b = open_store();
    put(b, record_of(1001, LOCL_TUNE_FULL));
    locl_tune_store_save(b);
    locl_tune_store_close(b);
    put(a, record_of(1005, LOCL_TUNE_QUICK));
    locl_tune_store_save(a);
    locl_tune_store_close(a);
    a = open_store();
    assert_int_equal(locl_tune_store_find(a, &anew.shape, LOCL_ENGINE_AUTO, LOCL_TUNE_SAME_BITS)->effort,
                     LOCL_TUNE_FULL);
    locl_tune_store_close(a);
}

static void fresh_file(void)
{
    locl_tune_store *s = open_store();
    put(s, record_of(2001, LOCL_TUNE_QUICK));
    locl_tune_store_save(s);
    locl_tune_store_close(s);
}

/* Each is left out, with a word unless other kernels measured it, and does no harm. */
static void damaged_and_foreign_files_are_left_out(void **state)
{
    static const struct {
        const char *from, *to;
        int warnings;
    } changes[] = {
        {NULL, "", 1},
        {NULL, "{\"format\": ", 1},
        {NULL, "[1, 2]", 1},
        {"locl tune 2", "locl tune 1", 1}, /* an older version's, a later one's */
        {"locl tune 2", "locl tune 3", 1},
        {"\"m\": 2001", "\"m\": 1e300", 1},
        {"\"m\": 2001", "\"m\": 99999999999999999999", 1},
        {"\"m\": 2001", "\"m\": 9223372036854775807", 1},
        {"\"candidates\": 2", "\"candidates\": []", 1},
        {"\"choice\": {", "\"choice\": 7, \"other\": {", 1},
        {"\"records\": [", "\"records\": 1, \"other\": [", 1},
        {"\"bits\": \"same\"", "\"bits\": \"most\"", 1},
        {"\"effort\": \"quick\"", "\"effort\": \"off\"", 1},
        {"made up", "another", 1},
        {"\"m\": 2001", "\"m\": -1", 1},
        {"\"m\": 2001", "\"m\": \"many\"", 1},
        {"\"solver\": \"native\"", "\"solver\": \"abacus\"", 1},
        {"\"kernel\": \"outer\"", "\"kernel\": \"inner\"", 1},
        {"\"rows\": 8", "\"rows\": 9", 1},
        {"\"slabs\": 1", "\"slabs\": 7", 1},
        {"\"group_rows\": ", "\"group_rows\": 0", 1},
        {"\"seconds\": 1", "\"seconds\": -1", 1},
        {"\"kernels\": \"", "\"kernels\": \"f00", 0},
        {"\"kernels\": ", "\"colonels\": ", 1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        fresh_file();
        change_file(changes[i].from, changes[i].to);
        warnings = 0;
        locl_tune_store *s = open_store();
        if (knows(s, 2001, LOCL_ENGINE_AUTO)) {
            fail_msg("%s -> %s: it was believed", changes[i].from ? changes[i].from : "", changes[i].to);
        }
        if (warnings != changes[i].warnings) {
            fail_msg("%s -> %s: %d warnings", changes[i].from ? changes[i].from : "", changes[i].to,
                     warnings);
        }
        locl_tune_store_close(s);
    }
}

/* The rest of the file is believed. */
static void parameters_that_are_none_are_left_out(void **state)
{
    (void)state;
    fresh_file();
    locl_tune_store *s = open_store();
    locl_tune_store_put_setting(s, locl_clblast_setting_name(1));
    locl_tune_store_save(s);
    locl_tune_store_close(s);
    s = open_store();
    assert_string_equal(locl_tune_store_setting(s), locl_clblast_setting_name(1));
    locl_tune_store_close(s);
    change_file("\"clblast\": \"", "\"clblast\": \"not ");
    warnings = 0;
    s = open_store();
    assert_string_equal(locl_tune_store_setting(s), "");
    assert_true(knows(s, 2001, LOCL_ENGINE_AUTO));
    assert_int_equal(warnings, 1);
    locl_tune_store_close(s);
}

static void without_a_place_nothing_is_kept(void **state)
{
    (void)state;
    setenv("XDG_CACHE_HOME", "/dev/null/none", 1);
    fresh_file();
    locl_tune_store *s = open_store();
    assert_false(knows(s, 2001, LOCL_ENGINE_AUTO));
    locl_tune_store_close(s);
    setenv("XDG_CACHE_HOME", folder, 1);
}

static void count_warnings(void *user, locl_log_level level, const char *text)
{
    (void)user;
    (void)text;
    warnings += level == LOCL_LOG_WARNING;
}

static int set_up(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    setenv("XDG_CACHE_HOME", folder, 1);
    locl_log_set_handler(count_warnings, NULL);
    return 0;
}

static int tear_down(void **state)
{
    char command[128];
    (void)state;
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(off_measures_nothing),
        cmocka_unit_test(what_was_measured_is_kept),
        cmocka_unit_test(quick_keeps_the_bits),
        cmocka_unit_test(quick_believes_the_device),
        cmocka_unit_test(a_changed_store_changes_no_bits),
        cmocka_unit_test(small_products_are_not_worth_it),
        cmocka_unit_test(the_fastest_parameters_are_kept),
        cmocka_unit_test(parameters_nobody_uses_are_not_tried),
        cmocka_unit_test(without_time_nothing_changes),
        cmocka_unit_test(stores_merge),
        cmocka_unit_test(damaged_and_foreign_files_are_left_out),
        cmocka_unit_test(parameters_that_are_none_are_left_out),
        cmocka_unit_test(without_a_place_nothing_is_kept),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
