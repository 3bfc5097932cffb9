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

/* Makes room for one more. The room is a power of two, so the list is full
 * when its count is one, and doubles. */
static void make_room(struct texts *texts)
{
    if ((texts->count & (texts->count - 1)) != 0) {
        return;
    }
    char **items = must_allocate(2 * texts->count, sizeof *items);
    if (texts->count) {
        memcpy(items, texts->items, texts->count * sizeof *items);
    }
    free(texts->items);
    texts->items = items;
}

void texts_add_part(struct texts *texts, const char *text, size_t length)
{
    make_room(texts);
    char *copy = must_allocate(length + 1, 1);
    memcpy(copy, text, length);
    texts->items[texts->count++] = copy;
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
