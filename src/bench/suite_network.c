#include "bench/suite_network.h"

#include "config/keys.h"

#include <stdio.h>
#include <string.h>

/* Images of the data sets that presets are meant for. */
static const struct {
    const char *data, *shape;
} images[] = {{"MNIST", "image: [28, 28, 1], classes: 10"},
              {"CIFAR-10", "image: [32, 32, 3], classes: 10"},
              {"ImageNet", "image: [224, 224, 3], classes: 1000"}};

const locl_model_preset *locl_suite_standard(const locl_bench_setup *setup)
{
    return locl_model_preset_find(setup->quick ? "S/1/1" : "M/8/16");
}

locl_status locl_suite_config(const locl_bench_source *source, const locl_model_preset *preset,
                              locl_config **out, locl_error *err)
{
    char set[160];
    const char *const sets[] = {set}, *shape = images[0].shape;
    for (size_t i = 0; i < sizeof images / sizeof images[0]; i++) {
        shape = !strcmp(images[i].data, preset->purpose) ? images[i].shape : shape;
    }
    snprintf(set, sizeof set, "model={preset: %s, %s}", preset->name, shape);
    return locl_bench_config(source, sets, 1, out, err);
}

void locl_suite_precision(const locl_config *config, char *out, size_t size)
{
    locl_text text = {0};
    locl_key_value(locl_schema_find(locl_keys, "precision"), config, &text);
    snprintf(out, size, "%s", text.data && !text.failed ? text.data : "");
    locl_text_free(&text);
}

void locl_suite_work(const locl_config *config, char *out, size_t size)
{
    char rule[96], precision[32];
    const unsigned *image = config->model.image;
    locl_config_rule_label(&config->rule, rule, sizeof rule);
    locl_suite_precision(config, precision, sizeof precision);
    snprintf(out, size, "%ux%ux%u/%u, %s, batch %zu, %s", image[0], image[1], image[2], config->model.classes,
             rule, (size_t)config->data.batch, precision);
}
