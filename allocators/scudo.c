/* LLVM's hardened allocator, by private dlopen of clang's shared object.
 *
 * The object lies in clang's own folder, where no loader looks, so it is
 * looked for there: of several, the newest.
 */
#include <glob.h>
#include <string.h>

#include "support/standard_calls.h"

#if defined(__aarch64__)
#define MACHINE "aarch64"
#else
#define MACHINE "x86_64"
#endif

#define LIBRARY "libclang_rt.scudo_standalone-" MACHINE ".so"

enum { M_PURGE = -101 }; /* of bionic's and scudo's mallopt */

struct scudo_extras {
    int (*mallopt)(int option, int value);
};

static struct scudo_extras extras;

static void purge(void)
{
    (void)extras.mallopt(M_PURGE, 0);
}

/* Its version is its compiler's, which stands in the path: ".../clang/14.0.6/"
 * or, from LLVM 16 on, the first number alone, ".../clang/19/". */
static void read_version(struct identity *identity)
{
    static const char folder[] = "/clang/";
    const char *clang = strstr(identity->library, folder);
    const char *number = clang ? clang + sizeof folder - 1 : "";
    (void)snprintf(identity->version, sizeof identity->version, "%.*s",
                   (int)strspn(number, "0123456789."), number);
}

/* Copies the path of the newest one that is installed; else its bare name,
 * which is then not found. */
static void find_newest(char *path, size_t capacity)
{
    const char *newest = LIBRARY;
    glob_t found = {.gl_pathc = 0};
    (void)glob("/usr/lib/llvm-*/lib/clang/*/lib/linux/" LIBRARY, 0, NULL,
               &found);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        if (i == 0 || strverscmp(found.gl_pathv[i], newest) > 0) {
            newest = found.gl_pathv[i];
        }
    }
    (void)snprintf(path, capacity, "%s", newest);
    globfree(&found);
}

static const char *const libraries[] = {LIBRARY, NULL};

static enum status attach(struct allocator_calls *calls,
                          const struct settings *settings,
                          struct identity *identity, struct reason *reason)
{
    static const struct private_binding extra_rows[] = {
        {"mallopt", offsetof(struct scudo_extras, mallopt), false},
        {NULL, 0, false},
    };
    char newest[sizeof identity->library];
    find_newest(newest, sizeof newest);
    const struct standard_library scudo = {
        .libraries = (const char *const[]){newest, NULL},
        .package = "libclang-rt-14-dev (or a newer one)",
        .prefix = "",
        .extras = extra_rows,
        .extras_structure = &extras,
    };
    struct private_library library;
    const enum status status =
        standard_attach(&scudo, settings, &library, calls, identity, reason);
    if (status != STATUS_OK) {
        return status;
    }
    calls->purge = purge;
    read_version(identity);
    return STATUS_OK;
}

/* "Scudo Hardened Allocator", section "Options", in LLVM's documents. */
#define OPTIONS(text)                                                         \
    (const char *const[])                                                     \
    {                                                                         \
        "SCUDO_OPTIONS=" text, NULL                                           \
    }

static const struct variant variants[] = {
    {.name = "default",
     .summary = "as installed; free pages go back at most every 5 s"},
    {.name = "release_now",
     .summary = "free pages go back at once",
     .environment = OPTIONS("release_to_os_interval_ms=0")},
    {.name = "release_never",
     .summary = "free pages are kept",
     .environment = OPTIONS("release_to_os_interval_ms=-1")},
    {.name = NULL},
};

const struct allocator allocator_scudo = {
    .name = "scudo",
    .summary = "LLVM's hardened allocator, clang's stand-alone build",
    .package = "libclang-rt-14-dev (or a newer one)",
    .libraries = libraries,
    .variants = variants,
    .parameters = library_parameters,
    .capabilities = CAN_THREADS | CAN_FORK,
    .attach = attach,
};
