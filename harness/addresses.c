/* From what a user typed to complete addresses, one per cell. */
#include "addresses.h"

#include <string.h>

#include "expand.h"
#include "registry.h"
#include "relative_paths.h"
#include "stars.h"

static const struct parameter *
workload_parameters(const struct address *address)
{
    for (size_t i = 0; address->name && workloads[i]; i++) {
        if (strcmp(workloads[i]->name, address->name) == 0) {
            return workloads[i]->parameters;
        }
    }
    return NULL;
}

static const struct parameter *
allocator_parameters(const struct address *address)
{
    for (size_t i = 0; address->name && allocators[i]; i++) {
        if (strcmp(allocators[i]->name, address->name) == 0) {
            return allocators[i]->parameters;
        }
    }
    return NULL;
}

/* Lists and ranges first: each of their values may be a path. */
static enum status expand_settings(const char *text, struct texts *addresses,
                                   parameters_of_address *parameters_of,
                                   struct reason *reason)
{
    const size_t first = addresses->count;
    enum status status = expand_address(text, addresses, reason);
    for (size_t i = first; i < addresses->count && status == STATUS_OK; i++) {
        status =
            make_paths_absolute(&addresses->items[i], parameters_of, reason);
    }
    return status;
}

/* Where the path of `alias=path/lib.so` begins if it is relative, or NULL. */
static const char *relative_library(const char *text)
{
    const char *equals = strchr(text, '=');
    const char *slash = strchr(text, '/');
    const char *settings = address_settings(text);
    const bool is_library =
        equals && slash && equals < slash && (!settings || slash < settings);
    return is_library && equals[1] != '/' ? equals + 1 : NULL;
}

static enum status expand_plain(const char *text, struct texts *addresses,
                                struct reason *reason)
{
    struct texts whole = {NULL, 0};
    texts_add(&whole, text);
    const char *path = relative_library(whole.items[0]);
    enum status status =
        path ? make_path_absolute(&whole.items[0], path, reason) : STATUS_OK;
    if (status == STATUS_OK) {
        status = expand_settings(whole.items[0], addresses,
                                 allocator_parameters, reason);
    }
    texts_free(&whole);
    return status;
}

enum status expand_allocator(const char *text, struct texts *addresses,
                             struct reason *reason)
{
    if (!has_stars(text)) {
        return expand_plain(text, addresses, reason);
    }
    struct texts each = {NULL, 0};
    enum status status = expand_stars(text, &each, reason);
    for (size_t i = 0; i < each.count && status == STATUS_OK; i++) {
        status = expand_plain(each.items[i], addresses, reason);
    }
    texts_free(&each);
    return status;
}

enum status expand_workload(const char *text, struct texts *addresses,
                            struct reason *reason)
{
    if (strcmp(text, "*") == 0) {
        for (size_t i = 0; workloads[i]; i++) {
            texts_add(addresses, workloads[i]->name);
        }
        return STATUS_OK;
    }
    return expand_settings(text, addresses, workload_parameters, reason);
}
