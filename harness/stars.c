/* Stars in an allocator's address: each stands for all there are. */
#include "stars.h"

#include <string.h>

#include "address.h"
#include "registry.h"
#include "versions.h"

/* The parts of one address; NULL where absent. */
struct parts {
    const char *name, *version, *variant;
    const char *settings; /* from the '+' on; may be empty */
};

static bool is_star(const char *part)
{
    return part && strcmp(part, "*") == 0;
}

/* The name, version and variant of an address, without its settings. */
static size_t head_length(const char *text)
{
    const char *settings = address_settings(text);
    return settings ? (size_t)(settings - text) : strlen(text);
}

/* What stands before it, an alias, may hold any character. */
static size_t alias_length(const char *text)
{
    const size_t plain = strcspn(text, ":/@=");
    return text[plain] == '=' ? plain + 1 : 0;
}

bool has_stars(const char *text)
{
    const size_t alias = alias_length(text), length = head_length(text);
    return alias < length && memchr(text + alias, '*', length - alias) &&
           !memchr(text, '/', length);
}

static void add(const struct parts *parts, struct texts *addresses)
{
    char text[ADDRESS_BYTES];
    (void)snprintf(text, sizeof text, "%s%s%s%s%s%s", parts->name,
                   parts->version ? "@" : "",
                   parts->version ? parts->version : "",
                   parts->variant ? ":" : "",
                   parts->variant ? parts->variant : "", parts->settings);
    texts_add(addresses, text);
}

static void add_variants(const struct allocator *allocator,
                         const struct parts *typed, struct texts *addresses)
{
    struct parts parts = *typed;
    const struct variant *variant = allocator->variants;
    if (!is_star(typed->variant) || !variant) {
        parts.variant = is_star(typed->variant) ? NULL : typed->variant;
        add(&parts, addresses);
        return;
    }
    for (; variant->name; variant++) {
        parts.variant = variant->name;
        add(&parts, addresses);
    }
}

/* Two suites may have the same number: then both are named by their suite. */
static bool is_only_one(const struct versions *versions,
                        const struct version *version)
{
    size_t count = 0;
    for (size_t i = 0; i < versions->count; i++) {
        const struct version *other = &versions->rows[i];
        count += other->allocator == version->allocator &&
                 strcmp(other->number, version->number) == 0;
    }
    return count == 1;
}

static const char *name_of(const struct versions *versions,
                           const struct version *version)
{
    const struct version *found = NULL;
    struct reason unused;
    const bool by_suite =
        !is_only_one(versions, version) &&
        versions_find(versions, version->allocator, version->suite, &found,
                      &unused) == STATUS_OK &&
        found == version;
    return by_suite ? version->suite : version->number;
}

static void add_versions(const struct allocator *allocator,
                         const struct parts *typed, struct texts *addresses)
{
    const struct versions *versions = versions_fetched();
    struct parts parts = *typed;
    parts.name = allocator->name;
    if (!is_star(typed->version)) {
        add_variants(allocator, &parts, addresses);
        return;
    }
    parts.version = NULL;
    add_variants(allocator, &parts, addresses);
    for (size_t i = 0; i < versions->count; i++) {
        const struct version *version = &versions->rows[i];
        if (version->allocator == allocator) {
            parts.version = name_of(versions, version);
            add_variants(allocator, &parts, addresses);
        }
    }
}

static bool is_meant(const struct allocator *allocator, const char *name)
{
    return is_star(name) ? !allocator->on_request
                         : strcmp(allocator->name, name) == 0;
}

static enum status check(const struct address *address, const char *text,
                         bool found, bool has_variants, struct reason *reason)
{
    if (address->alias) {
        return explain(reason, STATUS_FAILED,
                       "'%.200s': one name for several: leave out '%.60s='",
                       text, address->alias);
    }
    if (!found) {
        return explain(reason, STATUS_FAILED,
                       "'%.200s': no such allocator (giveback list "
                       "allocators)",
                       text);
    }
    if (is_star(address->variant) && !has_variants) {
        return explain(reason, STATUS_FAILED,
                       "'%.200s': only an allocator with variants takes ':*' "
                       "(giveback list allocators)",
                       text);
    }
    return STATUS_OK;
}

enum status expand_stars(const char *text, struct texts *addresses,
                         struct reason *reason)
{
    static struct address address;
    if (address_parse(text, &address, reason) != STATUS_OK) {
        return STATUS_FAILED;
    }
    const struct parts typed = {address.name, address.version, address.variant,
                                text + head_length(text)};
    bool found = false, has_variants = false;
    for (size_t i = 0; allocators[i]; i++) {
        if (is_meant(allocators[i], address.name)) {
            found = true;
            has_variants |= allocators[i]->variants != NULL;
        }
    }
    if (check(&address, text, found, has_variants, reason) != STATUS_OK) {
        return STATUS_FAILED;
    }
    if (is_star(address.version) && versions_fetched()->reason.text[0]) {
        *reason = versions_fetched()->reason;
        return STATUS_FAILED;
    }
    for (size_t i = 0; allocators[i]; i++) {
        if (is_meant(allocators[i], address.name)) {
            add_versions(allocators[i], &typed, addresses);
        }
    }
    return STATUS_OK;
}
