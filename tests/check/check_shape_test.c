/* Shapes as text: what the table has is read, printed and read again alike, and rows lay out what they have.
 */
#include "support/kernel_check.h"

#include <string.h>

static void shapes_are_read_as_they_are_printed(void **state)
{
    const locl_op *op = *state;
    assert_true(op->shapes > 0 && op->presets <= op->shapes);
    char shape[LOCL_OP_SHAPE_TEXT];
    for (size_t i = 0; locl_op_shape_at(op, i, shape); i++) {
        char text[LOCL_OP_SHAPE_TEXT], again[LOCL_OP_SHAPE_TEXT];
        size_t dim[LOCL_OP_DIMS], read[LOCL_OP_DIMS];
        locl_check_parse(op, shape, dim);
        locl_op_shape_print(op, dim, text, sizeof text);
        locl_check_parse(op, text, read);
        assert_memory_equal(dim, read, sizeof dim);
        locl_op_shape_print(op, read, again, sizeof again);
        assert_string_equal(text, again);
        assert_true(!op->refuses || !op->refuses(dim));
    }
}

static void a_shape_names_what_it_changes(void **state)
{
    const locl_op *op = locl_op_find("activation_dual");
    char text[LOCL_OP_SHAPE_TEXT];
    size_t dim[LOCL_OP_DIMS];
    (void)state;
    locl_check_parse(op, "layer=group B=5 P=3 D=64 G=4", dim);
    locl_op_shape_print(op, dim, text, sizeof text);
    assert_string_equal(text, "layer=group B=5 P=3 G=4 D=64 norm=no residual=no dz=no noise=none tangents=0 "
                              "kept=no halves=no");
    op = locl_op_find("product_dense");
    locl_check_parse(op, " alpha=-1.25  k=7 ", dim);
    locl_op_shape_print(op, dim, text, sizeof text);
    assert_string_equal(
        text, "layout=nn m=64 n=64 k=7 gap_a=0 gap_b=0 gap_c=0 alpha=-1.25 beta=0 external=no halves=no");
}

static void covers_are_products_of_their_words(void **state)
{
    static const char *const shapes[] = {"a=u b=9"}, *const covers[] = {"a=v|w b=1|20 c=x", "a=y"},
                             *const all[] = {"a=u b=9",      "a=v b=1 c=x",  "a=w b=1 c=x",
                                             "a=v b=20 c=x", "a=w b=20 c=x", "a=y"};
    const locl_op op = {.shape = shapes, .shapes = 1, .cover = covers, .covers = 2};
    char text[LOCL_OP_SHAPE_TEXT];
    size_t i = 0;
    (void)state;
    for (; locl_op_shape_at(&op, i, text); i++) {
        assert_true(i < sizeof all / sizeof all[0]);
        assert_string_equal(text, all[i]);
    }
    assert_int_equal(i, sizeof all / sizeof all[0]);
}

static void check_wrong(const char *name, const char *shape, const char *message)
{
    locl_error err = {0};
    size_t dim[LOCL_OP_DIMS];
    assert_int_equal(locl_op_shape_parse(locl_op_find(name), shape, dim, &err), LOCL_E_CONFIG);
    if (!strstr(err.message, message)) {
        fail_msg("\"%s\" says: %s", shape, err.message);
    }
}

static void wrong_words_are_named(void **state)
{
    (void)state;
    check_wrong("activation_dual", "layer=grup", "layer is grup; it may be token|channel|group");
    check_wrong("activation_dual", "layers=group", "no dimension \"layers\"; it has layer=token");
    check_wrong("activation_dual", "B", "B is ; it should be an integer from 1 on");
    check_wrong("activation_dual", "B=0", "B is 0; it should be an integer from 1 on");
    check_wrong("activation_dual", "B=-1", "B is -1");
    check_wrong("activation_dual", "B=3x", "B is 3x");
    check_wrong("activation_dual", "tangents=", "tangents is ; it should be an integer from 0 on");
    check_wrong("product_dense", "alpha=one", "alpha is one; it should be a real number");
    check_wrong("product_dense", "alpha=nan", "alpha is nan");
}

static void what_a_row_refuses_is_no_case(void **state)
{
    const locl_op *op = locl_op_find("activation_dual");
    size_t dim[LOCL_OP_DIMS];
    locl_error err = {0};
    locl_op_case *c = NULL;
    (void)state;
    locl_check_parse(op, "D=63 G=4", dim);
    assert_int_equal(locl_op_case_create(op, dim, 1, LOCL_OP_HARD, &c, &err), LOCL_E_CONFIG);
    assert_null(c);
    assert_string_equal(err.message, "activation_dual: D is no multiple of G");
}

int main(void)
{
    const struct CMUnitTest more[] = {
        cmocka_unit_test(a_shape_names_what_it_changes),
        cmocka_unit_test(covers_are_products_of_their_words),
        cmocka_unit_test(wrong_words_are_named),
        cmocka_unit_test(what_a_row_refuses_is_no_case),
    };
    return locl_check_run_rows("shapes as text", shapes_are_read_as_they_are_printed, NULL, more,
                               sizeof more / sizeof *more);
}
