/* One cell, inside the worker: phases, the regime after the drain, the tail.
 */
#include "run.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "admission.h"
#include "crew.h"
#include "identity.h"
#include "regime.h"
#include "run_inside.h"
#include "scratch.h"
#include "self_check.h"
#include "threads.h"

enum {
    PAGE_CAPACITY = 64 << 20, /* mapped pages: 256 GiB */
    STACK_BYTES = 65536,      /* touched before the base sample */
};

/* ---- what a workload gets ----------------------------------------------- */

const struct settings *run_settings(const struct run *run)
{
    return &run->parts->workload->store.settings;
}

void *run_scratch(struct run *run, size_t bytes)
{
    return scratch_map(bytes, &run->report->reason);
}

void run_set_state(struct run *run, void *state)
{
    run->state = state;
}

void *run_state(const struct run *run)
{
    return run->state;
}

const struct allocator_calls *run_own_malloc(struct run *run)
{
    return &run->own_malloc;
}

struct random *run_random(struct run *run)
{
    return &run->random;
}

enum status run_fail(struct run *run, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    struct reason *reason = &run->report->reason;
    (void)vsnprintf(reason->text, sizeof reason->text, format, arguments);
    va_end(arguments);
    return STATUS_FAILED;
}

void publish(struct run *run, uint64_t operations, uint64_t live_bytes)
{
    atomic_store_explicit(&run->report->operations, operations,
                          memory_order_relaxed);
    atomic_store_explicit(&run->report->live_bytes, live_bytes,
                          memory_order_relaxed);
}

void idle(struct run *run, uint64_t duration_ns)
{
    run->meter->sleep_until(run->meter->now_ns() + duration_ns);
}

void begin_phase(struct run *run)
{
    struct usage now;
    struct usage *start = &run->phase_start;
    struct usage *paused = &run->paused;
    run->meter->read_usage(&now);
    start->wall_ns += now.wall_ns - paused->wall_ns;
    start->cpu_ns += now.cpu_ns - paused->cpu_ns;
    start->minor_faults += now.minor_faults - paused->minor_faults;
    start->major_faults += now.major_faults - paused->major_faults;
    *paused = now; /* counted off once, should it be called again */
    run->crew_usage = (struct usage){0};
    if (run->counter) {
        run->counter->start(); /* forgets what came since the last phase */
    }
}

/* ---- samples --------------------------------------------------------------
 */

void run_enter(struct run *run, const char *where)
{
    strncpy(run->report->where, where, sizeof run->report->where - 1);
}

void run_clock(struct run *run)
{
    if (run->parts->kind->begin) {
        run->parts->kind->begin();
    }
    run->meter->read_usage(&run->phase_start);
    run->paused = run->phase_start;
    run->crew_usage = (struct usage){0};
    if (run->counter) {
        run->counter->start();
    }
}

/* Before anything else is done for a sample. */
static void stop_counting(const struct run *run)
{
    if (run->counter) {
        run->counter->stop();
    }
}

/* Grows by what is known; unknown stays unknown. */
static uint64_t difference(uint64_t now, uint64_t before)
{
    return now == UNKNOWN || before == UNKNOWN ? UNKNOWN : now - before;
}

/* What this process used since `before`, and its crew. */
static uint64_t used(uint64_t now, uint64_t before, uint64_t by_crew)
{
    const uint64_t own = difference(now, before);
    return own == UNKNOWN ? UNKNOWN : own + by_crew;
}

static void read_self(const struct run *run, struct sample *sample)
{
    struct allocator_stats stats = {SIZE_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX};
    if (run->calls.stats) {
        run->calls.stats(&stats);
    }
    sample->self_allocated_bytes = stats.allocated_bytes;
    sample->self_arena_bytes = stats.arena_bytes;
    sample->self_arenas_mapped = stats.arenas_mapped;
    sample->self_arenas_unmapped = stats.arenas_unmapped;
}

/* Behind the snapshots there are; none where it does not fit. */
static void read_snapshot(struct run *run, struct sample *sample)
{
    struct report *report = run->report;
    sample->snapshot_offset = sample->snapshot_bytes = UNKNOWN;
    if (!run->calls.inspect || !run->parts->kind->memory) {
        return;
    }
    const size_t room = SNAPSHOT_BYTES - report->snapshots_used;
    const size_t bytes =
        run->calls.inspect(report->snapshots + report->snapshots_used, room);
    if (bytes <= room) {
        sample->snapshot_offset = report->snapshots_used;
        sample->snapshot_bytes = bytes;
        report->snapshots_used += bytes;
    }
}

