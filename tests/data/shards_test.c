/* Shards, and sets that stay in their files: what is in them, what is wrong with them, and that nobody sees the
 * difference. */
#include "support/data_images.h"

#include "base/file.h"
#include "data/image.h"
#include "data/images.h"
#include "data/loader.h"
#include "data/augment.h"
#include "data/shard_range.h"
#include "data/shuffle.h"
#include "data/stream.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { SHARDS = 4, MOST = 256, H = 8, W = 6 };

static char names[MOST][64];
static data_entry entries[MOST];
static size_t entry_count, name_count;

static const char *name_of(const char *format, unsigned number)
{
    assert_true(name_count < MOST);
    snprintf(names[name_count], sizeof names[0], format, number);
    return names[name_count++];
}

static void add(data_entry entry)
{
    assert_true(entry_count < MOST);
    entries[entry_count++] = entry;
}

static void add_text(const char *name, const char *text)
{
    add((data_entry){name, (const uint8_t *)text, strlen(text), NULL, NULL});
}

static void begin(void)
{
    entry_count = name_count = 0;
}

/* Writes the entries as a shard, and begins another. */
static void write_shard(const char *file)
{
    data_write_tar(file, "", "", entries, entry_count);
    begin();
}

static unsigned images_in(unsigned shard)
{
    return 3 + 2 * shard; /* of different length */
}

/* Returns the file of image i of a set, and its size and colour by turns. */
static data_entry image_of(const char *name, unsigned i)
{
    return i % 2 ? data_jpeg(name, H + i % 3, W, 3, i) : data_png(name, H, W + i % 5, i % 4 ? 3 : 1, i);
}

static const char *const labels[] = {"0", "1\n", " 2 \r\n"};

static void write_split(const char *folder, const char *split, unsigned shards)
{
    unsigned i = 0;
    char file[128];
    for (unsigned shard = 0; shard < shards; shard++) {
        begin();
        for (unsigned j = 0; j < images_in(shard); j++, i++) {
            add_text(name_of("k%03u.json", i), "{}");
            add(image_of(name_of(i % 2 ? "k%03u.jpg" : "k%03u.png", i), i));
            add_text(name_of("k%03u.cls", i), labels[i % 3]);
        }
        snprintf(file, sizeof file, "%s/set-%s-%02u.tar", folder, split, shard);
        write_shard(file);
    }
}

static void write_set(const char *folder)
{
    write_split(folder, "train", SHARDS);
    write_split(folder, "val", 1);
}

/* The same images as a tree of classes, whose order differs. */
static void write_tree(const char *folder)
{
    begin();
    for (unsigned i = 0; i < 24; i++) {
        add(image_of(name_of(i % 3 == 0   ? "train/a/k%03u"
                             : i % 3 == 1 ? "train/b/k%03u"
                                          : "train/c/k%03u",
                             i),
                     i));
    }
    for (unsigned i = 0; i < 3; i++) {
        add(image_of(name_of(i == 0 ? "test/a/k%03u" : i == 1 ? "test/b/k%03u" : "test/c/k%03u", i), i));
    }
    data_write_folder(folder, entries, entry_count);
}

static locl_data_options shard_options(const char *path)
{
    locl_data_options options = data_options(LOCL_DATA_SHARDS, path);
    options.image[0] = H;
    options.image[1] = W;
    options.image[2] = 3;
    return options;
}

static void open_both(const locl_data_options *options, locl_dataset **train, locl_dataset **test)
{
    locl_error err = {0};
    if (locl_dataset_open_both(options, train, test, &err) != LOCL_OK) {
        fail_msg("%s: %s: %s", options->path, err.where, err.message);
    }
}

static void close_both(locl_dataset *train, locl_dataset *test)
{
    locl_dataset_close(train);
    locl_dataset_close(test);
}

