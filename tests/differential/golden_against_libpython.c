/* The golden stream of tests/unit/pymalloc_golden.h, answered by a real
 * libpython: its signatures are those of its preset.
 *
 * golden_against_libpython: a process has one libpython, and its arenas begin
 * at one offset, so the offset's number is the argument.
 * Exit status 0: the signatures agree; 1: not so; 77: there is no libpython.
 */
#include <stdio.h>

#include "libpython.h"
#include "pymalloc_golden.h"

#define EXIT_SKIPPED 77

static struct libpython python;
static size_t arena_bytes;
static struct fixture fixture;

/* ---- libpython's calls, with the context they do not have --------------- */

static void *call_malloc(void *context, size_t size)
{
    (void)context;
    return python.malloc(size);
}

static void *call_calloc(void *context, size_t count, size_t size)
{
    (void)context;
    return python.calloc(count, size);
}

static void *call_realloc(void *context, void *block, size_t size)
{
    (void)context;
    return python.realloc(block, size);
}

static void call_free(void *context, void *block)
{
    (void)context;
    python.free(block);
}

static const struct pymalloc_allocator calls = {NULL, call_malloc, call_calloc,
                                                call_realloc, call_free};

/* ---- its arenas ----------------------------------------------------------
 */

/* The interpreter's stack is no arena. */
static void *take(void *context, size_t size)
{
    return size == arena_bytes ? fixture_take(context, size) : malloc(size);
}

static void give(void *context, void *arena, size_t size)
{
    if (size == arena_bytes) {
        fixture_give(context, arena, size);
    } else {
        free(arena);
    }
}

/* PyObjectArenaAllocator of Python's C API. */
static struct {
    void *context;
    void *(*alloc)(void *context, size_t size);
    void (*free)(void *context, void *arena, size_t size);
} arenas = {&fixture, take, give};

static uint64_t golden_signature(size_t offset)
{
    for (size_t i = 0; i < sizeof golden / sizeof golden[0]; i++) {
        if (strcmp(golden[i].preset, python.preset) == 0) {
            return golden[i].signatures[offset];
        }
    }
    return 0;
}

int main(int count, char **texts)
{
    const size_t offset = count == 2 ? strtoul(texts[1], NULL, 10) : 2;
    if (offset > 1) {
        (void)fprintf(stderr, "usage: %s 0|1\n", texts[0]);
        return 2;
    }
    const char *reason = libpython_open(&python);
    if (reason != NULL) {
        (void)printf("skipped: %s\n", reason);
        return EXIT_SKIPPED;
    }
    if (python.set_arenas == NULL || python.calloc == NULL) {
        (void)printf("skipped: libpython %.20s has no hook for its arenas or "
                     "no calloc, and its answers would not be those of the "
                     "stream\n",
                     python.version());
        return EXIT_SKIPPED;
    }
    arena_bytes = pymalloc_preset(libpython_preset(&python))->arena_bytes;
    fixture_open(&fixture, golden_offsets[offset]);
    python.set_arenas(&arenas);
    struct stream stream;
    stream_open(&stream, &fixture, NULL, GOLDEN_SEED);
    stream.calls = calls;
    stream_run(&stream, GOLDEN_CALLS);
    free(stream.blocks);
    const bool same = fixture.signature == golden_signature(offset);
    (void)printf("%llu calls: signature %016llx, %s\n",
                 (unsigned long long)stream.call_count,
                 (unsigned long long)fixture.signature,
                 same ? "as golden" : "not the golden one");
    return same ? 0 : 1;
}