/* Their units stand behind those there are; none where they might not fit. */
static void sum_pages(const struct page_map *map, struct report *report,
                      struct pages *pages)
{
    struct page_units units = {.units = report->units + report->units_used};
    const bool room = UNIT_CAPACITY - report->units_used >= PAGE_UNITS;
    if (!page_map_sum(map, pages, room ? &units : NULL) || !room) {
        return;
    }
    pages->first_unit = report->units_used;
    report->units_used += units.count;
}

static void read_pages(struct run *run, struct pages *pages)
{
    const pid_t *others;
    memset(pages, 0xff, sizeof *pages); /* all UNKNOWN */
    /* Pages that others share are not told from the shared page of zeros. */
    if (!run->page_map || !run->workload->each_live ||
        crew_pids(run->crew, &others) > 0) {
        return;
    }
    page_map_clear(run->page_map);
    if (!run->meter->each_mapping(page_map_add, run->page_map)) {
        return;
    }
    run->workload->each_live(run, page_map_mark, run->page_map);
    sum_pages(run->page_map, run->report, pages);
}

/* Kernels keep resident counters per CPU; a sum that lags is marked. */
static bool is_inexact(const struct memory *memory)
{
    if (memory->statm_rss_bytes == UNKNOWN || memory->rss_bytes == UNKNOWN) {
        return false;
    }
    const uint64_t high = memory->statm_rss_bytes > memory->rss_bytes
                              ? memory->statm_rss_bytes
                              : memory->rss_bytes;
    const uint64_t low = memory->statm_rss_bytes + memory->rss_bytes - high;
    return (high - low) * 100 > high;
}

static void read_memory(struct run *run, struct memory *memory,
                        struct pages *pages)
{
    run->meter->read_memory(memory);
    run->report->counter_inexact |= is_inexact(memory);
    read_pages(run, pages);
}

static void read_processes(const struct run *run, struct processes *processes)
{
    const pid_t *others;
    const unsigned count = crew_pids(run->crew, &others);
    memset(processes, 0xff, sizeof *processes); /* all UNKNOWN */
    if (run->workload->needs & CAN_FORK && run->meter->read_processes) {
        run->meter->read_processes(others, count, processes);
    }
}

static struct sample *next_sample(struct run *run, const char *name)
{
    struct report *report = run->report;
    if (report->sample_count >= SAMPLE_CAPACITY) {
        run->status = run_fail(run, "more than %d phases", SAMPLE_CAPACITY);
        return NULL;
    }
    struct sample *sample = &report->samples[report->sample_count++];
    strncpy(sample->phase, name, sizeof sample->phase - 1);
    return sample;
}

/* `now` is when the phase ended. */
static void sample_at(struct run *run, const struct usage *now,
                      const char *name, uint64_t operations)
{
    struct sample *sample = next_sample(run, name);
    if (!sample) {
        return;
    }
    const struct usage *start = &run->phase_start;
    const struct usage *by_crew = &run->crew_usage;
    const uint64_t drained_ns = run->report->drained_ns;
    sample->since_drain_ns =
        drained_ns == UNKNOWN ? UNKNOWN : now->wall_ns - drained_ns;
    sample->operations = operations;
    sample->live_blocks = run->merged.live_blocks;
    sample->live_bytes = run->merged.live_bytes;
    sample->usage = (struct usage){
        .wall_ns = difference(now->wall_ns, start->wall_ns),
        .cpu_ns = used(now->cpu_ns, start->cpu_ns, by_crew->cpu_ns),
        .minor_faults = used(now->minor_faults, start->minor_faults,
                             by_crew->minor_faults),
        .major_faults = used(now->major_faults, start->major_faults,
                             by_crew->major_faults),
    };
    sample->instructions =
        run->counter ? run->counter->read(sample->phase) : UNKNOWN;
    memset(&sample->memory, 0xff, sizeof sample->memory);
    memset(&sample->pages, 0xff, sizeof sample->pages);
    memset(&sample->processes, 0xff, sizeof sample->processes);
    memset(&sample->traffic, 0xff, sizeof sample->traffic);
    if (run->parts->kind->end) {
        run->parts->kind->end(sample);
    }
    if (run->parts->kind->memory) {
        read_memory(run, &sample->memory, &sample->pages);
        read_processes(run, &sample->processes);
    }
    read_self(run, sample);
    read_snapshot(run, sample);
    run_clock(run);
}

void run_sample(struct run *run, const char *name, uint64_t operations)
{
    struct usage now;
    stop_counting(run);
    run->meter->read_usage(&now);
    sample_at(run, &now, name, operations);
}

