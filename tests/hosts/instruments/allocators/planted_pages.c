/* A backend with a planted leak: every block has pages of its own, every
 * hundredth release is forgotten. Or with planted huge pages: every block
 * begins at a multiple of 2 MiB and asks for them.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "allocator.h"

enum { PAGE_BYTES = 4096, HUGE_BYTES = 2 << 20, LEAK_EVERY = 100 };

enum plant { LEAK, HUGE_PAGES };
static const char *const plants[] = {
    [LEAK] = "leak", [HUGE_PAGES] = "huge_pages", NULL};

static enum plant plant;
static size_t block_bytes; /* all blocks are alike: the first one's, in whole
                              pages */
static unsigned release_count;

static void *alloc_huge(void)
{
    char *mapped = mmap(NULL, block_bytes + HUGE_BYTES, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED) {
        return NULL;
    }
    const size_t before =
        (HUGE_BYTES - (uintptr_t)mapped % HUGE_BYTES) % HUGE_BYTES;
    (void)munmap(mapped, before);
    (void)munmap(mapped + before + block_bytes, HUGE_BYTES - before);
    (void)madvise(mapped + before, block_bytes, MADV_HUGEPAGE);
    return mapped + before;
}

static void *planted_alloc(size_t size)
{
    const size_t unit = plant == HUGE_PAGES ? HUGE_BYTES : PAGE_BYTES;
    if (block_bytes == 0) {
        block_bytes = (size + unit - 1) / unit * unit;
    }
    if (size > block_bytes) {
        errno = ENOMEM;
        return NULL;
    }
    if (plant == HUGE_PAGES) {
        return alloc_huge();
    }
    void *block = mmap(NULL, block_bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return block == MAP_FAILED ? NULL : block;
}

static void planted_release(void *block)
{
    release_count++;
    if (plant == LEAK && release_count % LEAK_EVERY == 0) {
        return;
    }
    (void)munmap(block, block_bytes);
}

static enum status attach(struct allocator_calls *calls,
                          const struct settings *settings,
                          struct identity *identity, struct reason *reason)
{
    (void)identity;
    (void)reason;
    plant = (enum plant)settings_word(settings, "plant", plants);
    *calls = (struct allocator_calls){.alloc = planted_alloc,
                                      .release = planted_release};
    return STATUS_OK;
}

static const struct parameter parameters[] = {
    {.key = "plant",
     .meaning = "what is planted",
     .preset = "leak",
     .words = plants},
    {.key = NULL},
};

const struct allocator allocator_planted_pages = {
    .name = "planted_pages",
    .summary = "a leak of 1 %, or huge pages, for tests of the instruments",
    .parameters = parameters,
    .attach = attach,
};
