#include "device/merge.h"

#include "device/source.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { DEEPEST_IF = 32 };

/* A set of names, each a part of a text that outlives it. */
typedef struct name_set {
    struct {
        const char *at;
        size_t length;
    } * name;
    size_t count, capacity;
    bool failed;
} name_set;

static bool has(const name_set *set, const char *at, size_t length)
{
    for (size_t i = 0; i < set->count; i++) {
        if (set->name[i].length == length && !memcmp(set->name[i].at, at, length)) {
            return true;
        }
    }
    return false;
}

static void add(name_set *set, const char *at, size_t length)
{
    if (!length || has(set, at, length)) {
        return;
    }
    if (set->count == set->capacity) {
        size_t capacity = set->capacity ? 2 * set->capacity : 64;
        void *grown = realloc(set->name, capacity * sizeof *set->name);
        if (!grown) {
            set->failed = true;
            return;
        }
        set->name = grown;
        set->capacity = capacity;
    }
    set->name[set->count].at = at;
    set->name[set->count++].length = length;
}

/* Where in the text a scan is, as far as it tells names at file scope from others. */
typedef struct scope {
    int braces, parentheses;
    bool in_enum, enumerator; /* within an enum's list; before one of its names */
} scope;

typedef struct scan {
    const char *at;
    scope scope, outer[DEEPEST_IF]; /* outer: where each #if that is open began, for its #else */
    size_t depth;
    name_set declared, macros;
} scan;

static size_t word_length(const char *at)
{
    size_t length = 0;
    while (isalnum((unsigned char)at[length]) || at[length] == '_') {
        length++;
    }
    return length;
}

static const char *skip_blanks(const char *at)
{
    while (*at == ' ' || *at == '\t') {
        at++;
    }
    return at;
}

/* True for what may stand at file scope without being declared there: keywords and OpenCL C's own types. */
static bool is_known(const char *word, size_t length)
{
    static const char *const known[] = {
        "kernel",  "__kernel", "void",     "const",  "constant", "__constant", "global", "__global",
        "local",   "static",   "inline",   "extern", "struct",   "union",      "enum",   "__attribute__",
        "typedef", "private",  "bool",     "char",   "uchar",    "short",      "ushort", "int",
        "uint",    "long",     "ulong",    "float",  "double",   "half",       "size_t", "unsigned",
        "signed",  "volatile", "restrict", NULL};
    size_t letters = length;
    while (letters && isdigit((unsigned char)word[letters - 1])) { /* float16 */
        letters--;
    }
    for (const char *const *k = known; *k; k++) {
        if (strlen(*k) == letters && !memcmp(*k, word, letters)) {
            return true;
        }
    }
    return false;
}

/* Takes note of what a line that begins with # says, and passes over it. */
static void scan_directive(scan *s)
{
    const char *word = skip_blanks(s->at + 1);
    size_t length = word_length(word);
    if (length == 6 && !memcmp(word, "define", length)) {
        const char *name = skip_blanks(word + length);
        add(&s->macros, name, word_length(name));
    } else if (length >= 2 && !memcmp(word, "if", 2)) {
        if (s->depth < DEEPEST_IF) {
            s->outer[s->depth] = s->scope;
        }
        s->depth++;
    } else if (length == 4 && (!memcmp(word, "else", 4) || !memcmp(word, "elif", 4))) {
        if (s->depth && s->depth <= DEEPEST_IF) {
            s->scope = s->outer[s->depth - 1];
        }
    } else if (length == 5 && !memcmp(word, "endif", 5)) {
        s->depth -= s->depth > 0;
    }
    while (*s->at && (*s->at != '\n' || s->at[-1] == '\\')) {
        const char *end = !memcmp(s->at, "/*", 2) ? strstr(s->at, "*/") : NULL;
        s->at = end ? end + 2 : s->at + 1;
    }
}

static void scan_word(scan *s)
{
    size_t length = word_length(s->at);
    scope *now = &s->scope;
    bool file_scope = now->braces == 0 || now->enumerator;
    bool name = !isdigit((unsigned char)*s->at) && !is_known(s->at, length);
    if (file_scope && now->parentheses == 0 && name) {
        add(&s->declared, s->at, length);
    }
    now->in_enum = now->in_enum || (now->braces == 0 && length == 4 && !memcmp(s->at, "enum", 4));
    now->enumerator = false;
    s->at += length;
}

