/* Reads rules without a configuration file, from the text of `locl audit --rule`, and writes them as labels
 * for tables. */
#include "config/resolve.h"
#include "config/config.h"
#include "config/keys.h"
#include "rules/rule.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Makes a mapping of one key; NULL when out of memory. */
static locl_yaml_node *map_of(locl_yaml *yaml, const char *key, locl_yaml_node *value)
{
    char *name = strdup(key);
    locl_yaml_node *map = name ? locl_yaml_make(yaml, LOCL_YAML_MAP, &value->at) : NULL;
    if (!map) {
        free(name);
        return NULL;
    }
    locl_yaml_append(map, value, name, &value->at);
    return map;
}

/* Reads `text` as {rule: {name: ..., ...}}. Text that is no YAML is a problem, and *out is NULL. */
static locl_status read_rule(locl_yaml *yaml, const char *source, const char *text, locl_problems *problems,
                             locl_yaml_node **out, locl_error *err)
{
    const locl_position at = {.source = source};
    *out = NULL;
    if (!text[0]) {
        locl_problems_add(problems, &at, "", "should be a rule's name or a mapping of rule keys");
        return LOCL_OK;
    }
    LOCL_TRY(locl_yaml_parse(yaml, source, "rule", text, strlen(text), problems, err));
    locl_yaml_node *rule = yaml->root;
    if (!rule) {
        return LOCL_OK;
    }
    if (rule->kind == LOCL_YAML_SCALAR) {
        rule = map_of(yaml, "name", rule);
    }
    *out = rule ? map_of(yaml, "rule", rule) : NULL;
    return *out ? LOCL_OK : locl_fail_memory(err, strlen(text));
}

static locl_status read_checked(const char *source, const char *text, locl_config *config, locl_yaml *yaml,
                                locl_problems *problems, locl_error *err)
{
    locl_yaml_node *root;
    locl_schema_reader reader = {.problems = problems, .givens = &config->origin->givens};
    LOCL_TRY(read_rule(yaml, source, text, problems, &root, err));
    if (root) {
        if (locl_schema_read(locl_keys, config, "", root, &reader) != LOCL_OK) {
            return locl_fail_memory(err, strlen(text));
        }
        locl_config_resolve(config, LOCL_CONFIG_PROBE, problems);
    }
    return locl_problems_report(problems, err);
}

locl_status locl_config_rule(const locl_config *config, const char *text, locl_rule_options *out,
                             locl_error *err)
{
    locl_text source = {0};
    locl_yaml yaml = {0};
    locl_problems problems = {0};
    locl_text_add(&source, "--rule %s", text);
    if (source.failed) {
        return locl_fail_memory(err, strlen(text));
    }
    locl_config_origin origin = {.source = source.data};
    locl_config trial = *config;
    trial.origin = &origin;
    trial.rule = locl_rule_options_default();
    locl_status status = read_checked(source.data, text, &trial, &yaml, &problems, err);
    *out = trial.rule;
    locl_problems_free(&problems);
    locl_givens_free(&origin.givens);
    locl_yaml_free(&yaml);
    locl_text_free(&source);
    return status;
}

static const locl_key *key_of(locl_rule_option option)
{
    const locl_key *key = locl_keys;
    while (key->path &&
           (strncmp(key->path, "rule.", 5) || strcmp(key->path + 5, locl_rule_option_key(option)))) {
        key++;
    }
    return key->path ? key : NULL;
}

void locl_config_rule_label(const locl_rule_options *rule, char *buffer, size_t size)
{
    const locl_config config = {.rule = *rule};
    locl_text text = {0};
    locl_text_add(&text, "%s", locl_rule_of(rule->kind)->name);
    for (int i = 0; i < LOCL_RULE_OPTION_COUNT; i++) {
        locl_rule_option option = (locl_rule_option)i;
        const locl_key *key = locl_rule_option_changed(rule, option) ? key_of(option) : NULL;
        locl_text value = {0};
        if (!key) {
            continue;
        }
        locl_key_value(key, &config, &value);
        if (option == LOCL_OPTION_NOISE) {
            locl_text_add(&text, ", %s", value.failed ? "" : value.data);
        } else if (value.data && !strcmp(value.data, "true")) {
            locl_text_add(&text, ", %s", locl_rule_option_key(option));
        } else {
            locl_text_add(&text, ", %s: %s", locl_rule_option_key(option), value.failed ? "" : value.data);
        }
        locl_text_free(&value);
    }
    snprintf(buffer, size, "%s", text.failed ? locl_rule_of(rule->kind)->name : text.data);
    locl_text_free(&text);
}
