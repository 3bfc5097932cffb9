/* Allocator x workload x repetition: which cells there are, in which order.
 */
#include "matrix.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "addresses.h"
#include "expand.h"
#include "latin_square.h"
#include "nearest.h"
#include "random.h"
#include "suites.h"

static const uint64_t NS_PER_S = 1000000000;

/* All blocks of one kind: repetitions outermost, so that a run cut short has
 * some of everything. */
struct series {
    const struct kind *kind;
    uint64_t repetitions;
};

/* ---- the columns: allocators and workloads --------------------------------
 */

/* Splits and expands what was typed. */
static enum status expand_all(
    const struct texts *typed, struct texts *addresses,
    enum status (*expand)(const char *, struct texts *, struct reason *),
    struct reason *reason)
{
    struct texts items = {NULL, 0};
    enum status status = STATUS_OK;
    for (size_t i = 0; i < typed->count; i++) {
        texts_split(&items, typed->items[i]);
    }
    for (size_t i = 0; i < items.count && status == STATUS_OK; i++) {
        status = expand(items.items[i], addresses, reason);
    }
    texts_free(&items);
    return status;
}

/* A fetched version where one is named that was fetched; else the worker
 * judges whether the installed one is it. */
static enum status choose_version(struct planned_allocator *planned,
                                  struct reason *reason)
{
    struct chosen_allocator *chosen = &planned->chosen;
    const char *wanted = chosen->address.version;
    if (!wanted) {
        return STATUS_OK;
    }
    const enum status status =
        versions_find(versions_fetched(), chosen->allocator, wanted,
                      &planned->version, reason);
    if (status != STATUS_OK || !planned->version) {
        return status;
    }
    return resolve_library(chosen, planned->version->library, reason);
}

enum status plan_add_allocators(const struct run_options *options,
                                const char *preset, struct plan *plan,
                                struct reason *reason)
{
    struct texts presets = {NULL, 0};
    struct texts addresses = {NULL, 0};
    texts_add(&presets, preset);
    enum status status =
        expand_all(options->allocators.count ? &options->allocators : &presets,
                   &addresses, expand_allocator, reason);
    texts_free(&presets);
    /* One more: the second reference. */
    plan->allocators =
        must_allocate(addresses.count + 1, sizeof *plan->allocators);
    for (size_t i = 0; i < addresses.count && status == STATUS_OK; i++) {
        struct chosen_allocator *chosen = &plan->allocators[i].chosen;
        status = resolve_allocator(addresses.items[i], chosen, reason);
        if (status == STATUS_OK) {
            status = choose_version(&plan->allocators[i], reason);
        }
        for (size_t j = 0; j < i && status == STATUS_OK; j++) {
            if (strcmp(plan->allocators[j].chosen.label, chosen->label) == 0) {
                status = explain(reason, STATUS_FAILED,
                                 "'%.200s' is there twice: give one of them "
                                 "another name, NAME=%.200s",
                                 chosen->label, addresses.items[i]);
            }
        }
        plan->allocator_count = i + 1;
    }
    texts_free(&addresses);
    return status;
}

/* `system` where it is there, else the first: as the readers choose. */
static const struct planned_allocator *reference_of(const struct plan *plan)
{
    for (size_t i = 0; i < plan->allocator_count; i++) {
        if (strcmp(plan->allocators[i].chosen.label, "system") == 0) {
            return &plan->allocators[i];
        }
    }
    return &plan->allocators[0];
}

static bool same_settings(const struct settings_store *a,
                          const struct settings_store *b)
{
    bool same = a->settings.count == b->settings.count;
    for (size_t i = 0; same && i < a->settings.count; i++) {
        same = strcmp(a->items[i].value, b->items[i].value) == 0;
    }
    return same;
}

