/* The floor: a mapping of its own for every object, which goes back with it.
 *
 * Nothing is kept beyond the object's own pages, at the price of two system
 * calls and a page at least for each. In front of a block stand its mapping's
 * start and length. Linux joins neighbouring mappings, so there are fewer
 * than objects; released in another order than made they part again, and reach
 * vm.max_map_count: small runs only.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "allocator.h"

struct header {
    void *start; /* of the mapping */
    size_t bytes;
};

/* Blocks are aligned like malloc's. */
_Static_assert(sizeof(struct header) == 16, "a header keeps blocks aligned");

static struct header *header_of(void *block)
{
    return (struct header *)block - 1;
}

/* `room` bytes in front of the block hold the header. */
static void *map_block(size_t room, size_t alignment, size_t size)
{
    const size_t bytes = room + size;
    char *start = bytes < size ? MAP_FAILED
                               : mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (start == MAP_FAILED) {
        errno = ENOMEM;
        return NULL;
    }
    const uintptr_t first = (uintptr_t)start + sizeof(struct header);
    char *block = start + sizeof(struct header) +
                  (alignment - first % alignment) % alignment;
    *header_of(block) = (struct header){start, bytes};
    return block;
}

static void *mmap_alloc(size_t size)
{
    return map_block(sizeof(struct header), sizeof(struct header), size);
}

/* What cannot be given back would stay, and the floor would not be one:
 * better no figure. */
__attribute__((noreturn, cold)) static void give_up(void)
{
    static const char words[] =
        "mmap: a mapping cannot be given back, for vm.max_map_count is "
        "reached: ask for fewer objects";
    const ssize_t written = write(STDERR_FILENO, words, sizeof words - 1);
    (void)written;
    abort();
}

static void mmap_release(void *block)
{
    if (block) {
        const struct header header = *header_of(block);
        if (munmap(header.start, header.bytes) != 0) {
            give_up();
        }
    }
}

/* Fresh mappings are zeroed. */
static void *mmap_alloc_zeroed(size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        errno = ENOMEM;
        return NULL;
    }
    return mmap_alloc(bytes);
}

static void *mmap_alloc_aligned(size_t alignment, size_t size)
{
    return alignment <= sizeof(struct header)
               ? mmap_alloc(size)
               : map_block(alignment + sizeof(struct header), alignment, size);
}

/* An aligned block may lie elsewhere in its pages after it: resize need not
 * keep more than malloc's own alignment. */
static void *mmap_resize(void *block, size_t size)
{
    if (!block) {
        return mmap_alloc(size);
    }
    const struct header old = *header_of(block);
    const size_t before = (size_t)((char *)block - (char *)old.start);
    const size_t bytes = before + size;
    char *start = bytes < size
                      ? MAP_FAILED
                      : mremap(old.start, old.bytes, bytes, MREMAP_MAYMOVE);
    if (start == MAP_FAILED) {
        errno = ENOMEM;
        return NULL;
    }
    char *moved = start + before;
    *header_of(moved) = (struct header){start, bytes};
    return moved;
}

static size_t mmap_usable_size(void *block)
{
    const struct header *header = header_of(block);
    return (size_t)((char *)header->start + header->bytes - (char *)block);
}

static enum status attach(struct allocator_calls *calls,
                          const struct settings *settings,
                          struct identity *identity, struct reason *reason)
{
    (void)settings;
    (void)identity; /* stays empty: the calls are part of this program */
    (void)reason;
    *calls = (struct allocator_calls){
        .alloc = mmap_alloc,
        .release = mmap_release,
        .alloc_zeroed = mmap_alloc_zeroed,
        .resize = mmap_resize,
        .alloc_aligned = mmap_alloc_aligned,
        .usable_size = mmap_usable_size,
    };
    return STATUS_OK;
}

const struct allocator allocator_mmap = {
    .name = "mmap",
    .summary = "a mapping of its own for every object: the floor of what can "
               "be kept",
    .capabilities = CAN_THREADS | CAN_FORK,
    .on_request = true,
    .attach = attach,
};
