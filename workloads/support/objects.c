/* A table of equal objects. */
#include "objects.h"

#include <string.h>

#include "fill_loop.h"

/* Fills the slots from `first` to `last` with new objects. */
typedef void fill_loop(void *(*alloc)(size_t size), void **slots, size_t first,
                       size_t last, size_t size);

static void fill_any(void *(*alloc)(size_t size), void **slots, size_t first,
                     size_t last, size_t size)
{
    for (size_t i = first; i < last; i++) {
        void *object = alloc(size);
        memset(object, (int)(i & 0xff), size);
        slots[i] = object;
    }
}

#define SIZES(row)                                                            \
    row(16) row(32) row(48) row(64) row(80) row(96) row(112) row(128)         \
        row(144) row(160) row(176) row(192) row(208) row(224) row(240)        \
            row(256) row(272) row(288) row(304) row(320) row(336) row(352)    \
                row(368) row(384) row(400) row(416) row(432) row(448)         \
                    row(464) row(480) row(496) row(512)

#define DEFINE(bytes)                                                         \
    static void fill_##bytes(void *(*alloc)(size_t size), void **slots,       \
                             size_t first, size_t last, size_t size)          \
    {                                                                         \
        (void)size;                                                           \
        fill_words(alloc, slots, first, last, bytes);                         \
    }
SIZES(DEFINE)

#define ROW(bytes) [(bytes) / 16] = fill_##bytes,
static fill_loop *const fill_loops[] = {SIZES(ROW)};

static fill_loop *choose_loop(size_t size)
{
    const size_t rows = sizeof fill_loops / sizeof *fill_loops;
    return size % 16 == 0 && size / 16 < rows && size > 0
               ? fill_loops[size / 16]
               : fill_any;
}

size_t objects_request_bytes(const struct run *run)
{
    return settings_integer(run_settings(run), "size");
}

enum status objects_prepare(struct run *run, struct objects *objects,
                            size_t count, size_t size)
{
    if (count == 0) {
        return run_fail(run, "less than one object of %zu bytes: ask for more",
                        size);
    }
    if (count > SIZE_MAX / sizeof(void *)) {
        return run_fail(run, "%zu objects are too many", count);
    }
    *objects = (struct objects){
        .slots = run_scratch(run, count * sizeof(void *)),
        .count = count,
        .size = size,
        .live_from = count,
    };
    return objects->slots ? STATUS_OK : STATUS_FAILED;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t live_blocks(const struct objects *objects)
{
    return objects->count - objects->live_from;
}

static size_t beside_bytes(const struct objects *objects)
{
    const struct objects *beside = objects->beside;
    return beside ? live_blocks(beside) * beside->size : 0;
}

/* Where things stand after the slots below `live_from` became free. */
static struct phase tally(const struct objects *objects, const char *name,
                          size_t operations)
{
    const size_t live = live_blocks(objects);
    const size_t beside = objects->beside ? live_blocks(objects->beside) : 0;
    return (struct phase){.name = name,
                          .operations = operations,
                          .live_blocks = live + beside,
                          .live_bytes =
                              live * objects->size + beside_bytes(objects)};
}

void objects_make(struct run *run, struct objects *objects,
                  const struct allocator_calls *heap, const char *phase_name)
{
    void *(*const alloc)(size_t) = heap->alloc;
    void **const slots = objects->slots;
    const size_t end = objects->live_from, size = objects->size;
    const size_t survived_bytes =
        (objects->count - end) * size + beside_bytes(objects);
    fill_loop *const fill = choose_loop(size);
    for (size_t done = 0; done < end;) {
        const size_t next = least(done + BATCH_OPERATIONS, end);
        fill(alloc, slots, done, next, size);
        done = next;
        publish(run, done, survived_bytes + done * size);
    }
    objects->live_from = 0;
    const struct phase phase = tally(objects, phase_name, end);
    end_phase(run, &phase);
}

void objects_fill(struct run *run, struct objects *objects,
                  const struct allocator_calls *heap)
{
    objects_make(run, objects, heap, "fill");
}

void objects_release(struct run *run, struct objects *objects,
                     const struct allocator_calls *heap, size_t end,
                     const char *phase_name)
{
    void (*const release)(void *) = heap->release;
    void **const slots = objects->slots;
    const size_t begin = objects->live_from;
    const size_t others_bytes = beside_bytes(objects);
    for (size_t done = begin; done < end;) {
        const size_t next = least(done + BATCH_OPERATIONS, end);
        release_slots(release, slots, done, next);
        done = next;
        publish(run, done - begin,
                (objects->count - done) * objects->size + others_bytes);
    }
    objects->live_from = end;
    const struct phase phase = tally(objects, phase_name, end - begin);
    end_phase(run, &phase);
}

void objects_each_live(const struct objects *objects, block_visitor *visit,
                       void *context)
{
    for (size_t i = objects->live_from; i < objects->count; i++) {
        visit(context, objects->slots[i], objects->size);
    }
}

static void swap(void **a, void **b)
{
    void *const held = *a;
    *a = *b;
    *b = held;
}

void slots_reverse(void **slots, size_t count)
{
    for (size_t i = 0; i < count / 2; i++) {
        swap(&slots[i], &slots[count - 1 - i]);
    }
}

/* Fisher and Yates; Knuth, The Art of Computer Programming 2, 3.4.2 P. */
void slots_shuffle(void **slots, size_t count, struct random *random)
{
    for (size_t i = count; i > 1; i--) {
        swap(&slots[i - 1], &slots[random_below(random, i)]);
    }
}

size_t slots_part(void **slots, size_t count, size_t keep, void **room)
{
    size_t parted = 0;
    for (size_t i = 0; i < count; i++) {
        if (i % keep == keep - 1) {
            room[parted++] = slots[i];
        } else {
            slots[i - parted] = slots[i];
        }
    }
    memcpy(slots + count - parted, room, parted * sizeof *slots);
    return parted;
}
