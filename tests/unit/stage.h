/* A cell on a stage: run_cell in a process of its own, with the virtual
 * meter, the slot allocator and the small workload unless a test puts others
 * in their place.
 *
 * The stage is shared memory: a test sets it, plays it, and reads from it
 * what the process left, as the parent of a worker does.
 */
#ifndef GIVEBACK_UNIT_STAGE_H
#define GIVEBACK_UNIT_STAGE_H

#include "unit.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "run.h"
#include "slot_allocator.h"
#include "small_workload.h"
#include "virtual_meter.h"

#define STAGE_START_NS UINT64_C(1000000000) /* the clock when it begins */
#define STAGE_MS       UINT64_C(1000000)

struct stage {
    struct report report;
    struct virtual_meter meter;
    struct slot_allocator slots;
    uint64_t notes[8]; /* a test's own */

    struct order order;
    struct workload workload; /* a copy that a test may change */
    struct chosen_allocator allocator;
    struct chosen_workload chosen_workload;
    struct cell_parts parts;
};

/* Defined where the program is built for coverage: counts are written at
 * exit, which the process on the stage does not reach. */
extern void __gcov_dump(void) __attribute__((weak));

static inline void stage_set_setting(struct settings_store *store,
                                     const char *key, const char *value)
{
    store->items[0] = (struct setting){key, value};
    store->settings = (struct settings){store->items, 1};
}

static inline void stage_kind(struct stage *stage, const char *kind,
                              const char *after)
{
    stage->order.kind = kind;
    stage->order.after = after;
    stage->parts.kind = find_kind(kind);
    assert_non_null(stage->parts.kind);
}

/* cmocka's set-up: a stage for one cell, `memory` after `silent`, cold. */
static inline int stage_open(void **state)
{
    struct stage *stage = mmap(NULL, sizeof *stage, PROT_READ | PROT_WRITE,
                               MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(stage != MAP_FAILED);
    stage->meter.now_ns = STAGE_START_NS;
    stage->slots.offered = CAN_PURGE;
    stage->order.seed = 7;
    stage->order.settle_ns = 10000 * STAGE_MS;
    stage->workload = small_workload;
    stage->allocator.allocator = &slot_allocator_plugin;
    stage->allocator.label = "slots";
    stage_set_setting(&stage->allocator.store, "thp", "host");
    stage->chosen_workload.workload = &stage->workload;
    stage_set_setting(&stage->chosen_workload.store, "start", "cold");
    stage->parts = (struct cell_parts){
        .order = &stage->order,
        .allocator = &stage->allocator,
        .workload = &stage->chosen_workload,
        .meter = &virtual_meter_calls,
    };
    stage_kind(stage, "memory", "silent");
    virtual_meter = &stage->meter;
    slots = &stage->slots;
    *state = stage;
    return 0;
}

static inline int stage_close(void **state)
{
    return munmap(*state, sizeof(struct stage));
}

/* Runs the cell in a process of its own and returns its report. */
static inline const struct report *stage_play(struct stage *stage)
{
    const pid_t pid = fork();
    if (pid == 0) {
        run_cell(&stage->parts, &stage->report);
        if (__gcov_dump) {
            __gcov_dump();
        }
        _exit(0);
    }
    int status = -1;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_true(stage->report.complete);
    return &stage->report;
}

static inline const struct report *stage_play_ok(struct stage *stage)
{
    const struct report *report = stage_play(stage);
    if (report->status != STATUS_OK) {
        fail_msg("%s", report->reason.text);
    }
    return report;
}

static inline void stage_play_fails(struct stage *stage, enum status status,
                                    const char *part)
{
    const struct report *report = stage_play(stage);
    assert_int_equal(report->status, status);
    assert_contains(report->reason.text, part);
}

/* The sample of that name, its `skip`-th from 0. */
static inline const struct sample *
stage_sample(const struct report *report, const char *phase, unsigned skip)
{
    for (uint32_t i = 0; i < report->sample_count; i++) {
        if (strcmp(report->samples[i].phase, phase) == 0 && skip-- == 0) {
            return &report->samples[i];
        }
    }
    fail_msg("no sample %s", phase);
    return NULL;
}

/* The samples' names in order; `expected` ends in NULL. */
static inline void assert_phases(const struct report *report,
                                 const char *const *expected)
{
    uint32_t i = 0;
    for (; expected[i]; i++) {
        assert_true(i < report->sample_count);
        assert_string_equal(report->samples[i].phase, expected[i]);
    }
    assert_int_equal(report->sample_count, i);
}

#define PHASES(...) ((const char *const[]){__VA_ARGS__, NULL})

#define stage_test(function)                                                  \
    cmocka_unit_test_setup_teardown(function, stage_open, stage_close)

#endif
