/* Conducts a run: starts the plan's cells, watches them, records them. */
#include "conduct.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "absence.h"
#include "callgrind.h"
#include "memory_group.h"
#include "meter.h"
#include "printable.h"

enum { JOBS_MAX = 64 };

static const uint64_t GRID_NS = 1000000;           /* 1 kHz */
static const uint64_t COARSE_GRID_NS = 10000000;   /* 100 Hz: one CPU */
static const uint64_t ALONE_GRID_NS = 50000000;    /* no timeline wanted */
static const uint64_t STOOD_STILL_NS = 1000000000; /* many points missed */
static const uint64_t NS_PER_S = 1000000000;

/* Whose turn it is to build or drain. */
enum stage { STAGE_BUILD, STAGE_SETTLE, STAGE_WAIT, STAGE_TAIL };

struct flight {
    struct cell *cell;
    struct child child;
    struct memory_group *group; /* NULL: none could be made, or is needed */
    struct callgrind callgrind; /* of kinds that are traced */
    struct timeline timeline;
    enum stage stage;
    uint64_t started_ns, waiting_ns; /* waiting_ns: since when for a turn */
    uint64_t resident_bytes;
    bool unseen;         /* for a while: its timeline has a hole */
    enum outcome killed; /* OUTCOME_OK: it was not */
    struct reason killed_for;
};

struct show {
    const struct conduct *conduct;
    struct flight flights[JOBS_MAX];
    size_t flight_count, next_cell;
    uint64_t peak_bytes; /* the largest worker so far */
    uint64_t watched_ns; /* when the workers were last looked at */
    cpu_set_t own_cpus;  /* the parent's, before a timing run */
    bool confined;
    struct conclusion conclusion;
};

static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
    stopped = number;
}

/* What the caller ignores stays ignored: nohup(1) does so, and shells for
 * what they run in the background. */
static void catch_signals(void)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction before, action = {.sa_handler = on_signal};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        if (sigaction(numbers[i], NULL, &before) == 0 &&
            before.sa_handler != SIG_IGN) {
            (void)sigaction(numbers[i], &action, NULL);
        }
    }
}

/* ---- starting
 * ---------------------------------------------------------------
 */

static bool is_traced(const struct kind *kind)
{
    return kind && kind->counter && kind->counter->traced;
}

/* Threads and processes are never pinned: they would meet on one CPU only. */
static bool is_pinned(const struct kind *kind, const struct workload *workload)
{
    return kind && kind->pinned &&
           !(workload && workload->needs & (CAN_THREADS | CAN_FORK));
}

struct child_setup conduct_setup(const struct conduct *conduct,
                                 const struct planned_allocator *planned,
                                 const struct kind *kind,
                                 const struct workload *workload)
{
    const struct chosen_allocator *chosen = &planned->chosen;
    return (struct child_setup){
        .program = conduct->program,
        .launcher = conduct->launcher,
        .version = planned->version,
        .environment = chosen->variant ? chosen->variant->environment : NULL,
        .aslr = !kind || !kind->aslr_off,
        .writes_files = is_traced(kind),
        .thp_off =
            strcmp(settings_text(&chosen->store.settings, "thp"), "off") == 0,
        .cpu = is_pinned(kind, workload) ? conduct->machine->worker_cpu : -1,
    };
}

/* The parent keeps off the CPU of a timing run, and comes back after it. */
static void confine(struct show *show, bool alone)
{
    const int cpu = show->conduct->machine->parent_cpu;
    if (alone == show->confined || cpu < 0) {
        return;
    }
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET((size_t)cpu, &set);
    (void)sched_setaffinity(0, sizeof set, alone ? &set : &show->own_cpus);
    show->confined = alone;
}

static bool building(const struct show *show)
{
    for (size_t i = 0; i < show->flight_count; i++) {
        if (show->flights[i].stage != STAGE_SETTLE) {
            return true;
        }
    }
    return false;
}

/* Whether the cell may start beside what is under way. */
static bool admits(const struct show *show, const struct cell *cell)
{
    if (show->flight_count == 0) {
        return true;
    }
    if (cell_is_alone(cell) || cell_is_alone(show->flights[0].cell) ||
        building(show)) {
        return false;
    }
    /* Half of the memory there is, over the peak to be expected. */
    const uint64_t half = show->conduct->memory_limit_bytes / 2;
    const uint64_t fit = show->peak_bytes ? half / show->peak_bytes : 1;
    return show->flight_count < show->conduct->options->jobs &&
           show->flight_count < JOBS_MAX && show->flight_count < fit;
}

