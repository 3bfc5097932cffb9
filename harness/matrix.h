/* Allocator x workload x repetition: which cells there are, in which order.
 *
 * Cells come in blocks: each allocator once per block of one workload, in
 * random order. Over as many blocks of one workload and regime as there are
 * allocators each of them takes each position once (a random Latin square),
 * for drift on a noisy machine hits early and late positions differently.
 *
 * Blocks of times hold the reference twice, where there is something to
 * compare with it: what lies between the two is noise. The second one is the
 * last of the plan's allocators, called "NAME#2".
 */
#ifndef GIVEBACK_MATRIX_H
#define GIVEBACK_MATRIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "child.h"
#include "kinds.h"
#include "regime.h"
#include "resolve.h"
#include "texts.h"

/* What `run` was asked for. */
struct run_options {
    struct texts allocators, workloads; /* as typed, lists not yet split */
    struct texts kinds, regimes, launcher;
    const char *suite, *output;
    bool quick, full, resume, dry_run;
    uint64_t repetitions, pairs, jobs, seed;
    uint64_t time_limit_s; /* of one process; 0: none was said */
    uint64_t settle_s;     /* of a regime; 0: as quick and full say */
};

struct planned_allocator {
    struct chosen_allocator chosen;
    const struct version *version; /* fetched; NULL: what is installed */
    /* What it proved to be when it was attached once before the run. */
    struct ending ending;
    struct identity identity;
    struct proof proof;
    char libc[sizeof((struct report *)0)->libc];
    unsigned capabilities;
    /* The label of the reference that this one repeats; NULL: none. */
    const char *second_of;
    char second_label[ADDRESS_BYTES + 2];
};

/* What a worker is told of a fetched version; NULL where there is none. */
static inline const char *
fetched_library(const struct planned_allocator *planned)
{
    return planned->version ? planned->version->library : NULL;
}

static inline const char *
fetched_number(const struct planned_allocator *planned)
{
    return planned->version ? planned->version->number : NULL;
}

struct planned_workload {
    const char *typed;
    struct chosen_workload chosen;
};

struct cell {
    struct planned_allocator *allocator;
    const struct planned_workload *workload;
    const struct kind *kind;
    const char *after; /* the regime's label; NULL: the kind has none */
    const struct regime *regime; /* the same; NULL: the kind has none */
    unsigned repetition, block, position;
    uint64_t seed;
    bool done; /* found in the file that is resumed */
};

/* Whether the cell takes every CPU, or one for all of its time: pinned and
 * slow kinds, threads, more requests a second than the preset. What settled
 * or was built beside it would be slowed. */
bool cell_is_alone(const struct cell *cell);

struct plan {
    struct texts typed; /* owns the addresses */
    struct planned_allocator *allocators;
    size_t allocator_count; /* the second reference included */
    size_t control_count;   /* 1: there is a second reference; or 0 */
    struct planned_workload *workloads;
    size_t workload_count;
    struct regime *regimes;
    size_t regime_count;
    struct cell *cells; /* those that may overlap first */
    size_t cell_count;
    uint64_t settle_ns; /* how long a regime lasts */
};

/* Makes the plan. STATUS_FAILED with the reason where a name, key or value is
 * unknown or something is asked for twice. */
enum status plan_make(const struct run_options *options, struct plan *plan,
                      struct reason *reason);

/* The allocators alone, for a verb with cells of its own: what `options` name,
 * else the list `preset`, into an empty plan. Errors as above. */
enum status plan_add_allocators(const struct run_options *options,
                                const char *preset, struct plan *plan,
                                struct reason *reason);

void plan_free(struct plan *plan);

#endif
