/* The clone and the oracle side by side. */
#include "twin.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_different(const struct twin *twin)
{
    return twin->difference[0] != '\0';
}

__attribute__((format(printf, 2, 3))) static void
differ(struct twin *twin, const char *format, ...)
{
    if (is_different(twin)) {
        return;
    }
    const int used = snprintf(twin->difference, sizeof twin->difference,
                              "call %llu: ", (unsigned long long)twin->calls);
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(twin->difference + used,
                    sizeof twin->difference - (size_t)used, format, arguments);
    va_end(arguments);
}

static void begin_call(struct twin *twin)
{
    twin->calls++;
    twin->our_slots.event_count = 0;
    twin->their_slots.event_count = 0;
}

static void compare_events(struct twin *twin)
{
    const struct slots *ours = &twin->our_slots;
    const struct slots *theirs = &twin->their_slots;
    if (ours->event_count != theirs->event_count) {
        differ(twin, "%zu arena events, of libpython %zu", ours->event_count,
               theirs->event_count);
        return;
    }
    for (size_t i = 0; i < ours->event_count; i++) {
        const struct slot_event our = ours->events[i];
        const struct slot_event their = theirs->events[i];
        if (our.given != their.given || our.slot != their.slot) {
            differ(twin, "arena %s at slot %u, of libpython %s at slot %u",
                   our.given ? "given" : "taken", our.slot,
                   their.given ? "given" : "taken", their.slot);
        }
    }
}

/* Compares what a call answered. The blocks are written full: whatever either
 * side keeps in a live block would be lost. */
static void compare_blocks(struct twin *twin, const struct pair *pair)
{
    compare_events(twin);
    const struct place our = slots_place(&twin->our_slots, pair->ours);
    const struct place their = slots_place(&twin->their_slots, pair->theirs);
    if (our.slot != their.slot || our.offset != their.offset) {
        differ(twin, "block at %u+%u, of libpython at %u+%u (%u is raw)",
               our.slot, our.offset, their.slot, their.offset, NO_SLOT);
    }
    if (pair->ours == NULL || pair->theirs == NULL) {
        differ(twin, "out of memory");
        return;
    }
    memset(pair->ours, 0xa5, pair->size);
    memset(pair->theirs, 0xa5, pair->size);
}

static void append(struct twin *twin, struct pair pair)
{
    if (twin->pair_count == twin->pair_capacity) {
        twin->pair_capacity = twin->pair_capacity * 2 + 1024;
        twin->pairs =
            realloc(twin->pairs, twin->pair_capacity * sizeof twin->pairs[0]);
        if (twin->pairs == NULL) {
            perror("the table of blocks");
            abort();
        }
    }
    twin->pairs[twin->pair_count++] = pair;
}

void twin_malloc(struct twin *twin, size_t size)
{
    if (is_different(twin)) {
        return;
    }
    begin_call(twin);
    const struct pair pair = {twin->ours.malloc(twin->ours.context, size),
                              twin->theirs.malloc(size), size};
    compare_blocks(twin, &pair);
    append(twin, pair);
}

void twin_calloc(struct twin *twin, size_t count, size_t size)
{
    if (is_different(twin)) {
        return;
    }
    if (twin->theirs.calloc == NULL) {
        twin_malloc(twin, count * size);
        return;
    }
    begin_call(twin);
    const struct pair pair = {
        twin->ours.calloc(twin->ours.context, count, size),
        twin->theirs.calloc(count, size), count * size};
    for (size_t i = 0; i < pair.size; i++) {
        if (((const char *)pair.ours)[i] != 0) {
            differ(twin, "calloc's block is not zeroed");
        }
    }
    compare_blocks(twin, &pair);
    append(twin, pair);
}

