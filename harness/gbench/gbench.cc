/* Google Benchmark for C programs: the only C++ of the project, but for
 * gbench_filter.h, which belongs to it. */
#include "gbench.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "gbench_filter.h"

using benchmark::State;
/* Its name has moved between namespaces. */
using Family = std::remove_pointer<decltype(benchmark::RegisterBenchmark(
    "", std::declval<void (*)(State &)>()))>::type;

struct gbench {
    Family *family;
    gbench_fixture fixture;
    void *context;
    size_t argument_count; /* of each run; 0: none was added */
    size_t name_count;     /* of arguments; 0: they have none */
    bool has_iterations, has_least_time, has_clock;
};

struct gbench_state {
    State *state;
    size_t argument_count;
    bool skipped;
};

namespace {

const char *problem = "";

std::vector<std::unique_ptr<gbench>> &families()
{
    static std::vector<std::unique_ptr<gbench>> all;
    return all;
}

bool refuse(const char *why)
{
    problem = why;
    return false;
}

/* ---- flags -------------------------------------------------------------- */

/* What follows "--NAME=", or "true" for "--NAME"; NULL: another flag. */
const char *value_of(const char *argument, const char *name)
{
    const size_t length = std::strlen(name);
    if (std::strncmp(argument, "--", 2) != 0 ||
        std::strncmp(argument + 2, name, length) != 0) {
        return nullptr;
    }
    const char *rest = argument + 2 + length;
    return *rest == '=' ? rest + 1 : *rest == '\0' ? "true" : nullptr;
}

/* As Google Benchmark reads flags that are on or off. */
bool is_on(const std::string &value)
{
    static const char *const off[] = {"0",   "f",     "F",     "n",    "N",
                                      "no",  "No",    "NO",    "off",  "Off",
                                      "OFF", "false", "False", "FALSE"};
    return std::none_of(std::begin(off), std::end(off),
                        [&](const char *word) { return value == word; });
}

std::string from_environment(const char *name)
{
    const char *value = std::getenv(name);
    return value ? value : "";
}

/* Flags that the shim itself must know. They outlive a call, as all do. */
struct flags {
    std::string out = from_environment("BENCHMARK_OUT");
    std::string out_format = from_environment("BENCHMARK_OUT_FORMAT");
    bool only_statistics = false, display_only_statistics = false;
};

flags &known_flags()
{
    static flags known;
    return known;
}

/* Takes `argument` where it is one; whether Google Benchmark must not see
 * it. */
bool take_flag(const char *argument)
{
    flags &known = known_flags();
    if (const char *out = value_of(argument, "benchmark_out")) {
        known.out = out;
    }
    if (const char *format = value_of(argument, "benchmark_out_format")) {
        known.out_format = format;
    }
    if (const char *all =
            value_of(argument, "benchmark_report_aggregates_only")) {
        known.only_statistics = is_on(all);
        return true;
    }
    if (const char *shown =
            value_of(argument, "benchmark_display_aggregates_only")) {
        known.display_only_statistics = is_on(shown);
        return true;
    }
    return false;
}

void take_flags(int *argc, char **argv)
{
    int kept = 1;
    for (int i = 1; i < *argc; i++) {
        if (!take_flag(argv[i])) {
            argv[kept++] = argv[i];
        }
    }
    *argc = *argc > 0 ? kept : 0;
    argv[*argc] = nullptr;
}

/* ---- running ------------------------------------------------------------ */

void run_once(const gbench *registered, State &state)
{
    gbench_state ours = {&state, registered->argument_count, false};
    const gbench_fixture &fixture = registered->fixture;
    if (fixture.set_up) {
        fixture.set_up(&ours, registered->context);
    }
    fixture.run(&ours, registered->context);
    if (fixture.tear_down) {
        fixture.tear_down(&ours, registered->context);
    }
}

/* Only JSON of a file has to be filtered; its other formats are the
 * library's. */
bool writes_json(const flags &known)
{
    return !known.out.empty() &&
           (known.out_format.empty() || known.out_format == "json");
}

int run_all(int *argc, char **argv, const gbench_observer *observer)
{
    take_flags(argc, argv);
    benchmark::Initialize(argc, argv);
    if (benchmark::ReportUnrecognizedArguments(*argc, argv)) {
        return -1;
    }
    const flags &known = known_flags();
    benchmark::JSONReporter json;
    Filter file(&json, known.only_statistics, nullptr);
    /* The library's own, for all times. */
    Filter display(benchmark::CreateDefaultDisplayReporter(),
                   known.only_statistics || known.display_only_statistics,
                   observer);
    const size_t runs = benchmark::RunSpecifiedBenchmarks(
        &display, writes_json(known) ? &file : nullptr);
    std::cout.flush(); /* a caller in C may leave by _exit */
    return static_cast<int>(runs);
}

struct gbench *add_family(const char *name, const gbench_fixture &fixture,
                          void *context)
{
    families().emplace_back(new gbench{});
    gbench *registered = families().back().get();
    registered->fixture = fixture;
    registered->context = context;
    registered->family = benchmark::RegisterBenchmark(
        name, [registered](State &state) { run_once(registered, state); });
    return registered;
}

/* Changes the family where what was asked for has sense. */
template <typename Apply>
bool change(const gbench *family, bool has_sense, const char *why, Apply apply)
{
    if (!family || !has_sense) {
        return refuse(family ? why : "no family");
    }
    apply();
    return true;
}

/* A run with `count` arguments may be added. */
bool takes_arguments(gbench *family, size_t count)
{
    if (!family || count == 0) {
        return refuse(family ? "no argument" : "no family");
    }
    if (family->argument_count && family->argument_count != count) {
        return refuse("another run of the family has more or fewer arguments");
    }
    if (family->name_count && family->name_count != count) {
        return refuse("there are more or fewer names of arguments");
    }
    family->argument_count = count;
    return true;
}

} // namespace

