/* Google Benchmark for C programs.
 *
 * This header, gbench.cc and its gbench_filter.h are all there is: another
 * project takes the three, compiles the second as C++11 or later against
 * Google Benchmark 1.7.1 or newer, and links with the C++ compiler. Nothing
 * else of giveback is needed; the header is C11 and includes standard headers
 * only.
 *
 *     static void copy(struct gbench_state *state, void *context)
 *     {
 *         const size_t size = (size_t)gbench_argument_of(state, 0);
 *         while (gbench_keep_running(state, 256)) {
 *             for (int i = 0; i < 256; i++) {
 *                 memcpy(to, from, size);
 *                 gbench_keep(to);
 *             }
 *         }
 *     }
 *
 *     int main(int argc, char **argv)
 *     {
 *         struct gbench *family = gbench_register("copy", copy, NULL);
 *         gbench_range(family, 8, 8192);
 *         return gbench_main(argc, argv);
 *     }
 *
 * Figures are per iteration: a loop asks once for a whole batch of them, so
 * that the call costs nothing per iteration. (Batches overshoot: a run has at
 * least as many iterations as Google Benchmark asked for.)
 *
 * Registering: every function that shapes a family returns false, and changes
 * nothing, where a value has no sense; Google Benchmark itself would end the
 * program. gbench_problem() then says why in words. `family` may be NULL, so
 * a chain of calls after a failed gbench_register is safe.
 *
 * What another C program must know of C++: no exception leaves these
 * functions. What has no remedy (no memory) ends the program.
 *
 * JSON of this header's runs is always valid: where Google Benchmark would
 * write NaN or Infinity (a rate over no time, a coefficient of variation of
 * nothing) the counter, or the statistic, is left out. No MemoryManager is
 * ever registered: with repetitions 1.7.1 prints garbage for one.
 */
#ifndef GBENCH_H
#define GBENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct gbench;       /* a family: one function, all its arguments */
struct gbench_state; /* one run of it, on one thread */

/* The benchmark. It runs several times, with more iterations each time; of a
 * run with threads once on each. `context` is the caller's. */
typedef void gbench_body(struct gbench_state *state, void *context);

/* What comes before and after each run on each thread, untimed; both may be
 * NULL. `tear_down` comes also after a run that was skipped. */
struct gbench_fixture {
    gbench_body *set_up, *run, *tear_down;
};

/* ---- registering -------------------------------------------------------- */

/* A new family, the library's own until gbench_clear; NULL where there is no
 * name or nothing to run. They run in the order of their registration. */
struct gbench *gbench_register(const char *name, gbench_body *body,
                               void *context);
struct gbench *gbench_register_fixture(const char *name,
                                       const struct gbench_fixture *fixture,
                                       void *context);

/* Forgets all families. */
void gbench_clear(void);

/* Adds a run with this argument, or with these: every run of a family has
 * equally many. */
bool gbench_argument(struct gbench *family, int64_t value);
bool gbench_arguments(struct gbench *family, const int64_t *values,
                      size_t count);

/* What the arguments are called in names of runs: "size" makes
 * "copy/size:8". As many as there are arguments. */
bool gbench_argument_names(struct gbench *family, const char *const *names,
                           size_t count);

/* Adds runs from `low` to `high`: the ends and the powers of the multiplier
 * (8, till gbench_range_multiplier says otherwise; before gbench_range)
 * between them; or every `step`. */
bool gbench_range_multiplier(struct gbench *family, int multiplier);
bool gbench_range(struct gbench *family, int64_t low, int64_t high);
bool gbench_dense_range(struct gbench *family, int64_t low, int64_t high,
                        int step);

/* Adds runs on so many threads at once; from `low` to `high` in powers of
 * two. */
bool gbench_threads(struct gbench *family, int count);
bool gbench_thread_range(struct gbench *family, int low, int high);

/* A fixed number of iterations, or a least time: one of the two. */
bool gbench_iterations(struct gbench *family, int64_t count);
bool gbench_least_time_s(struct gbench *family, double seconds);

bool gbench_repetitions(struct gbench *family, int count);

/* What decides how long to run, and is the figure of rates. */
enum gbench_clock {
    GBENCH_CPU,         /* of the thread that runs it: the preset */
    GBENCH_WALL,        /* for several threads */
    GBENCH_PROCESS_CPU, /* of all threads of the process */
    GBENCH_MANUAL,      /* as gbench_set_time_s says */
};
bool gbench_time_by(struct gbench *family, enum gbench_clock clock);

