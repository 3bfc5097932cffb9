/* Values of results as JSON, for encode*.c alone: numbers that may be
 * unknown, texts that may be any bytes. */
#ifndef GIVEBACK_JSON_VALUES_H
#define GIVEBACK_JSON_VALUES_H

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "texts.h"

/* Adds a member and gives the value away; running out of memory here ends the
 * program rather than lose a field. */
static inline void put(json_t *object, const char *key, json_t *value)
{
    if (!value || json_object_set_new(object, key, value) != 0) {
        (void)fputs("giveback: out of memory\n", stderr);
        exit(EXIT_FAILURE);
    }
}

static inline json_t *number(uint64_t value)
{
    return value > INT64_MAX ? json_null() : json_integer((json_int_t)value);
}

/* What a library says of itself may be any bytes: others than UTF-8 become
 * question marks. */
static inline json_t *text(const char *value)
{
    json_t *string = json_string(value);
    if (string) {
        return string;
    }
    char *copy = must_allocate(strlen(value) + 1, 1);
    for (size_t i = 0; value[i]; i++) {
        copy[i] = (char)(value[i] & 0x80 ? '?' : value[i]);
    }
    string = json_string(copy);
    free(copy);
    return string;
}

static inline json_t *text_or_null(const char *value)
{
    return value && *value ? text(value) : json_null();
}

struct number_row {
    const char *key;
    uint64_t value;
};

static inline void put_numbers(json_t *object, const struct number_row *rows,
                               size_t count)
{
    for (size_t i = 0; i < count; i++) {
        put(object, rows[i].key, number(rows[i].value));
    }
}

#define PUT_NUMBERS(object, ...)                                              \
    put_numbers(object, (const struct number_row[]){__VA_ARGS__},             \
                sizeof((const struct number_row[]){__VA_ARGS__}) /            \
                    sizeof(struct number_row))

#endif
