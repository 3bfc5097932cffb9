/* A growing list of texts. */
#include "texts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *must_allocate(size_t count, size_t size)
{
    void *block = calloc(count ? count : 1, size ? size : 1);
    if (!block) {
        (void)fputs("giveback: out of memory\n", stderr);
        exit(1);
    }
    return block;
}

void texts_add_part(struct texts *texts, const char *text, size_t length)
{
    char **items = must_allocate(texts->count + 1, sizeof *items);
    if (texts->count) {
        memcpy(items, texts->items, texts->count * sizeof *items);
    }
    free(texts->items);
    items[texts->count] = must_allocate(length + 1, 1);
    memcpy(items[texts->count], text, length);
    texts->items = items;
    texts->count++;
}

void texts_add(struct texts *texts, const char *text)
{
    texts_add_part(texts, text, strlen(text));
}

void texts_split(struct texts *texts, const char *list)
{
    char *part = must_allocate(strlen(list) + 1, 1);
    size_t length = 0;
    int depth = 0;
    for (const char *at = list;; at++) {
        depth += *at == '{';
        depth -= *at == '}';
        if (*at == '\0' || (*at == ',' && depth <= 0)) {
            texts_add_part(texts, part, length);
            length = 0;
            if (*at == '\0') {
                break;
            }
            continue;
        }
        if (*at == '\\' && at[1] == ',' && depth <= 0) {
            at++;
        }
        part[length++] = *at;
    }
    free(part);
}

void texts_free(struct texts *texts)
{
    for (size_t i = 0; i < texts->count; i++) {
        free(texts->items[i]);
    }
    free(texts->items);
    *texts = (struct texts){NULL, 0};
}
