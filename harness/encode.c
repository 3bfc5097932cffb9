/* Run and cell as JSON objects. */
#include "encode.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "counter.h"
#include "encode_figures.h"
#include "encode_pages.h"
#include "json_values.h"
#include "version.h"

enum { SCHEMA = 1 };

void encode_now(char now[32])
{
    struct tm fields;
    const time_t seconds = time(NULL);
    (void)strftime(now, 32, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&seconds, &fields));
}

/* ---- the run
 * ----------------------------------------------------------------
 */

static json_t *encode_host(const struct machine *machine)
{
    json_t *host = json_object();
    json_t *khugepaged = json_object();
    json_t *load = json_array();
    put(host, "machine_id", text_or_null(machine->machine_id));
    put(host, "cpu", text_or_null(machine->cpu));
    PUT_NUMBERS(host, {"cores", machine->cores},
                {"memory_bytes", machine->memory_bytes},
                {"available_bytes", machine->available_bytes});
    put(host, "kernel", text_or_null(machine->kernel));
    put(host, "libc", text_or_null(machine->libc));
    PUT_NUMBERS(host, {"page_bytes", machine->page_bytes});
    put(host, "thp", text_or_null(machine->thp));
    PUT_NUMBERS(khugepaged, {"defrag", machine->khugepaged_defrag},
                {"max_ptes_none", machine->khugepaged_max_ptes_none});
    put(host, "khugepaged", khugepaged);
    PUT_NUMBERS(host, {"aslr", machine->aslr});
    put(host, "governor", text_or_null(machine->governor));
    PUT_NUMBERS(
        host, {"swap_bytes", machine->swap_bytes},
        {"cgroup_memory_limit_bytes", machine->cgroup_memory_limit_bytes},
        {"cgroup_memory_used_bytes", machine->cgroup_memory_used_bytes},
        {"cgroup_cpu_quota_us", machine->cgroup_cpu_quota_us},
        {"cgroup_cpu_period_us", machine->cgroup_cpu_period_us});
    put(host, "virtualization", text_or_null(machine->virtualization));
    for (size_t i = 0; i < 3; i++) {
        (void)json_array_append_new(load, machine->load[i] < 0
                                              ? json_null()
                                              : json_real(machine->load[i]));
    }
    put(host, "load", load);
    return host;
}

/* "NAME=value" texts as an object. */
static json_t *encode_environment(const struct variant *variant)
{
    json_t *object = json_object();
    const char *const *rows = variant ? variant->environment : NULL;
    for (; rows && *rows; rows++) {
        char name[128];
        const size_t length = strcspn(*rows, "=");
        (void)snprintf(name, sizeof name, "%.*s", (int)length, *rows);
        put(object, name, text(*rows + length + 1));
    }
    return object;
}

static json_t *encode_options(const struct settings *settings)
{
    json_t *object = json_object();
    for (size_t i = 0; i < settings->count; i++) {
        put(object, settings->items[i].key, text(settings->items[i].value));
    }
    return object;
}

static json_t *encode_version(const struct version *version)
{
    if (!version) {
        return json_null();
    }
    json_t *object = json_object();
    put(object, "suite", text(version->suite));
    put(object, "package", text(version->package));
    put(object, "version", text(version->package_version));
    put(object, "loader", text_or_null(version->loader));
    return object;
}

static json_t *encode_allocator(const struct planned_allocator *planned)
{
    const struct chosen_allocator *chosen = &planned->chosen;
    json_t *object = json_object();
    put(object, "allocator", text(chosen->label));
    put(object, "address", text(chosen->typed));
    put(object, "second_of", text_or_null(planned->second_of));
    put(object, "version", text_or_null(planned->identity.version));
    put(object, "library", text_or_null(planned->identity.library));
    put(object, "adapter", text_or_null(planned->identity.adapter));
    put(object, "sha256", text_or_null(planned->proof.sha256));
    put(object, "build_id", text_or_null(planned->proof.build_id));
    put(object, "libc", text_or_null(planned->libc));
    put(object, "fetched", encode_version(planned->version));
    put(object, "package", text_or_null(chosen->allocator->package));
    put(object, "environment", encode_environment(chosen->variant));
    put(object, "options", encode_options(&chosen->store.settings));
    put(object, "outcome", text(outcome_names[planned->ending.outcome]));
    put(object, "reason", text_or_null(planned->ending.reason.text));
    return object;
}