/* Both as they were typed; NULL: none was. */
static bool same_version(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

/* Whether another name stands for the reference already; a version that is not
 * there stands for nothing. */
static bool is_there_twice(const struct plan *plan,
                           const struct planned_allocator *reference)
{
    for (size_t i = 0; i < plan->allocator_count; i++) {
        const struct planned_allocator *other = &plan->allocators[i];
        if (other != reference &&
            other->chosen.allocator == reference->chosen.allocator &&
            other->chosen.variant == reference->chosen.variant &&
            same_version(other->chosen.address.version,
                         reference->chosen.address.version) &&
            same_settings(&other->chosen.store, &reference->chosen.store)) {
            return true;
        }
    }
    return false;
}

/* The control of all times. An allocator alone is compared with nothing. */
static enum status add_second_reference(struct plan *plan,
                                        const struct series *series,
                                        size_t series_count,
                                        struct reason *reason)
{
    bool wanted = false;
    for (size_t i = 0; i < series_count; i++) {
        wanted |= series[i].kind->control;
    }
    const struct planned_allocator *reference = reference_of(plan);
    if (!wanted || plan->allocator_count < 2 ||
        is_there_twice(plan, reference)) {
        return STATUS_OK;
    }
    struct planned_allocator *second =
        &plan->allocators[plan->allocator_count];
    (void)snprintf(second->second_label, sizeof second->second_label, "%s#2",
                   reference->chosen.label);
    for (size_t i = 0; i < plan->allocator_count; i++) {
        if (strcmp(plan->allocators[i].chosen.label, second->second_label) ==
            0) {
            return explain(reason, STATUS_FAILED,
                           "'%.200s' is what the second reference is called: "
                           "give yours another name",
                           second->second_label);
        }
    }
    enum status status =
        resolve_allocator(reference->chosen.typed, &second->chosen, reason);
    if (status == STATUS_OK) {
        status = choose_version(second, reason);
    }
    second->chosen.label = second->second_label;
    second->second_of = reference->chosen.label;
    plan->control_count = 1;
    plan->allocator_count++;
    return status;
}

static enum status choose_suite(const char *name, const char **workloads,
                                struct reason *reason)
{
    struct nearest nearest = {.typed = name,
                              .length = name ? strlen(name) : 0};
    const struct suite *chosen = name ? find_suite(name) : &suites[0];
    *workloads = chosen ? chosen->workloads : NULL;
    if (chosen) {
        return STATUS_OK;
    }
    for (const struct suite *suite = suites; suite->name; suite++) {
        nearest_offer(&nearest, suite->name);
    }
    return explain(reason, STATUS_FAILED,
                   "no suite '%.100s': did you mean '%s'? "
                   "(giveback list suites)",
                   name, nearest.name);
}

static bool same_workload(const struct chosen_workload *a,
                          const struct chosen_workload *b)
{
    if (a->workload != b->workload) {
        return false;
    }
    for (size_t i = 0; i < a->store.settings.count; i++) {
        if (strcmp(a->store.items[i].value, b->store.items[i].value) != 0) {
            return false;
        }
    }
    return true;
}

static enum status add_workloads(const struct run_options *options,
                                 struct plan *plan, struct reason *reason)
{
    const char *suite;
    struct texts typed = {NULL, 0};
    enum status status = choose_suite(options->suite, &suite, reason);
    if (suite && (options->suite || !options->workloads.count)) {
        texts_add(&typed, suite);
    }
    for (size_t i = 0; i < options->workloads.count; i++) {
        texts_add(&typed, options->workloads.items[i]);
    }
    if (status == STATUS_OK) {
        status = expand_all(&typed, &plan->typed, expand_workload, reason);
    }
    texts_free(&typed);
    plan->workloads =
        must_allocate(plan->typed.count, sizeof *plan->workloads);
    for (size_t i = 0; i < plan->typed.count && status == STATUS_OK; i++) {
        struct planned_workload *planned = &plan->workloads[i];
        planned->typed = plan->typed.items[i];
        status = resolve_workload(planned->typed, &planned->chosen, reason);
        for (size_t j = 0; j < i && status == STATUS_OK; j++) {
            if (same_workload(&plan->workloads[j].chosen, &planned->chosen)) {
                status = explain(reason, STATUS_FAILED,
                                 "the workload '%.200s' is there twice",
                                 planned->typed);
            }
        }
        plan->workload_count = i + 1;
    }
    return status;
}

static enum status add_regimes(const struct run_options *options,
                               struct plan *plan, struct reason *reason)
{
    struct texts typed = {NULL, 0};
    enum status status =
        expand_all(&options->regimes, &typed, expand_address, reason);
    plan->regimes = must_allocate(typed.count, sizeof *plan->regimes);
    for (size_t i = 0; i < typed.count && status == STATUS_OK; i++) {
        struct regime *regime = &plan->regimes[i];
        status = regime_parse(typed.items[i], regime, reason);
        for (size_t j = 0; j < i && status == STATUS_OK; j++) {
            if (strcmp(plan->regimes[j].label, regime->label) == 0) {
                status =
                    explain(reason, STATUS_FAILED,
                            "the regime '%s' is there twice", regime->label);
            }
        }
        plan->regime_count = i + 1;
    }
    texts_free(&typed);
    return status;
}

/* ---- the cells -------------------------------------------------------------
 */

static void add_block(struct plan *plan, const struct cell *pattern,
                      struct square *square, struct random *random,
                      size_t *order)
{
    square_next(square, order, random);
    for (size_t i = 0; i < square_count(square); i++) {
        struct cell *cell = &plan->cells[plan->cell_count++];
        *cell = *pattern;
        cell->allocator = &plan->allocators[order[i]];
        cell->position = (unsigned)i;
    }
}

/* The blocks of one repetition: each workload in each regime. */
static void add_repetition(struct plan *plan, const struct series *series,
                           const struct cell *first, struct square **squares,
                           struct random *random)
{
    struct cell pattern = *first;
    size_t *order = must_allocate(plan->allocator_count, sizeof *order);
    const bool regimes = series->kind->memory;
    const size_t regime_count = regimes ? plan->regime_count : 1;
    for (size_t w = 0; w < plan->workload_count; w++) {
        for (size_t r = 0; r < regime_count; r++) {
            pattern.workload = &plan->workloads[w];
            pattern.regime = regimes ? &plan->regimes[r] : NULL;
            pattern.after = regimes ? pattern.regime->label : NULL;
            add_block(plan, &pattern, squares[w * regime_count + r], random,
                      order);
            pattern.block++;
        }
    }
    free(order);
}

static void add_series(struct plan *plan, const struct series *series,
                       uint64_t seed, struct random *random, unsigned *block)
{
    const size_t count =
        plan->workload_count * (series->kind->memory ? plan->regime_count : 1);
    struct square **squares = must_allocate(count, sizeof(struct square *));
    for (size_t i = 0; i < count; i++) {
        squares[i] =
            square_make(plan->allocator_count -
                        (series->kind->control ? 0 : plan->control_count));
    }
    for (unsigned repetition = 0; repetition < series->repetitions;
         repetition++) {
        const struct cell first = {.kind = series->kind,
                                   .repetition = repetition,
                                   .block = *block,
                                   .seed = seed + repetition};
        add_repetition(plan, series, &first, squares, random);
        *block += (unsigned)count;
    }
    for (size_t i = 0; i < count; i++) {
        square_free(squares[i]);
    }
    free(squares);
}

static enum status find_kinds(const struct texts *names, struct series *series,
                              struct reason *reason)
{
    for (size_t i = 0; i < names->count; i++) {
        struct nearest nearest = {.typed = names->items[i],
                                  .length = strlen(names->items[i])};
        for (const struct kind *kind = kinds; kind->name; kind++) {
            nearest_offer(&nearest, kind->name);
        }
        series[i].kind = find_kind(names->items[i]);
        if (!series[i].kind) {
            return explain(reason, STATUS_FAILED,
                           "no kind '%.100s': did you mean '%s'?",
                           names->items[i], nearest.name);
        }
        for (size_t j = 0; j < i; j++) {
            if (series[j].kind == series[i].kind) {
                return explain(reason, STATUS_FAILED,
                               "the kind '%s' is there twice",
                               series[i].kind->name);
            }
        }
    }
    return STATUS_OK;
}

static uint64_t repetitions_of(const struct kind *kind,
                               const struct run_options *options)
{
    return kind->repeated ? options->repetitions
           : kind->pinned ? options->pairs
                          : 1;
}

static void add_cells(struct plan *plan, const struct run_options *options,
                      struct series *series, size_t series_count)
{
    struct random random = random_seeded(options->seed);
    unsigned block = 0;
    size_t capacity = 0;
    for (size_t i = 0; i < series_count; i++) {
        series[i].repetitions = repetitions_of(series[i].kind, options);
        capacity += series[i].repetitions * plan->workload_count *
                    plan->allocator_count * (plan->regime_count + 1);
    }
    plan->cells = must_allocate(capacity, sizeof *plan->cells);
    /* What must be alone comes last: it waits until all else has ended. */
    for (int pinned = 0; pinned < 2; pinned++) {
        for (size_t i = 0; i < series_count; i++) {
            if (series[i].kind->pinned == (pinned == 1)) {
                add_series(plan, &series[i], options->seed, &random, &block);
            }
        }
    }
    assert(plan->cell_count <= capacity);
}

bool cell_is_alone(const struct cell *cell)
{
    const uint64_t preset_rate = 1000; /* requests a second of tick */
    const struct regime *regime = cell->regime;
    return cell->kind->pinned || cell->kind->slowdown > 0 ||
           (cell->workload->chosen.workload->needs & CAN_THREADS) ||
           (regime && regime->requests_per_s != UNKNOWN &&
            regime->requests_per_s > preset_rate);
}

enum status plan_make(const struct run_options *options, struct plan *plan,
                      struct reason *reason)
{
    *plan = (struct plan){.cells = NULL};
    plan->settle_ns = NS_PER_S * (options->settle_s ? options->settle_s
                                  : options->full   ? 30
                                  : options->quick  ? 1
                                                    : 10);
    if (options->settle_s && options->time_limit_s &&
        options->settle_s >= options->time_limit_s) {
        return explain(reason, STATUS_FAILED,
                       "--settle %" PRIu64 " does not fit within "
                       "--time-limit %" PRIu64 ": give a longer one",
                       options->settle_s, options->time_limit_s);
    }
    struct series *series =
        must_allocate(options->kinds.count, sizeof *series);
    enum status status = find_kinds(&options->kinds, series, reason);
    if (status == STATUS_OK) {
        status = add_regimes(options, plan, reason);
    }
    if (status == STATUS_OK) {
        status =
            plan_add_allocators(options, default_allocators, plan, reason);
    }
    if (status == STATUS_OK) {
        status =
            add_second_reference(plan, series, options->kinds.count, reason);
    }
    if (status == STATUS_OK) {
        status = add_workloads(options, plan, reason);
    }
    if (status == STATUS_OK) {
        add_cells(plan, options, series, options->kinds.count);
    }
    free(series);
    return status;
}

void plan_free(struct plan *plan)
{
    texts_free(&plan->typed);
    free(plan->allocators);
    free(plan->workloads);
    free(plan->regimes);
    free(plan->cells);
    *plan = (struct plan){.cells = NULL};
}