void twin_realloc(struct twin *twin, size_t index, size_t size)
{
    if (is_different(twin)) {
        return;
    }
    begin_call(twin);
    struct pair *pair = &twin->pairs[index];
    const size_t kept = pair->size < size ? pair->size : size;
    pair->ours = twin->ours.realloc(twin->ours.context, pair->ours, size);
    pair->theirs = twin->theirs.realloc(pair->theirs, size);
    pair->size = size;
    for (size_t i = 0; i < kept; i++) {
        if (((const unsigned char *)pair->ours)[i] != 0xa5) {
            differ(twin, "realloc lost byte %zu of %zu", i, kept);
        }
    }
    compare_blocks(twin, pair);
}

void twin_free(struct twin *twin, size_t index)
{
    if (is_different(twin)) {
        return;
    }
    begin_call(twin);
    const struct pair pair = twin->pairs[index];
    twin->ours.free(twin->ours.context, pair.ours);
    twin->theirs.free(pair.theirs);
    compare_events(twin);
    twin->pairs[index] = twin->pairs[--twin->pair_count];
}

void twin_free_all(struct twin *twin)
{
    if (is_different(twin)) {
        return;
    }
    const size_t count = twin->pair_count;
    for (size_t i = 0; i < count && !is_different(twin); i++) {
        begin_call(twin);
        twin->ours.free(twin->ours.context, twin->pairs[i].ours);
        twin->theirs.free(twin->pairs[i].theirs);
        compare_events(twin);
    }
    twin->pair_count = 0;
}

void twin_free_null(struct twin *twin)
{
    if (is_different(twin)) {
        return;
    }
    begin_call(twin);
    twin->ours.free(twin->ours.context, NULL);
    twin->theirs.free(NULL);
    compare_events(twin);
}

static void compare_classes(struct twin *twin,
                            const struct pymalloc_statistics *ours,
                            const struct pymalloc_statistics *theirs)
{
    for (size_t i = 0; i < ours->class_count; i++) {
        const struct pymalloc_class_statistics *our = &ours->classes[i];
        const struct pymalloc_class_statistics *their = &theirs->classes[i];
        /* The report has no line for a class without pools. */
        if (our->pools != their->pools ||
            our->blocks_in_use != their->blocks_in_use ||
            our->blocks_available != their->blocks_available) {
            differ(twin,
                   "class %zu: %zu pools, %zu blocks, of libpython %zu "
                   "and %zu",
                   i, our->pools, our->blocks_in_use, their->pools,
                   their->blocks_in_use);
        }
    }
}

/* The figures that both print, from the first field to behind the last. */
#define FIRST_FIGURE                                                          \
    offsetof(struct pymalloc_statistics, arenas_allocated_total)
#define BEHIND_FIGURES offsetof(struct pymalloc_statistics, raw_blocks)

void twin_checkpoint(struct twin *twin)
{
    if (is_different(twin) || twin->theirs.print_statistics == NULL) {
        return;
    }
    struct pymalloc_statistics ours;
    struct pymalloc_statistics theirs;
    pymalloc_statistics(twin->heap, &ours);
    if (!libpython_statistics(&twin->theirs, &theirs)) {
        differ(twin, "libpython's report cannot be read");
        return;
    }
    compare_classes(twin, &ours, &theirs);
    theirs.arena_bytes = ours.arena_bytes; /* not a line of its own */
    if (memcmp((char *)&ours + FIRST_FIGURE, (char *)&theirs + FIRST_FIGURE,
               BEHIND_FIGURES - FIRST_FIGURE) != 0) {
        differ(twin, "the statistics of arenas and bytes differ");
    }
    ptrdiff_t our_blocks = ours.raw_blocks;
    for (size_t i = 0; i < ours.class_count; i++) {
        our_blocks += (ptrdiff_t)ours.classes[i].blocks_in_use;
    }
    const ptrdiff_t their_blocks = twin->theirs.allocated_blocks();
    if (our_blocks != their_blocks) {
        differ(twin, "%td blocks, of libpython %td", our_blocks, their_blocks);
    }
}