/* As typed; argv[0] of the verb is its name for messages. */
static json_t *encode_command(const struct run_facts *facts)
{
    json_t *words = json_array();
    (void)json_array_append_new(words, text("giveback"));
    (void)json_array_append_new(words, text(facts->verb));
    for (int i = 1; i < facts->argc; i++) {
        (void)json_array_append_new(words, text(facts->argv[i]));
    }
    return words;
}

static json_t *encode_regimes(const struct plan *plan)
{
    json_t *labels = json_array();
    for (size_t i = 0; i < plan->regime_count; i++) {
        (void)json_array_append_new(labels, text(plan->regimes[i].label));
    }
    return labels;
}

/* What a count of instructions depends on besides the code; null where
 * part of it is unknown. */
static json_t *encode_counting(const struct machine *machine)
{
    char counting[384];
    if (!callgrind_version || !*machine->libc || !*machine->features) {
        return json_null();
    }
    (void)snprintf(counting, sizeof counting, "%s, %s, valgrind %s, %s %s",
                   GIVEBACK_COMPILER, machine->libc, callgrind_version,
                   machine->cpu, machine->features);
    return text(counting);
}

json_t *encode_run(const struct record *record, const struct plan *plan,
                   const struct run_facts *facts)
{
    const struct run_options *options = facts->options;
    char now[32];
    json_t *run = json_object();
    json_t *rows = json_array();
    encode_now(now);
    put(run, "type", text("run"));
    PUT_NUMBERS(run, {"schema", SCHEMA});
    put(run, "id", text(record->id));
    put(run, "started", text(now));
    put(run, "giveback", text(GIVEBACK_VERSION));
    put(run, "commit", text(GIVEBACK_COMMIT));
    put(run, "command", encode_command(facts));
    put(run, "counting", encode_counting(facts->machine));
    PUT_NUMBERS(run, {"seed", options->seed}, {"jobs", options->jobs},
                {"pairs", options->pairs},
                {"repetitions", options->repetitions},
                {"memory_limit_bytes", facts->memory_limit_bytes},
                {"settle_ns", plan->settle_ns});
    put(run, "regimes", encode_regimes(plan));
    put(run, "host", encode_host(facts->machine));
    for (size_t i = 0; i < plan->allocator_count; i++) {
        (void)json_array_append_new(rows,
                                    encode_allocator(&plan->allocators[i]));
    }
    put(run, "allocators", rows);
    return run;
}

/* ---- a cell
 * -----------------------------------------------------------------
 */

static json_t *encode_parameters(const struct settings_store *store)
{
    json_t *object = json_object();
    for (size_t i = 0; i < store->settings.count; i++) {
        /* Where a word may stand instead, no word begins with a digit. */
        const char *value = store->items[i].value;
        const bool is_number =
            store->declared[i]->maximum > 0 && *value >= '0' && *value <= '9';
        put(object, store->items[i].key,
            is_number ? number(strtoull(value, NULL, 10)) : text(value));
    }
    return object;
}

json_t *encode_key(const struct cell *cell)
{
    const struct chosen_workload *workload = &cell->workload->chosen;
    json_t *key = json_object();
    put(key, "allocator", text(cell->allocator->chosen.label));
    put(key, "workload", text(workload->workload->name));
    put(key, "parameters", encode_parameters(&workload->store));
    put(key, "kind", text(cell->kind->name));
    put(key, "after", text_or_null(cell->after));
    PUT_NUMBERS(key, {"repetition", cell->repetition});
    return key;
}

json_t *encode_key_of(const json_t *line)
{
    static const char *const names[] = {"allocator", "workload", "parameters",
                                        "kind",      "after",    "repetition"};
    json_t *key = json_object();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        json_t *value = json_object_get(line, names[i]);
        if (!value) {
            json_decref(key);
            return NULL;
        }
        put(key, names[i], json_incref(value));
    }
    return key;
}

static void put_memory(json_t *object, const struct memory *memory)
{
    PUT_NUMBERS(object, {"rss_bytes", memory->rss_bytes},
                {"anon_bytes", memory->anon_bytes},
                {"shmem_bytes", memory->shmem_bytes},
                {"hugetlb_bytes", memory->hugetlb_bytes},
                {"lazy_free_bytes", memory->lazy_free_bytes},
                {"huge_bytes", memory->huge_bytes},
                {"charged_bytes", memory->charged_bytes},
                {"page_table_bytes", memory->page_table_bytes},
                {"mapping_count", memory->mapping_count},
                {"statm_rss_bytes", memory->statm_rss_bytes},
                {"swap_bytes", memory->swap_bytes});
}

