/* harness/crew.c: forked processes, their tallies, what becomes of them; and
 * the workload prefork on a small scale. */
#include "workload_stage.h"

#include <inttypes.h>
#include <signal.h>

#include "crew.h"

/* Each call makes as many blocks as the process has a number. */
static enum status counts(struct hand *hand,
                          const struct allocator_calls *heap, void *context)
{
    (void)heap;
    (void)context;
    hand->operations += hand->index + 1;
    return STATUS_OK;
}

/* What two processes write is two blocks. */
static enum status writes(struct hand *hand,
                          const struct allocator_calls *heap, void *context)
{
    unsigned char *block = context;
    (void)heap;
    if (*block != 9) {
        return explain(&hand->reason, STATUS_FAILED, "found %u", *block);
    }
    *block = (unsigned char)hand->index;
    return STATUS_OK;
}

static enum status some_fail(struct hand *hand,
                             const struct allocator_calls *heap, void *context)
{
    (void)heap;
    (void)context;
    return hand->index < 1 ? STATUS_OK
                           : explain(&hand->reason, STATUS_UNSUPPORTED,
                                     "number %u", hand->index);
}

static enum status dies(struct hand *hand, const struct allocator_calls *heap,
                        void *context)
{
    (void)heap;
    if (hand->index == 1) {
        (void)raise(*(int *)context);
    }
    return STATUS_OK;
}

static enum status leaves(struct hand *hand,
                          const struct allocator_calls *heap, void *context)
{
    (void)heap;
    (void)context;
    if (hand->index == 2) {
        _exit(5);
    }
    return STATUS_OK;
}

/* What the workload of a test does once its crew is there. */
static crew_body *body;
static void *body_context;
static uint64_t *notes; /* of the stage */
static unsigned crew_count;

static enum status prepare(struct run *run)
{
    run_set_state(run, run_crew(run, crew_count));
    return run_state(run) ? STATUS_OK : STATUS_FAILED;
}

static size_t request_bytes(const struct run *run)
{
    (void)run;
    return 16;
}

static enum status build(struct run *run, const struct allocator_calls *heap)
{
    (void)heap;
    end_phase(run, &(struct phase){"fill", 0, 3, 48});
    return STATUS_OK;
}

static enum status drain(struct run *run, const struct allocator_calls *heap)
{
    struct crew *crew = run_state(run);
    const pid_t *pids;
    enum status status = crew_start(run, crew, heap);
    if (status != STATUS_OK) {
        return status;
    }
    notes[0] = crew_pids(crew, &pids);
    for (unsigned i = 0; i < 4 && i < notes[0]; i++) {
        notes[1 + i] = (uint64_t)pids[i];
    }
    for (int i = 0; i < 2 && status == STATUS_OK; i++) {
        status = crew_run(run, crew, body, body_context, &notes[5]);
    }
    end_phase(run, &(struct phase){"drain", notes[5], 0, 0});
    return status;
}

static const struct workload forking = {
    .name = "forking",
    .needs = CAN_FORK,
    .prepare = prepare,
    .request_bytes = request_bytes,
    .build = build,
    .drain = drain,
};

static struct stage *stage_forks(void **state, unsigned count, crew_body *does)
{
    struct stage *stage = *state;
    static struct allocator capable;
    capable = slot_allocator_plugin;
    capable.capabilities = CAN_FORK;
    stage->allocator.allocator = &capable;
    stage->workload = forking;
    stage_kind(stage, "timing", NULL);
    notes = stage->notes;
    body = does;
    crew_count = count;
    return stage;
}

/* Whoever was forked is gone: no process, or one that its reaper will see. */
static void assert_gone(uint64_t pid)
{
    char path[64], text[512], state = 'Z';
    for (int i = 0; i < 1000; i++) {
        (void)snprintf(path, sizeof path, "/proc/%" PRIu64 "/stat", pid);
        FILE *file = fopen(path, "r");
        if (!file) {
            return;
        }
        const bool told = fgets(text, sizeof text, file) != NULL;
        (void)fclose(file);
        const char *end = told ? strrchr(text, ')') : NULL;
        state = 'Z';
        if (end) {
            state = end[2];
        }
        if (state == 'Z') {
            return;
        }
        (void)usleep(10000);
    }
    fail_msg("process %" PRIu64 " is in state %c", pid, state);
}

static void every_process_runs_every_body_and_none_is_left(void **state)
{
    struct stage *stage = stage_forks(state, 4, counts);
    const struct report *report = stage_play_ok(stage);
    assert_int_equal(stage->notes[0], 4);
    assert_int_equal(stage->notes[5], 1 + 2 + 3 + 4); /* of one body */
    assert_int_equal(stage_sample(report, "drain", 0)->operations, 10);
    for (unsigned i = 1; i <= 4; i++) {
        assert_gone(stage->notes[i]);
    }
}