/* ---- registering -------------------------------------------------------- */

struct gbench *gbench_register(const char *name, gbench_body *body,
                               void *context)
{
    const gbench_fixture fixture = {nullptr, body, nullptr};
    return gbench_register_fixture(name, &fixture, context);
}

struct gbench *gbench_register_fixture(const char *name,
                                       const struct gbench_fixture *fixture,
                                       void *context)
{
    if (!name || !*name || !fixture || !fixture->run) {
        (void)refuse(!name || !*name ? "a benchmark needs a name"
                                     : "a benchmark needs a function to run");
        return nullptr;
    }
    return add_family(name, *fixture, context);
}

void gbench_clear(void)
{
    benchmark::ClearRegisteredBenchmarks();
    families().clear();
}

bool gbench_argument(struct gbench *family, int64_t value)
{
    return gbench_arguments(family, &value, 1);
}

bool gbench_arguments(struct gbench *family, const int64_t *values,
                      size_t count)
{
    if (!values || !takes_arguments(family, count)) {
        return values ? false : refuse("no arguments");
    }
    family->family->Args(std::vector<int64_t>(values, values + count));
    return true;
}

bool gbench_argument_names(struct gbench *family, const char *const *names,
                           size_t count)
{
    if (family && family->argument_count && family->argument_count != count) {
        return refuse("there are more or fewer arguments than names");
    }
    return change(family, names && count > 0, "no names", [&] {
        family->name_count = count;
        family->family->ArgNames({names, names + count});
    });
}

bool gbench_range_multiplier(struct gbench *family, int multiplier)
{
    return change(family, multiplier > 1, "a multiplier below 2",
                  [&] { family->family->RangeMultiplier(multiplier); });
}

bool gbench_range(struct gbench *family, int64_t low, int64_t high)
{
    return change(family, 0 <= low && low <= high,
                  "a range must rise, from 0 or more", [] {}) &&
           takes_arguments(family, 1) && family->family->Range(low, high);
}

bool gbench_dense_range(struct gbench *family, int64_t low, int64_t high,
                        int step)
{
    return change(family, low <= high && step > 0,
                  "a range must rise, by steps of 1 or more", [] {}) &&
           takes_arguments(family, 1) &&
           family->family->DenseRange(low, high, step);
}

bool gbench_threads(struct gbench *family, int count)
{
    return gbench_thread_range(family, count, count);
}

bool gbench_thread_range(struct gbench *family, int low, int high)
{
    return change(family, 0 < low && low <= high,
                  "threads must rise, from 1 or more",
                  [&] { family->family->ThreadRange(low, high); });
}

bool gbench_iterations(struct gbench *family, int64_t count)
{
    if (family && family->has_least_time) {
        return refuse("there is a least time already");
    }
    return change(family, count > 0, "iterations below 1", [&] {
        family->has_iterations = true;
        family->family->Iterations(count);
    });
}