void end_phase(struct run *run, const struct phase *phase)
{
    struct usage now;
    stop_counting(run);
    run->meter->read_usage(&now);
    struct phase *merged = &run->merged;
    merged->operations += phase->operations;
    merged->live_blocks = phase->live_blocks;
    merged->live_bytes = phase->live_bytes;
    strncpy(run->last_phase, phase->name, sizeof run->last_phase - 1);
    publish(run, phase->operations, phase->live_bytes);
    const struct kind *kind = run->parts->kind;
    if (kind->check && run->status == STATUS_OK) {
        run->status = kind->check(phase, &run->report->reason);
    }
    if (run->pass == PASS_MERGED) {
        run->paused = now;
        return;
    }
    if (strcmp(phase->name, "drain") == 0) {
        run->report->drained_ns = now.wall_ns;
    }
    sample_at(run, &now, phase->name, phase->operations);
    merged->operations = 0;
}

/* ---- the steps of a cell ---------------------------------------------------
 */

/* One step of the workload; an error kept by end_phase counts as its own. */
static enum status step(struct run *run, workload_step *body)
{
    const enum status status = body ? body(run, &run->calls) : STATUS_OK;
    return run->status == STATUS_OK ? status : run->status;
}

enum status run_merged(struct run *run, const char *name, workload_step *first,
                       workload_step *second)
{
    assert(!run->counter); /* whose counts are not added up */
    run_enter(run, name);
    run->pass = PASS_MERGED;
    run->merged.operations = 0;
    run_clock(run);
    enum status status = step(run, first);
    if (status == STATUS_OK) {
        status = step(run, second);
    }
    if (status == STATUS_OK) {
        run_sample(run, name, run->merged.operations);
    }
    run->pass = PASS_MEASURED;
    return status;
}

/* Measured step whose last phase must have the name of the contract. */
static enum status measured(struct run *run, const char *last,
                            workload_step *body)
{
    run_enter(run, last);
    run_clock(run);
    const enum status status = step(run, body);
    if (status == STATUS_OK && strcmp(run->last_phase, last) != 0) {
        return run_fail(run, "workload %s: its last phase is '%s', not '%s'",
                        run->workload->name, run->last_phase, last);
    }
    return status;
}

static enum status attach(struct run *run)
{
    const struct chosen_allocator *chosen = run->parts->allocator;
    struct report *report = run->report;
    run_enter(run, "attach");
    enum status status =
        chosen->allocator->attach(&run->calls, &chosen->store.settings,
                                  &report->identity, &report->reason);
    if (status != STATUS_OK) {
        return status;
    }
    run_enter(run, "identity");
    status = prove_identity(&run->calls, &report->identity, &report->proof,
                            &report->reason);
    if (status == STATUS_OK) {
        status = admit_version(run);
    }
    report->capabilities = run_capabilities(run);
    report->attached = status == STATUS_OK;
    return status;
}

/* Pages of the stack that a deeper call would touch later. */
__attribute__((noinline)) static void touch_stack(void)
{
    volatile char stack[STACK_BYTES];
    for (size_t i = 0; i < sizeof stack; i += 1024) {
        stack[i] = 0;
    }
}

/* The thread of `tick_other`: its scratch is there before the base sample, it
 * itself comes when the regime begins. */
static enum status prepare_other(struct run *run)
{
    struct random random = random_seeded(~run->parts->order->seed);
    if (!run->regime.other) {
        return STATUS_OK;
    }
    run->other = team_make(run, 1, 0, &random);
    return run->other ? STATUS_OK : STATUS_FAILED;
}

static enum status prepare(struct run *run)
{
    const struct kind *kind = run->parts->kind;
    struct reason *reason = &run->report->reason;
    run_enter(run, "prepare");
    enum status status = kind->memory ? regime_parse(run->parts->order->after,
                                                     &run->regime, reason)
                                      : STATUS_OK;
    if (status == STATUS_OK) {
        status = admit_needs(run);
    }
    if (status == STATUS_OK && kind->counter) {
        status = kind->counter->open(reason);
        run->counter = kind->counter;
    }
    if (status == STATUS_OK && kind->wrap) {
        status = kind->wrap(&run->calls, &run->own_malloc, reason);
    }
    if (status == STATUS_OK && kind->memory) {
        status = run->meter->open(reason);
        if (run->meter->memory_source) {
            strncpy(run->report->memory_source, run->meter->memory_source(),
                    sizeof run->report->memory_source - 1);
        }
        run->page_map = status == STATUS_OK
                            ? page_map_create(PAGE_CAPACITY, reason)
                            : NULL;
        if (status == STATUS_OK && !run->page_map) {
            status = STATUS_FAILED;
        }
    }
    if (status == STATUS_OK) {
        status = run->workload->prepare(run);
    }
    return status == STATUS_OK ? prepare_other(run) : status;
}

