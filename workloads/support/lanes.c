/* Lanes: what the threads of a workload do, each on blocks of its own. */
#include "lanes.h"

enum status lanes_prepare(struct run *run, struct lanes *lanes, uint64_t slots,
                          uint64_t requests)
{
    run_set_state(run, lanes);
    if (!lanes) {
        return STATUS_FAILED;
    }
    const size_t count = settings_integer(run_settings(run), "threads");
    if (slots > UINT32_MAX ||
        requests > SIZE_MAX / sizeof(struct request) / LANES_MAX) {
        return run_fail(run, "%llu blocks at a time are too many for a thread",
                        (unsigned long long)slots);
    }
    struct block_slot *all_slots =
        run_scratch(run, count * slots * sizeof *all_slots);
    struct request *all_requests =
        run_scratch(run, count * requests * sizeof *all_requests);
    *lanes = (struct lanes){
        .team = run_team(run, (unsigned)count, 0),
        .lanes = run_scratch(run, count * sizeof *lanes->lanes),
        .count = count,
    };
    if (!all_slots || !all_requests || !lanes->team || !lanes->lanes) {
        return STATUS_FAILED;
    }
    for (size_t i = 0; i < count; i++) {
        lanes->lanes[i] = (struct lane){
            .table = {.slots = all_slots + i * slots, .count = slots},
            .script = {.requests = all_requests + i * requests,
                       .capacity = requests},
            .random = random_seeded(random_next(run_random(run))),
        };
    }
    return STATUS_OK;
}

void lane_begin(struct lane *lane)
{
    lane->script.count = 0;
}

void lane_release(struct lane *lane, size_t first, size_t last)
{
    for (size_t i = first; i < last; i++) {
        const struct block_slot *slot = &lane->table.slots[i];
        if (slot->block) {
            script_release(&lane->script, i, slot->bytes);
        }
    }
}

void lane_make(struct lane *lane, size_t first, size_t last,
               const struct size_range *mix)
{
    for (size_t i = first; i < last; i++) {
        if (!lane->table.slots[i].block) {
            script_make(&lane->script, i, size_mix_draw(mix, &lane->random));
        }
    }
}

static enum status run_lane(struct member *member,
                            const struct allocator_calls *heap, void *context)
{
    const struct lanes *lanes = context;
    struct lane *lane =
        &lanes->lanes[(member->index + lanes->shift) % lanes->count];
    return script_run_member(member, &lane->script, &lane->table, heap);
}

/* What the members tallied, on lanes of others too, adds up to what is live.
 */
static enum status run_body(struct run *run, struct lanes *lanes,
                            team_body *body,
                            const struct allocator_calls *heap,
                            struct phase *phase)
{
    begin_phase(run);
    if (!team_is_started(lanes->team) &&
        team_start(run, lanes->team, heap) != STATUS_OK) {
        return STATUS_FAILED;
    }
    return team_run(run, lanes->team, body, lanes, phase);
}

enum status lanes_run_body(struct run *run, struct lanes *lanes,
                           team_body *body, const struct allocator_calls *heap,
                           const char *phase_name)
{
    struct phase phase = {.name = phase_name};
    const enum status status = run_body(run, lanes, body, heap, &phase);
    if (status == STATUS_OK) {
        end_phase(run, &phase);
    }
    return status;
}

enum status lanes_run(struct run *run, struct lanes *lanes,
                      const struct allocator_calls *heap,
                      const char *phase_name)
{
    return lanes_run_body(run, lanes, run_lane, heap, phase_name);
}

enum status lanes_run_next(struct run *run, struct lanes *lanes,
                           const struct allocator_calls *heap,
                           const char *phase_name)
{
    lanes->shift = 1;
    const enum status status = lanes_run(run, lanes, heap, phase_name);
    lanes->shift = 0;
    return status;
}

enum status lanes_run_and_end(struct run *run, struct lanes *lanes,
                              const struct allocator_calls *heap,
                              const char *phase_name)
{
    struct phase phase = {.name = phase_name};
    const enum status status = run_body(run, lanes, run_lane, heap, &phase);
    if (status == STATUS_OK) {
        team_end(lanes->team);
        end_phase(run, &phase);
    }
    return status;
}

enum status lanes_rest(struct run *run, const struct allocator_calls *heap)
{
    struct lanes *lanes = run_state(run);
    for (size_t i = 0; i < lanes->count; i++) {
        lane_begin(&lanes->lanes[i]);
        lane_release(&lanes->lanes[i], 0, lanes->lanes[i].table.count);
    }
    return lanes_run(run, lanes, heap, "rest");
}

void lanes_each_live(struct run *run, block_visitor *visit, void *context)
{
    const struct lanes *lanes = run_state(run);
    for (size_t i = 0; i < lanes->count; i++) {
        block_table_each_live(&lanes->lanes[i].table, visit, context);
    }
}

struct team *lanes_releaser(struct run *run)
{
    const struct lanes *lanes = run_state(run);
    return team_is_started(lanes->team) ? lanes->team : NULL;
}
