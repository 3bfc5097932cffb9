/* The hooks between an interpreter and its allocator. */
#include "hooks.h"

#include <pthread.h>
#include <stdatomic.h>

#include "arena_slots.h"
#include "block_numbers.h"

/* zstd's, of 1 to 19. */
enum { COMPRESSION_LEVEL = 12 };

static struct {
    const struct python *python;
    struct python_allocator inner[PYTHON_OBJ + 1]; /* by domain */
    struct python_arenas inner_arenas;
    struct arena_slots slots;
    struct block_numbers numbers;
    struct python_trace_writer *writer;
    struct reason fault; /* the first; empty while all is well */
    atomic_bool off;     /* calls are passed on and not told */
    atomic_bool inside;  /* a call is under way */
    bool is_finalizing;  /* the trace has been told */
    bool in_child;
} recorder;

/* Gives the recording up; the program runs on. */
static void give_up(const char *why)
{
    if (!atomic_exchange(&recorder.off, true)) {
        (void)explain(&recorder.fault, STATUS_FAILED, "%s", why);
    }
}

/* ---- calls ----------------------------------------------------------------
 */

/* Whether the call that begins is to be told; then leave() follows. */
static bool enter(void)
{
    if (atomic_load_explicit(&recorder.off, memory_order_relaxed)) {
        return false;
    }
    if (atomic_exchange(&recorder.inside, true)) {
        give_up("two threads called the allocator at the same time: programs "
                "with sub-interpreters that have locks of their own cannot be "
                "recorded");
        return false;
    }
    if (!recorder.is_finalizing && recorder.python->is_finalizing()) {
        recorder.is_finalizing = true;
        python_trace_write_finalizing(recorder.writer);
    }
    return true;
}

static void leave(void)
{
    atomic_store(&recorder.inside, false);
}

static struct python_trace_place place_of(const void *block)
{
    struct python_trace_place place;
    place.slot = arena_slots_place(&recorder.slots, block, &place.offset);
    return place;
}

static void remember(const void *block, uint32_t number)
{
    switch (block_numbers_put(&recorder.numbers, block, number)) {
    case BLOCK_NUMBERS_PUT:
        return;
    case BLOCK_NUMBERS_THERE:
        give_up("a block was handed out twice: something releases memory "
                "behind the interpreter's back");
        return;
    case BLOCK_NUMBERS_FULL:
        give_up("no memory to remember the blocks");
        return;
    }
}

static void tell_made(enum python_trace_kind kind, size_t size,
                      const void *block)
{
    if (!block) {
        python_trace_write_failed(recorder.writer);
        return;
    }
    const uint32_t number =
        python_trace_write_made(recorder.writer, kind, size, place_of(block));
    if (number == PYTHON_TRACE_NO_BLOCK) {
        atomic_store(&recorder.off, true); /* the writer will say why */
        return;
    }
    remember(block, number);
}

static uint32_t forget(const void *block)
{
    const uint32_t number = block_numbers_take(&recorder.numbers, block);
    if (number == PYTHON_TRACE_NO_BLOCK) {
        give_up("a block was released or resized that was not allocated in "
                "the same domain: an extension module mixes allocators");
    }
    return number;
}

static void *hook_malloc(void *context, size_t size)
{
    const struct python_allocator *inner = context;
    const bool told = enter();
    void *block = inner->malloc(inner->context, size);
    if (told) {
        tell_made(PYTHON_CALL_MALLOC, size, block);
        leave();
    }
    return block;
}

static void *hook_calloc(void *context, size_t count, size_t size)
{
    const struct python_allocator *inner = context;
    const bool told = enter();
    void *block = inner->calloc(inner->context, count, size);
    if (told) {
        /* No overflow: then there would be no block. */
        tell_made(PYTHON_CALL_CALLOC, count * size, block);
        leave();
    }
    return block;
}

/* A block that was there before may have moved. */
static void tell_resized(const void *old, size_t size, const void *block)
{
    const uint32_t number = forget(old);
    if (number == PYTHON_TRACE_NO_BLOCK) {
        return;
    }
    if (!block) {
        python_trace_write_failed(recorder.writer);
        remember(old, number);
        return;
    }
    python_trace_write_resized(recorder.writer, number, size, place_of(block));
    remember(block, number);
}

static void *hook_realloc(void *context, void *old, size_t size)
{
    const struct python_allocator *inner = context;
    const bool told = enter();
    void *block = inner->realloc(inner->context, old, size);
    if (told && old) {
        tell_resized(old, size, block);
    } else if (told) {
        tell_made(PYTHON_CALL_REALLOC_NULL, size, block);
    }
    if (told) {
        leave();
    }
    return block;
}

static void hook_free(void *context, void *block)
{
    const struct python_allocator *inner = context;
    const bool told = enter();
    inner->free(inner->context, block);
    if (told && !block) {
        python_trace_write_freed(recorder.writer, PYTHON_TRACE_NO_BLOCK);
    } else if (told) {
        const uint32_t number = forget(block);
        if (number != PYTHON_TRACE_NO_BLOCK) {
            python_trace_write_freed(recorder.writer, number);
        }
    }
    if (told) {
        leave();
    }
}

