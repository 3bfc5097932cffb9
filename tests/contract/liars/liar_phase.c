/* A workload whose drain ends with a phase that is not called so. */
#include "workload.h"

static enum status prepare(struct run *run)
{
    (void)run;
    return STATUS_OK;
}

static size_t request_bytes(const struct run *run)
{
    (void)run;
    return 1;
}

static enum status build(struct run *run, const struct allocator_calls *heap)
{
    (void)heap;
    end_phase(run, &(struct phase){"fill", 0, 0, 0});
    return STATUS_OK;
}

static enum status drain(struct run *run, const struct allocator_calls *heap)
{
    (void)heap;
    end_phase(run, &(struct phase){"emptied", 0, 0, 0});
    return STATUS_OK;
}

const struct workload workload_liar_phase = {
    .name = "liar_phase",
    .summary = "has no phase `drain`",
    .symptom = "no figures after the drain",
    .source = "a mistake that every workload can make",
    .prepare = prepare,
    .request_bytes = request_bytes,
    .build = build,
    .drain = drain,
};