static void what_a_process_writes_no_other_sees(void **state)
{
    static unsigned char block = 9;
    struct stage *stage = stage_forks(state, 3, writes);
    body_context = &block;
    /* The second body finds what its own process wrote in the first. */
    stage_play_fails(stage, STATUS_FAILED, "found 0");
    assert_int_equal(block, 9);
}

static void the_first_process_that_failed_speaks_for_the_crew(void **state)
{
    struct stage *stage = stage_forks(state, 4, some_fail);
    stage_play_fails(stage, STATUS_UNSUPPORTED, "number 1");
    assert_gone(stage->notes[4]);
}

/* The cell ends by abort, with these words, and takes all others with it. */
static void assert_lost(struct stage *stage, const char *words)
{
    int ends[2], status = 0;
    char text[300] = "";
    assert_int_equal(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) {
        (void)dup2(ends[1], STDERR_FILENO);
        run_cell(&stage->parts, &stage->report);
        _exit(0);
    }
    (void)close(ends[1]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(read(ends[0], text, sizeof text - 1) > 0);
    (void)close(ends[0]);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    assert_contains(text, words);
    for (unsigned i = 1; i <= 4; i++) {
        assert_gone(stage->notes[i]);
    }
}

static void a_process_that_dies_ends_the_cell_in_words(void **state)
{
    static int number = SIGKILL;
    struct stage *stage = stage_forks(state, 4, dies);
    body_context = &number;
    assert_lost(stage, "forked process 2 of 4 was killed by SIGKILL before");
    stage_forks(state, 4, leaves);
    assert_lost(stage, "forked process 3 of 4 left with exit status 5 before");
}

static void a_crew_that_cannot_be_is_refused_in_words(void **state)
{
    struct stage *stage = stage_forks(state, 0, counts);
    stage_play_fails(stage, STATUS_FAILED, "a crew of 0 cannot be");
    stage_forks(state, CREW_MAX + 1, counts);
    stage_play_fails(stage, STATUS_FAILED, "a crew of 65 cannot be");
}

static void copies_for_which_there_is_no_room_are_not_begun(void **state)
{
    struct stage *stage = stage_forks(state, 4, counts);
    /* The virtual meter's peak, once for each of five. */
    stage->order.memory_bytes = (size_t)5 * 77 * VIRTUAL_MIB - 1;
    stage_play_fails(stage, STATUS_FAILED,
                     "4 forked processes may come to hold 385 MiB, and a cell "
                     "may hold 384 MiB: ask for fewer, or for a smaller");
    assert_int_equal(stage->notes[0], 0);
    memset(&stage->report, 0, sizeof stage->report);
    stage->order.memory_bytes++;
    (void)stage_play_ok(stage);
    assert_int_equal(stage->notes[0], 4);
}

/* ---- the workload prefork -------------------------------------------------
 */

static const struct allocator *bump(void)
{
    size_t i = 0;
    while (strcmp(allocators[i]->name, "bump") != 0) {
        i++;
        assert_non_null(allocators[i]);
    }
    return allocators[i];
}

/* 26350 bytes are 100 blocks of the mean size, and one; 2635 are 10: three
 * workers make 30 and release 3 * (10 + 101). The kind `account` checks what
 * every process says it holds. */
static void every_worker_makes_and_releases_its_share(void **state)
{
    struct stage *stage = *state;
    stage_kind(stage, "account", NULL);
    stage->allocator.allocator = bump();
    stage_workload(stage, "prefork",
                   SETTINGS({"workers", "3"}, {"live", "26350"},
                            {"own", "2635"}, {"release", "100"}));
    const struct report *report = stage_play_ok(stage);
    assert_phases(report, PHASES("fill", "forked", "touched", "made",
                                 "released", "drain", "rest"));
    const struct sample *fill = stage_sample(report, "fill", 0);
    assert_int_equal(fill->operations, 101);
    assert_sample(report, "forked", 0, 101, fill->live_bytes);
    assert_sample(report, "touched", 0, 101, fill->live_bytes);
    assert_sample(report, "made", 30, 101, fill->live_bytes);
    assert_sample(report, "released", 333, 101, fill->live_bytes);
    assert_sample(report, "drain", 101, 0, 0);
    assert_sample(report, "rest", 0, 0, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        stage_test(every_process_runs_every_body_and_none_is_left),
        stage_test(what_a_process_writes_no_other_sees),
        stage_test(the_first_process_that_failed_speaks_for_the_crew),
        stage_test(a_process_that_dies_ends_the_cell_in_words),
        stage_test(a_crew_that_cannot_be_is_refused_in_words),
        stage_test(copies_for_which_there_is_no_room_are_not_begun),
        stage_test(every_worker_makes_and_releases_its_share),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