enum gbench_unit { GBENCH_NS, GBENCH_US, GBENCH_MS, GBENCH_S };
bool gbench_unit(struct gbench *family, enum gbench_unit unit);

/* Why the last function above returned false or NULL; never NULL. */
const char *gbench_problem(void);

/* ---- inside a run ------------------------------------------------------- */

/* Whether to do the next `batch` iterations, at least 1. The clock runs from
 * the first call to the one that returns false; a run must go on calling
 * until then, unless it was skipped before its first call. */
bool gbench_keep_running(struct gbench_state *state, int64_t batch);

/* The argument at that place, from 0; -1 where there is none. */
int64_t gbench_argument_of(const struct gbench_state *state, size_t place);

int gbench_thread(const struct gbench_state *state); /* from 0 */
int gbench_thread_count(const struct gbench_state *state);

/* Done so far; of this thread. After the loop: all of them. */
int64_t gbench_iterations_done(const struct gbench_state *state);

/* Stops the clock within the loop; costs about 1 us, so never per
 * iteration. */
void gbench_pause(struct gbench_state *state);
void gbench_resume(struct gbench_state *state);

/* How long one iteration took, with GBENCH_MANUAL: after each of a loop whose
 * batches are of 1. */
void gbench_set_time_s(struct gbench_state *state, double seconds);

/* After the loop: what was done in all iterations, of this thread. They become
 * rates, items and bytes per second. */
void gbench_items(struct gbench_state *state, int64_t count);
void gbench_bytes(struct gbench_state *state, int64_t count);

/* Words beside the figures. */
void gbench_label(struct gbench_state *state, const char *label);

/* A figure of the benchmark's own. Threads' are added up, unless AVERAGE. */
enum gbench_counter {
    GBENCH_PLAIN = 0,
    GBENCH_RATE = 1 << 0,          /* per second of the run */
    GBENCH_AVERAGE = 1 << 1,       /* over threads */
    GBENCH_PER_ITERATION = 1 << 2, /* over iterations */
};
void gbench_count(struct gbench_state *state, const char *name, double value,
                  unsigned flags);

/* Ends the run without figures: it cannot be done here, or went wrong. The
 * loop then ends by itself; the message is shown and observed. The first of a
 * run counts. */
void gbench_skip(struct gbench_state *state, const char *message);
void gbench_fail(struct gbench_state *state, const char *message);

/* The memory behind `pointer` is in use: its stores and loads stay. Costs no
 * instruction. */
static inline void gbench_keep(const void *pointer)
{
    __asm__ volatile("" : : "g"(pointer) : "memory");
}

/* ---- running ------------------------------------------------------------ */

enum gbench_end { GBENCH_DONE, GBENCH_SKIPPED, GBENCH_FAILED };

/* One repetition of one run, as measured. Texts live during the call. */
struct gbench_result {
    const char *name;  /* "copy/size:8/threads:2" */
    const char *label; /* "" where there is none */
    enum gbench_end end;
    const char *message; /* of gbench_skip and gbench_fail; else "" */
    int64_t repetition;  /* from 0 */
    int64_t iterations;  /* of all threads */
    int threads;
    double wall_s, cpu_s; /* of all iterations; wall is what GBENCH_MANUAL
                             said where that is the clock */
};

/* Whoever wants the results besides the table; all may be NULL. */
struct gbench_observer {
    void (*observe)(const struct gbench_result *result, void *context);
    void *context;
};

/* A line in the heading of the tables and in JSON's "context". Before
 * gbench_run. */
void gbench_note(const char *key, const char *value);

/* Takes Google Benchmark's flags out of `argv`, runs what they choose, prints
 * as they say. Flags that are unknown or have no sense are told on standard
 * error. Returns how many runs there are (listed with --benchmark_list_tests,
 * else done); 0: none, which is told too; -1: wrong flags. Can be called
 * again; flags
 * keep what they had, and --benchmark_format what it was first. `observer` may
 * be NULL. */
int gbench_run(int *argc, char **argv, const struct gbench_observer *observer);

/* The same as a program's main: 0, or 1 where nothing ran or flags are
 * wrong. */
int gbench_main(int argc, char **argv);

#ifdef __cplusplus
}
#endif

#endif
