/* CPython's small-object allocator: the clone in allocators/pymalloc, loaded
 * like any other library, so that its calls cost what a library's cost.
 *
 * Requests of 0 or above the preset's threshold are libc malloc's, as they
 * are in CPython.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "allocator.h"
#include "pymalloc/pymalloc.h"
#include "support/arena_map.h"
#include "support/private_library.h"

enum { DELAY_MS = 1000, NS_PER_MS = 1000000 };

/* What is used of the library. */
struct library {
    struct pymalloc *(*create)(const struct pymalloc_options *options,
                               char *reason, size_t reason_bytes);
    void (*use)(const struct pymalloc *heap);
    const struct pymalloc_preset *(*preset_of)(const struct pymalloc *heap);
    void (*statistics)(const struct pymalloc *heap,
                       struct pymalloc_statistics *statistics);
    void (*inspect)(const struct pymalloc *heap,
                    const struct pymalloc_visitor *visitor);
    struct allocator_calls object; /* the calls in malloc's shape */
};

static const struct private_binding bindings[] = {
    {"pymalloc_create", offsetof(struct library, create), false},
    {"pymalloc_use", offsetof(struct library, use), false},
    {"pymalloc_preset_of", offsetof(struct library, preset_of), false},
    {"pymalloc_statistics", offsetof(struct library, statistics), false},
    {"pymalloc_inspect", offsetof(struct library, inspect), false},
    {"object_malloc", offsetof(struct library, object.alloc), false},
    {"object_free", offsetof(struct library, object.release), false},
    {"object_calloc", offsetof(struct library, object.alloc_zeroed), false},
    {"object_realloc", offsetof(struct library, object.resize), false},
    {0},
};

/* Filled by `attach`; the instance lives until the process ends. */
static struct library library;
static struct pymalloc *heap;

/* ---- its own account ---------------------------------------------------- */

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

static void map_arena(void *context, const struct pymalloc_arena_view *arena)
{
    arena_map_arena(context, arena->index);
}

static void map_pool(void *context, const struct pymalloc_pool_view *pool)
{
    static const char empty[] = ".-"; /* uncarved, free */
    if (pool->live_blocks == 0) {
        arena_map_pool(context, empty[pool->state == PYMALLOC_POOL_FREE]);
        return;
    }
    arena_map_pool(context, arena_map_letter(pool->live_blocks, pool->blocks));
}

static size_t inspect(void *out, size_t size)
{
    struct pymalloc_statistics own;
    library.statistics(heap, &own);
    const struct {
        const char *key;
        uint64_t value;
    } numbers[] = {
        {"arena_bytes", own.arena_bytes},
        {"pool_bytes", library.preset_of(heap)->pool_bytes},
        {"allocated_bytes", own.bytes_allocated_blocks},
        {"available_bytes", own.bytes_available_blocks},
        {"unused_pools_bytes", own.bytes_unused_pools},
        {"pool_headers_bytes", own.bytes_pool_headers},
        {"quantization_bytes", own.bytes_quantization},
        {"arena_alignment_bytes", own.bytes_arena_alignment},
        {"scan_steps", own.scan_steps},
        {"pools_purged", own.pools_purged},
    };
    struct arena_map map;
    arena_map_begin(&map, out, size);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        arena_map_number(&map, numbers[i].key, numbers[i].value);
    }
    const struct pymalloc_visitor visitor = {
        .context = &map, .arena = map_arena, .pool = map_pool};
    library.inspect(heap, &visitor);
    return arena_map_end(&map);
}

/* ---- what can be chosen ------------------------------------------------- */

static const char *const preset_words[] = {
    "2.3", "2.5",  "2.7",  "2.7.17",    "3.8",
    "3.9", "3.10", "3.15", "3.15-huge", NULL,
};

static const char *const release_words[] = {
    [PYMALLOC_RELEASE_PRESET] = "preset",
    [PYMALLOC_RELEASE_NEVER] = "never",
    [PYMALLOC_RELEASE_EMPTY] = "empty",
    [PYMALLOC_RELEASE_KEEP_ONE] = "keep-one",
    [PYMALLOC_RELEASE_KEEP_K] = "keep-k",
    [PYMALLOC_RELEASE_MADVISE] = "madvise",
    [PYMALLOC_RELEASE_DELAYED] = "delayed",
    NULL,
};

static const char *const order_words[] = {
    [PYMALLOC_ORDER_PRESET] = "preset",
    [PYMALLOC_ORDER_FEWEST_FREE] = "fewest-free",
    [PYMALLOC_ORDER_LIFO] = "lifo",
    [PYMALLOC_ORDER_MOST_FREE] = "most-free",
    NULL,
};

static const char *const backing_words[] = {
    [PYMALLOC_BACKING_PRESET] = "preset", [PYMALLOC_BACKING_MMAP] = "mmap",
    [PYMALLOC_BACKING_MALLOC] = "malloc", [PYMALLOC_BACKING_REGION] = "region",
    [PYMALLOC_BACKING_HUGE] = "huge",     NULL,
};

static const char *const base_words[] = {
    [PYMALLOC_BASE_ALIGNED] = "aligned",
    [PYMALLOC_BASE_MISALIGNED] = "misaligned",
    [PYMALLOC_BASE_NATURAL] = "natural",
    NULL,
};

/* Beside a number: none was given. It reads as 0. */
static const char *const preset_word[] = {"preset", NULL};
static const char *const none_word[] = {"none", NULL};
static const char *const switch_words[] = {"off", "on", NULL};

