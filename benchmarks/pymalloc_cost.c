/* What a call costs: the same loop over the clone or over a real libpython.
 *
 * usage: pymalloc_cost clone|cpython LIBRARY SCENARIO [PAIRS [SEED [TAIL]]]
 * Loads LIBRARY privately, calls its allocator through function pointers as a
 * backend is called, and prints CPU nanoseconds per pair of malloc and free.
 * One measurement is one process: arenas and caches remember earlier work.
 *
 * The arenas of both are mapped by the functions below, at the same addresses:
 * TAIL pages beside a multiple of an arena's size. That matters. "Is this
 * block ours?" asks on which side of the boundary between two arenas a block
 * lies, and where live blocks are on both sides of one the processor guesses
 * wrong. Left alone, the kernel's choice depends on the sizes of the libraries
 * that are loaded, so clone and libpython would be measured under different
 * conditions.
 */
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "pymalloc.h"
#include "random.h"
#include "support/fill_loop.h"
#include "workload.h"

enum { PAIRS = 10 * 1024 * 1024, OBJECT_BYTES = 16 };

/* A step of a mix releases the block of a slot and puts a new one there. The
 * blocks take about 1 MiB (at 256 bytes each): they stay within a second-level
 * cache, so that it is the calls that are timed and not the memory. */
enum { SIZE_BITS = 11, MIX_SLOTS = 4096, MIX_STEPS = 1 << 20 };

struct calls {
    void *(*alloc)(size_t size);
    void (*release)(void *block);
};

struct scenario {
    const char *name;
    size_t size_min, size_max; /* of the requests */
    double (*run)(const struct scenario *scenario, const struct calls *heap,
                  size_t pairs, uint64_t seed);
};

/* Where calls come from. `start` makes them ready: true, or it said why not.
 */
struct side {
    const char *name, *alloc, *release;
    bool (*start)(void *library);
};

/* ---- arenas ------------------------------------------------------------ */

enum { ARENA_BYTES = 1 << 20, PAGE_BYTES = 4096, ARENAS_MAX = 1024 };

/* Far from where the kernel puts anything by itself. */
static const uintptr_t arenas_end = UINT64_C(1) << 45;

/* Each slot lies below the one before, as the kernel would put arenas, and
 * all begin `tail_bytes` beside a multiple of their size. */
static struct {
    uintptr_t tail_bytes;
    size_t used;       /* slots that were ever mapped */
    size_t free_count; /* of these, not mapped now: LIFO */
    uint16_t free_slots[ARENAS_MAX];
} arenas;

static uintptr_t slot_address(size_t slot)
{
    return arenas_end + arenas.tail_bytes - (slot + 1) * ARENA_BYTES;
}

/* Ends the process where it cannot serve: requests would fall through to
 * malloc, and its cost would stand in the place of the cost asked for. */
