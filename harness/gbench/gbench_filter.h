/* What stands between Google Benchmark and its reporters (C++, a part of
 * gbench.cc).
 *
 * Works with 1.7.1 and newer. Where their interfaces differ, the member that
 * is there is asked for (`..., int` before `..., long`), never a version.
 */
#ifndef GBENCH_FILTER_H
#define GBENCH_FILTER_H

#include <benchmark/benchmark.h>

#include <cmath>
#include <cstring>
#include <iterator>
#include <string>
#include <vector>

#include "gbench.h"

namespace {

using benchmark::BenchmarkReporter;
using Run = BenchmarkReporter::Run;

/* Where the library has no word for it. */
__attribute__((unused)) const char skipped_prefix[] = "SKIPPED: ";

/* ---- what differs between versions -------------------------------------- */

template <typename S>
auto skip_with_message(S &state, const std::string &message, int)
    -> decltype(state.SkipWithMessage(message))
{
    state.SkipWithMessage(message);
}

template <typename S>
void skip_with_message(S &state, const std::string &message, long)
{
    state.SkipWithError((skipped_prefix + message).c_str());
}

struct ending {
    gbench_end end;
    std::string message;
};

/* 1.8 and newer. */
template <typename R>
auto ending_of(const R &run, int)
    -> decltype(run.skipped, run.skip_message, ending())
{
    const int skipped = static_cast<int>(run.skipped);
    return {skipped == 0   ? GBENCH_DONE
            : skipped == 1 ? GBENCH_SKIPPED
                           : GBENCH_FAILED,
            run.skip_message};
}

template <typename R>
auto ending_of(const R &run, long) -> decltype(run.error_occurred, ending())
{
    const size_t length = std::strlen(skipped_prefix);
    if (!run.error_occurred) {
        return {GBENCH_DONE, ""};
    }
    return run.error_message.compare(0, length, skipped_prefix) == 0
               ? ending{GBENCH_SKIPPED, run.error_message.substr(length)}
               : ending{GBENCH_FAILED, run.error_message};
}

/* ---- reporters ---------------------------------------------------------- */

/* Whether every number that would be printed for the run is one. */
bool has_figures(const Run &run)
{
    return std::isfinite(run.real_accumulated_time) &&
           std::isfinite(run.cpu_accumulated_time);
}

/* What can be written as JSON: Google Benchmark writes NaN and Infinity. */
std::vector<Run> finite(const std::vector<Run> &runs)
{
    std::vector<Run> kept;
    for (const Run &run : runs) {
        if (!has_figures(run)) {
            continue;
        }
        kept.push_back(run);
        benchmark::UserCounters &counters = kept.back().counters;
        for (auto counter = counters.begin(); counter != counters.end();) {
            counter = std::isfinite(counter->second.value)
                          ? std::next(counter)
                          : counters.erase(counter);
        }
    }
    return kept;
}

/* The first of a run with repetitions comes with all others; statistics of
 * them follow where two or more have figures. */
bool has_statistics(const std::vector<Run> &runs)
{
    size_t done = 0;
    for (const Run &run : runs) {
        done += run.run_type == Run::RT_Iteration &&
                ending_of(run, 0).end == GBENCH_DONE;
    }
    return done > 1;
}

bool is_measured(const std::vector<Run> &runs)
{
    return !runs.empty() && runs.front().run_type == Run::RT_Iteration;
}

/* Hands on to another reporter what is finite, and with `only_statistics`
 * what Google Benchmark's flags of that name would: the flags themselves
 * would keep the runs from whoever observes them. */
class Filter : public BenchmarkReporter {
  public:
    Filter(BenchmarkReporter *next, bool only_statistics,
           const gbench_observer *observer)
        : next_(next), only_statistics_(only_statistics), observer_(observer)
    {
    }

    bool ReportContext(const Context &context) override
    {
        next_->SetOutputStream(&GetOutputStream());
        next_->SetErrorStream(&GetErrorStream());
        return next_->ReportContext(context);
    }

    void ReportRuns(const std::vector<Run> &runs) override
    {
        observe(runs);
        if (only_statistics_ && is_measured(runs) && has_statistics(runs)) {
            return;
        }
        const std::vector<Run> kept = finite(runs);
        if (!kept.empty()) {
            next_->ReportRuns(kept);
        }
    }

    void Finalize() override
    {
        next_->Finalize();
    }

  private:
    void observe(const std::vector<Run> &runs) const
    {
        if (!observer_ || !observer_->observe) {
            return;
        }
        for (const Run &run : runs) {
            if (run.run_type == Run::RT_Iteration) {
                observe_one(run);
            }
        }
    }

    void observe_one(const Run &run) const
    {
        const ending ended = ending_of(run, 0);
        const std::string name = run.run_name.str();
        gbench_result result;
        result.name = name.c_str();
        result.label = run.report_label.c_str();
        result.end = ended.end;
        result.message = ended.message.c_str();
        result.repetition =
            run.repetition_index < 0 ? 0 : run.repetition_index;
        result.iterations = run.iterations;
        result.threads = static_cast<int>(run.threads);
        result.wall_s = run.real_accumulated_time;
        result.cpu_s = run.cpu_accumulated_time;
        observer_->observe(&result, observer_->context);
    }

    BenchmarkReporter *next_; /* another's */
    bool only_statistics_;
    const gbench_observer *observer_;
};

} // namespace

#endif
