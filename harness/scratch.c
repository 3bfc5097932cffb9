/* Memory of the harness itself, outside the measured heap. */
#include "scratch.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* Linux 5.14 */
#endif

enum { REGION_CAPACITY = 512 };

static struct {
    uint64_t start, end;
} regions[REGION_CAPACITY];
static size_t region_count;
static uint64_t limit_bytes = UINT64_MAX;

void scratch_limit(uint64_t bytes)
{
    limit_bytes = bytes;
}

/* Makes every page resident; by hand where the kernel cannot. */
static bool populate(char *start, size_t bytes, size_t page_bytes)
{
    if (madvise(start, bytes, MADV_POPULATE_WRITE) == 0) {
        return true;
    }
    if (errno != EINVAL) {
        return false;
    }
    for (size_t i = 0; i < bytes; i += page_bytes) {
        *(volatile char *)(start + i) = 0;
    }
    return true;
}

static void *map(size_t bytes, int sharing, struct reason *reason)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    const size_t inner = (bytes + page - 1) / page * page;
    if (region_count == REGION_CAPACITY || inner < bytes ||
        inner > SIZE_MAX - 2 * page) {
        (void)explain(reason, STATUS_FAILED, "scratch of %zu bytes: too much",
                      bytes);
        return NULL;
    }
    if (inner > limit_bytes || scratch_bytes() > limit_bytes - inner) {
        (void)explain(reason, STATUS_FAILED,
                      "its bookkeeping alone needs %zu MiB, and a worker may "
                      "hold %" PRIu64 " MiB: ask for fewer objects",
                      inner >> 20, limit_bytes >> 20);
        return NULL;
    }
    char *outer = mmap(NULL, inner + 2 * page, PROT_NONE,
                       sharing | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (outer == MAP_FAILED) {
        goto failed;
    }
    char *start = outer + page;
    /* MADV_NOHUGEPAGE fails on kernels without huge pages: all is well. */
    (void)madvise(start, inner, MADV_NOHUGEPAGE);
    if (mprotect(start, inner, PROT_READ | PROT_WRITE) != 0 ||
        !populate(start, inner, page)) {
        const int error = errno;
        (void)munmap(outer, inner + 2 * page);
        errno = error;
        goto failed;
    }
    scratch_adopt(start, inner); /* the guard pages are never resident */
    return start;
failed:
    (void)explain(reason, STATUS_FAILED,
                  "scratch of %zu bytes: %s: ask for fewer objects", bytes,
                  strerror(errno));
    return NULL;
}

void *scratch_map(size_t bytes, struct reason *reason)
{
    return map(bytes, MAP_PRIVATE, reason);
}

void *scratch_map_shared(size_t bytes, struct reason *reason)
{
    return map(bytes, MAP_SHARED, reason);
}

void scratch_adopt(const void *start, size_t bytes)
{
    assert(region_count < REGION_CAPACITY);
    regions[region_count].start = (uint64_t)(uintptr_t)start;
    regions[region_count].end = (uint64_t)(uintptr_t)start + bytes;
    region_count++;
}

bool scratch_holds(uint64_t address)
{
    for (size_t i = 0; i < region_count; i++) {
        if (address >= regions[i].start && address < regions[i].end) {
            return true;
        }
    }
    return false;
}

uint64_t scratch_bytes(void)
{
    uint64_t total = 0;
    for (size_t i = 0; i < region_count; i++) {
        total += regions[i].end - regions[i].start;
    }
    return total;
}