static void scan_sign(scan *s)
{
    scope *now = &s->scope;
    char c = *s->at++;
    now->braces += (c == '{') - (c == '}');
    now->parentheses += (c == '(') - (c == ')');
    if (now->braces == 0 && c == '}') {
        now->in_enum = false;
    }
    now->enumerator = now->in_enum && now->parentheses == 0 && now->braces == 1 && (c == '{' || c == ',');
}

/* Finds the names that `text` declares outside of functions, and its macros. */
static void scan_text(scan *s, const char *text)
{
    bool line_start = true;
    for (s->at = text; *s->at;) {
        const char *end;
        if (isspace((unsigned char)*s->at)) {
            line_start = line_start || *s->at == '\n';
            s->at++;
        } else if (!strncmp(s->at, "/*", 2)) {
            end = strstr(s->at + 2, "*/");
            s->at = end ? end + 2 : s->at + strlen(s->at);
        } else if (!strncmp(s->at, "//", 2)) {
            s->at += strcspn(s->at, "\n");
        } else if (*s->at == '#' && line_start) {
            scan_directive(s);
        } else if (word_length(s->at)) {
            line_start = false;
            scan_word(s);
        } else {
            line_start = false;
            scan_sign(s);
        }
    }
}

/* The next "-D NAME=VALUE" of `options`; *at moves past it. False: there is none, or it is something else. */
static bool next_macro(const char **at, const char **name, size_t *length, const char **value, size_t *bytes)
{
    const char *option = skip_blanks(*at);
    if (strncmp(option, "-D", 2) != 0) {
        return false;
    }
    *name = skip_blanks(option + 2);
    *length = word_length(*name);
    *value = *name + *length;
    if (!*length || (**value && **value != '=' && **value != ' ')) {
        return false;
    }
    *value += **value == '=';
    *bytes = strcspn(*value, " ");
    *at = *value + *bytes;
    return true;
}

bool locl_merge_takes(const char *options)
{
    const char *name, *value;
    size_t length, bytes;
    while (next_macro(&options, &name, &length, &value, &bytes)) {
    }
    return !*skip_blanks(options);
}

static void undefine(const name_set *set, locl_text *out)
{
    for (size_t i = 0; i < set->count; i++) {
        locl_text_add(out, "#undef %.*s\n", (int)set->name[i].length, set->name[i].at);
    }
}

static void add_part(const locl_merge_part *part, size_t index, const locl_text *source, scan *s,
                     locl_text *out)
{
    const char *at = part->options, *name, *value;
    size_t length, bytes;
    name_set declared = {0};
    scan_text(s, source->data);
    while (next_macro(&at, &name, &length, &value, &bytes)) {
        locl_text_add(out, "#define %.*s %.*s\n", (int)length, name, (int)bytes, bytes ? value : "1");
        add(&s->macros, name, length);
    }
    for (size_t i = 0; i < s->declared.count; i++) {
        name = s->declared.name[i].at;
        length = s->declared.name[i].length;
        if (!has(&s->macros, name, length)) {
            locl_text_add(out, "#define %.*s %.*s_%zu\n", (int)length, name, (int)length, name, index);
            add(&declared, name, length);
        }
    }
    locl_text_add_bytes(out, source->data, source->length);
    undefine(&declared, out);
    undefine(&s->macros, out);
    out->failed = out->failed || declared.failed || s->declared.failed || s->macros.failed;
    free(declared.name);
}

locl_status locl_source_merge(const locl_merge_part *parts, size_t count, locl_text *out, locl_error *err)
{
    for (size_t i = 0; i < count; i++) {
        locl_text source = {0};
        scan s = {.at = NULL};
        locl_status status = locl_source_expand(parts[i].file, &source, err);
        if (status == LOCL_OK) {
            add_part(&parts[i], i, &source, &s, out);
        }
        free(s.declared.name);
        free(s.macros.name);
        locl_text_free(&source);
        LOCL_TRY(status);
    }
    return out->failed ? locl_fail_memory(err, out->length) : LOCL_OK;
}