static void write_cell(struct show *show, const struct cell *cell,
                       const struct report *report,
                       const struct ending *ending,
                       const struct timeline *timeline)
{
    const struct conduct *conduct = show->conduct;
    struct conclusion *conclusion = &show->conclusion;
    if (conclusion->status == STATUS_OK) {
        conclusion->status =
            record_cell(conduct->record, cell, report, ending, timeline,
                        conduct->machine, &conclusion->reason);
    }
    if (conclusion->status != STATUS_OK) {
        return; /* not recorded: it is not done, and will be run again */
    }
    conclusion->failed += ending->outcome > OUTCOME_UNSUPPORTED;
    progress_finished(conduct->progress, cell, ending);
}

/* In a memory group of its own, where one can be made; under callgrind, where
 * its kind wants that. */
static enum status start_worker(const struct conduct *conduct,
                                struct flight *flight, struct order *order,
                                struct reason *reason)
{
    const struct cell *cell = flight->cell;
    struct child_setup setup = conduct_setup(
        conduct, cell->allocator, cell->kind, cell->workload->chosen.workload);
    flight->group = cell->kind->memory ? memory_group_make() : NULL;
    if (flight->group) {
        setup.group_procs = flight->group->procs;
        order->billed = flight->group->billed;
    }
    enum status status = STATUS_OK;
    if (is_traced(cell->kind)) {
        status =
            callgrind_begin(&flight->callgrind, conduct->launcher, reason);
        setup.launcher = flight->callgrind.launcher;
    }
    if (status == STATUS_OK) {
        status = child_start(&flight->child, &setup, order, reason);
    }
    if (status != STATUS_OK) {
        callgrind_end(&flight->callgrind);
        memory_group_remove(flight->group);
    }
    return status;
}

static void start_cell(struct show *show, struct cell *cell)
{
    const struct conduct *conduct = show->conduct;
    struct flight *flight = &show->flights[show->flight_count];
    struct order order = {
        .allocator = cell->allocator->chosen.typed,
        .workload = cell->workload->typed,
        .kind = cell->kind->name,
        .after = cell->after,
        .library = fetched_library(cell->allocator),
        .version = fetched_number(cell->allocator),
        .seed = cell->seed,
        .settle_ns = conduct->plan->settle_ns,
        .memory_bytes = conduct->memory_limit_bytes == UNKNOWN
                            ? 0
                            : conduct->memory_limit_bytes,
    };
    static struct report nothing;
    *flight = (struct flight){.cell = cell, .callgrind = {.counts_fd = -1}};
    confine(show, is_pinned(cell->kind, cell->workload->chosen.workload));
    progress_started(conduct->progress, cell);
    if (cell->allocator->ending.outcome != OUTCOME_OK) {
        write_cell(show, cell, &nothing, &cell->allocator->ending,
                   &flight->timeline);
        return; /* it was tried before the run, and its figures would lie */
    }
    flight->started_ns = meter_linux.now_ns();
    struct ending ending = {.exit_status = -1};
    const enum status status =
        start_worker(conduct, flight, &order, &ending.reason);
    if (status == STATUS_OK) {
        show->flight_count++;
        return;
    }
    ending.outcome =
        status == STATUS_UNSUPPORTED ? OUTCOME_UNSUPPORTED : OUTCOME_FAILED;
    write_cell(show, cell, &nothing, &ending, &flight->timeline);
}

static void start_cells(struct show *show)
{
    struct plan *plan = show->conduct->plan;
    while (show->next_cell < plan->cell_count) {
        struct cell *cell = &plan->cells[show->next_cell];
        if (!cell->done && !admits(show, cell)) {
            return;
        }
        show->next_cell++;
        if (!cell->done) {
            start_cell(show, cell);
        }
    }
}

/* ---- watching
 * ---------------------------------------------------------------
 */

static void stop_flight(struct flight *flight, enum outcome outcome)
{
    flight->killed = outcome;
    child_kill(&flight->child);
}

static void check_time(const struct show *show, struct flight *flight,
                       uint64_t now_ns)
{
    const unsigned slowdown = flight->cell->kind->slowdown;
    const uint64_t limit_s =
        show->conduct->options->time_limit_s * (slowdown ? slowdown : 1);
    if (flight->killed == OUTCOME_OK && flight->stage != STAGE_WAIT &&
        now_ns - flight->started_ns > limit_s * NS_PER_S) {
        char where[sizeof flight->child.report->where];
        (void)snprintf(where, sizeof where, "%.*s", (int)sizeof where - 1,
                       flight->child.report->where);
        make_printable(where);
        (void)explain(&flight->killed_for, STATUS_FAILED,
                      "not done after %" PRIu64
                      " s, in %s: a longer --time-limit gives it more",
                      limit_s, where[0] ? where : "start-up");
        stop_flight(flight, OUTCOME_TIMED_OUT);
    }
}

