/* Finds the call by which an unknown library gives free pages back.
 *
 * A table of what libraries offer; a symbol counts only where it lives in
 * the library itself (private_library.h).
 */
#include "purge_probe.h"

/* jemalloc(3): the node of all arenas. */
#define ALL_ARENAS_PURGE "arena.4096.purge"

enum {
    CLEAN_ALL_BUFFERS = 0, /* TBBMALLOC_CLEAN_ALL_BUFFERS of oneTBB */
    SCUDO_PURGE = -101,    /* M_PURGE of bionic's and scudo's mallopt */
};

struct known_calls {
    int (*mallctl)(const char *, void *, size_t *, void *, size_t);
    int (*je_mallctl)(const char *, void *, size_t *, void *, size_t);
    void (*mi_collect)(bool force);
    void (*release_free_memory)(void);
    int (*allocation_command)(int command, void *argument);
    void (*scudo_stats)(void);
    int (*mallopt)(int option, int value);
    int (*malloc_trim)(size_t pad);
};

static struct known_calls calls;

static void jemalloc_purge(void)
{
    (void)calls.mallctl("thread.tcache.flush", NULL, NULL, NULL, 0);
    (void)calls.mallctl(ALL_ARENAS_PURGE, NULL, NULL, NULL, 0);
}

static void mimalloc_collect(void)
{
    calls.mi_collect(true);
}

static void gperftools_release(void)
{
    calls.release_free_memory();
}

static void tbb_clean(void)
{
    (void)calls.allocation_command(CLEAN_ALL_BUFFERS, NULL);
}

static void scudo_purge(void)
{
    (void)calls.mallopt(SCUDO_PURGE, 0);
}

static void trim(void)
{
    (void)calls.malloc_trim(0);
}

void (*purge_probe(const struct private_library *library))(void)
{
    static const struct private_binding rows[] = {
        {"mallctl", offsetof(struct known_calls, mallctl), true},
        {"je_mallctl", offsetof(struct known_calls, je_mallctl), true},
        {"mi_collect", offsetof(struct known_calls, mi_collect), true},
        {"MallocExtension_ReleaseFreeMemory",
         offsetof(struct known_calls, release_free_memory), true},
        {"scalable_allocation_command",
         offsetof(struct known_calls, allocation_command), true},
        {"__scudo_print_stats", offsetof(struct known_calls, scudo_stats),
         true},
        {"mallopt", offsetof(struct known_calls, mallopt), true},
        {"malloc_trim", offsetof(struct known_calls, malloc_trim), true},
        {NULL, 0, false},
    };
    struct reason unused;
    (void)private_library_bind(library, "", rows, &calls, &unused);
    calls.mallctl = calls.mallctl ? calls.mallctl : calls.je_mallctl;
    return calls.mallctl                        ? jemalloc_purge
           : calls.mi_collect                   ? mimalloc_collect
           : calls.release_free_memory          ? gperftools_release
           : calls.allocation_command           ? tbb_clean
           : calls.scudo_stats && calls.mallopt ? scudo_purge
           : calls.malloc_trim                  ? trim
                                                : NULL;
}