/* Null where the workload does not fork. */
static json_t *encode_processes(const struct processes *processes)
{
    if (processes->count == UNKNOWN) {
        return json_null();
    }
    json_t *object = json_object();
    PUT_NUMBERS(object, {"count", processes->count},
                {"pss_bytes", processes->pss_bytes},
                {"private_bytes", processes->private_bytes},
                {"lazy_free_bytes", processes->lazy_free_bytes});
    return object;
}

static json_t *encode_self(const struct sample *sample)
{
    json_t *self = json_object();
    PUT_NUMBERS(self, {"allocated_bytes", sample->self_allocated_bytes},
                {"arena_bytes", sample->self_arena_bytes},
                {"arenas_mapped", sample->self_arenas_mapped},
                {"arenas_unmapped", sample->self_arenas_unmapped});
    return self;
}

/* NULL where there is none, or what the allocator wrote is no JSON object. */
static json_t *encode_snapshot(const struct report *report,
                               const struct sample *sample)
{
    const uint64_t offset = sample->snapshot_offset;
    if (offset > SNAPSHOT_BYTES ||
        sample->snapshot_bytes > SNAPSHOT_BYTES - offset) {
        return json_null(); /* UNKNOWN is such */
    }
    json_t *arenas = json_loadb(report->snapshots + offset,
                                sample->snapshot_bytes, 0, NULL);
    if (json_is_object(arenas)) {
        return arenas;
    }
    json_decref(arenas);
    return json_null();
}

static json_t *encode_sample(const struct report *report,
                             const struct sample *sample)
{
    char phase[sizeof sample->phase];
    json_t *object = json_object();
    (void)snprintf(phase, sizeof phase, "%.*s", (int)sizeof phase - 1,
                   sample->phase);
    put(object, "phase", text(phase));
    PUT_NUMBERS(object, {"since_drain_ns", sample->since_drain_ns},
                {"operations", sample->operations},
                {"live_blocks", sample->live_blocks},
                {"live_bytes", sample->live_bytes},
                {"wall_ns", sample->usage.wall_ns},
                {"cpu_ns", sample->usage.cpu_ns},
                {"minor_faults", sample->usage.minor_faults},
                {"major_faults", sample->usage.major_faults},
                {"instructions", sample->instructions});
    put_memory(object, &sample->memory);
    put(object, "pages", encode_pages(report, &sample->pages));
    put(object, "processes", encode_processes(&sample->processes));
    put(object, "self", encode_self(sample));
    put(object, "arenas", encode_snapshot(report, sample));
    put(object, "traffic", encode_traffic(report, sample));
    return object;
}

/* Where a kind counts instructions: who counted, and why the processor's own
 * counter does not. */
static void put_counter(json_t *object, const struct cell *cell, bool ok,
                        const struct machine *machine)
{
    const struct counter *counter = cell->kind->counter;
    put(object, "instructions_source",
        counter && ok ? text(counter->source) : json_null());
    put(object, "hardware_reason",
        text_or_null(counter ? machine->counter_lacking.text : NULL));
}

/* Growth over the base, time from the last release. */
static json_t *encode_timeline(const struct timeline *timeline,
                               const struct report *report)
{
    json_t *object = json_object();
    json_t *times = json_array();
    json_t *resident = json_array();
    json_t *live = json_array();
    const uint64_t base = report->base.statm_rss_bytes;
    for (size_t i = 0; i < timeline->count; i++) {
        const struct point *point = &timeline->points[i];
        (void)json_array_append_new(
            times,
            json_integer((json_int_t)(point->time_ns - report->drained_ns)));
        (void)json_array_append_new(
            resident,
            json_integer((json_int_t)(point->resident_bytes - base)));
        (void)json_array_append_new(live, number(point->live_bytes));
    }
    put(object, "t_ns", times);
    put(object, "resident_bytes", resident);
    put(object, "live_bytes", live);
    return object;
}

