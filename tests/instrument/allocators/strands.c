/* Pages that belong to a thread while it fills them and to nobody once they
 * are full: a control for workloads in which one thread releases what others
 * made.
 *
 * A page that nobody owns is filled again when somebody who releases into it
 * says that there is room. Planted is the fault that mimalloc#1364 describes:
 * a thread that never allocated says nothing, and the page waits until the
 * last of its blocks has come back. This is a model of that fault and not of
 * mimalloc, which is measured as itself.
 *
 * Invariant: the mutex guards all but a thread's own variables. The records
 * of pages lie apart from the pages, which hold nothing but blocks. What a
 * thread owns when it ends is lost.
 */
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "allocator.h"

enum {
    PAGE_BYTES = 64 << 10,
    PAGES_MAX = 1 << 14,
    GRAIN = 16,
    BLOCK_MAX = 4096,
    CLASS_COUNT = BLOCK_MAX / GRAIN + 1,
};

static const char *const plants[] = {"nothing", "stranding", NULL};

struct block {
    struct block *next;
};

struct page {
    struct block *free; /* came back and wait to be made again */
    size_t class;       /* GRAIN bytes times that is a block */
    size_t made;        /* blocks cut off so far */
    size_t live;
    bool is_owned, is_offered; /* never both */
    struct page *next;         /* in the list that it is in */
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static char *region;
static struct page *pages, *empty;
static struct page *offered[CLASS_COUNT];
static size_t page_count;
static bool is_stranding;

static _Thread_local struct page *own[CLASS_COUNT];
static _Thread_local bool has_allocated;

static struct page *take_first(struct page **list)
{
    struct page *page = *list;
    if (page) {
        *list = page->next;
    }
    return page;
}

static void put_first(struct page **list, struct page *page)
{
    page->next = *list;
    *list = page;
}

/* NULL where all are in use. */
static struct page *take_page(size_t class)
{
    struct page *page = take_first(&offered[class]);
    if (!page) {
        page = take_first(&empty);
        page = page || page_count == PAGES_MAX ? page : &pages[page_count++];
        if (page) {
            *page = (struct page){.class = class};
        }
    }
    if (page) {
        page->is_offered = false;
        page->is_owned = true;
    }
    return page;
}

/* NULL where the page is full. */
static void *take_block(struct page *page)
{
    const size_t bytes = page->class * GRAIN;
    struct block *block = page->free;
    if (block) {
        page->free = block->next;
    } else if ((page->made + 1) * bytes <= PAGE_BYTES) {
        block = (void *)(region + (size_t)(page - pages) * PAGE_BYTES +
                         page->made++ * bytes);
    }
    page->live += block != NULL;
    return block;
}

static void *strands_alloc(size_t size)
{
    const size_t class = size == 0 ? 1 : (size + GRAIN - 1) / GRAIN;
    if (size > BLOCK_MAX) {
        errno = ENOMEM;
        return NULL;
    }
    has_allocated = true;
    (void)pthread_mutex_lock(&mutex);
    void *block = own[class] ? take_block(own[class]) : NULL;
    if (!block) {
        if (own[class]) {
            own[class]->is_owned = false;
        }
        own[class] = take_page(class);
        block = own[class] ? take_block(own[class]) : NULL;
    }
    (void)pthread_mutex_unlock(&mutex);
    errno = block ? errno : ENOMEM;
    return block;
}

static void strands_release(void *released)
{
    if (!released) {
        return;
    }
    struct block *block = released;
    const size_t offset = (size_t)((char *)released - region);
    struct page *page = &pages[offset / (size_t)PAGE_BYTES];
    (void)pthread_mutex_lock(&mutex);
    block->next = page->free;
    page->free = block;
    page->live--;
    if (!page->is_owned && !page->is_offered) {
        if (page->live == 0) {
            put_first(&empty, page);
        } else if (has_allocated || !is_stranding) {
            page->is_offered = true;
            put_first(&offered[page->class], page);
        }
    }
    (void)pthread_mutex_unlock(&mutex);
}

static enum status attach(struct allocator_calls *calls,
                          const struct settings *settings,
                          struct identity *identity, struct reason *reason)
{
    const size_t bytes = (size_t)PAGES_MAX * PAGE_BYTES;
    (void)identity;
    region = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    pages = mmap(NULL, PAGES_MAX * sizeof *pages, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (region == MAP_FAILED || pages == MAP_FAILED) {
        return explain(reason, STATUS_FAILED, "mmap: %s", strerror(errno));
    }
    (void)madvise(region, bytes, MADV_NOHUGEPAGE);
    is_stranding = settings_word(settings, "plant", plants) == 1;
    *calls = (struct allocator_calls){.alloc = strands_alloc,
                                      .release = strands_release};
    return STATUS_OK;
}

static const struct parameter parameters[] = {
    {.key = "plant",
     .meaning = "whether pages are stranded by threads that only release",
     .preset = "nothing",
     .words = plants},
    {.key = NULL},
};

const struct allocator allocator_strands = {
    .name = "strands",
    .summary = "pages that threads fill and leave, for tests of workloads "
               "with threads",
    .parameters = parameters,
    .capabilities = CAN_THREADS,
    .attach = attach,
};
