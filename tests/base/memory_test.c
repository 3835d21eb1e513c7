/* The limits of control groups, in folders that look like the kernel's. */
#include "support/data_files.h"

#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void put(const char *name, const char *text)
{
    data_write(name, text, strlen(text));
}

static uint64_t left(const char *tree)
{
    char groups[64], mount[64], path[512];
    snprintf(groups, sizeof groups, "%s/cgroup", tree);
    snprintf(mount, sizeof mount, "%s/mount/", tree);
    snprintf(path, sizeof path, "%s", data_path(groups));
    char *folder = (char *)data_path(mount);
    folder[strlen(folder) - 1] = '\0';
    return locl_memory_left_by_groups(path, folder);
}

static void reads_version_2(void **state)
{
    (void)state;
    put("two/cgroup", "0::/a/b\n");
    put("two/mount/a/b/memory.max", "max\n");
    put("two/mount/a/b/memory.high", "max\n");
    put("two/mount/a/b/memory.current", "500\n");
    assert_true(left("two") == UINT64_MAX);
    put("two/mount/a/b/memory.max", "2000\n");
    assert_int_equal(left("two"), 1500);
    put("two/mount/a/b/memory.stat", "anon 7\nactive_file 9\ninactive_file 200\nslab 3\n");
    assert_int_equal(left("two"), 1700);
    put("two/mount/a/b/memory.high", "1800\n");
    assert_int_equal(left("two"), 1500);
    put("two/mount/a/memory.max", "3000\n"); /* shared with others */
    put("two/mount/a/memory.current", "2900\n");
    assert_int_equal(left("two"), 100);
    put("two/mount/a/memory.current", "3100\n");
    assert_int_equal(left("two"), 0);
    put("two/mount/a/memory.max", "max\n");
    put("two/mount/memory.max", "2000\n");
    put("two/mount/memory.current", "1000\n");
    assert_int_equal(left("two"), 1000);
}

static void reads_version_1(void **state)
{
    (void)state;
    put("one/cgroup", "9:name=systemd:/\n5:cpu,memory:/docker/x\n4:pids:/docker/x\n0::/\n");
    put("one/mount/memory/docker/x/memory.limit_in_bytes", "9223372036854771712\n"); /* none */
    put("one/mount/memory/docker/x/memory.usage_in_bytes", "500\n");
    assert_true(left("one") > 1ull << 60);
    put("one/mount/memory/docker/x/memory.limit_in_bytes", "800\n");
    put("one/mount/memory/docker/x/memory.stat", "inactive_file 1\ntotal_inactive_file 100\n");
    assert_int_equal(left("one"), 400);
    put("one/mount/memory/memory.limit_in_bytes", "700\n");
    put("one/mount/memory/memory.usage_in_bytes", "600\n");
    assert_int_equal(left("one"), 100);
}

/* Docker's: the path is the host's, the mount is the group itself. */
static void reads_a_mount_that_is_the_group(void **state)
{
    (void)state;
    put("inner/cgroup", "4:memory:/docker/0123\n");
    put("inner/mount/memory/memory.limit_in_bytes", "800\n");
    put("inner/mount/memory/memory.usage_in_bytes", "300\n");
    assert_int_equal(left("inner"), 500);
    put("inner/cgroup", "1:name=systemd:/\n0::/docker/0123\n"); /* both versions at once */
    put("inner/mount/unified/memory.max", "700\n");
    put("inner/mount/unified/memory.current", "300\n");
    assert_int_equal(left("inner"), 400);
}

static void has_no_limit_without_groups(void **state)
{
    (void)state;
    assert_true(left("nothing") == UINT64_MAX);
    put("odd/cgroup", "no colons\n0:\n0::/x\n");
    assert_true(left("odd") == UINT64_MAX);
    put("odd/mount/x/memory.max", "100\n"); /* usage is not known */
    assert_true(left("odd") == UINT64_MAX);
    assert_true(locl_memory_available().bytes > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_version_2),
        cmocka_unit_test(reads_version_1),
        cmocka_unit_test(reads_a_mount_that_is_the_group),
        cmocka_unit_test(has_no_limit_without_groups),
    };
    return cmocka_run_group_tests(tests, NULL, data_folder_remove);
}
