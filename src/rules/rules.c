#include "rules/rule.h"

#include <stddef.h>

const locl_rule *const locl_rules[] = {&locl_rule_lg_fg_a, &locl_rule_lg_bp, NULL};

const locl_rule *locl_rule_of(locl_rule_kind kind)
{
    for (size_t i = 0; locl_rules[i]; i++) {
        if (locl_rules[i]->kind == kind) {
            return locl_rules[i];
        }
    }
    return NULL;
}
