/* A workload of the program on the stage (stage.h), made small. */
#ifndef GIVEBACK_UNIT_WORKLOAD_STAGE_H
#define GIVEBACK_UNIT_WORKLOAD_STAGE_H

#include "stage.h"

#include "registry.h"

static inline const struct workload *workload_named(const char *name)
{
    for (size_t i = 0; workloads[i]; i++) {
        if (strcmp(workloads[i]->name, name) == 0) {
            return workloads[i];
        }
    }
    fail_msg("no workload %s", name);
    return NULL;
}

/* Puts a workload on the stage, its parameters at their presets but for the
 * `changes`, which end in an empty row; cold, so that the first request is its
 * own. */
static inline void stage_workload(struct stage *stage, const char *name,
                                  const struct setting *changes)
{
    struct settings_store *store = &stage->chosen_workload.store;
    stage->workload = *workload_named(name);
    stage_set_setting(store, "start", "cold");
    for (const struct parameter *row = stage->workload.parameters; row->key;
         row++) {
        const char *value = row->preset;
        for (const struct setting *change = changes; change->key; change++) {
            value = strcmp(change->key, row->key) == 0 ? change->value : value;
        }
        store->items[store->settings.count++] =
            (struct setting){row->key, value};
    }
}

#define SETTINGS(...) ((const struct setting[]){__VA_ARGS__, {NULL, NULL}})

/* What the first sample of a phase must say. */
static inline void assert_sample(const struct report *report,
                                 const char *phase, uint64_t operations,
                                 uint64_t live_blocks, uint64_t live_bytes)
{
    const struct sample *sample = stage_sample(report, phase, 0);
    assert_int_equal(sample->operations, operations);
    assert_int_equal(sample->live_blocks, live_blocks);
    assert_int_equal(sample->live_bytes, live_bytes);
}

#endif
