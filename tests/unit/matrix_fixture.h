/* What tests of harness/matrix.c share: a plan of what a user wishes. */
#ifndef GIVEBACK_UNIT_MATRIX_FIXTURE_H
#define GIVEBACK_UNIT_MATRIX_FIXTURE_H

#include "unit.h"

#include "matrix.h"

/* What is asked for, as typed. */
struct wish {
    const char *allocators, *workloads, *suite, *kinds, *regimes;
    uint64_t repetitions, pairs, seed, settle_s;
    bool quick, full;
};

static const struct wish simple = {
    .allocators = "bump,system,null,jemalloc",
    .workloads = "fill_drain,survivors",
    .kinds = "memory,timing",
    .regimes = "silent,tick",
    .repetitions = 2,
    .pairs = 4,
    .seed = 100,
};

static inline void options_of(const struct wish *wish,
                              struct run_options *options)
{
    *options = (struct run_options){
        .suite = wish->suite,
        .quick = wish->quick,
        .full = wish->full,
        .repetitions = wish->repetitions,
        .pairs = wish->pairs,
        .jobs = 8,
        .seed = wish->seed,
        .settle_s = wish->settle_s,
    };
    if (wish->allocators) {
        texts_add(&options->allocators, wish->allocators);
    }
    if (wish->workloads) {
        texts_add(&options->workloads, wish->workloads);
    }
    texts_split(&options->kinds, wish->kinds);
    texts_split(&options->regimes, wish->regimes);
}

static inline void options_forget(struct run_options *options)
{
    texts_free(&options->allocators);
    texts_free(&options->workloads);
    texts_free(&options->kinds);
    texts_free(&options->regimes);
}

static inline enum status try_plan(const struct wish *wish, struct plan *plan,
                                   struct reason *reason)
{
    struct run_options options;
    options_of(wish, &options);
    reason->text[0] = '\0';
    const enum status status = plan_make(&options, plan, reason);
    options_forget(&options);
    return status;
}

struct planned {
    struct run_options options;
    struct plan plan;
};

static inline void make(const struct wish *wish, struct planned *planned)
{
    struct reason reason = {""};
    options_of(wish, &planned->options);
    if (plan_make(&planned->options, &planned->plan, &reason) != STATUS_OK) {
        fail_msg("%s", reason.text);
    }
}

static inline void drop(struct planned *planned)
{
    plan_free(&planned->plan);
    options_forget(&planned->options);
}

static inline void assert_refused(const struct wish *wish, const char *part)
{
    struct plan plan;
    struct reason reason;
    assert_int_equal(try_plan(wish, &plan, &reason), STATUS_FAILED);
    assert_contains(reason.text, part);
    plan_free(&plan);
}

static inline size_t allocator_index(const struct plan *plan,
                                     const struct cell *cell)
{
    return (size_t)(cell->allocator - plan->allocators);
}

#endif