/* Expects image `index` to be what decoding and fitting `entry` gives. */
static void expect_image(const locl_dataset *set, size_t index, const data_entry *entry)
{
    static locl_image_space space;
    locl_image view;
    locl_image image;
    locl_error err = {0};
    uint8_t *fitted = malloc(set->h * set->w * set->c);
    assert_int_equal(locl_image_decode(entry->bytes, entry->size, &image, NULL), LOCL_OK);
    assert_int_equal(locl_image_fit(&image, set->h, set->w, set->c, fitted, NULL), LOCL_OK);
    if (locl_dataset_image(set, index, LOCL_IMAGE_FITTED, &space, &view, &err) != LOCL_OK) {
        fail_msg("%s: %s", err.where, err.message);
    }
    assert_int_equal(view.h, set->h);
    assert_int_equal(view.w, set->w);
    assert_int_equal(view.c, set->c);
    assert_memory_equal(view.pixels, fitted, set->h * set->w * set->c);
    free(fitted);
    free(image.pixels);
    locl_image_space_free(&space);
}

static void expect_set(const locl_dataset *train, const locl_dataset *test)
{
    assert_int_equal(train->n, 24);
    assert_int_equal(test->n, 3);
    assert_int_equal(train->classes, 3);
    for (int round = 0; round < 2; round++) { /* decoded, and as they were kept */
        for (unsigned i = 0; i < train->n; i++) {
            const data_entry entry = image_of("x", i);
            expect_image(train, i, &entry);
            assert_int_equal(train->labels[i], i % 3);
        }
    }
}

static void reads_every_way_of_naming_shards(void **state)
{
    (void)state;
    char list[4 * 512];
    locl_dataset *train, *test;
    write_set("set");
    const locl_data_options folder = shard_options("set");
    locl_data_options range = shard_options("set/set-{train-{}"), some = folder;
    snprintf(range.path, sizeof range.path, "%s", data_path("set/set-train-{00..03}.tar"));
    snprintf(list, sizeof list, "%s\n%s", range.path, data_path("set/set-val-00.tar"));
    snprintf(some.path, sizeof some.path, "%s", list);
    open_both(&folder, &train, &test);
    expect_set(train, test);
    close_both(train, test);
    open_both(&some, &train, &test);
    expect_set(train, test);
    close_both(train, test);
    snprintf(some.path, sizeof some.path, "%s", data_path("set/set-{train-{00..03},val-00}.tar"));
    data_expect_error(&some, LOCL_E_DATA, "set-{train-", NULL); /* braces are not nested */
    assert_int_equal(locl_dataset_open(&range, LOCL_SPLIT_TRAIN, &train, NULL), LOCL_OK);
    assert_int_equal(train->n, 24);
    locl_dataset_close(train);
}

static void takes_val_and_test_by_name(void **state)
{
    (void)state;
    locl_dataset *train, *test;
    locl_error err;
    write_split("named/train", "x", 2);
    write_split("named/validation", "x", 1);
    locl_data_options options = shard_options("named");
    open_both(&options, &train, &test);
    assert_int_equal(train->n, 8);
    assert_int_equal(test->n, 3);
    close_both(train, test);
    write_split("only", "train", 1);
    options = shard_options("only");
    assert_int_equal(locl_dataset_open_both(&options, &train, &test, &err), LOCL_E_DATA);
    assert_non_null(strstr(err.message, "no shards to test on"));
    options.holdout = 1;
    open_both(&options, &train, &test);
    assert_int_equal(train->n, 2);
    assert_int_equal(test->n, 1);
    assert_int_equal(test->labels[0], 1);
    close_both(train, test);
}

