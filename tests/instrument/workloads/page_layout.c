/* Pages laid out by hand: touched, untouched, released, live.
 *
 * With the backend `mapper`, started cold, block i is page i of a region that
 * begins at a multiple of 2 MiB. Of 1,024 pages every fourth (2, 6, 10, ...)
 * is never touched, and all but four are released.
 */
#include <stdbool.h>

#include "workload.h"

enum {
    PAGE_BYTES = 4096,
    PAGES = 1024,
    UNTOUCHED_EVERY = 4,
    UNTOUCHED_AT = 2
};

static const size_t live_pages[] = {0, 5, 17, 600};

enum { LIVE_COUNT = sizeof live_pages / sizeof *live_pages };

struct state {
    char *pages[PAGES];
    bool filled, drained;
};

static bool stays(size_t page)
{
    for (size_t i = 0; i < LIVE_COUNT; i++) {
        if (live_pages[i] == page) {
            return true;
        }
    }
    return false;
}

static enum status prepare(struct run *run)
{
    struct state *state = run_scratch(run, sizeof *state);
    run_set_state(run, state);
    return state ? STATUS_OK : STATUS_FAILED;
}

static size_t request_bytes(const struct run *run)
{
    (void)run;
    return PAGE_BYTES;
}

static enum status build(struct run *run, const struct allocator_calls *heap)
{
    struct state *state = run_state(run);
    for (size_t i = 0; i < PAGES; i++) {
        state->pages[i] = heap->alloc(PAGE_BYTES);
        if (!state->pages[i]) {
            return run_fail(run, "page %zu: NULL", i);
        }
        if (i % UNTOUCHED_EVERY != UNTOUCHED_AT) {
            state->pages[i][i % PAGE_BYTES] = 1;
        }
    }
    state->filled = true;
    end_phase(run, &(struct phase){"fill", PAGES, PAGES,
                                   (uint64_t)PAGES * PAGE_BYTES});
    return STATUS_OK;
}

static enum status drain(struct run *run, const struct allocator_calls *heap)
{
    struct state *state = run_state(run);
    for (size_t i = 0; i < PAGES; i++) {
        if (!stays(i)) {
            heap->release(state->pages[i]);
        }
    }
    state->drained = true;
    end_phase(run, &(struct phase){"drain", PAGES - LIVE_COUNT, LIVE_COUNT,
                                   (uint64_t)LIVE_COUNT * PAGE_BYTES});
    return STATUS_OK;
}

static enum status rest(struct run *run, const struct allocator_calls *heap)
{
    struct state *state = run_state(run);
    for (size_t i = 0; i < LIVE_COUNT; i++) {
        heap->release(state->pages[live_pages[i]]);
    }
    state->filled = false;
    end_phase(run, &(struct phase){"rest", LIVE_COUNT, 0, 0});
    return STATUS_OK;
}

static void each_live(struct run *run, block_visitor *visit, void *context)
{
    const struct state *state = run_state(run);
    for (size_t i = 0; state->filled && i < PAGES; i++) {
        if (!state->drained || stays(i)) {
            visit(context, state->pages[i], PAGE_BYTES);
        }
    }
}

const struct workload workload_page_layout = {
    .name = "page_layout",
    .summary = "pages laid out by hand, for tests of page truth",
    .symptom = "none: it is a test",
    .source = "none: it is a test",
    .prepare = prepare,
    .request_bytes = request_bytes,
    .build = build,
    .drain = drain,
    .rest = rest,
    .each_live = each_live,
};
