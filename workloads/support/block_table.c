/* The blocks of a workload whose blocks differ in size: a table of slots. */
#include "block_table.h"

enum status block_table_prepare(struct run *run, struct block_table *table,
                                uint64_t count)
{
    if (count > UINT32_MAX) {
        return run_fail(run, "%llu blocks at a time are too many",
                        (unsigned long long)count);
    }
    *table = (struct block_table){
        .slots = run_scratch(run, count * sizeof *table->slots),
        .count = count,
    };
    return table->slots ? STATUS_OK : STATUS_FAILED;
}

void block_table_release(struct run *run, struct block_table *table,
                         const struct allocator_calls *heap,
                         const char *phase_name)
{
    void (*const release)(void *) = heap->release;
    const uint64_t blocks = table->live_blocks;
    uint64_t live_bytes = table->live_bytes;
    for (size_t i = 0; i < table->count; i++) {
        struct block_slot *slot = &table->slots[i];
        if (slot->block) {
            release(slot->block);
            slot->block = NULL;
            live_bytes -= slot->bytes;
        }
    }
    table->live_blocks = 0;
    table->live_bytes = live_bytes;
    const struct phase phase = {.name = phase_name,
                                .operations = blocks,
                                .live_blocks = 0,
                                .live_bytes = live_bytes};
    end_phase(run, &phase);
}

void block_table_each_live(const struct block_table *table,
                           block_visitor *visit, void *context)
{
    for (size_t i = 0; i < table->count; i++) {
        if (table->slots[i].block) {
            visit(context, table->slots[i].block, table->slots[i].bytes);
        }
    }
}
