/* Versions of allocators that scripts/fetch-allocators brought. */
#include "versions.h"

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "printable.h"
#include "registry.h"
#include "verbs.h"
#include "version_match.h"

enum { REGISTRY_SCHEMA = 1 };

/* "1:2.43-7" is 2.43 as upstream counts: no epoch, no revision of Debian's,
 * and nothing behind '+' or '~' ("3.6.0+ds-1"). */
static void read_number(struct version *version)
{
    const char *number = version->package_version;
    const char *colon = strchr(number, ':');
    number = colon ? colon + 1 : number;
    (void)snprintf(version->number, sizeof version->number, "%.*s",
                   (int)strcspn(number, "-+~"), number);
}

/* The folder's path and the registry's relative one, joined; NULL for NULL. */
static char *within(const char *folder, const char *path)
{
    if (!path) {
        return NULL;
    }
    const size_t size = strlen(folder) + strlen(path) + 2;
    char *joined = must_allocate(size, 1);
    (void)snprintf(joined, size, "%s/%s", folder, path);
    return joined;
}

/* The folders of a loader's search, joined by colons. */
static char *search_path(const char *folder, const json_t *folders)
{
    char *joined = must_allocate(1, 1);
    for (size_t i = 0; i < json_array_size(folders); i++) {
        char *one =
            within(folder, json_string_value(json_array_get(folders, i)));
        const size_t size = strlen(joined) + (one ? strlen(one) : 0) + 2;
        char *longer = must_allocate(size, 1);
        (void)snprintf(longer, size, "%s%s%s", joined, i > 0 ? ":" : "",
                       one ? one : "");
        free(joined);
        free(one);
        joined = longer;
    }
    return joined;
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text && is_printable(text) ? text : NULL;
}

/* The file that the package has of this allocator; NULL: none. */
static const char *library_of(const json_t *package,
                              const struct allocator *allocator)
{
    const json_t *files = json_object_get(package, "libraries");
    const char *const *name = allocator->libraries;
    for (; name && *name; name++) {
        const char *path = text_of(files, *name);
        if (path) {
            return path;
        }
    }
    return NULL;
}

static void add_version(struct versions *versions, const char *folder,
                        const json_t *package,
                        const struct allocator *allocator)
{
    const char *library = library_of(package, allocator);
    struct version version = {
        .allocator = allocator,
        .suite = text_of(package, "suite"),
        .package = text_of(package, "package"),
        .package_version = text_of(package, "version"),
        .because = text_of(package, "because"),
    };
    if (!library || !version.suite || !version.package ||
        !version.package_version) {
        return;
    }
    read_number(&version);
    version.library = within(folder, library);
    version.loader = within(folder, text_of(package, "loader"));
    version.library_path =
        version.loader
            ? search_path(folder, json_object_get(package, "library_path"))
            : NULL;
    struct version *rows = must_allocate(versions->count + 1, sizeof *rows);
    if (versions->count) {
        memcpy(rows, versions->rows, versions->count * sizeof *rows);
    }
    free(versions->rows);
    rows[versions->count++] = version;
    versions->rows = rows;
}

/* NULL where there is no registry, or none that can be read: then the reason
 * is written. */
static json_t *load(const char *folder, struct reason *reason)
{
    json_error_t error;
    char path[PATH_MAX];
    (void)snprintf(path, sizeof path, "%.*s/registry.json", PATH_MAX - 16,
                   folder);
    FILE *file = fopen(path, "re");
    if (!file) {
        if (errno != ENOENT && errno != ENOTDIR) {
            (void)explain(reason, STATUS_FAILED, "%.300s: cannot be read: %s",
                          path, strerror(errno));
        }
        return NULL;
    }
    json_t *registry = json_loadf(file, JSON_REJECT_DUPLICATES, &error);
    (void)fclose(file);
    const json_t *schema = json_object_get(registry, "schema");
    if (json_integer_value(schema) == REGISTRY_SCHEMA) {
        return registry;
    }
    (void)explain(reason, STATUS_FAILED,
                  "%.300s: %s: remove the folder and fetch again with "
                  "scripts/fetch-allocators",
                  path,
                  registry ? "not of this program's schema" : error.text);
    json_decref(registry);
    return NULL;
}

void versions_read(const char *folder, struct versions *versions)
{
    *versions = (struct versions){.rows = NULL};
    json_t *registry = load(folder, &versions->reason);
    const json_t *packages = json_object_get(registry, "packages");
    versions->registry = registry;
    for (size_t i = 0; i < json_array_size(packages); i++) {
        for (size_t a = 0; allocators[a]; a++) {
            add_version(versions, folder, json_array_get(packages, i),
                        allocators[a]);
        }
    }
}

void versions_free(struct versions *versions)
{
    for (size_t i = 0; i < versions->count; i++) {
        free(versions->rows[i].library);
        free(versions->rows[i].loader);
        free(versions->rows[i].library_path);
    }
    free(versions->rows);
    json_decref(versions->registry);
    *versions = (struct versions){.rows = NULL};
}

/* The folder's real path: a loader is started from another folder than the
 * one that a relative path begins in. */
static void find_folder(char folder[PATH_MAX], struct reason *reason)
{
    char beside[PATH_MAX];
    const char *named = getenv("GIVEBACK_FETCHED");
    const char *program = program_path();
    (void)snprintf(beside, sizeof beside, "%.*s/fetched",
                   (int)(strrchr(program, '/') - program), program);
    if (!realpath(named && *named ? named : beside, folder)) {
        folder[0] = '\0';
        if (named && *named) {
            (void)explain(reason, STATUS_FAILED,
                          "GIVEBACK_FETCHED=%.300s: no such folder", named);
        }
    }
}

const struct versions *versions_fetched(void)
{
    static struct versions versions;
    static bool is_read;
    if (!is_read) {
        char folder[PATH_MAX];
        find_folder(folder, &versions.reason);
        if (folder[0]) {
            versions_read(folder, &versions);
        }
        is_read = true;
    }
    return &versions;
}

/* Of a suite the newest counts; a number that is named in full is meant before
 * one that only begins so. */
static bool is_better(const struct version *version,
                      const struct version *than, const char *wanted)
{
    if (strcmp(version->suite, wanted) == 0) {
        return strverscmp(version->package_version, than->package_version) > 0;
    }
    return strcmp(version->number, wanted) == 0 &&
           strcmp(than->number, wanted) != 0;
}

static enum status several(const struct version *one,
                           const struct version *other, const char *wanted,
                           struct reason *reason)
{
    return explain(reason, STATUS_FAILED,
                   "%s@%.60s is both %s of %s and %s of %s: write more of the "
                   "number, or the suite: %s@%s",
                   one->allocator->name, wanted, one->number, one->suite,
                   other->number, other->suite, one->allocator->name,
                   one->suite);
}

enum status versions_find(const struct versions *versions,
                          const struct allocator *allocator,
                          const char *wanted, const struct version **found,
                          struct reason *reason)
{
    const struct version *rival = NULL;
    *found = NULL;
    if (versions->reason.text[0]) {
        *reason = versions->reason;
        return STATUS_FAILED;
    }
    for (size_t i = 0; i < versions->count; i++) {
        const struct version *version = &versions->rows[i];
        if (version->allocator != allocator ||
            (strcmp(version->suite, wanted) != 0 &&
             !version_matches(version->number, wanted))) {
            continue;
        }
        if (!*found || is_better(version, *found, wanted)) {
            *found = version;
            rival = NULL;
        } else if (!is_better(*found, version, wanted)) {
            rival = version;
        }
    }
    return rival ? several(*found, rival, wanted, reason) : STATUS_OK;
}
