/* Trains as a configuration says and tests the result, with the library alone.
 *
 *     cc example.c -I include -L build/lib -llocl ...     (tests/cli/command/example.sh runs it)
 *     ./example configs/fashion-mnist.yaml train.epochs=1 run.dir=/tmp/example */
#include <locl/locl.h>

#include <stdio.h>

/* Called now and then while the run goes on. */
static void show(void *user, const locl_run_event *event)
{
    if (event->moment == LOCL_RUN_TESTED) {
        fprintf(user, "epoch %llu of %llu: test error %.2f %%\n", (unsigned long long)event->epoch,
                (unsigned long long)event->epochs, 100 * event->test->classifier.error);
    }
}

int main(int argc, char **argv)
{
    locl_run_setup setup = {.handler = show, .user = stdout};
    locl_run *run = NULL;
    locl_result result;
    locl_error err = {0};
    if (argc < 2) {
        fprintf(stderr, "usage: %s CONFIG [KEY=VALUE]...\n", argv[0]);
        return 2;
    }
    setup.config = argv[1];
    setup.set = (const char *const *)argv + 2;
    setup.sets = (size_t)argc - 2;
    if (locl_run_open(&setup, &run, &err) != LOCL_OK || locl_run_train(run, &err) != LOCL_OK ||
        locl_run_evaluate(run, "test", &result, &err) != LOCL_OK) {
        fprintf(stderr, "%s: %s\n%s\n", err.where, err.message, err.remedy);
    } else {
        printf("%llu test images, loss %.4f, error %.2f %%\n", (unsigned long long)result.images,
               result.classifier.loss, 100 * result.classifier.error);
    }
    locl_run_close(run);
    return locl_status_exit_code(err.status);
}