static void see(struct show *show, struct flight *flight)
{
    const uint64_t resident = child_resident(&flight->child);
    if (resident == UNKNOWN || resident == 0) {
        return; /* it has ended, or not yet begun */
    }
    flight->resident_bytes = resident;
    show->peak_bytes =
        resident > show->peak_bytes ? resident : show->peak_bytes;
    if (atomic_load(&flight->child.report->has_memory)) {
        timeline_see(&flight->timeline,
                     (struct point){meter_linux.now_ns(), resident,
                                    atomic_load_explicit(
                                        &flight->child.report->live_bytes,
                                        memory_order_relaxed)});
    }
}

/* The watchdog: together the workers stay within the limit. */
static void check_memory(struct show *show)
{
    const uint64_t limit = show->conduct->memory_limit_bytes;
    uint64_t sum = 0;
    struct flight *largest = NULL;
    for (size_t i = 0; i < show->flight_count; i++) {
        struct flight *flight = &show->flights[i];
        sum += flight->resident_bytes;
        if (!largest || flight->resident_bytes > largest->resident_bytes) {
            largest = flight;
        }
    }
    if (sum > limit && largest && largest->killed == OUTCOME_OK) {
        (void)explain(&largest->killed_for, STATUS_FAILED,
                      "it holds %" PRIu64 " MiB and the workers together "
                      "may hold %" PRIu64 " MiB of this machine's memory: ask "
                      "for fewer objects or a smaller --jobs",
                      largest->resident_bytes >> 20, limit >> 20);
        stop_flight(largest, OUTCOME_FAILED);
    }
}

/* The parent was stopped (Ctrl-Z, SIGSTOP). Workers that had to wait for it
 * get that time back, and nobody saw what their memory did meanwhile. */
static void note_stand_still(struct show *show, uint64_t now_ns)
{
    const uint64_t away_ns = now_ns - show->watched_ns;
    for (size_t i = 0; away_ns > STOOD_STILL_NS && i < show->flight_count;
         i++) {
        show->flights[i].started_ns = started_after_absence(
            show->flights[i].started_ns, show->watched_ns, now_ns);
        show->flights[i].unseen = true;
    }
    show->watched_ns = now_ns;
}

static void watch(struct show *show)
{
    const uint64_t now_ns = meter_linux.now_ns();
    note_stand_still(show, now_ns);
    for (size_t i = 0; i < show->flight_count; i++) {
        see(show, &show->flights[i]);
        check_time(show, &show->flights[i], now_ns);
    }
    check_memory(show);
}

/* ---- turns
 * ------------------------------------------------------------------
 */

static void hear(struct flight *flight)
{
    char word = 0;
    while (recv(flight->child.turn_fd, &word, 1, MSG_DONTWAIT) == 1) {
        if (word == TURN_SETTLING) {
            flight->stage = STAGE_SETTLE;
        } else if (word == TURN_WANTED) {
            flight->stage = STAGE_WAIT;
            flight->waiting_ns = meter_linux.now_ns();
        }
    }
}

/* Grants the turn to one that waits, if nobody has it. */
static void grant_turn(struct show *show)
{
    struct flight *waiting = NULL;
    for (size_t i = 0; i < show->flight_count; i++) {
        struct flight *flight = &show->flights[i];
        if (flight->stage == STAGE_BUILD || flight->stage == STAGE_TAIL) {
            return;
        }
        if (flight->stage == STAGE_WAIT && !waiting) {
            waiting = flight; /* the longest under way */
        }
    }
    const char word = TURN_GRANTED;
    if (waiting) {
        /* What another takes is no time of its own. */
        waiting->started_ns += meter_linux.now_ns() - waiting->waiting_ns;
        waiting->stage = STAGE_TAIL;
        (void)!send(waiting->child.turn_fd, &word, 1, MSG_NOSIGNAL);
    }
}

/* ---- ending
 * -----------------------------------------------------------------
 */

/* A cell must have run the library that the run's line names. */
static void check_identity(const struct flight *flight, struct ending *ending)
{
    const struct planned_allocator *planned = flight->cell->allocator;
    if (ending->outcome == OUTCOME_OK &&
        planned->ending.outcome == OUTCOME_OK &&
        strcmp(planned->proof.sha256, flight->child.report->proof.sha256) !=
            0) {
        ending->outcome = OUTCOME_FAILED;
        (void)explain(&ending->reason, STATUS_FAILED,
                      "%.300s changed during the run",
                      planned->identity.library);
    }
}

/* What is told is whole; that it was told at all is checked here. */
static void check_figures(const struct flight *flight, struct ending *ending)
{
    const struct report *report = flight->child.report;
    if (ending->outcome == OUTCOME_OK &&
        (report->sample_count == 0 ||
         (flight->cell->kind->memory && !report->has_memory))) {
        ending->outcome = OUTCOME_FAILED;
        (void)explain(&ending->reason, STATUS_FAILED,
                      "the worker ended well but left no figures: something "
                      "overwrote its report");
    }
}