static void put_figures(json_t *object, const struct report *report,
                        const struct timeline *timeline)
{
    json_t *samples = json_array();
    json_t *base = report->has_memory ? json_object() : json_null();
    if (report->has_memory) {
        put_memory(base, &report->base);
        PUT_NUMBERS(base, {"scratch_bytes", report->scratch_bytes});
        put(base, "pages", encode_pages(report, &report->base_pages));
        put(base, "processes", encode_processes(&report->base_processes));
    }
    for (uint32_t i = 0; i < report->sample_count; i++) {
        (void)json_array_append_new(
            samples, encode_sample(report, &report->samples[i]));
    }
    put(object, "base", base);
    PUT_NUMBERS(object, {"peak_rss_bytes", report->peak_rss_bytes});
    put(object, "counter_inexact",
        report->has_memory ? json_boolean(report->counter_inexact)
                           : json_null());
    put(object, "memory_source", text_or_null(report->memory_source));
    put(object, "samples", samples);
    put(object, "covers_all_threads",
        report->has_traffic ? json_boolean(report->covers_all_threads)
                            : json_null());
    put(object, "stalls", encode_stalls(report));
    put(object, "program", json_null());
    put(object, "timeline",
        report->has_memory && timeline->count &&
                report->base.statm_rss_bytes != UNKNOWN
            ? encode_timeline(timeline, report)
            : json_null());
}

static void put_no_figures(json_t *object)
{
    put(object, "base", json_null());
    put(object, "peak_rss_bytes", json_null());
    put(object, "counter_inexact", json_null());
    put(object, "memory_source", json_null());
    put(object, "samples", json_array());
    put(object, "covers_all_threads", json_null());
    put(object, "stalls", json_null());
    put(object, "program", json_null());
    put(object, "timeline", json_null());
}

static json_t *encode_identity(const struct report *report)
{
    if (!report->attached) {
        return json_null();
    }
    json_t *identity = json_object();
    put(identity, "library", text_or_null(report->identity.library));
    put(identity, "adapter", text_or_null(report->identity.adapter));
    put(identity, "version", text_or_null(report->identity.version));
    put(identity, "sha256", text_or_null(report->proof.sha256));
    put(identity, "build_id", text_or_null(report->proof.build_id));
    return identity;
}

static json_t *encode_affinity(const struct report *report)
{
    json_t *cpus = json_array();
    for (int cpu = 0; cpu < CPU_WORDS * 64; cpu++) {
        if (report->affinity[cpu / 64] >> (cpu % 64) & 1) {
            (void)json_array_append_new(cpus, json_integer(cpu));
        }
    }
    return cpus;
}

static void put_circumstances(json_t *object, const struct report *report,
                              const struct machine *machine)
{
    /* On a host that never randomises the worker's flag says nothing. */
    put(object, "aslr", json_boolean(report->aslr && machine->aslr != 0));
    put(object, "thp",
        report->thp_off ? text("off") : text_or_null(machine->thp));
    put(object, "affinity", encode_affinity(report));
    put(object, "identity", encode_identity(report));
    char hash[24];
    (void)snprintf(hash, sizeof hash, "%016" PRIx64, report->request_hash);
    put(object, "request_hash",
        report->has_request_hash ? text(hash) : json_null());
}

static void put_requests(json_t *object, const struct regime *regime)
{
    const bool asks = regime && regime->mix != MIX_NONE;
    PUT_NUMBERS(object,
                {"requests_per_s", asks ? regime->requests_per_s : UNKNOWN});
    put(object, "request_mix",
        asks ? text(mix_names[regime->mix]) : json_null());
}

json_t *encode_cell(const struct record *record, const struct cell *cell,
                    const struct report *report, const struct ending *ending,
                    const struct timeline *timeline,
                    const struct machine *machine)
{
    char now[32];
    json_t *object = json_object();
    json_t *key = encode_key(cell);
    encode_now(now);
    put(object, "type", text("cell"));
    PUT_NUMBERS(object, {"schema", SCHEMA});
    put(object, "run", text(record->id));
    (void)json_object_update(object, key);
    json_decref(key);
    put_requests(object, cell->regime);
    put(object, "threaded",
        json_boolean(cell->workload->chosen.workload->needs & CAN_THREADS));
    PUT_NUMBERS(object, {"block", cell->block}, {"position", cell->position},
                {"seed", cell->seed});
    put_circumstances(object, report, machine);
    put(object, "ended", text(now));
    put(object, "outcome", text(outcome_names[ending->outcome]));
    put(object, "reason", text_or_null(ending->reason.text));
    put(object, "exit_status",
        ending->exit_status < 0 ? json_null()
                                : json_integer(ending->exit_status));
    put(object, "signal", text_or_null(ending->signal));
    put_counter(object, cell, ending->outcome == OUTCOME_OK, machine);
    if (ending->outcome == OUTCOME_OK) {
        put_figures(object, report, timeline);
    } else {
        put_no_figures(object);
    }
    return object;
}
