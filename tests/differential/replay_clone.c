/* A recording played through the clone. */
#include "replay_clone.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *word;
    enum pymalloc_release release;
} releases[] = {
    {"preset", PYMALLOC_RELEASE_PRESET},
    {"never", PYMALLOC_RELEASE_NEVER},
    {"empty", PYMALLOC_RELEASE_EMPTY},
    {"keep-one", PYMALLOC_RELEASE_KEEP_ONE},
    {0},
};

/* Which preset a Python is, by the beginning of its version. */
static const struct {
    const char *version, *preset;
} presets[] = {
    {"3.8.", "3.8"},   {"3.9.", "3.9"},   {"3.10.", "3.10"},
    {"3.11.", "3.10"}, {"3.12.", "3.10"}, {"3.13.", "3.10"},
    {"3.14.", "3.10"}, {"3.15.", "3.15"}, {0},
};

/* ---- the clone ------------------------------------------------------------
 */

static void note_event(struct replay_clone *clone, bool given, uint32_t slot)
{
    if (clone->event_count < PYTHON_TRACE_EVENTS_MAX) {
        clone->events[clone->event_count] =
            (struct python_trace_event){given, slot};
    }
    clone->event_count++;
}

static void *take_arena(void *context, size_t size)
{
    struct replay_clone *clone = context;
    void *arena = NULL;
    (void)size; /* the preset's: the slots were opened for it */
    const uint32_t slot = arena_slots_take(&clone->slots, &arena);
    note_event(clone, false, slot);
    return slot == PYTHON_TRACE_NO_SLOT ? NULL : arena;
}

static void give_arena(void *context, void *arena, size_t size)
{
    struct replay_clone *clone = context;
    (void)size;
    note_event(clone, true, arena_slots_give(&clone->slots, arena));
}

static const char *preset_of(const char *version)
{
    size_t i = 0;
    while (presets[i].version && strncmp(presets[i].version, version,
                                         strlen(presets[i].version)) != 0) {
        i++;
    }
    return presets[i].preset;
}

static bool find_release(const char *word, enum pymalloc_release *release)
{
    size_t i = 0;
    while (releases[i].word && strcmp(releases[i].word, word) != 0) {
        i++;
    }
    *release = releases[i].release;
    return releases[i].word != NULL;
}

bool replay_clone_open(struct replay_clone *clone,
                       const struct python_trace_header *header,
                       const char *preset, const char *release)
{
    const struct pymalloc_provider provider = {
        .context = clone, .take = take_arena, .give = give_arena};
    struct pymalloc_options options = {
        .preset = preset ? preset : preset_of(header->version),
        .provider = &provider};
    char reason[256] = "no such preset or release";
    *clone = (struct replay_clone){0};
    if (options.preset && find_release(release, &options.release)) {
        clone->heap = pymalloc_create(&options, reason, sizeof reason);
    }
    if (!clone->heap) {
        (void)fprintf(stderr, "a clone of Python %s: %s\n", header->version,
                      reason);
        return false;
    }
    clone->calls = pymalloc_calls(clone->heap);
    if (!arena_slots_open(&clone->slots,
                          pymalloc_preset_of(clone->heap)->arena_bytes,
                          header->misalignment)) {
        (void)fputs("no addresses for arenas\n", stderr);
        pymalloc_destroy(clone->heap);
        return false;
    }
    return true;
}

void replay_clone_close(struct replay_clone *clone)
{
    pymalloc_destroy(clone->heap);
    arena_slots_close(&clone->slots);
}

/* ---- the calls ------------------------------------------------------------
 */

/* A replay under way. */
struct replay {
    struct replay_clone *clone;
    struct replay_outcome *outcome;
    void **blocks; /* by number; NULL: not live */
    size_t capacity;
    uint64_t hash;
};

__attribute__((format(printf, 2, 3))) static void
differ(struct replay *replay, const char *format, ...)
{
    char *text = replay->outcome->difference;
    const size_t size = sizeof replay->outcome->difference;
    const int used =
        snprintf(text, size,
                 "call %" PRIu64 " (behind checkpoint %" PRIu64 ")"
                 ": ",
                 replay->outcome->calls, replay->outcome->checkpoints);
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text + used, size - (size_t)used, format, arguments);
    va_end(arguments);
}

/* Where the block of that number stands; NULL: no memory. Until the next. */
static void **block_at(struct replay *replay, uint32_t number)
{
    if (number < replay->capacity) {
        return &replay->blocks[number];
    }
    const size_t capacity = 2 * replay->capacity + number + 1024;
    void **blocks = realloc(replay->blocks, capacity * sizeof *blocks);
    if (!blocks) {
        return NULL;
    }
    memset(blocks + replay->capacity, 0,
           (capacity - replay->capacity) * sizeof *blocks);
    replay->blocks = blocks;
    replay->capacity = capacity;
    return &blocks[number];
}