static void finish_flight(struct show *show, size_t index)
{
    struct flight *flight = &show->flights[index];
    struct ending ending;
    child_collect(&flight->child, &ending);
    memory_group_remove(flight->group);
    if (flight->killed != OUTCOME_OK && ending.signal[0] &&
        strcmp(ending.signal, "SIGKILL") == 0) {
        ending.outcome = flight->killed;
        ending.reason = flight->killed_for;
    }
    check_identity(flight, &ending);
    check_figures(flight, &ending);
    if (is_traced(flight->cell->kind)) {
        callgrind_judge(&flight->callgrind, flight->child.report, &ending);
    }
    callgrind_end(&flight->callgrind);
    timeline_close(&flight->timeline);
    if (flight->unseen) {
        timeline_free(&flight->timeline); /* unknown */
    }
    if (!stopped) {
        write_cell(show, flight->cell, flight->child.report, &ending,
                   &flight->timeline);
    }
    timeline_free(&flight->timeline);
    child_free(&flight->child);
    show->flight_count--;
    memmove(flight, flight + 1, (show->flight_count - index) * sizeof *flight);
}

static void stop_all(struct show *show)
{
    for (size_t i = 0; i < show->flight_count; i++) {
        child_kill(&show->flights[i].child);
    }
    while (show->flight_count) {
        finish_flight(show, show->flight_count - 1);
    }
}

/* ---- the loop
 * ---------------------------------------------------------------
 */

static uint64_t grid_of(const struct show *show)
{
    for (size_t i = 0; i < show->flight_count; i++) {
        if (show->flights[i].cell->kind->sampled) {
            return show->conduct->machine->cores == 1 ? COARSE_GRID_NS
                                                      : GRID_NS;
        }
    }
    return ALONE_GRID_NS;
}

/* Sleeps until the next point of the grid or until a worker has something to
 * say; returns whether the point was reached. */
static bool wait_for(struct show *show, struct pollfd *fds, uint64_t point_ns)
{
    for (size_t i = 0; i < show->flight_count; i++) {
        fds[2 * i].fd = show->flights[i].child.pidfd;
        fds[2 * i].events = POLLIN;
        fds[2 * i + 1].fd = show->flights[i].child.turn_fd;
        fds[2 * i + 1].events = POLLIN;
    }
    const uint64_t now_ns = meter_linux.now_ns();
    const uint64_t left_ns = point_ns > now_ns ? point_ns - now_ns : 0;
    const struct timespec timeout = {(time_t)(left_ns / NS_PER_S),
                                     (long)(left_ns % NS_PER_S)};
    const int ready = ppoll(fds, 2 * show->flight_count, &timeout, NULL);
    if (ready <= 0) {
        memset(fds, 0, 2 * show->flight_count * sizeof *fds);
    }
    return meter_linux.now_ns() >= point_ns;
}

static void handle_words(struct show *show, struct pollfd *fds)
{
    for (size_t i = show->flight_count; i-- > 0;) {
        if (fds[2 * i + 1].revents & POLLIN) {
            hear(&show->flights[i]);
        }
        if (fds[2 * i].revents & POLLIN) {
            finish_flight(show, i);
        } else if (fds[2 * i + 1].revents & POLLHUP) {
            /* The worker closed its end: silence it until it has ended. */
            (void)close(show->flights[i].child.turn_fd);
            show->flights[i].child.turn_fd = -1;
        }
    }
}

static void loop(struct show *show)
{
    static struct pollfd fds[2 * JOBS_MAX];
    uint64_t point_ns = meter_linux.now_ns();
    show->watched_ns = point_ns;
    while (!stopped && show->conclusion.status == STATUS_OK) {
        grant_turn(show);
        start_cells(show);
        if (show->flight_count == 0) {
            return;
        }
        if (wait_for(show, fds, point_ns)) {
            const uint64_t grid_ns = grid_of(show);
            const uint64_t now_ns = meter_linux.now_ns();
            watch(show);
            point_ns += (now_ns - point_ns) / grid_ns * grid_ns + grid_ns;
            progress_draw(show->conduct->progress, show->flights[0].cell,
                          show->flight_count);
        }
        handle_words(show, fds);
    }
}

struct conclusion conduct_run(const struct conduct *conduct)
{
    static struct show show;
    memset(&show, 0, sizeof show);
    show.conduct = conduct;
    (void)sched_getaffinity(0, sizeof show.own_cpus, &show.own_cpus);
    catch_signals();
    memory_group_sweep();
    loop(&show);
    stop_all(&show);
    confine(&show, false);
    show.conclusion.interrupted = stopped != 0;
    return show.conclusion;
}
