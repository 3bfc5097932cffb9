/* Whole pages in a row, each block's fate at release chosen by a setting: a
 * backend whose resident memory can be worked out by hand.
 *
 * Invariant: the region begins at a multiple of 2 MiB, the greatest granule
 * of page truth, holds no huge pages, and no page is handed out twice. What
 * the backend writes for itself is resident before the base sample.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "allocator.h"

enum { PAGE_BYTES = 4096, REGION_ALIGNMENT = 2 << 20, PAGES_MAX = 1 << 18 };

static const size_t REGION_BYTES = (size_t)PAGES_MAX * PAGE_BYTES;

enum fate { NOTHING, DONTNEED, FREE, UNMAP };
static const char *const fates[] = {[NOTHING] = "nothing",
                                    [DONTNEED] = "dontneed",
                                    [FREE] = "free",
                                    [UNMAP] = "unmap",
                                    NULL};

enum source { PRIVATE, SHARED };
static const char *const sources[] = {
    [PRIVATE] = "private", [SHARED] = "shared", NULL};

static char *region;
static uint32_t *page_counts; /* of the block that begins at this page */
static size_t used_pages;
static enum fate fate;

static void *mapper_alloc(size_t size)
{
    const size_t pages = (size + PAGE_BYTES - 1) / PAGE_BYTES;
    if (pages > PAGES_MAX - used_pages) {
        errno = ENOMEM;
        return NULL;
    }
    page_counts[used_pages] = (uint32_t)pages;
    used_pages += pages;
    return region + (used_pages - pages) * PAGE_BYTES;
}

static void mapper_release(void *block)
{
    const size_t page = (size_t)((char *)block - region) / PAGE_BYTES;
    const size_t bytes = (size_t)page_counts[page] * PAGE_BYTES;
    switch (fate) {
    case NOTHING:
        break;
    case DONTNEED:
        (void)madvise(block, bytes, MADV_DONTNEED);
        break;
    case FREE:
        (void)madvise(block, bytes, MADV_FREE);
        break;
    case UNMAP:
        (void)munmap(block, bytes);
        break;
    }
}

static enum status attach(struct allocator_calls *calls,
                          const struct settings *settings,
                          struct identity *identity, struct reason *reason)
{
    const enum source source =
        (enum source)settings_word(settings, "memory", sources);
    char *mapped =
        mmap(NULL, REGION_BYTES + REGION_ALIGNMENT, PROT_READ | PROT_WRITE,
             MAP_ANONYMOUS | MAP_NORESERVE |
                 (source == SHARED ? MAP_SHARED : MAP_PRIVATE),
             -1, 0);
    page_counts =
        mmap(NULL, PAGES_MAX * sizeof *page_counts, PROT_READ | PROT_WRITE,
             MAP_ANONYMOUS | MAP_PRIVATE | MAP_POPULATE, -1, 0);
    (void)identity;
    if (mapped == MAP_FAILED || page_counts == MAP_FAILED) {
        return explain(reason, STATUS_FAILED, "mmap: %s", strerror(errno));
    }
    (void)madvise(mapped, REGION_BYTES + REGION_ALIGNMENT, MADV_NOHUGEPAGE);
    region = mapped +
             (REGION_ALIGNMENT - (uintptr_t)mapped) % (size_t)REGION_ALIGNMENT;
    fate = (enum fate)settings_word(settings, "release", fates);
    *calls = (struct allocator_calls){.alloc = mapper_alloc,
                                      .release = mapper_release};
    return STATUS_OK;
}

static const struct parameter parameters[] = {
    {.key = "release",
     .meaning = "what becomes of a block's pages",
     .preset = "nothing",
     .words = fates},
    {.key = "memory",
     .meaning = "of this process alone, or shared",
     .preset = "private",
     .words = sources},
    {.key = NULL},
};

const struct allocator allocator_mapper = {
    .name = "mapper",
    .summary = "whole pages in a row, for tests of the instruments",
    .parameters = parameters,
    .attach = attach,
};