/* Makes a call that has to do with a block; what it returns is put there. */
static void make_call(const struct pymalloc_allocator *calls,
                      const struct python_trace_call *call, void **block)
{
    void *const context = calls->context;
    switch (call->kind) {
    case PYTHON_CALL_MALLOC:
        *block = calls->malloc(context, call->size);
        break;
    case PYTHON_CALL_CALLOC:
        *block = calls->calloc(context, 1, call->size);
        break;
    case PYTHON_CALL_REALLOC_NULL:
        *block = calls->realloc(context, NULL, call->size);
        break;
    case PYTHON_CALL_REALLOC:
        *block = calls->realloc(context, *block, call->size);
        break;
    case PYTHON_CALL_FREE:
        calls->free(context, *block);
        *block = NULL;
        break;
    case PYTHON_CALL_FREE_NULL:
        break; /* has none */
    }
}

static void compare_events(struct replay *replay,
                           const struct python_trace_call *call)
{
    const struct replay_clone *ours = replay->clone;
    struct replay_outcome *outcome = replay->outcome;
    if (ours->event_count != call->event_count) {
        differ(replay, "%u arenas came or went, in the recording %u",
               ours->event_count, call->event_count);
        return;
    }
    for (uint32_t i = 0; i < call->event_count; i++) {
        const struct python_trace_event our = ours->events[i];
        const struct python_trace_event their = call->events[i];
        *(our.given ? &outcome->arenas_given : &outcome->arenas_taken) += 1;
        if (our.given != their.given || our.slot != their.slot) {
            differ(replay, "an arena %s at slot %u, in the recording %s at %u",
                   our.given ? "given back" : "taken", our.slot,
                   their.given ? "given back" : "taken", their.slot);
        }
    }
}

static void compare_hash(struct replay *replay, uint64_t theirs)
{
    if (replay->hash != theirs) {
        differ(replay,
               "since the checkpoint before it a block was elsewhere: the "
               "hash of all places is %016" PRIx64
               ", in the recording %016" PRIx64,
               replay->hash, theirs);
    }
}

static bool is_different(const struct replay *replay)
{
    return replay->outcome->difference[0] != '\0';
}

/* The place of what the call returned. */
static void note_place(struct replay *replay, const void *block)
{
    uint64_t offset;
    const uint32_t slot =
        arena_slots_place(&replay->clone->slots, block, &offset);
    replay->hash = python_trace_hash(replay->hash, slot, offset);
    if (!block) {
        differ(replay, "out of memory");
    }
}

static bool compare_call(struct replay *replay,
                         const struct python_trace_call *call)
{
    struct replay_clone *clone = replay->clone;
    clone->event_count = 0;
    replay->outcome->calls++;
    if (call->kind == PYTHON_CALL_FREE_NULL) {
        clone->calls.free(clone->calls.context, NULL);
    } else {
        void **block = block_at(replay, call->block);
        if (!block) {
            (void)fputs("no memory to replay a trace\n", stderr);
            return false;
        }
        make_call(&clone->calls, call, block);
        if (call->kind != PYTHON_CALL_FREE) {
            note_place(replay, *block);
        }
    }
    compare_events(replay, call);
    if (call->is_checkpoint && !is_different(replay)) {
        compare_hash(replay, call->hash);
        replay->outcome->checkpoints++;
    }
    return true;
}

/* What the program kept to its end. */
static void free_all(struct replay *replay)
{
    const struct pymalloc_allocator *calls = &replay->clone->calls;
    for (size_t i = 0; i < replay->capacity; i++) {
        calls->free(calls->context, replay->blocks[i]);
    }
    free(replay->blocks);
}

bool replay_compare(struct replay_clone *clone, struct python_trace *trace,
                    struct replay_outcome *outcome)
{
    struct replay replay = {.clone = clone, .outcome = outcome};
    struct python_trace_call call;
    struct reason reason = {""};
    bool is_well = true;
    enum python_trace_step step = PYTHON_TRACE_AT_CALL;
    *outcome = (struct replay_outcome){0};
    while (is_well && !is_different(&replay) &&
           (step = python_trace_next(trace, &call, &reason)) ==
               PYTHON_TRACE_AT_CALL) {
        is_well = compare_call(&replay, &call);
    }
    if (step == PYTHON_TRACE_IS_REFUSED) {
        (void)fprintf(stderr, "%s\n", reason.text);
        is_well = false;
    } else if (step == PYTHON_TRACE_AT_END && is_well) {
        compare_hash(&replay, python_trace_totals(trace)->hash);
        outcome->checkpoints++;
    }
    free_all(&replay);
    return is_well;
}
