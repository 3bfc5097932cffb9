/* The cells of `giveback micro`. */
#include "micro_plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "latin_square.h"
#include "micro_record.h"

/* Arguments and threads are numbers. Every cell says how it started: Google
 * Benchmark has run the loop before, to find out how often. */
static const struct parameter number = {.key = "argument",
                                        .maximum = INT64_MAX};
static const struct parameter start = {.key = "start"};

static void add_parameter(struct settings_store *store, const char *key,
                          const char *value, const struct parameter *declared)
{
    const size_t place = store->settings.count++;
    store->items[place] = (struct setting){key, value};
    store->declared[place] = declared;
}

/* The texts of a name are cut out of a copy that the plan owns. Parts without
 * a colon say which clock counts, which the family decides. */
static void cut_name(struct texts *owned, const char *typed,
                     struct workload *workload, struct settings_store *store)
{
    char *rest = NULL;
    texts_add(owned, typed);
    char *part = strtok_r(owned->items[owned->count - 1], "/", &rest);
    workload->name = part;
    store->settings.items = store->items;
    while ((part = strtok_r(NULL, "/", &rest)) &&
           store->settings.count < SETTING_CAPACITY - 1) {
        char *colon = strchr(part, ':');
        if (!colon) {
            continue;
        }
        *colon = '\0';
        add_parameter(store, part, colon + 1, &number);
        if (strcmp(part, "threads") == 0) {
            workload->needs = CAN_THREADS;
        }
    }
    add_parameter(store, "start", "warm", &start);
}

static void add_workloads(struct micro_plan *micro, const struct texts *names)
{
    struct plan *plan = &micro->plan;
    micro->workloads = must_allocate(names->count, sizeof *micro->workloads);
    plan->workloads = must_allocate(names->count, sizeof *plan->workloads);
    for (size_t i = 0; i < names->count; i++) {
        struct planned_workload *planned = &plan->workloads[i];
        planned->typed = names->items[i];
        planned->chosen.workload = &micro->workloads[i];
        cut_name(&plan->typed, names->items[i], &micro->workloads[i],
                 &planned->chosen.store);
    }
    plan->workload_count = names->count;
}

static void add_process(struct plan *plan, const struct cell *pattern)
{
    for (size_t i = 0; i < plan->workload_count; i++) {
        struct cell *cell = &plan->cells[plan->cell_count++];
        *cell = *pattern;
        cell->workload = &plan->workloads[i];
    }
}

static void add_cells(struct micro_plan *micro, uint64_t pairs, uint64_t seed)
{
    struct plan *plan = &micro->plan;
    const size_t count = plan->allocator_count;
    struct random random = random_seeded(seed);
    struct square *square = square_make(count);
    size_t *order = must_allocate(count, sizeof *order);
    plan->cells = must_allocate(pairs * count * plan->workload_count,
                                sizeof *plan->cells);
    for (unsigned block = 0; block < pairs; block++) {
        square_next(square, order, &random);
        for (unsigned i = 0; i < count; i++) {
            const struct cell pattern = {.allocator =
                                             &plan->allocators[order[i]],
                                         .kind = &micro->kind,
                                         .repetition = block,
                                         .block = block,
                                         .position = i,
                                         .seed = seed + block};
            add_process(plan, &pattern);
        }
    }
    free(order);
    square_free(square);
}

enum status micro_plan_make(struct micro_plan *micro,
                            const struct texts *names, uint64_t pairs,
                            uint64_t seed, struct reason *reason)
{
    for (size_t i = 0; i < names->count; i++) {
        if (strlen(names->items[i]) >=
            sizeof((struct micro_record *)NULL)->name) {
            return explain(reason, STATUS_FAILED,
                           "a name of a micro-benchmark is too long: %.200s",
                           names->items[i]);
        }
    }
    micro->kind = (struct kind){.name = "micro"};
    add_workloads(micro, names);
    add_cells(micro, pairs, seed);
    return STATUS_OK;
}

void micro_plan_free(struct micro_plan *micro)
{
    plan_free(&micro->plan);
    free(micro->workloads);
    micro->workloads = NULL;
}
