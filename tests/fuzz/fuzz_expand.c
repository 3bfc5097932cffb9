/* Lists, ranges and stars: expand.c makes addresses of them, texts.c splits
 * them at commas.
 *
 * What comes out is at most EXPANSION_MAX addresses, each of which stands for
 * itself alone.
 */
#include "fuzz.h"

#include "addresses.h"
#include "expand.h"
#include "require_reason.h"

enum { CHECKED_MAX = 16 }; /* addresses of a list: more take too long */

typedef enum status expander(const char *text, struct texts *addresses,
                             struct reason *reason);

static void check_plain(const char *address)
{
    struct texts addresses = {NULL, 0};
    struct reason reason = {""};
    require(expand_address(address, &addresses, &reason) == STATUS_OK);
    require(addresses.count == 1);
    require(strcmp(addresses.items[0], address) == 0);
    texts_free(&addresses);
}

static void check_expansion(expander *expand, const char *text)
{
    struct texts addresses = {NULL, 0};
    struct reason reason = {""};
    const enum status status = expand(text, &addresses, &reason);
    require_reason(status, &reason);
    require(addresses.count <= EXPANSION_MAX);
    require(addresses.count > 0 || status != STATUS_OK);
    for (size_t i = 0; i < addresses.count && i < CHECKED_MAX; i++) {
        check_plain(addresses.items[i]);
    }
    texts_free(&addresses);
}

/* A list loses its separators and some backslashes, nothing else. */
static void check_split(const char *list)
{
    struct texts parts = {NULL, 0};
    texts_split(&parts, list);
    require(parts.count > 0);
    const char *at = list;
    for (size_t i = 0; i < parts.count; i++) {
        if (i > 0) {
            require(*at++ == ',');
        }
        for (const char *part = parts.items[i]; *part; part++, at++) {
            at += *at == '\\' && at[1] == ',' && *part == ',';
            require(*at == *part);
        }
    }
    require(*at == '\0');
    texts_free(&parts);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char *text = fuzz_text(bytes, size);
    check_expansion(expand_address, text);
    check_expansion(expand_allocator, text);
    check_split(text);
    free(text);
    return 0;
}
