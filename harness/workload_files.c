/* Workloads' addresses with the files in them. */
#include "workload_files.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "address.h"
#include "expand.h"
#include "registry.h"
#include "workload.h"

static const struct parameter *parameters_of(const char *name)
{
    for (size_t i = 0; name && workloads[i]; i++) {
        if (strcmp(workloads[i]->name, name) == 0) {
            return workloads[i]->parameters;
        }
    }
    return NULL;
}

static bool names_file(const struct parameter *parameters, const char *key)
{
    while (parameters->key && strcmp(parameters->key, key) != 0) {
        parameters++;
    }
    return parameters->key && parameters->is_file;
}

/* Where in `text` the first relative path of a file begins; NULL: it has
 * none, or is no address of a workload, which resolve_workload will say. */
static const char *relative_path(const char *text)
{
    static struct address address;
    struct reason unused;
    if (address_parse(text, &address, &unused) != STATUS_OK) {
        return NULL;
    }
    const struct parameter *parameters = parameters_of(address.name);
    for (size_t i = 0; parameters && i < address.setting_count; i++) {
        const char *value = address.settings[i].value;
        if (names_file(parameters, address.settings[i].key) && *value != '/' &&
            strchr(value, '/')) {
            return text + (value - address.text);
        }
    }
    return NULL;
}

static enum status make_absolute(char **text, struct reason *reason)
{
    const char *path;
    char folder[PATH_MAX];
    while ((path = relative_path(*text)) != NULL) {
        if (!getcwd(folder, sizeof folder)) {
            return explain(reason, STATUS_FAILED,
                           "'%.200s': this folder has no path: %s", *text,
                           strerror(errno));
        }
        const size_t size = strlen(*text) + strlen(folder) + 2;
        char *absolute = must_allocate(size, 1);
        (void)snprintf(absolute, size, "%.*s%s/%s", (int)(path - *text), *text,
                       folder, path);
        free(*text);
        *text = absolute;
    }
    return STATUS_OK;
}

enum status expand_workload(const char *text, struct texts *addresses,
                            struct reason *reason)
{
    const size_t first = addresses->count;
    enum status status = expand_address(text, addresses, reason);
    for (size_t i = first; i < addresses->count && status == STATUS_OK; i++) {
        status = make_absolute(&addresses->items[i], reason);
    }
    return status;
}