bool gbench_least_time_s(struct gbench *family, double seconds)
{
    if (family && family->has_iterations) {
        return refuse("the iterations are fixed already");
    }
    return change(family, seconds > 0 && std::isfinite(seconds),
                  "a time must be above 0", [&] {
                      family->has_least_time = true;
                      family->family->MinTime(seconds);
                  });
}

bool gbench_repetitions(struct gbench *family, int count)
{
    return change(family, count > 0, "repetitions below 1",
                  [&] { family->family->Repetitions(count); });
}

bool gbench_time_by(struct gbench *family, enum gbench_clock clock)
{
    if (!family || family->has_clock) {
        return refuse(family ? "the clock was chosen already" : "no family");
    }
    switch (clock) {
    case GBENCH_CPU:
        break;
    case GBENCH_WALL:
        family->family->UseRealTime();
        break;
    case GBENCH_PROCESS_CPU:
        family->family->MeasureProcessCPUTime();
        break;
    case GBENCH_MANUAL:
        family->family->UseManualTime();
        break;
    default:
        return refuse("no such clock");
    }
    family->has_clock = true;
    return true;
}

bool gbench_unit(struct gbench *family, enum gbench_unit unit)
{
    static const benchmark::TimeUnit units[] = {
        benchmark::kNanosecond, benchmark::kMicrosecond,
        benchmark::kMillisecond, benchmark::kSecond};
    const auto place = static_cast<unsigned>(unit);
    return change(family, place < sizeof units / sizeof *units, "no such unit",
                  [&] { family->family->Unit(units[place]); });
}

const char *gbench_problem(void)
{
    return problem;
}

/* ---- inside a run ------------------------------------------------------- */

bool gbench_keep_running(struct gbench_state *state, int64_t batch)
{
    return state->state->KeepRunningBatch(batch);
}

int64_t gbench_argument_of(const struct gbench_state *state, size_t place)
{
    return place < state->argument_count ? state->state->range(place) : -1;
}

int gbench_thread(const struct gbench_state *state)
{
    return state->state->thread_index();
}

int gbench_thread_count(const struct gbench_state *state)
{
    return state->state->threads();
}

int64_t gbench_iterations_done(const struct gbench_state *state)
{
    return state->state->iterations();
}

void gbench_pause(struct gbench_state *state)
{
    state->state->PauseTiming();
}

void gbench_resume(struct gbench_state *state)
{
    state->state->ResumeTiming();
}

void gbench_set_time_s(struct gbench_state *state, double seconds)
{
    state->state->SetIterationTime(seconds);
}

void gbench_items(struct gbench_state *state, int64_t count)
{
    state->state->SetItemsProcessed(count);
}

void gbench_bytes(struct gbench_state *state, int64_t count)
{
    state->state->SetBytesProcessed(count);
}

void gbench_label(struct gbench_state *state, const char *label)
{
    state->state->SetLabel(std::string(label ? label : ""));
}

void gbench_count(struct gbench_state *state, const char *name, double value,
                  unsigned flags)
{
    using benchmark::Counter;
    Counter::Flags all = Counter::kDefaults;
    all = flags & GBENCH_RATE ? all | Counter::kIsRate : all;
    all = flags & GBENCH_AVERAGE ? all | Counter::kAvgThreads : all;
    all = flags & GBENCH_PER_ITERATION ? all | Counter::kAvgIterations : all;
    state->state->counters[name ? name : ""] = Counter(value, all);
}

void gbench_skip(struct gbench_state *state, const char *message)
{
    if (!state->skipped) {
        state->skipped = true;
        skip_with_message(*state->state, message ? message : "", 0);
    }
}

void gbench_fail(struct gbench_state *state, const char *message)
{
    if (!state->skipped) {
        state->skipped = true;
        state->state->SkipWithError(message ? message : "");
    }
}

/* ---- running ------------------------------------------------------------ */

void gbench_note(const char *key, const char *value)
{
    benchmark::AddCustomContext(key ? key : "", value ? value : "");
}

int gbench_run(int *argc, char **argv, const struct gbench_observer *observer)
{
    try {
        return run_all(argc, argv, observer);
    } catch (const std::exception &error) {
        (void)std::fprintf(stderr, "%s\n", error.what());
        return -1;
    }
}

int gbench_main(int argc, char **argv)
{
    const int runs = gbench_run(&argc, argv, nullptr);
    benchmark::Shutdown();
    return runs > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
