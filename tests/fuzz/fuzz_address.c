/* Addresses: address.c takes them apart, resolve.c fills them in.
 *
 * Put together again, the parts are what was typed. What resolves, resolves
 * to itself when every setting is written out.
 */
#include "fuzz.h"

#include <stdbool.h>

#include "require_reason.h"
#include "resolve.h"

/* Texts appended; `full` once something did not fit. */
struct joined {
    char text[2 * ADDRESS_BYTES];
    size_t length;
    bool full;
};

static void join(struct joined *joined, const char *mark, const char *part)
{
    const size_t room = sizeof joined->text - joined->length;
    if (!part) {
        return;
    }
    const int length =
        snprintf(joined->text + joined->length, room, "%s%s", mark, part);
    require(length >= 0);
    if ((size_t)length >= room) {
        joined->full = true;
        return;
    }
    joined->length += (size_t)length;
}

static void join_settings(struct joined *joined, const struct setting *items,
                          size_t count)
{
    for (size_t i = 0; i < count; i++) {
        join(joined, "+", items[i].key);
        join(joined, "=", items[i].value);
    }
}

static void check_parse(const char *text)
{
    static struct address address;
    static struct joined joined;
    struct reason reason = {""};
    const enum status status = address_parse(text, &address, &reason);
    require_reason(status, &reason);
    if (status != STATUS_OK) {
        return;
    }
    joined.length = 0;
    joined.full = false;
    require((address.name != NULL) != (address.path != NULL));
    join(&joined, "", address.alias);
    join(&joined, address.alias ? "=" : "",
         address.name ? address.name : address.path);
    join(&joined, "@", address.version);
    join(&joined, ":", address.variant ? address.variant : address.prefix);
    join_settings(&joined, address.settings, address.setting_count);
    require(!joined.full && strcmp(joined.text, text) == 0);
}

static bool is_one_of(const char *const *words, const char *value)
{
    while (*words && strcmp(*words, value) != 0) {
        words++;
    }
    return *words != NULL;
}

/* Every declared key stands there once, with a value it may take. */
static void check_store(const struct settings_store *store)
{
    const struct settings *settings = &store->settings;
    require(settings->items == store->items);
    require(settings->count > 0 && settings->count <= SETTING_CAPACITY);
    for (size_t i = 0; i < settings->count; i++) {
        const struct parameter *declared = store->declared[i];
        const struct setting *item = &settings->items[i];
        require(strcmp(item->key, declared->key) == 0);
        require(settings_text(settings, item->key) == item->value);
        const bool is_word =
            declared->words && is_one_of(declared->words, item->value);
        require(is_word || !declared->words || declared->maximum > 0);
        if (declared->maximum > 0 && !is_word) {
            const uint64_t number = settings_integer(settings, item->key);
            char digits[24];
            (void)snprintf(digits, sizeof digits, "%llu",
                           (unsigned long long)number);
            require(strcmp(digits, item->value) == 0);
            require(number >= declared->minimum &&
                    number <= declared->maximum);
        }
    }
}

static void check_same(const struct settings_store *a,
                       const struct settings_store *b)
{
    require(a->settings.count == b->settings.count);
    for (size_t i = 0; i < a->settings.count; i++) {
        require(a->declared[i] == b->declared[i]);
        require(strcmp(a->items[i].value, b->items[i].value) == 0);
    }
}

static void check_allocator(const char *text)
{
    static struct chosen_allocator chosen, again;
    static struct joined joined;
    struct reason reason = {""};
    const enum status status = resolve_allocator(text, &chosen, &reason);
    require_reason(status, &reason);
    if (status != STATUS_OK) {
        return;
    }
    require(strcmp(chosen.typed, text) == 0 && chosen.label[0]);
    check_store(&chosen.store);
    joined.length = 0;
    joined.full = false;
    join(&joined, "", "again");
    join(&joined, "=", chosen.allocator->name);
    join(&joined, ":", chosen.variant ? chosen.variant->name : NULL);
    join_settings(&joined, chosen.store.items, chosen.store.settings.count);
    if (joined.full || joined.length >= ADDRESS_BYTES) {
        return;
    }
    require(resolve_allocator(joined.text, &again, &reason) == STATUS_OK);
    require(again.allocator == chosen.allocator);
    require(again.variant == chosen.variant);
    require(strcmp(again.label, "again") == 0);
    check_same(&chosen.store, &again.store);
}

static void check_workload(const char *text)
{
    static struct chosen_workload chosen, again;
    static struct joined joined;
    struct reason reason = {""};
    const enum status status = resolve_workload(text, &chosen, &reason);
    require_reason(status, &reason);
    if (status != STATUS_OK) {
        return;
    }
    check_store(&chosen.store);
    joined.length = 0;
    joined.full = false;
    join(&joined, "", chosen.workload->name);
    join_settings(&joined, chosen.store.items, chosen.store.settings.count);
    require(!joined.full && joined.length < ADDRESS_BYTES);
    require(resolve_workload(joined.text, &again, &reason) == STATUS_OK);
    require(again.workload == chosen.workload);
    check_same(&chosen.store, &again.store);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char *text = fuzz_text(bytes, size);
    check_parse(text);
    check_allocator(text);
    check_workload(text);
    free(text);
    return 0;
}