#define KIB        ((uint64_t)1024)
#define MIB        (1024 * KIB)
#define MS_PER_DAY 86400000

static const struct parameter parameters[] = {
    {.key = "preset",
     .meaning = "the CPython whose constants and rules apply",
     .preset = "3.10",
     .words = preset_words},
    {.key = "release",
     .meaning = "when memory is given back: as the preset's Python does; "
                "arenas never, when all pools are free, or then but for one "
                "or k; or pools by madvise, at once or after a delay",
     .preset = "preset",
     .words = release_words},
    {.key = "keep",
     .meaning = "wholly free arenas that release=keep-k keeps",
     .preset = "none",
     .words = none_word,
     .minimum = 1,
     .maximum = 1000000},
    {.key = "delay_ms",
     .meaning = "how long release=delayed leaves a free pool; none: 1000",
     .preset = "none",
     .words = none_word,
     .minimum = 0,
     .maximum = MS_PER_DAY},
    {.key = "order",
     .meaning = "which arena serves first: with the fewest free pools "
                "(Python since 2.5), the last to become usable, with the "
                "most",
     .preset = "preset",
     .words = order_words},
    {.key = "backing",
     .meaning = "what arenas are made of: a mapping each, libc's malloc, "
                "places in one mapping, or mappings of huge pages",
     .preset = "preset",
     .words = backing_words},
    {.key = "base",
     .meaning = "where arenas begin: at a pool boundary, beside one (it "
                "costs each arena a pool), or wherever the system puts them",
     .preset = "aligned",
     .words = base_words},
    {.key = "alignment",
     .meaning = "of blocks, and the step of size classes; a power of two",
     .preset = "preset",
     .words = preset_word,
     .minimum = 8,
     .maximum = 64},
    {.key = "threshold",
     .meaning = "SMALL_REQUEST_THRESHOLD: larger requests are libc's",
     .preset = "preset",
     .words = preset_word,
     .minimum = 8,
     .maximum = 32 * KIB},
    {.key = "pool",
     .meaning = "bytes of a pool, a power of two",
     .preset = "preset",
     .words = preset_word,
     .minimum = KIB,
     .maximum = 256 * MIB},
    {.key = "arena",
     .meaning = "bytes of an arena, a power of two",
     .preset = "preset",
     .words = preset_word,
     .minimum = 8 * KIB,
     .maximum = 1024 * MIB},
    {.key = "limit",
     .meaning = "SMALL_MEMORY_LIMIT: no more bytes of arenas at one time, "
                "what exceeds it is libc's (CPython's own, if switched on: "
                "64M)",
     .preset = "none",
     .words = none_word,
     .minimum = 8 * KIB,
     .maximum = (uint64_t)1 << 40},
    {.key = "lock",
     .meaning = "a lock around every call, as the interpreter's own: threads "
                "may then call",
     .preset = "off",
     .words = switch_words},
    {0},
};

static bool is_none(const struct settings *settings, const char *key)
{
    const char *text = settings_text(settings, key);
    return text != NULL && strcmp(text, "none") == 0;
}

static struct pymalloc_options chosen(const struct settings *settings)
{
    const enum pymalloc_release release = (enum pymalloc_release)settings_word(
        settings, "release", release_words);
    uint64_t delay_ms = settings_integer(settings, "delay_ms");
    if (release == PYMALLOC_RELEASE_DELAYED && is_none(settings, "delay_ms")) {
        delay_ms = DELAY_MS;
    }
    return (struct pymalloc_options){
        .preset = settings_text(settings, "preset"),
        .alignment_bytes = settings_integer(settings, "alignment"),
        .threshold_bytes = settings_integer(settings, "threshold"),
        .pool_bytes = settings_integer(settings, "pool"),
        .arena_bytes = settings_integer(settings, "arena"),
        .release = release,
        .keep_arenas = settings_integer(settings, "keep"),
        .delay_ns = delay_ms * NS_PER_MS,
        .order = (enum pymalloc_arena_order)settings_word(settings, "order",
                                                          order_words),
        .backing = (enum pymalloc_backing)settings_word(settings, "backing",
                                                        backing_words),
        .base =
            (enum pymalloc_base)settings_word(settings, "base", base_words),
        .memory_limit_bytes = settings_integer(settings, "limit"),
        .lock = settings_word(settings, "lock", switch_words) == 1,
    };
}

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
    const struct pymalloc_options options = chosen(settings);
    heap = library.create(&options, reason->text, sizeof reason->text);
    if (heap == NULL) {
        return STATUS_UNSUPPORTED;
    }
    library.use(heap);
    /* The clone has no version of its own but the Python's that it follows. */
    (void)snprintf(identity->version, sizeof identity->version, "%s",
                   settings_text(settings, "preset"));
    *calls = library.object;
    calls->stats = tell_stats;
    calls->inspect = inspect;
    calls->capabilities = options.lock ? CAN_THREADS : 0;
    return STATUS_OK;
}

#define OPTIONS(text) ((const char *const[]){(text), NULL})

static const struct variant variants[] = {
    {.name = "3.10",
     .summary = "16 KiB pools in 1 MiB arenas; one empty arena is kept",
     .options = OPTIONS("preset=3.10")},
    {.name = "3.15",
     .summary = "as 3.10, and the kernel is asked for huge pages",
     .options = OPTIONS("preset=3.15")},
    {.name = "3.15-huge",
     .summary = "the same with arenas of 2 MiB, one huge page each",
     .options = OPTIONS("preset=3.15-huge")},
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
