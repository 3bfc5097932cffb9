/* Parameters that a plug-in declares, and the settings that a user gave.
 *
 * The harness checks every value against its declaration and fills in the
 * presets before a plug-in sees them: a plug-in finds each key it declared,
 * with a valid value, and needs no checks of its own.
 */
#ifndef GIVEBACK_API_PARAMETER_H
#define GIVEBACK_API_PARAMETER_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* A declaration. Four shapes: one of some words (`words`), an integer
 * (`maximum` > 0), a word or an integer (both), or any text (neither). Tables
 * end in an empty row. */
struct parameter {
    const char *key, *meaning, *preset;
    const char *const *words;  /* the values allowed, ends in NULL */
    uint64_t minimum, maximum; /* the range allowed, both included */
    /* A text: one with a slash names a file, and is an absolute path by the
     * time the plug-in sees it. */
    bool is_file;
};

/* One key with its value. Integers are plain decimal digits here, whatever
 * the user typed (64K becomes 65536). The harness owns both strings. */
struct setting {
    const char *key, *value;
};

struct settings {
    const struct setting *items;
    size_t count;
};

/* The value of a declared key; NULL for a key that was not declared. */
static inline const char *settings_text(const struct settings *settings,
                                        const char *key)
{
    for (size_t i = 0; i < settings->count; i++) {
        if (strcmp(settings->items[i].key, key) == 0) {
            return settings->items[i].value;
        }
    }
    return NULL;
}

/* The value of a declared integer key. */
static inline uint64_t settings_integer(const struct settings *settings,
                                        const char *key)
{
    const char *text = settings_text(settings, key);
    assert(text != NULL);
    return strtoull(text, NULL, 10);
}

/* The position of a key's value among the words it may take. */
static inline size_t settings_word(const struct settings *settings,
                                   const char *key, const char *const *words)
{
    const char *text = settings_text(settings, key);
    assert(text != NULL);
    size_t i = 0;
    while (strcmp(words[i], text) != 0) {
        i++;
        assert(words[i] != NULL);
    }
    return i;
}

#endif