static void *arena_take(void *context, size_t size)
{
    (void)context;
    if (size != ARENA_BYTES ||
        (arenas.free_count == 0 && arenas.used == ARENAS_MAX)) {
        (void)fprintf(stderr, "pymalloc_cost: %zu arenas, one of %zu bytes\n",
                      arenas.used, size);
        exit(EXIT_FAILURE);
    }
    const size_t slot = arenas.free_count > 0
                            ? arenas.free_slots[--arenas.free_count]
                            : arenas.used++;
    void *wanted = (void *)slot_address(slot);
    void *arena =
        mmap(wanted, size, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (arena != wanted) {
        perror("pymalloc_cost: no arena at its address");
        exit(EXIT_FAILURE);
    }
    return arena;
}

static void arena_give(void *context, void *arena, size_t size)
{
    (void)context;
    (void)munmap(arena, size);
    const size_t slot = (slot_address(0) - (uintptr_t)arena) / ARENA_BYTES;
    arenas.free_slots[arenas.free_count++] = (uint16_t)slot;
}

/* ---- scenarios --------------------------------------------------------- */

/* Zeroed and resident before the clock starts, beside every heap; ends with
 * the process. */
static void *scratch(size_t count, size_t size)
{
    void *memory = mmap(NULL, count * size, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (memory == MAP_FAILED) {
        perror("pymalloc_cost: no memory");
        exit(EXIT_FAILURE);
    }
    return memory;
}

static double cpu_ns(void)
{
    struct timespec time;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

/* As the workload of this name: all objects are made, then all are released,
 * the oldest first. */
static double fill_drain(const struct scenario *scenario,
                         const struct calls *heap, size_t pairs, uint64_t seed)
{
    (void)scenario;
    (void)seed;
    const struct calls calls = *heap; /* in registers */
    void **slots = scratch(pairs, sizeof *slots);
    calls.release(calls.alloc(OBJECT_BYTES));
    const double start = cpu_ns();
    fill_words(calls.alloc, slots, 0, pairs, OBJECT_BYTES);
    release_slots(calls.release, slots, 0, pairs);
    return (cpu_ns() - start) / (double)pairs;
}

/* Slot and size in one word, so that reading a step costs next to nothing. */
static const uint32_t *draw_steps(const struct scenario *scenario,
                                  uint64_t seed)
{
    struct random random = random_seeded(seed);
    const uint64_t sizes = scenario->size_max - scenario->size_min + 1;
    uint32_t *steps = scratch(MIX_STEPS, sizeof *steps);
    for (size_t i = 0; i < MIX_STEPS; i++) {
        const uint64_t slot = random_below(&random, MIX_SLOTS);
        const uint64_t size =
            scenario->size_min + random_below(&random, sizes);
        steps[i] = (uint32_t)(slot << SIZE_BITS | size);
    }
    return steps;
}

static void mix_steps(const struct calls *heap, void **slots,
                      const uint32_t *steps, size_t count)
{
    const struct calls calls = *heap; /* in registers */
    for (size_t i = 0; i < count; i++) {
        void **slot = &slots[steps[i] >> SIZE_BITS];
        calls.release(*slot);
        char *block = calls.alloc(steps[i] & ((1U << SIZE_BITS) - 1));
        *block = (char)i;
        *slot = block;
    }
}

/* `pairs` random steps over a full working set; filling it is not timed. */
static double mix(const struct scenario *scenario, const struct calls *heap,
                  size_t pairs, uint64_t seed)
{
    static void *slots[MIX_SLOTS];
    const uint32_t *steps = draw_steps(scenario, seed);
    for (size_t i = 0; i < MIX_SLOTS; i++) {
        slots[i] = heap->alloc(steps[i] & ((1U << SIZE_BITS) - 1));
    }
    const double start = cpu_ns();
    for (size_t done = 0; done < pairs; done += BATCH_OPERATIONS) {
        mix_steps(heap, slots, &steps[done % MIX_STEPS], BATCH_OPERATIONS);
    }
    return (cpu_ns() - start) / (double)pairs;
}

static const struct scenario scenarios[] = {
    {"fill_drain", OBJECT_BYTES, OBJECT_BYTES, fill_drain},
    {"mix_small", 1, 512, mix},
    {"mix_all", 0, 1200, mix},
    {0},
};

/* ---- sides ------------------------------------------------------------- */

/* dlsym's answer is a data pointer; C has no cast from it to a function. */
static bool find_call(void *library, const char *name, void *function)
{
    void *found = dlsym(library, name);
    if (found == NULL) {
        (void)fprintf(stderr, "pymalloc_cost: no %s: %s\n", name, dlerror());
        return false;
    }
    memcpy(function, &found, sizeof found);
    return true;
}

static bool start_clone(void *library)
{
    struct pymalloc *(*create)(const struct pymalloc_options *options,
                               char *reason, size_t reason_bytes);
    void (*use)(const struct pymalloc *heap);
    if (!find_call(library, "pymalloc_create", &create) ||
        !find_call(library, "pymalloc_use", &use)) {
        return false;
    }
    static const struct pymalloc_provider provider = {.take = arena_take,
                                                      .give = arena_give};
    const struct pymalloc_options options = {.preset = "3.10",
                                             .provider = &provider};
    char reason[256];
    const struct pymalloc *heap = create(&options, reason, sizeof reason);
    if (heap == NULL) {
        (void)fprintf(stderr, "pymalloc_cost: no instance: %s\n", reason);
        return false;
    }
    use(heap);
    return true;
}

/* Up to 3.11 its calls work before Py_Initialize. The struct is public
 * (docs.python.org/3/c-api/memory.html). */
static bool start_cpython(void *library)
{
    static struct {
        void *context;
        void *(*take)(void *context, size_t size);
        void (*give)(void *context, void *arena, size_t size);
    } arena_allocator = {.take = arena_take, .give = arena_give};
    void (*set_arenas)(void *allocator);
    if (!find_call(library, "PyObject_SetArenaAllocator", &set_arenas)) {
        return false;
    }
    set_arenas(&arena_allocator);
    return true;
}

static const struct side sides[] = {
    {"clone", "object_malloc", "object_free", start_clone},
    {"cpython", "PyObject_Malloc", "PyObject_Free", start_cpython},
    {0},
};

static const struct side *find_side(const char *name)
{
    const struct side *side = sides;
    while (side->name != NULL && strcmp(side->name, name) != 0) {
        side++;
    }
    return side->name != NULL ? side : NULL;
}

static const struct scenario *find_scenario(const char *name)
{
    const struct scenario *scenario = scenarios;
    while (scenario->name != NULL && strcmp(scenario->name, name) != 0) {
        scenario++;
    }
    return scenario->name != NULL ? scenario : NULL;
}

/* The calls of a side in a library that stays loaded. */
static bool load(const struct side *side, const char *path,
                 struct calls *calls)
{
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        (void)fprintf(stderr, "pymalloc_cost: cannot load: %s\n", dlerror());
        return false;
    }
    return side->start(library) &&
           find_call(library, side->alloc, &calls->alloc) &&
           find_call(library, side->release, &calls->release);
}

static size_t number(int argc, char **argv, int index, size_t preset)
{
    return index < argc ? strtoull(argv[index], NULL, 10) : preset;
}

int main(int argc, char **argv)
{
    const struct side *side = argc > 3 ? find_side(argv[1]) : NULL;
    const struct scenario *scenario = argc > 3 ? find_scenario(argv[3]) : NULL;
    if (side == NULL || scenario == NULL || argc > 7) {
        (void)fputs("usage: pymalloc_cost clone|cpython LIBRARY "
                    "fill_drain|mix_small|mix_all [PAIRS [SEED [TAIL]]]\n",
                    stderr);
        return 2;
    }
    const size_t pairs = number(argc, argv, 4, PAIRS);
    const size_t tail = number(argc, argv, 6, 0);
    if (pairs == 0 || pairs % BATCH_OPERATIONS != 0 ||
        tail >= ARENA_BYTES / PAGE_BYTES) {
        (void)fprintf(stderr,
                      "pymalloc_cost: PAIRS is a multiple of %d, TAIL less "
                      "than %d\n",
                      BATCH_OPERATIONS, ARENA_BYTES / PAGE_BYTES);
        return 2;
    }
    arenas.tail_bytes = tail * PAGE_BYTES;
    struct calls calls;
    if (!load(side, argv[2], &calls)) {
        return EXIT_FAILURE;
    }
    const uint64_t seed = number(argc, argv, 5, 1);
    const double pair_ns = scenario->run(scenario, &calls, pairs, seed);
    if (arenas.used == 0) {
        (void)fputs("pymalloc_cost: the library takes no arenas\n", stderr);
        return EXIT_FAILURE;
    }
    (void)printf("%.4f\n", pair_ns);
    return EXIT_SUCCESS;
}
