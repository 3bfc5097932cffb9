/* Free lists of objects, as CPython's types have them: released objects wait,
 * last in first out, for the next request of their size.
 *
 * The size of a request stands for the type of an object: every size from 16
 * to 512 bytes has a list of its own. A list takes at most N objects; what
 * is released to a full one goes to the allocator below. Unbounded, nothing
 * ever goes there: the ints and floats of Python 2 (C. Heimes, "Free list for
 * small longs", the python-3000 list, 6 February 2008).
 *
 * CPython knows an object's size by its type; here `release` is told an
 * address alone, so each block of such a size bears a mark in memory of the
 * layer's own (support/marks.h). A header would make every block larger, and
 * the figure would be another allocator's.
 *
 * Invariant: a block is marked from the `alloc` below that made it until the
 * call below that takes it back; on a list, its first word links to the next.
 * The allocator below gets the program's own requests, unchanged.
 */
#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "layer.h"
#include "support/marks.h"

enum {
    BYTES_MIN = 16,  /* a Python object's header: reference count and type */
    BYTES_MAX = 512, /* SMALL_REQUEST_THRESHOLD since Python 3.3 */
};

struct list {
    void *head;
    size_t count;
};

/* One process measures one allocator. */
static struct {
    struct allocator_calls below;
    struct marks marks;
    size_t cap;     /* objects per list; SIZE_MAX: unbounded */
    size_t waiting; /* objects on all lists */
    struct list lists[BYTES_MAX + 1]; /* by size */
} layer;

static bool has_list(size_t size)
{
    return size - BYTES_MIN <= BYTES_MAX - BYTES_MIN;
}

/* Size and the address's last four bits: two blocks that begin within the
 * same 16 bytes, one of which has no list, are told apart. Never 0. */
static uint16_t mark_of(const void *block, size_t size)
{
    return (uint16_t)(size << 4 | ((uintptr_t)block & 15));
}

/* The block's mark, or NULL where it bears none. */
static uint16_t *find_mark(const void *block)
{
    uint16_t *mark = marks_find(&layer.marks, block);
    const bool is_here =
        mark && *mark != 0 && *mark == mark_of(block, *mark >> 4);
    return is_here ? mark : NULL;
}

/* Without its mark the block would never come back to its list, and the
 * figure would not be what it is called: better none. */
__attribute__((noreturn, cold)) static void give_up(void)
{
    static const char words[] =
        "free_list: small blocks lie in more address space than "
        "free_list_span covers: ask for more of it";
    const ssize_t written = write(STDERR_FILENO, words, sizeof words - 1);
    (void)written;
    abort();
}

static void *alloc_below(size_t size)
{
    void *block = layer.below.alloc(size);
    if (block) {
        uint16_t *mark = marks_cover(&layer.marks, block);
        if (!mark) {
            give_up();
        }
        *mark = mark_of(block, size);
    }
    return block;
}

static void *pop(struct list *list)
{
    void *object = list->head;
    memcpy(&list->head, object, sizeof list->head);
    list->count--;
    layer.waiting--;
    return object;
}

static void *list_alloc(size_t size)
{
    if (!has_list(size)) {
        return layer.below.alloc(size);
    }
    struct list *list = &layer.lists[size];
    return list->head ? pop(list) : alloc_below(size);
}

static void list_release(void *block)
{
    uint16_t *mark = find_mark(block);
    if (mark) {
        struct list *list = &layer.lists[*mark >> 4];
        if (list->count < layer.cap) {
            memcpy(block, &list->head, sizeof list->head);
            list->head = block;
            list->count++;
            layer.waiting++;
            return;
        }
        *mark = 0;
    }
    layer.below.release(block);
}

/* What was resized is no object of a type any more. */
static void *list_resize(void *block, size_t size)
{
    uint16_t *mark = find_mark(block);
    if (mark) {
        *mark = 0;
    }
    return layer.below.resize(block, size);
}

/* A full garbage collection empties the lists that have a cap (gc.collect()
 * since Python 2.6); then the allocator purges, where it can. */
static void list_purge(void)
{
    for (size_t size = BYTES_MIN; size <= BYTES_MAX; size++) {
        struct list *list = &layer.lists[size];
        while (list->head) {
            void *object = pop(list);
            uint16_t *mark = marks_find(&layer.marks, object);
            assert(mark != NULL); /* or it would be on no list */
            *mark = 0;
            layer.below.release(object);
        }
    }
    if (layer.below.purge) {
        layer.below.purge();
    }
}

/* To the allocator, an object on a list is in use: while there is one, the
 * bytes that the program holds are unknown. */
static void list_stats(struct allocator_stats *stats)
{
    layer.below.stats(stats);
    if (layer.waiting > 0) {
        stats->allocated_bytes = SIZE_MAX;
    }
}

static const char *const cap_words[] = {"none", "unbounded", NULL};

static enum status put_on(struct allocator_calls *calls,
                          const struct settings *settings,
                          layer_scratch *scratch, struct reason *reason)
{
    const char *cap = settings_text(settings, "free_list");
    assert(cap != NULL); /* it is declared */
    const bool unbounded = strcmp(cap, "unbounded") == 0;
    struct reason why = {""};
    memset(&layer, 0, sizeof layer);
    if (marks_prepare(&layer.marks,
                      settings_integer(settings, "free_list_span"), scratch,
                      &why) != STATUS_OK) {
        return explain(reason, STATUS_FAILED, "free_list_span: %.400s",
                       why.text);
    }
    layer.cap =
        unbounded ? SIZE_MAX : (size_t)settings_integer(settings, "free_list");
    layer.below = *calls;
    calls->alloc = list_alloc;
    calls->release = list_release;
    calls->resize = calls->resize ? list_resize : NULL;
    calls->stats = calls->stats ? list_stats : NULL;
    calls->purge = unbounded ? calls->purge : list_purge;
    return STATUS_OK;
}

static const struct parameter parameters[] = {
    {.key = "free_list",
     .meaning = "how many released objects of each size, 16 to 512 bytes, "
                "wait for the next request of that size: CPython's free "
                "lists of objects (unbounded: ints and floats of Python 2)",
     .preset = "none",
     .words = cap_words,
     .maximum = UINT64_C(1) << 36},
    {.key = "free_list_span",
     .meaning = "bytes of address space that objects with a list may lie in; "
                "an eighth of it is taken as scratch",
     .preset = "1G",
     .minimum = 1 << 20,
     .maximum = UINT64_C(1) << 40},
    {.key = NULL},
};

const struct layer layer_free_list = {
    .name = "free_list",
    .summary = "free lists of objects, as CPython's types have them",
    .parameters = parameters,
    .takes = CAN_THREADS, /* CPython's are guarded by the interpreter's lock */
    .put_on = put_on,
};