/* Changes a byte of a file without a trace in its size and time. */
static void spoil(const char *file, size_t at)
{
    struct stat info;
    const char *path = data_path(file);
    assert_int_equal(stat(path, &info), 0);
    int fd = open(path, O_RDWR);
    assert_int_equal(pwrite(fd, "\xff\xff\xff\xff", 4, (off_t)at), 4);
    close(fd);
    const struct timespec times[2] = {info.st_atim, info.st_mtim};
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

/* The second start looks into no shard that has not changed. */
static void keeps_an_index(void **state)
{
    (void)state;
    locl_dataset *train;
    write_split("kept", "train", 2);
    const locl_data_options options = shard_options("kept");
    assert_int_equal(locl_dataset_open(&options, LOCL_SPLIT_TRAIN, &train, NULL), LOCL_OK);
    locl_dataset_close(train);
    spoil("kept/set-train-01.tar", 0); /* the header of its first member */
    assert_int_equal(locl_dataset_open(&options, LOCL_SPLIT_TRAIN, &train, NULL), LOCL_OK);
    assert_int_equal(train->n, 8);
    locl_dataset_close(train);
    assert_int_equal(utimensat(AT_FDCWD, data_path("kept/set-train-01.tar"), NULL, 0), 0);
    data_expect_error(&options, LOCL_E_DATA, "set-train-01.tar", NULL);
}

/* Nor is a plain archive read through again. */
static void keeps_an_index_of_archives(void **state)
{
    (void)state;
    locl_dataset *train;
    struct stat info;
    write_tree("unpacked");
    data_write_tar("again.tar", "", "", entries, entry_count);
    assert_int_equal(stat(data_path("again.tar"), &info), 0);
    locl_data_options options = data_options(LOCL_DATA_FOLDER, "again.tar");
    options.own_size = true;
    for (int round = 0; round < 2; round++) {
        assert_int_equal(locl_dataset_open(&options, LOCL_SPLIT_TRAIN, &train, NULL), LOCL_OK);
        assert_int_equal(train->n, 24);
        const data_entry entry = image_of("x", 3);
        expect_image(train, 1, &entry); /* train/a: 0, 3, 6, ... */
        locl_dataset_close(train);
        spoil("again.tar", (size_t)info.st_size - 900); /* of the end marker */
    }
    assert_int_equal(utimensat(AT_FDCWD, data_path("again.tar"), NULL, 0), 0);
    data_expect_error(&options, LOCL_E_DATA, "again.tar", NULL);
}

static void names_all_problems(void **state)
{
    (void)state;
    begin();
    add(data_png("good.png", 4, 4, 3, 1));
    add_text("good.cls", "0");
    add(data_png("nolabel.png", 4, 4, 3, 1));
    add_text("noimage.cls", "1");
    add_text("noimage.webp", "x");
    add(data_png("word.png", 4, 4, 3, 1));
    add_text("word.cls", "cat");
    add(data_png("negative.png", 4, 4, 3, 1));
    add_text("negative.cls", "-1");
    add(data_png("again.png", 4, 4, 3, 1));
    add(data_jpeg("again.jpg", 4, 4, 3, 1));
    add_text("again.cls", "1");
    add_text("bad.jpg", "no picture");
    add_text("bad.cls", "1");
    add(data_png("small.png", 2, 4, 3, 1));
    add_text("small.cls", "1");
    add(data_png("../out.png", 4, 4, 3, 1));
    add_text("../out.cls", "1");
    add_text("../out.txt", "of no matter");
    write_shard("bad/t-train-0.tar");
    add(data_png("good.png", 4, 4, 3, 2));
    add_text("good.cls", "0");
    write_shard("bad/t-train-1.tar");
    add(data_png("last.png", 4, 4, 3, 2));
    add_text("last.cls", "0");
    write_shard("bad/t-train-4.tar");
    locl_data_options options = data_options(LOCL_DATA_SHARDS, "bad");
    options.patches = 3;
    data_expect_error(
        &options, LOCL_E_DATA, "has 11 problems", "t-train-0.tar: nolabel.png has no nolabel.cls",
        "noimage.cls has no image", "word.cls holds 'cat'", "negative.cls holds '-1'",
        "holds the key again twice", "bad.jpg: the file is neither a JPEG nor a PNG",
        "small.png is an image of 2x4, smaller than its 3x3 patches", "../out.png is a name with '..'",
        "../out.cls is a name with '..'", "t-train-1.tar: good.png: its key is in another shard, too",
        "t-train-2.tar is missing, and others after it", NULL);
}

static void refuses_what_is_no_shard(void **state)
{
    (void)state;
    static uint8_t bytes[1 << 16];
    char both[1024];
    locl_data_options options = data_options(LOCL_DATA_SHARDS, "none/");
    data_expect_error(&options, LOCL_E_DATA, "has no shards", NULL);
    snprintf(options.path, sizeof options.path, "%s", data_path("lost/train-{7..9}.tar"));
    data_expect_error(&options, LOCL_E_DATA, "3 problems", "train-7.tar: No such file", "train-9.tar", NULL);
    begin();
    add(data_png("a.png", 4, 4, 3, 1));
    add_text("a.cls", "0");
    data_write_tar("packed/train-0.tar", "gzip", "", entries, entry_count);
    options = data_options(LOCL_DATA_SHARDS, "packed");
    data_expect_error(&options, LOCL_E_DATA, "compressed (gzip)", "gunzip", NULL);
    data_write_tar("whole.tar", "", "", entries, entry_count);
    size_t size = data_read("whole.tar", bytes, sizeof bytes);
    for (size_t cut = 512; cut < 2048; cut += 300) {
        data_write("cut.tar", bytes, cut);
        options = data_options(LOCL_DATA_SHARDS, "cut.tar");
        data_expect_error(&options, LOCL_E_DATA, "cut.tar", NULL);
    }
    assert_true(size > 2048);
    options = data_options(LOCL_DATA_SHARDS, "whole.tar");
    snprintf(both, sizeof both, "%s\n%s", options.path, options.path);
    snprintf(options.path, sizeof options.path, "%s", both);
    data_expect_error(&options, LOCL_E_DATA, "whole.tar comes twice", NULL);
    snprintf(options.path, sizeof options.path, "{0..1000000}.tar");
    data_expect_error(&options, LOCL_E_CONFIG, "{0..1000000} stands for more than 1000000 shards", NULL);
    snprintf(options.path, sizeof options.path, "x{0..99999}y{a,b,c,d,e,f,g,h,i,j,k}.tar");
    data_expect_error(&options, LOCL_E_CONFIG,
                      "{a,b,c,d,e,f,g,h,i,j,k} and the braces before it stand for more than 1000000 shards",
                      NULL);
    snprintf(options.path, sizeof options.path, "none/{0..1}\nnone/{2..3}"); /* each by itself */
    data_expect_error(&options, LOCL_E_DATA, "4 problems", NULL);
}

static void counts_labels_that_are_no_class(void **state)
{
    (void)state;
    locl_data_options options = shard_options("set");
    options.classes = 2;
    data_expect_error(&options, LOCL_E_DATA,
                      "k002.png image 2 has the label 2, labels should be 0 to 1, as 8 labels", NULL);
}

static void takes_one_number_for_a_label(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t size;
        const char *said; /* NULL: good */
    } cases[] = {
        {"3", 1, NULL},
        {" 3 \r\n\n", 6, NULL},
        {"65535", 5, NULL},
        {"65536", 5, "k.cls holds '65536', which is no class"},
        {"1999999999", 10, "k.cls holds '1999999999', which is no class"},
        {"1\n2\n", 4, "k.cls holds '1' and more, which is no class"},
        {"1\0junk", 6, "k.cls holds '1' and more, which is no class"},
        {"-1", 2, "k.cls holds '-1', which is no class"},
        {"", 0, "k.cls holds '', which is no class"},
        {"1                                                                                      2", 88,
         "which is no class"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        begin();
        add(data_png("k.png", 4, 4, 3, 1));
        add((data_entry){"k.cls", (const uint8_t *)cases[i].text, cases[i].size, NULL, NULL});
        write_shard(name_of("label/train-%u.tar", (unsigned)i));
        char file[64];
        snprintf(file, sizeof file, "label/train-%zu.tar", i);
        locl_data_options options = data_options(LOCL_DATA_SHARDS, file);
        if (cases[i].said) {
            data_expect_error(&options, LOCL_E_DATA, cases[i].said, NULL);
        } else {
            locl_dataset *train = NULL;
            assert_int_equal(locl_dataset_open(&options, LOCL_SPLIT_TRAIN, &train, NULL), LOCL_OK);
            assert_int_equal(train->labels[0], strtol(cases[i].text, NULL, 10));
            locl_dataset_close(train);
        }
    }
}

static const locl_augment_options *augment; /* of the loaders that follow */

static locl_loader *open_loader(const locl_dataset *set, uint64_t first, unsigned threads, size_t slice)
{
    const locl_loader_options options = {.batch = 6,
                                         .slice = slice,
                                         .patches = 2,
                                         .ring = 3,
                                         .seed = 5,
                                         .training = true,
                                         .first = first,
                                         .end = 11,
                                         .augment = augment,
                                         .threads = threads};
    locl_loader *loader;
    locl_error err = {0};
    if (locl_loader_open(set, &options, &loader, &err) != LOCL_OK) {
        fail_msg("%s", err.message);
    }
    return loader;
}

static void expect_same_batches(const locl_dataset *one, const locl_dataset *other, uint64_t first,
                                unsigned threads, size_t slice)
{
    locl_loader *a = open_loader(one, 0, 1, slice), *b = open_loader(other, first, threads, slice);
    locl_batch x, y;
    for (size_t i = 0; i < first * (slice ? 6 / slice : 1); i++) {
        assert_true(locl_loader_acquire(a, &x));
        locl_loader_release(a, &x);
    }
    size_t row = locl_loader_shape(a)->count * locl_loader_shape(a)->size, images = slice ? slice : 6;
    while (locl_loader_acquire(b, &y)) {
        assert_true(locl_loader_acquire(a, &x));
        assert_int_equal(x.number, y.number);
        assert_memory_equal(x.x, y.x, images * row * sizeof *x.x);
        assert_memory_equal(x.labels, y.labels, images * sizeof *x.labels);
        locl_loader_release(a, &x);
        locl_loader_release(b, &y);
    }
    assert_false(locl_loader_acquire(a, &x));
    locl_error err;
    assert_int_equal(locl_loader_failure(b, &err), LOCL_OK);
    locl_loader_close(a);
    locl_loader_close(b);
}

/* A tree in its files, folder or archive, with little memory and with much, trains as the one in memory. */
static void streams_trees_unseen(void **state)
{
    (void)state;
    static const char *const paths[] = {"tree", "tree.tar"};
    static const uint64_t memories[] = {1, 3000, 1 << 20};
    locl_dataset *train, *test, *other, *other_test;
    write_tree("tree");
    data_write_tar("tree.tar", "", "a/", entries, entry_count);
    locl_data_options options = data_options(LOCL_DATA_FOLDER, "tree");
    open_both(&options, &train, &test);
    assert_null(train->stream);
    for (size_t i = 0; i < 6; i++) {
        locl_data_options little = data_options(LOCL_DATA_FOLDER, paths[i % 2]);
        little.memory = memories[i / 2];
        little.own_size = i / 2 == 2;
        open_both(&little, &other, &other_test);
        assert_non_null(other->stream);
        assert_int_equal(other->n, train->n);
        assert_int_equal(other->named, 3);
        assert_memory_equal(other->labels, train->labels, train->n * sizeof *train->labels);
        assert_memory_equal(other->mean, train->mean, sizeof train->mean);
        assert_memory_equal(other->std, train->std, sizeof train->std);
        expect_same_batches(train, other, 0, 3, 0);
        expect_same_batches(train, other, 5, 1, 2);
        close_both(other, other_test);
    }
    close_both(train, test);
    data_write_tar("tree.tar.gz", "gzip", "a/", entries, entry_count);
    options = data_options(LOCL_DATA_FOLDER, "tree.tar.gz");
    options.memory = 1;
    data_expect_error(&options, LOCL_E_MEMORY, "need", "unpack", "(gzip)", NULL);
}

/* A part that is cut out is one of the image in its file: alike with any memory and threads, and for images that cannot
 * be decoded smaller what augment.h gives for them. */
static void cuts_out_of_own_sizes(void **state)
{
    (void)state;
    enum { LARGE = 40, ROW = 8 * 8 * 3 };
    locl_augment_options options = {.range = {[LOCL_AUGMENT_AREA] = {{.05, 1}, 2}}};
    locl_data_options data = data_options(LOCL_DATA_FOLDER, "large");
    locl_dataset *train, *other;
    locl_augment_work work = {0};
    locl_batch batch;
    begin();
    for (unsigned i = 0; i < 12; i++) {
        const char *name = name_of(i % 2 ? "train/a/%02u" : "train/b/%02u", i);
        add(i % 2 ? data_jpeg(name, LARGE, LARGE + 9, 3, i) : data_png(name, LARGE + i, LARGE, 3, i));
    }
    data_write_folder("large", entries, entry_count);
    data.image[0] = data.image[1] = 8;
    data.own_size = true;
    locl_augment_options_resolve(&options);
    augment = &options;
    assert_int_equal(locl_dataset_open(&data, LOCL_SPLIT_TRAIN, &train, NULL), LOCL_OK);
    data.memory = 1;
    assert_int_equal(locl_dataset_open(&data, LOCL_SPLIT_TRAIN, &other, NULL), LOCL_OK);
    expect_same_batches(train, other, 0, 3, 0);
    expect_same_batches(other, train, 4, 2, 3);
    locl_loader *loader = open_loader(train, 0, 2, 0);
    locl_patch_shape shape = *locl_loader_shape(loader);
    uint32_t order[12];
    locl_shuffle(5, 0, order, 12);
    assert_true(locl_loader_acquire(loader, &batch));
    for (size_t row = 0; row < 6; row++) {
        const locl_augment_moment moment = {.seed = 5, .image = order[row]};
        const bool png = train->labels[order[row]] == 1; /* class b */
        locl_augment_draws draws;
        locl_image image;
        float expected[ROW];
        const data_entry *file = &entries[png ? 2 * (order[row] - 6) : 1 + 2 * order[row]];
        assert_int_equal(locl_image_decode(file->bytes, file->size, &image, NULL), LOCL_OK);
        const locl_augment_size size = {image.h, image.w, 8, 8};
        assert_int_equal(locl_augment_reserve(&work, &size, 3, NULL), LOCL_OK);
        locl_augment_draw(&options, &moment, &size, &draws);
        locl_augment_image(&options, &draws, &image, &size, &work);
        locl_patches_from_planes(&shape, work.planes, train->mean, train->std, expected);
        bool reduced = !png && draws.height >= 16 && draws.width >= 16;
        assert_int_equal(memcmp(expected, batch.x + row * ROW, sizeof expected) != 0, reduced);
        free(image.pixels);
    }
    locl_loader_close(loader);
    locl_augment_release(&work);
    augment = NULL;
    close_both(train, other);
}

static void follows_links_in_plain_archives(void **state)
{
    (void)state;
    locl_dataset *train, *other;
    begin();
    add(data_png("train/a/1.png", H, W, 3, 1));
    add((data_entry){"train/b/2.png", NULL, 0, "../a/1.png", NULL});
    add((data_entry){"train/b/3.png", NULL, 0, NULL, "train/a/1.png"});
    data_write_tar("linked.tar", "", "", entries, entry_count);
    locl_data_options options = data_options(LOCL_DATA_FOLDER, "linked.tar");
    assert_int_equal(locl_dataset_open(&options, LOCL_SPLIT_TRAIN, &train, NULL), LOCL_OK);
    options.own_size = true;
    assert_int_equal(locl_dataset_open(&options, LOCL_SPLIT_TRAIN, &other, NULL), LOCL_OK);
    for (size_t i = 0; i < 3; i++) {
        expect_image(train, i, &entries[0]);
        expect_image(other, i, &entries[0]);
    }
    close_both(train, other);
}

static void counts_what_packed_archives_hold(void **state)
{
    (void)state;
    begin();
    for (unsigned i = 0; i < 4; i++) {
        add(data_png(name_of("train/a/%u.png", i), 40, 40, 3, i));
    }
    data_write_tar("packed.tgz", "gzip", "", entries, entry_count);
    locl_data_options options = data_options(LOCL_DATA_FOLDER, "packed.tgz");
    options.memory = entries[0].size + entries[1].size;
    data_expect_error(&options, LOCL_E_MEMORY, "the files in the archive need", "the limit given is", NULL);
}

static void holds_out_alike(void **state)
{
    (void)state;
    locl_dataset *train, *test, *other, *other_test;
    locl_data_options options = data_options(LOCL_DATA_FOLDER, "tree");
    options.holdout = 5;
    open_both(&options, &train, &test);
    options.own_size = true;
    open_both(&options, &other, &other_test);
    assert_non_null(other_test->stream);
    assert_int_equal(other_test->n, 5);
    for (size_t i = 0; i < 5; i++) {
        locl_image_space space = {0};
        locl_image view;
        assert_int_equal(locl_dataset_image(other_test, i, LOCL_IMAGE_FITTED, &space, &view, NULL), LOCL_OK);
        assert_memory_equal(view.pixels, test->pixels + i * test->h * test->w * test->c,
                            test->h * test->w * test->c);
        assert_int_equal(test->labels[i], other_test->labels[i]);
        locl_image_space_free(&space);
    }
    assert_memory_equal(train->mean, other->mean, sizeof train->mean);
    close_both(train, test);
    close_both(other, other_test);
}

/* Opens set/ with nothing kept, takes `taken` batches, and expects the next ones to end with an error. */
static void expect_break(const locl_dataset *set, const char *text)
{
    locl_loader *loader = open_loader(set, 0, 2, 0);
    locl_batch batch;
    locl_error err;
    uint64_t number = 0;
    for (; locl_loader_acquire(loader, &batch); number++) {
        assert_int_equal(batch.number, number);
        locl_loader_release(loader, &batch);
    }
    assert_true(number < 11);
    assert_int_equal(locl_loader_failure(loader, &err), LOCL_E_DATA);
    if (!strstr(err.message, text) && !strstr(err.where, text)) {
        fail_msg("'%s' is missing in: %s: %s", text, err.where, err.message);
    }
    locl_loader_close(loader);
}

static void says_when_a_shard_goes_or_changes(void **state)
{
    (void)state;
    locl_dataset *train, *test;
    write_set("moving");
    locl_data_options options = shard_options("moving");
    options.memory = 1;
    open_both(&options, &train, &test);
    const char *shard = data_path("moving/set-train-02.tar"), *away = data_path("moving/away");
    struct stat info;
    assert_int_equal(stat(shard, &info), 0);
    assert_int_equal(rename(shard, away), 0);
    expect_break(train, "set-train-02.tar was there");
    assert_int_equal(mkfifo(shard, 0600), 0);
    expect_break(train, "set-train-02.tar has changed"); /* and nobody waits for a writer */
    assert_int_equal(rename(away, shard), 0);
    assert_int_equal(truncate(shard, info.st_size - 512), 0);
    expect_break(train, "set-train-02.tar has changed");
    assert_int_equal(truncate(shard, info.st_size), 0);
    expect_break(train, "set-train-02.tar has changed"); /* its time */
    close_both(train, test);
}

static void names_a_damaged_image(void **state)
{
    (void)state;
    locl_dataset *train;
    begin();
    for (unsigned i = 0; i < 12; i++) {
        add(data_jpeg(name_of("%u.jpg", i), 16, 16, 3, i));
        add_text(name_of("%u.cls", i), "1");
    }
    entries[14].size -= 40; /* of 7.jpg: its end */
    write_shard("damaged.tar");
    const locl_data_options options = shard_options("damaged.tar");
    locl_data_options given = options;
    given.mean_count = given.std_count = 3;
    for (size_t i = 0; i < 3; i++) {
        given.mean[i] = given.std[i] = .5;
    }
    assert_int_equal(locl_dataset_open(&given, LOCL_SPLIT_TRAIN, &train, NULL), LOCL_OK);
    expect_break(train, "damaged.tar: 7.jpg");
    locl_dataset_close(train);
    data_expect_error(&options, LOCL_E_DATA, "damaged.tar: 7.jpg",
                      NULL); /* mean and deviation take all images */
}

/* libjpeg's halves are about the means of two by two pixels. */
static void decodes_reduced(void **state)
{
    (void)state;
    enum { SIDE = 33 };
    uint8_t *buffer = NULL;
    size_t capacity = 0;
    locl_image whole, part;
    const data_entry entry = data_jpeg("x.jpg", SIDE, SIDE, 1, 0);
    assert_int_equal(locl_image_decode(entry.bytes, entry.size, &whole, NULL), LOCL_OK);
    for (unsigned reduce = 1; reduce <= 8; reduce *= 2) {
        double sum = 0, all = 0;
        assert_int_equal(
            locl_image_decode_into(entry.bytes, entry.size, reduce, &buffer, &capacity, &part, NULL),
            LOCL_OK);
        assert_int_equal(part.h, (SIDE + reduce - 1) / reduce);
        assert_int_equal(part.w, (SIDE + reduce - 1) / reduce);
        for (size_t y = 0; y < SIDE / reduce * reduce; y++) {
            for (size_t x = 0; x < SIDE / reduce * reduce; x++) {
                sum += part.pixels[y / reduce * part.w + x / reduce];
                all += whole.pixels[y * SIDE + x];
            }
        }
        assert_true(sum < all * 1.05 && sum > all * .95);
    }
    free(buffer);
    free(whole.pixels);
}

static void gives_own_sizes(void **state)
{
    (void)state;
    locl_dataset *train, *test;
    locl_image_space space = {0};
    locl_image view;
    write_tree("own");
    static const char *const paths[] = {"set", "own"};
    for (size_t k = 0; k < 2; k++) {
        locl_data_options options = shard_options(paths[k]);
        options.name = k ? LOCL_DATA_FOLDER : LOCL_DATA_SHARDS;
        options.own_size = true;
        open_both(&options, &train, &test);
        for (size_t i = 0; i < train->n; i++) {
            size_t h, w;
            assert_int_equal(locl_dataset_own_size(train, i, &space, &h, &w, NULL), LOCL_OK);
            assert_int_equal(locl_dataset_image(train, i, LOCL_IMAGE_OWN, &space, &view, NULL), LOCL_OK);
            assert_int_equal(view.h, h);
            assert_int_equal(view.w, w);
            assert_int_equal(view.c, 3);
            assert_int_equal(locl_dataset_image(train, i, LOCL_IMAGE_HALF, &space, &view, NULL), LOCL_OK);
            assert_true(view.h == h || view.h == (h + 1) / 2);
        }
        close_both(train, test);
    }
    locl_image_space_free(&space);
}

static void keeps_within_its_bytes(void **state)
{
    (void)state;
    enum { N = 100, BYTES = 300 };
    static uint8_t pixels[BYTES];
    locl_decoded keep;
    locl_image found;
    size_t kept = 0;
    const locl_image image = {pixels, 10, 10, 3};
    assert_int_equal(locl_decoded_open(&keep, N, 4000, NULL), LOCL_OK);
    for (size_t i = 0; i < N; i++) {
        memset(pixels, (int)i, sizeof pixels);
        locl_decoded_store(&keep, i, LOCL_IMAGE_FITTED, &image);
    }
    for (size_t i = 0; i < N; i++) {
        if (locl_decoded_find(&keep, i, LOCL_IMAGE_FITTED, &found)) {
            assert_int_equal(found.pixels[BYTES - 1], i);
            assert_false(locl_decoded_find(&keep, i, LOCL_IMAGE_OWN, &found));
            kept++;
        }
    }
    assert_in_range(kept, 10, 13); /* 4000 / 300 */
    locl_decoded_close(&keep);
}

static locl_status join(void *user, const char *text, locl_error *err)
{
    char *all = user;
    (void)err;
    strcat(strcat(all, text), " ");
    return LOCL_OK;
}

static void writes_braces_out(void **state)
{
    (void)state;
    static const struct {
        const char *text, *all;
    } cases[] = {
        {"a", "a "},
        {"{08..11}", "08 09 10 11 "},
        {"x{1..3}.tar", "x1.tar x2.tar x3.tar "},
        {"{a,b}{0..1}", "a0 a1 b0 b1 "},
        {"{a}", "{a} "},
        {"{a", "{a "},
        {"{3..1}", ""},
        {"{000..2}", "000 001 002 "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char all[256] = "";
        assert_int_equal(locl_brace_expand(cases[i].text, join, all, NULL), LOCL_OK);
        assert_string_equal(all, cases[i].all);
    }
}

int main(void)
{
    setenv("XDG_CACHE_HOME", data_path("cache"), 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_way_of_naming_shards),
        cmocka_unit_test(takes_val_and_test_by_name),
        cmocka_unit_test(keeps_an_index),
        cmocka_unit_test(keeps_an_index_of_archives),
        cmocka_unit_test(names_all_problems),
        cmocka_unit_test(refuses_what_is_no_shard),
        cmocka_unit_test(counts_labels_that_are_no_class),
        cmocka_unit_test(takes_one_number_for_a_label),
        cmocka_unit_test(streams_trees_unseen),
        cmocka_unit_test(cuts_out_of_own_sizes),
        cmocka_unit_test(follows_links_in_plain_archives),
        cmocka_unit_test(counts_what_packed_archives_hold),
        cmocka_unit_test(holds_out_alike),
        cmocka_unit_test(says_when_a_shard_goes_or_changes),
        cmocka_unit_test(names_a_damaged_image),
        cmocka_unit_test(decodes_reduced),
        cmocka_unit_test(gives_own_sizes),
        cmocka_unit_test(keeps_within_its_bytes),
        cmocka_unit_test(writes_braces_out),
    };
    return cmocka_run_group_tests(tests, NULL, data_images_remove);
}
