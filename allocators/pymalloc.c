/* CPython's small-object allocator: the clone in allocators/pymalloc, loaded
 * like any other library, so that its calls cost what a library's cost.
 *
 * Requests of 0 or above the preset's threshold are libc malloc's, as they
 * are in CPython.
 */
#include <stddef.h>
#include <stdint.h>

#include "allocator.h"
#include "pymalloc/pymalloc.h"
#include "support/private_library.h"

/* What is used of the library. */
struct library {
    struct pymalloc *(*create)(const struct pymalloc_options *options,
                               char *reason, size_t reason_bytes);
    void (*use)(const struct pymalloc *heap);
    void (*statistics)(const struct pymalloc *heap,
                       struct pymalloc_statistics *statistics);
    struct allocator_calls object; /* the calls in malloc's shape */
};

static const struct private_binding bindings[] = {
    {"pymalloc_create", offsetof(struct library, create), false},
    {"pymalloc_use", offsetof(struct library, use), false},
    {"pymalloc_statistics", offsetof(struct library, statistics), false},
    {"object_malloc", offsetof(struct library, object.alloc), false},
    {"object_free", offsetof(struct library, object.release), false},
    {"object_calloc", offsetof(struct library, object.alloc_zeroed), false},
    {"object_realloc", offsetof(struct library, object.resize), false},
    {0},
};

/* Filled by `attach`; the instance lives until the process ends. */
static struct library library;
static struct pymalloc *heap;

static void tell_stats(struct allocator_stats *stats)
{
    struct pymalloc_statistics own;
    library.statistics(heap, &own);
    /* What libc serves beside the arenas has no account here: while there is
     * such a block, the bytes that the program holds are unknown. */
    stats->allocated_bytes =
        own.raw_blocks == 0 ? own.bytes_allocated_blocks : SIZE_MAX;
    stats->arena_bytes = own.arenas_current * own.arena_bytes;
    stats->arenas_mapped = own.arenas_allocated_total;
    stats->arenas_unmapped = own.arenas_reclaimed;
}

static const char *const preset_words[] = {
    "2.3", "2.5", "2.7", "2.7.17", "3.8", "3.9", "3.10", NULL,
};

static const char *const release_words[] = {
    [PYMALLOC_RELEASE_PRESET] = "preset",
    [PYMALLOC_RELEASE_NEVER] = "never",
    [PYMALLOC_RELEASE_EMPTY] = "empty",
    [PYMALLOC_RELEASE_KEEP_ONE] = "keep-one",
    NULL,
};

static const char *const base_words[] = {
    [PYMALLOC_BASE_ALIGNED] = "aligned",
    [PYMALLOC_BASE_MISALIGNED] = "misaligned",
    [PYMALLOC_BASE_NATURAL] = "natural",
    NULL,
};

static const struct parameter parameters[] = {
    {.key = "preset",
     .meaning = "the CPython whose constants and rules apply",
     .preset = "3.10",
     .words = preset_words},
    {.key = "release",
     .meaning = "when an arena is given back: as the preset's Python does, "
                "never, when all its pools are free, or then but for one",
     .preset = "preset",
     .words = release_words},
    {.key = "base",
     .meaning = "where arenas begin: at a pool boundary, beside one (it "
                "costs each arena a pool), or wherever the system puts them",
     .preset = "aligned",
     .words = base_words},
    {0},
};

static enum status attach(struct allocator_calls *calls,
                          const struct settings *settings,
                          struct identity *identity, struct reason *reason)
{
    static const char *const names[] = {"libpymalloc.so", NULL};
    struct private_library opened;
    enum status status =
        private_library_open(&opened, names, NULL, identity, reason);
    if (status != STATUS_OK) {
        return status;
    }
    status = private_library_bind(&opened, "", bindings, &library, reason);
    if (status != STATUS_OK) {
        return status;
    }
    const struct pymalloc_options options = {
        .preset = settings_text(settings, "preset"),
        .release = (enum pymalloc_release)settings_word(settings, "release",
                                                        release_words),
        .base =
            (enum pymalloc_base)settings_word(settings, "base", base_words),
    };
    heap = library.create(&options, reason->text, sizeof reason->text);
    if (heap == NULL) {
        return STATUS_UNSUPPORTED;
    }
    library.use(heap);
    /* The clone has no version of its own: the variant names the Python. */
    identity->version[0] = '\0';
    *calls = library.object;
    calls->stats = tell_stats;
    return STATUS_OK;
}

#define OPTIONS(text) ((const char *const[]){(text), NULL})

static const struct variant variants[] = {
    {.name = "3.10",
     .summary = "16 KiB pools in 1 MiB arenas; one empty arena is kept",
     .options = OPTIONS("preset=3.10")},
    {.name = "3.9",
     .summary = "4 KiB pools in 256 KiB arenas; one empty arena is kept",
     .options = OPTIONS("preset=3.9")},
    {.name = "3.8",
     .summary = "an arena's new place is found in O(1)",
     .options = OPTIONS("preset=3.8")},
    {.name = "2.7.17",
     .summary = "blocks aligned to 16 bytes",
     .options = OPTIONS("preset=2.7.17")},
    {.name = "2.7",
     .summary = "mapped arenas, requests up to 512 bytes are small",
     .options = OPTIONS("preset=2.7")},
    {.name = "2.5",
     .summary = "the first to give arenas back, to malloc",
     .options = OPTIONS("preset=2.5")},
    {.name = "2.3",
     .summary = "arenas from malloc, never given back",
     .options = OPTIONS("preset=2.3")},
    {0},
};

const struct allocator allocator_pymalloc = {
    .name = "pymalloc",
    .summary = "CPython's small-object allocator, by version",
    .variants = variants,
    .parameters = parameters,
    .capabilities = CAN_FORK,
    .attach = attach,
};
