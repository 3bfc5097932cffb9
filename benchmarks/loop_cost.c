/* What the harness's own loop costs: the loops of the workloads around calls
 * through function pointers, as a backend is called, and around direct calls
 * of the same functions.
 *
 * usage: loop_cost pointer|direct [OBJECTS]
 * Prints CPU nanoseconds per call of the fill and of the release.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "support/fill_loop.h"
#include "workload.h"

enum { OBJECT_BYTES = 16 };

static _Alignas(64) char block[OBJECT_BYTES];

/* Not inlined, not cloned for a constant, nothing known of the result: a
 * call like any other, but direct. */
#if defined(__has_attribute) && __has_attribute(noipa)
#define PLAIN_CALL __attribute__((noipa))
#else
#define PLAIN_CALL __attribute__((noinline, optnone))
#endif

/* As in allocators/null.c. */
PLAIN_CALL static void *null_alloc(size_t size)
{
    return size > sizeof block ? NULL : block;
}

PLAIN_CALL static void null_release(void *released)
{
    (void)released;
}

static double cpu_ns(void)
{
    struct timespec time;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

typedef void batch(const struct allocator_calls *heap, void **slots,
                   size_t first, size_t last);

static void fill_pointer(const struct allocator_calls *heap, void **slots,
                         size_t first, size_t last)
{
    fill_words(heap->alloc, slots, first, last, OBJECT_BYTES);
}

static void release_pointer(const struct allocator_calls *heap, void **slots,
                            size_t first, size_t last)
{
    release_slots(heap->release, slots, first, last);
}

static void fill_direct(const struct allocator_calls *heap, void **slots,
                        size_t first, size_t last)
{
    (void)heap;
    fill_words(null_alloc, slots, first, last, OBJECT_BYTES);
}

static void release_direct(const struct allocator_calls *heap, void **slots,
                           size_t first, size_t last)
{
    (void)heap;
    release_slots(null_release, slots, first, last);
}

/* CPU nanoseconds per call. */
static double timed(batch *run, const struct allocator_calls *heap,
                    void **slots, size_t count)
{
    const double start = cpu_ns();
    for (size_t done = 0; done < count; done += BATCH_OPERATIONS) {
        run(heap, slots, done, done + BATCH_OPERATIONS);
    }
    return (cpu_ns() - start) / (double)count;
}

int main(int argc, char **argv)
{
    /* Volatile: the compiler must not see through the pointers. */
    static void *(*volatile alloc)(size_t) = null_alloc;
    static void (*volatile release)(void *) = null_release;
    const bool pointer = argc > 1 && strcmp(argv[1], "pointer") == 0;
    size_t count = argc > 2 ? strtoull(argv[2], NULL, 10) : 10485760;
    if (argc < 2 || argc > 3 || count < BATCH_OPERATIONS ||
        (!pointer && strcmp(argv[1], "direct") != 0)) {
        (void)fputs("usage: loop_cost pointer|direct [OBJECTS]\n", stderr);
        return 2;
    }
    count -= count % BATCH_OPERATIONS;
    void **slots = calloc(count, sizeof *slots);
    if (!slots) {
        (void)fputs("loop_cost: out of memory\n", stderr);
        return EXIT_FAILURE;
    }
    memset(slots, 1, count * sizeof *slots); /* resident before the clock */
    const struct allocator_calls heap = {.alloc = alloc, .release = release};
    const double fill =
        timed(pointer ? fill_pointer : fill_direct, &heap, slots, count);
    const double released =
        timed(pointer ? release_pointer : release_direct, &heap, slots, count);
    (void)printf("%.4f %.4f\n", fill, released);
    free(slots);
    return EXIT_SUCCESS;
}
