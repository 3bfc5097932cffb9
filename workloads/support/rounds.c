/* Rounds: many blocks are made, then all of them but 1 in `keep` released. */
#include "rounds.h"

#include <assert.h>

enum status rounds_prepare(struct run *run, struct rounds *rounds,
                           uint64_t live_blocks)
{
    const enum status status =
        block_table_prepare(run, &rounds->table, live_blocks);
    return status == STATUS_OK
               ? script_prepare(run, &rounds->script, live_blocks)
               : status;
}

enum status rounds_rise(struct run *run, struct rounds *rounds,
                        const struct allocator_calls *heap, size_t live_blocks,
                        const struct size_range *mix, const char *phase_name)
{
    const struct block_table *table = &rounds->table;
    struct script *script = &rounds->script;
    struct random *random = run_random(run);
    assert(live_blocks <= table->count);
    script->count = 0;
    for (size_t i = 0; table->live_blocks + script->count < live_blocks; i++) {
        if (!table->slots[i].block) {
            script_make(script, i, size_mix_draw(mix, random));
        }
    }
    begin_phase(run);
    return script_run(run, script, &rounds->table, heap, phase_name);
}

enum status rounds_drop(struct run *run, struct rounds *rounds,
                        const struct allocator_calls *heap, uint64_t keep,
                        const char *phase_name)
{
    script_spare(&rounds->script, keep, run_random(run));
    script_invert(&rounds->script);
    begin_phase(run);
    return script_run(run, &rounds->script, &rounds->table, heap, phase_name);
}