/* ---- arenas ---------------------------------------------------------------
 */

/* Only what is taken within a call of ours is an arena: since 3.11 the
 * interpreter takes memory for its own stacks the same way. */
static bool is_within_call(void)
{
    return !atomic_load(&recorder.off) && atomic_load(&recorder.inside);
}

static void *hook_arena_alloc(void *context, size_t size)
{
    struct python_arenas *inner = context;
    if (!is_within_call()) {
        return inner->alloc(inner->context, size);
    }
    if (size != recorder.slots.arena_bytes) {
        give_up("this libpython was built with arenas of another size: only "
                "those of the released versions can be recorded");
        return inner->alloc(inner->context, size);
    }
    void *arena = NULL;
    const uint32_t slot = arena_slots_take(&recorder.slots, &arena);
    if (slot == PYTHON_TRACE_NO_SLOT) {
        give_up("the program needs more arenas than there are addresses or "
                "memory for: record a smaller run");
        return inner->alloc(inner->context, size);
    }
    python_trace_write_event(recorder.writer, false, slot);
    return arena;
}

static void hook_arena_free(void *context, void *arena, size_t size)
{
    struct python_arenas *inner = context;
    const uint32_t slot = arena_slots_give(&recorder.slots, arena);
    if (slot == PYTHON_TRACE_NO_SLOT) {
        inner->free(inner->context, arena, size);
        return;
    }
    if (is_within_call()) {
        python_trace_write_event(recorder.writer, true, slot);
        return;
    }
    give_up("an arena was given back outside of every call");
}

/* ---- beginning and end ----------------------------------------------------
 */

/* A forked child runs on without recording: the trace is its parent's. */
static void forget_in_child(void)
{
    recorder.in_child = true;
    atomic_store(&recorder.off, true);
}

static void set_hooks(enum python_domain domain)
{
    struct python_allocator *inner = &recorder.inner[domain];
    recorder.python->get_allocator(domain, inner);
    struct python_allocator hooks = {inner, hook_malloc, hook_calloc,
                                     hook_realloc, hook_free};
    recorder.python->set_allocator(domain, &hooks);
}

enum status hooks_install(const struct python *python, const char *path,
                          size_t misalignment, struct reason *reason)
{
    struct python_trace_header header = {.arena_bytes = python->arena_bytes,
                                         .pool_bytes = python->pool_bytes,
                                         .misalignment = misalignment};
    (void)snprintf(header.version, sizeof header.version, "%.*s",
                   (int)sizeof header.version - 1, python->version);
    if (misalignment >= python->pool_bytes || misalignment % 16 != 0) {
        return explain(reason, STATUS_FAILED,
                       "arenas cannot begin %zu bytes behind a pool boundary: "
                       "give a multiple of 16 below %zu",
                       misalignment, python->pool_bytes);
    }
    if (!arena_slots_open(&recorder.slots, python->arena_bytes,
                          misalignment)) {
        return explain(reason, STATUS_FAILED,
                       "no addresses for arenas: is there a limit (ulimit -v) "
                       "on this process?");
    }
    recorder.writer =
        python_trace_create(path, &header, COMPRESSION_LEVEL, reason);
    if (!recorder.writer) {
        return STATUS_FAILED;
    }
    recorder.python = python;
    (void)pthread_atfork(NULL, NULL, forget_in_child);
    python->get_arenas(&recorder.inner_arenas);
    struct python_arenas arenas = {&recorder.inner_arenas, hook_arena_alloc,
                                   hook_arena_free};
    python->set_arenas(&arenas);
    set_hooks(PYTHON_MEM);
    set_hooks(PYTHON_OBJ);
    return STATUS_OK;
}

bool hooks_in_child(void)
{
    return recorder.in_child;
}

/* Whether the interpreter still calls the hooks. */
static bool is_hooked(enum python_domain domain)
{
    struct python_allocator now;
    recorder.python->get_allocator(domain, &now);
    return now.context == &recorder.inner[domain];
}

static void judge(void)
{
    if (!is_hooked(PYTHON_MEM) || !is_hooked(PYTHON_OBJ)) {
        give_up("the interpreter set an allocator of its own: leave out "
                "-X dev, or what else sets one");
    } else if (python_trace_written(recorder.writer)->arenas_taken == 0) {
        give_up("no arena was ever taken: this libpython was built without "
                "pymalloc");
    }
}

enum status hooks_finish(struct python_trace_totals *totals,
                         struct reason *reason)
{
    judge();
    atomic_store(&recorder.off, true);
    struct python_trace_writer *writer = recorder.writer;
    recorder.writer = NULL;
    *totals = *python_trace_written(writer);
    block_numbers_free(&recorder.numbers);
    if (recorder.fault.text[0] != '\0') {
        *reason = recorder.fault;
        python_trace_abandon(writer);
        return STATUS_FAILED;
    }
    return python_trace_finish(writer, reason);
}
