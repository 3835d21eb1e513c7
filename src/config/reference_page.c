/* Writes docs/configuration.md from the table of keys. A test compares the two. */
#include "config/config.h"
#include "config/keys.h"

#include <string.h>

static const char head[] =
    "# Configuration\n"
    "\n"
    "<!-- Generated from src/config/keys.c: LOCL_UPDATE=1 build/tests/config_reference_test -->\n"
    "\n"
    "A configuration is a YAML file of the keys below. Only `data.name` and the model's size have to be "
    "given;\n"
    "the examples in `configs/` show the usual ones. Every problem of a file is reported at once, each with "
    "file,\n"
    "line, column, key, what was found and what is allowed. The key decides the type of a value, not YAML's "
    "own\n"
    "rules: `0:1` is text. Aliases (`*name`) are refused; a file has at most 1 MiB, 16 levels, 10000 "
    "values.\n"
    "\n"
    "- `--set key.path=value` (repeatable) replaces a value, also a whole section: `--set data.batch=64`,\n"
    "  `--set model.image='[28, 28, 1]'`, `--set devices='{name: arc, split: 2}'`.\n"
    "- The folder of a run holds `config.yaml`: every key with the value that the run uses. It can be "
    "trained\n"
    "  from with `--set run.dir=...`. Paths stay as they were given, relative to the working directory.\n"
    "- `locl probe` needs no `data`, `optimizer`, `train` and `run`; without `data` it needs `model.image` "
    "and\n"
    "  `model.classes`.\n"
    "\n";

static const char devices[] =
    "\n## Entries of `devices`\n"
    "\n"
    "An entry is a selector: `auto` (the best device), `all`, `gpu`, `cpu`, "
    "`accelerator`, `pci:0000:03:00.0`,\n"
    "`uuid:...`, `name:PLATFORM:DEVICE` (as `locl devices` prints them, for good), `P:D` "
    "(platform and device index),\n"
    "`set:NAME` (of `device_sets` or the user's file), any other text a part of platform, "
    "vendor or name, in any case;\n"
    "`gpu:1` and `nvidia:0-1` are numbers of those; `/i/N` behind a device is part i of N "
    "equal sub-devices; `!x`\n"
    "excludes. Or it is a mapping of these keys, all of which have to match; with `split` "
    "and no `part`, all parts\n"
    "take places in the list ([devices.md](devices.md)):\n"
    "\n";

static const char placement[] = "\n## Entries of `placement`\n"
                                "\n"
                                "`[{blocks: [0, 1], devices: [0]}, {blocks: [2, 3], devices: [0, 1], shares: "
                                "[1, 3]}]` puts the first two\n"
                                "blocks on the first chosen device. The others are shared: that device works "
                                "on a quarter of the images of\n"
                                "each batch, the second one on three quarters. Every block has to be placed "
                                "once. With `auto` the devices\n"
                                "are measured: [placement.md](placement.md).\n"
                                "\n";

static const char table_head[] = "| key | value | default | |\n|---|---|---|---|\n";

static void add_default(const locl_key *key, const void *defaults, locl_text *out)
{
    if (key->fallback || !defaults || !locl_key_is_set(key, defaults)) {
        locl_text_add(out, "%s", key->fallback ? key->fallback : "none");
        return;
    }
    locl_text_add(out, "`");
    locl_key_value(key, defaults, out);
    locl_text_add(out, "`");
}

static void add_row(const locl_key *key, const void *defaults, locl_text *out)
{
    locl_text_add(out, "| `%s` | ", key->path);
    locl_key_allowed(key, out);
    locl_text_add(out, " | ");
    add_default(key, defaults, out);
    locl_text_add(out, " | %s |\n", key->help);
}

static void add_records(const char *path, const char *text, locl_text *out)
{
    for (const locl_key *key = locl_keys; key->path; key++) {
        if (strcmp(key->path, path) == 0) {
            locl_text_add(out, "%s%s", text, table_head);
            for (const locl_key *inner = key->record->keys; inner->path; inner++) {
                add_row(inner, NULL, out);
            }
        }
    }
}

/* Adds the keys of a section; NULL: those outside of any. */
static void add_section(const char *name, const locl_config *defaults, locl_text *out)
{
    size_t length = name ? strlen(name) : 0;
    locl_text_add(out, "%s", table_head);
    for (const locl_key *key = locl_keys; key->path; key++) {
        bool inside = name ? strncmp(key->path, name, length) == 0 && key->path[length] == '.'
                           : strchr(key->path, '.') == NULL;
        if (inside) {
            add_row(key, defaults, out);
        }
    }
}

locl_status locl_config_reference(locl_text *out, locl_error *err)
{
    static const char least[] = "{model: {preset: S/1/1, image: [28, 28, 1], classes: 10}}";
    locl_config *defaults;
    LOCL_TRY(locl_config_parse("defaults", least, strlen(least), NULL, 0, LOCL_CONFIG_PROBE, &defaults, err));
    locl_text_add(out, "%s", head);
    add_section(NULL, defaults, out);
    for (const locl_key_section *section = locl_key_sections; section->name; section++) {
        locl_text_add(out, "\n## `%s`\n\n%s\n\n", section->name, section->help);
        if (strcmp(section->name, "model") == 0) {
            locl_text_add(
                out, "| preset | blocks | patches | channels | groups | for |\n|---|---|---|---|---|---|\n");
            for (const locl_model_preset *preset = locl_model_presets; preset->name; preset++) {
                locl_text_add(out, "| `%s` | %u | %u | %u | %u | %s |\n", preset->name, preset->blocks,
                              preset->patches, preset->channels, preset->groups, preset->purpose);
            }
            locl_text_add(out, "\n");
        }
        add_section(section->name, defaults, out);
    }
    add_records("devices", devices, out);
    add_records("placement", placement, out);
    locl_config_free(defaults);
    return out->failed ? locl_fail_memory(err, out->length) : LOCL_OK;
}
