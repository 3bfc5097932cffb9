/* The ceiling: hands out memory in a row and never takes any back. */
#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

#include "allocator.h"

enum { ALIGNMENT = 16 };

static const size_t CAPACITY_BYTES = (size_t)64 << 30; /* reserved only */

static char *start;
static _Atomic size_t used_bytes;

static void *take(size_t alignment, size_t size)
{
    size_t used = atomic_load_explicit(&used_bytes, memory_order_relaxed);
    size_t from;
    do {
        from = (used + alignment - 1) / alignment * alignment;
        if (size > CAPACITY_BYTES - from) {
            errno = ENOMEM;
            return NULL;
        }
    } while (!atomic_compare_exchange_weak_explicit(
        &used_bytes, &used, from + size, memory_order_relaxed,
        memory_order_relaxed));
    return start + from;
}

static void *bump_alloc(size_t size)
{
    return take(ALIGNMENT, size > 0 ? size : 1);
}

/* Fresh memory of the system is zeroed, and none is used twice. */
static void *bump_alloc_zeroed(size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        errno = ENOMEM;
        return NULL;
    }
    return bump_alloc(bytes);
}

static void *bump_alloc_aligned(size_t alignment, size_t size)
{
    return take(alignment > ALIGNMENT ? alignment : ALIGNMENT,
                size > 0 ? size : 1);
}

static void bump_release(void *block)
{
    (void)block;
}

static void bump_stats(struct allocator_stats *stats)
{
    stats->allocated_bytes = SIZE_MAX; /* it does not know what is live */
    stats->arena_bytes = used_bytes;
    stats->arenas_mapped = 1;
    stats->arenas_unmapped = 0;
}

static enum status attach(struct allocator_calls *calls,
                          const struct settings *settings,
                          struct identity *identity, struct reason *reason)
{
    (void)settings;
    (void)identity;
    start = mmap(NULL, CAPACITY_BYTES, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (start == MAP_FAILED) {
        return explain(reason, STATUS_UNSUPPORTED,
                       "64 GiB of addresses cannot be reserved: %s",
                       strerror(errno));
    }
    *calls = (struct allocator_calls){
        .alloc = bump_alloc,
        .release = bump_release,
        .alloc_zeroed = bump_alloc_zeroed,
        .alloc_aligned = bump_alloc_aligned,
        .stats = bump_stats,
    };
    return STATUS_OK;
}

const struct allocator allocator_bump = {
    .name = "bump",
    .summary = "never releases anything: the ceiling of what can be kept",
    .capabilities = CAN_THREADS | CAN_FORK,
    .on_request = true,
    .attach = attach,
};
