/* An arena's worth of blocks comes and goes: at least one edge of an arena is
 * crossed on the way up, and again on the way down.
 *
 * The sizes are those of the presets of pymalloc: arenas of 256 KiB up to 3.9
 * and of 1 MiB from 3.10 on (docs/pymalloc.md). Headers take room, so that
 * blocks which would fill the arena without them never fit into one, whatever
 * pools were free before.
 */
#include "gbench.h"
#include "micro.h"

enum { SIZE = 512, BLOCKS_MAX = 2048 };

static void *blocks[BLOCKS_MAX];

static void arena_edge(struct gbench_state *state, const struct micro_run *run)
{
    void *(*const alloc)(size_t) = run->heap->alloc;
    void (*const release)(void *) = run->heap->release;
    const int count = (int)(gbench_argument_of(state, 0) / SIZE);
    while (gbench_keep_running(state, count)) {
        for (int i = 0; i < count; i++) {
            blocks[i] = alloc(SIZE);
            micro_touch(blocks[i]);
        }
        for (int i = count; i-- > 0;) {
            release(blocks[i]);
        }
    }
}

static const int64_t arenas[] = {262144, 1048576};

static const char *const names[] = {"arena"};

const struct micro micro_arena_edge = {
    .name = "arena_edge",
    .summary = "as many blocks of 512 bytes as an arena of pymalloc is large",
    .iteration = "alloc + release",
    .argument_names = names,
    .argument_count = 1,
    .arguments = arenas,
    .run_count = sizeof arenas / sizeof *arenas,
    .run = arena_edge,
};
