/* Paths in addresses begin where the user is; a worker's folder is another. */
#include "relative_paths.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "texts.h"

static bool names_file(const struct parameter *parameters, const char *key)
{
    while (parameters->key && strcmp(parameters->key, key) != 0) {
        parameters++;
    }
    return parameters->key && parameters->is_file;
}

/* Where in `text` the first relative path of a file begins, or NULL. */
static const char *relative_path(const char *text,
                                 parameters_of_address *parameters_of)
{
    static struct address address;
    struct reason unused;
    if (address_parse(text, &address, &unused) != STATUS_OK) {
        return NULL;
    }
    const struct parameter *parameters = parameters_of(&address);
    for (size_t i = 0; parameters && i < address.setting_count; i++) {
        const char *value = address.settings[i].value;
        if (names_file(parameters, address.settings[i].key) && *value != '/' &&
            strchr(value, '/')) {
            return text + (value - address.text);
        }
    }
    return NULL;
}

enum status make_path_absolute(char **text, const char *path,
                               struct reason *reason)
{
    char folder[PATH_MAX];
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
    return STATUS_OK;
}

enum status make_paths_absolute(char **text, parameters_of_address *parameters,
                                struct reason *reason)
{
    const char *path;
    while ((path = relative_path(*text, parameters)) != NULL) {
        if (make_path_absolute(text, path, reason) != STATUS_OK) {
            return STATUS_FAILED;
        }
    }
    return STATUS_OK;
}