/* The first call of an allocator maps what it needs for itself. */
static enum status warm_up(struct run *run)
{
    static const char *const words[] = {"warm", "cold", NULL};
    if (settings_word(run_settings(run), "start", words) == 1) {
        return STATUS_OK;
    }
    run_enter(run, "warm-up");
    const size_t bytes = run->workload->request_bytes(run);
    void *block = run->calls.alloc(bytes);
    if (!block) {
        return run_fail(run, "alloc(%zu) returned NULL", bytes);
    }
    memset(block, 0, bytes);
    run->calls.release(block);
    return STATUS_OK;
}

/* What samples of memory write to is resident before the base sample: later
 * would count. */
static void ready_report(struct report *report, bool snapshots)
{
    const size_t end =
        snapshots ? sizeof *report : offsetof(struct report, snapshots_used);
    const size_t bytes = end - offsetof(struct report, units_used);
    memset(&report->units_used, 0, bytes);
    scratch_adopt(&report->units_used, bytes);
}

static void take_base(struct run *run)
{
    struct report *report = run->report;
    if (run->parts->kind->memory) {
        ready_report(report, run->calls.inspect);
    }
    run_enter(run, "base");
    touch_stack();
    run_clock(run);
    if (!run->parts->kind->memory) {
        return;
    }
    struct memory memory;
    struct pages pages;
    read_memory(run, &memory, &pages); /* once to warm the way */
    report->counter_inexact = false;
    report->units_used = 0;
    read_processes(run, &report->base_processes);
    read_memory(run, &report->base, &report->base_pages);
    read_processes(run, &report->base_processes);
    report->scratch_bytes = scratch_bytes();
    report->has_memory = true;
}

static void call_turn(void (*call)(void *context), void *context)
{
    if (call) {
        call(context);
    }
}

/* After the drain of a memory run. */
static enum status settle(struct run *run)
{
    const struct order *order = run->parts->order;
    const struct turns *turns = &run->parts->turns;
    const struct regime *regime = &run->regime;
    run->report->peak_rss_bytes = run->meter->read_peak();
    call_turn(turns->settling, turns->context);
    const enum status status = run_regime(run, regime, order->settle_ns);
    call_turn(turns->take_turn, turns->context);
    return status == STATUS_OK ? run_tail(run, regime) : status;
}

static enum status after_drain(struct run *run)
{
    const struct kind *kind = run->parts->kind;
    if (kind->memory) {
        return settle(run);
    }
    if (kind->poke_trim) {
        return run_poke_and_trim(run);
    }
    return kind->rests ? run_rest(run) : STATUS_OK;
}

/* Attaches, and tries what was attached: this process measures nothing. */
static enum status identify(struct run *run)
{
    const enum status status = attach(run);
    if (status != STATUS_OK || run_capabilities(run) & CAN_REPEAT) {
        return status;
    }
    run_enter(run, "self-check");
    return self_check(&run->calls, run->report);
}

static enum status run_steps(struct run *run)
{
    if (!run->parts->kind) {
        return identify(run);
    }
    enum status status = attach(run);
    if (status != STATUS_OK || (status = prepare(run)) != STATUS_OK ||
        (status = warm_up(run)) != STATUS_OK) {
        return status;
    }
    take_base(run);
    if ((status = measured(run, "fill", run->workload->build)) != STATUS_OK ||
        (status = measured(run, "drain", run->workload->drain)) != STATUS_OK ||
        (status = after_drain(run)) != STATUS_OK) {
        return status;
    }
    if (run->parts->kind->finish) {
        run->parts->kind->finish(run->report);
    }
    return run->status;
}

enum status run_attach(const struct cell_parts *parts, struct report *report,
                       struct allocator_calls *calls)
{
    struct run run = {.parts = parts, .report = report};
    report->drained_ns = UNKNOWN;
    report->peak_rss_bytes = UNKNOWN;
    const enum status status = attach(&run);
    *calls = run.calls;
    return status;
}

void run_cell(const struct cell_parts *parts, struct report *report)
{
    static struct run run; /* not on the stack: threads see it too */
    const uint64_t seed = parts->order->seed;
    run = (struct run){
        .parts = parts,
        .report = report,
        .meter = parts->meter,
        .workload = parts->workload ? parts->workload->workload : NULL,
        .random = random_seeded(seed),
        .tick_random = random_seeded(~seed),
        .own_malloc = {.alloc = malloc, .release = free},
        .status = STATUS_OK,
    };
    report->drained_ns = UNKNOWN;
    report->peak_rss_bytes = UNKNOWN;
    report->status = run_steps(&run);
    if (run.crew) {
        crew_end(run.crew); /* nobody is left behind */
    }
    report->complete = true;
}
