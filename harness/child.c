/* One cell in a process of its own: start it, hear of its end, judge it. */
#include "child.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "printable.h"
#include "proc_text.h"

enum {
    ARGUMENT_MAX = 64,
    ENVIRONMENT_MAX = 32,
    WORDS_BYTES_MAX = 1 << 20, /* of standard error that is kept */
    FILES_BYTES_MAX = 1 << 28,
    EXEC_FAILED = 127,
};

const char *const outcome_names[] = {
    [OUTCOME_OK] = "ok",
    [OUTCOME_UNSUPPORTED] = "unsupported",
    [OUTCOME_FAILED] = "failed",
    [OUTCOME_CRASHED] = "crashed",
    [OUTCOME_TIMED_OUT] = "timed_out",
};

/* For every backend alike: Debian's jemalloc cannot be loaded without it
 * ("cannot allocate memory in static TLS block"). */
static const char tunables_key[] = "GLIBC_TUNABLES=";
static const char static_tls[] = "glibc.rtld.optional_static_tls=16384";

/* Kept from the parent's environment: they steer the sanitizers that the
 * program may be built with, nothing that is measured. */
static const char *const kept_variables[] = {
    "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "GCOV_PREFIX", NULL};

/* ---- what the worker is given ---------------------------------------------
 */

struct vector {
    char *items[ARGUMENT_MAX]; /* ends in NULL */
    size_t count;
};

__attribute__((format(printf, 2, 3))) static void
append(struct vector *vector, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (vector->count < ARGUMENT_MAX - 1 &&
        vasprintf(&vector->items[vector->count], format, arguments) >= 0) {
        vector->count++;
    }
    va_end(arguments);
}

static void clear(struct vector *vector)
{
    for (size_t i = 0; i < vector->count; i++) {
        free(vector->items[i]);
    }
}

static void fill_environment(struct vector *vector,
                             const char *const *environment)
{
    const char *tunables = NULL;
    append(vector, "PATH=/usr/bin:/bin");
    append(vector, "LC_ALL=C");
    for (; environment && *environment; environment++) {
        if (strncmp(*environment, tunables_key, sizeof tunables_key - 1) ==
            0) {
            tunables = *environment + sizeof tunables_key - 1;
        } else {
            append(vector, "%s", *environment);
        }
    }
    append(vector, "%s%s%s%s", tunables_key, static_tls, tunables ? ":" : "",
           tunables ? tunables : "");
    for (size_t i = 0; kept_variables[i]; i++) {
        const char *value = getenv(kept_variables[i]);
        if (value) {
            append(vector, "%s=%s", kept_variables[i], value);
        }
    }
}

/* The loader of a fetched version in front of the program, which keeps its
 * name. */
static void fill_loader(struct vector *vector, const struct version *version)
{
    if (version && version->loader) {
        append(vector, "%s", version->loader);
        append(vector, "--library-path");
        append(vector, "%s", version->library_path);
        append(vector, "--argv0");
        append(vector, "giveback");
    }
}

/* argv[0] is the same for all: a longer one moves the stack. */
static void fill_arguments(struct vector *vector,
                           const struct child_setup *setup,
                           const struct order *order)
{
    const char *const *launcher = setup->launcher;
    for (; launcher && *launcher; launcher++) {
        append(vector, "%s", *launcher);
    }
    fill_loader(vector, setup->version);
    append(vector, "%s", vector->count ? setup->program : "giveback");
    append(vector, "cell");
    for (const struct order_key *key = order_keys; key->key; key++) {
        const void *field = (const char *)order + key->offset;
        if (key->is_number) {
            append(vector, "%s=%" PRIu64, key->key, *(const uint64_t *)field);
        } else {
            const char *text = *(const char *const *)field;
            append(vector, "%s=%s", key->key, text ? text : "");
        }
    }
    if (setup->words) {
        append(vector, "--");
    }
    for (size_t i = 0; setup->words && setup->words[i]; i++) {
        append(vector, "%s", setup->words[i]);
    }
}

/* ---- between fork and exec ------------------------------------------------
 */

struct plumbing {
    int report_fd, turn_fds[2], words_fd, null_fd; /* turn_fds[1]: worker's */
};

static void set_persona(bool aslr)
{
    const int now = personality(0xffffffff);
    if (now >= 0) {
        /* Refused by some container profiles: the worker then reports that
         * ASLR is on. */
        const unsigned wanted =
            aslr ? (unsigned)now & ~(unsigned)ADDR_NO_RANDOMIZE
                 : (unsigned)now | ADDR_NO_RANDOMIZE;
        (void)personality(wanted);
    }
}

static void set_limits(bool writes_files)
{
    const struct rlimit no_core = {0, 0};
    const rlim_t bytes = writes_files ? FILES_BYTES_MAX : WORDS_BYTES_MAX;
    const struct rlimit words = {bytes, bytes};
    (void)setrlimit(RLIMIT_CORE, &no_core);
    (void)setrlimit(RLIMIT_FSIZE, &words);
    (void)signal(SIGXFSZ, SIG_IGN);
    /* If the system runs out of memory, the worker is the one to go. */
    const int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd >= 0) {
        const ssize_t written = write(fd, "1000", 4);
        (void)written;
        (void)close(fd);
    }
}

/* Moves in before the program is there: all of its pages are billed. */
static void enter_group(const char *procs)
{
    const int fd = open(procs, O_WRONLY | O_CLOEXEC);
    if (fd >= 0) {
        const ssize_t written = write(fd, "0", 1);
        (void)written;
        (void)close(fd);
    }
}

static void set_affinity(int cpu)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET((size_t)cpu, &set);
    (void)sched_setaffinity(0, sizeof set, &set);
}

/* Out of the way first: a source may have a target's number. */
static int move_up(int fd)
{
    return fcntl(fd, F_DUPFD, 16);
}

/* What only some workers have. */
static bool set_results(int results_fd)
{
    if (results_fd <= 0) {
        return close_range(WORKER_TURN_FD + 1, ~0U, 0) == 0;
    }
    return dup2(results_fd, WORKER_RESULTS_FD) >= 0 &&
           close_range(WORKER_RESULTS_FD + 1, ~0U, 0) == 0;
}

static bool set_descriptors(const struct child_setup *setup,
                            const struct plumbing *plumbing)
{
    const int report_fd = move_up(plumbing->report_fd);
    const int turn_fd = move_up(plumbing->turn_fds[1]);
    const int words_fd = move_up(plumbing->words_fd);
    const int null_fd = move_up(plumbing->null_fd);
    const int output_fd =
        setup->output_fd > 0 ? move_up(setup->output_fd) : null_fd;
    const int results_fd =
        setup->results_fd > 0 ? move_up(setup->results_fd) : 0;
    return results_fd >= 0 && dup2(null_fd, 0) >= 0 &&
           dup2(output_fd, 1) >= 0 && dup2(words_fd, 2) >= 0 &&
           dup2(report_fd, WORKER_REPORT_FD) >= 0 &&
           dup2(turn_fd, WORKER_TURN_FD) >= 0 && set_results(results_fd);
}

__attribute__((noreturn)) static void
become_worker(const struct child_setup *setup, const struct plumbing *plumbing,
              pid_t parent, char *const *arguments, char *const *environment)
{
    sigset_t none;
    sigemptyset(&none);
    /* First, for what is said below if something fails. */
    (void)dup2(plumbing->words_fd, STDERR_FILENO);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) {
        _exit(EXEC_FAILED); /* the parent died before the line above */
    }
    (void)setpgid(0, 0); /* Ctrl-C is the parent's to handle */
    (void)signal(SIGPIPE, SIG_DFL);
    set_persona(setup->aslr);
    set_limits(setup->writes_files);
    if (setup->group_procs) {
        enter_group(setup->group_procs);
    }
    if (setup->cpu >= 0) {
        set_affinity(setup->cpu);
    }
    (void)prctl(PR_SET_THP_DISABLE, setup->thp_off, 0, 0, 0);
    const bool has_loader = setup->version && setup->version->loader;
    const char *file = setup->launcher && setup->launcher[0]
                           ? setup->launcher[0]
                       : has_loader ? setup->version->loader
                                    : setup->program;
    if (chdir("/") == 0 && set_descriptors(setup, plumbing) &&
        sigprocmask(SIG_SETMASK, &none, NULL) == 0) {
        (void)execve(file, arguments, environment);
    }
    (void)dprintf(2, "%s: %s", file, strerror(errno));
    _exit(EXEC_FAILED);
}

/* ---- the parent's side
 * ------------------------------------------------------
 */

static void close_all(int *const fds[], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (*fds[i] >= 0) {
            (void)close(*fds[i]);
            *fds[i] = -1;
        }
    }
}

/* What the child keeps is in its hands at once, so that child_free finds it
 * whatever fails then. */
static bool open_plumbing(struct plumbing *plumbing, struct child *child)
{
    plumbing->report_fd = memfd_create("giveback-report", MFD_CLOEXEC);
    plumbing->words_fd = memfd_create("giveback-words", MFD_CLOEXEC);
    plumbing->null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    child->words_fd = plumbing->words_fd;
    if (plumbing->report_fd < 0 || plumbing->words_fd < 0 ||
        plumbing->null_fd < 0 ||
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
                   plumbing->turn_fds) != 0) {
        return false;
    }
    child->turn_fd = plumbing->turn_fds[0];
    if (!report_size(plumbing->report_fd)) {
        return false;
    }
    child->report = report_map(plumbing->report_fd);
    if (!child->report) {
        return false;
    }
    child->report->fault_address = UNKNOWN;
    return true;
}

static int open_statm(pid_t pid)
{
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/%ld/statm", (long)pid);
    return open(path, O_RDONLY | O_CLOEXEC);
}

static bool spawn(struct child *child, const struct child_setup *setup,
                  const struct order *order, const struct plumbing *plumbing)
{
    struct vector arguments = {.count = 0}, environment = {.count = 0};
    fill_arguments(&arguments, setup, order);
    fill_environment(&environment, setup->environment);
    const pid_t parent = getpid();
    child->pid = fork();
    if (child->pid == 0) {
        become_worker(setup, plumbing, parent, arguments.items,
                      environment.items);
    }
    clear(&arguments);
    clear(&environment);
    if (child->pid < 0) {
        child->pid = 0;
        return false;
    }
    child->pidfd = pidfd_open(child->pid, 0);
    child->statm_fd = open_statm(child->pid);
    return child->pidfd >= 0;
}

enum status child_start(struct child *child, const struct child_setup *setup,
                        const struct order *order, struct reason *reason)
{
    struct plumbing plumbing = {-1, {-1, -1}, -1, -1};
    *child = (struct child){
        .pidfd = -1, .turn_fd = -1, .statm_fd = -1, .words_fd = -1};
    const bool started = open_plumbing(&plumbing, child) &&
                         spawn(child, setup, order, &plumbing);
    const int error = errno;
    close_all((int *[]){&plumbing.report_fd, &plumbing.null_fd,
                        &plumbing.turn_fds[1]},
              3);
    if (started) {
        return STATUS_OK;
    }
    if (child->pid > 0) {
        struct ending ending;
        child_kill(child);
        child_collect(child, &ending);
    }
    child_free(child);
    return explain(reason, STATUS_FAILED, "a worker cannot be started: %s",
                   strerror(error));
}

uint64_t child_resident(const struct child *child)
{
    char text[128];
    const ssize_t length = pread(child->statm_fd, text, sizeof text, 0);
    const uint64_t pages =
        length > 0 ? proc_statm_resident_pages(text, (size_t)length) : UNKNOWN;
    uint64_t bytes;
    return __builtin_mul_overflow(pages, (uint64_t)sysconf(_SC_PAGESIZE),
                                  &bytes)
               ? UNKNOWN /* as UNKNOWN pages are */
               : bytes;
}

void child_kill(const struct child *child)
{
    (void)kill(child->pid, SIGKILL);
}

/* The worker's last words on standard error, made one printable line. */
static void last_words(const struct child *child, char *text, size_t capacity)
{
    const off_t end = lseek(child->words_fd, 0, SEEK_END);
    const off_t wanted = (off_t)capacity - 1;
    const ssize_t length = pread(child->words_fd, text, capacity - 1,
                                 end > wanted ? end - wanted : 0);
    size_t kept = length > 0 ? (size_t)length : 0;
    while (kept > 0 && (text[kept - 1] == '\n' || text[kept - 1] == ' ')) {
        kept--;
    }
    text[kept] = '\0';
    for (size_t i = 0; i < kept; i++) {
        if (text[i] == '\n' || text[i] == '\t' || text[i] == '\0') {
            text[i] = ' ';
        }
    }
    make_printable(text);
}

static void judge_crash(const struct child *child, int number,
                        struct ending *ending)
{
    char words[160], address[96] = "";
    const char *abbreviation = sigabbrev_np(number);
    const struct report *report = child->report;
    (void)snprintf(ending->signal, sizeof ending->signal, "SIG%s",
                   abbreviation ? abbreviation : "?");
    ending->outcome = OUTCOME_CRASHED;
    last_words(child, words, sizeof words);
    if (report->fault_address != UNKNOWN) {
        (void)snprintf(address, sizeof address, " at address 0x%" PRIx64 "%s",
                       report->fault_address,
                       report->fault_address < 4096
                           ? " (an allocation that returned NULL?)"
                           : "");
    } else if (number == SIGSYS) {
        (void)snprintf(address, sizeof address, "%s",
                       " (kind traffic: a trapped call with SIGSYS blocked, "
                       "as at a thread's end)");
    }
    (void)explain(
        &ending->reason, STATUS_FAILED,
        "%s (%s)%s in %.31s after %" PRIu64 " operations%s%s", ending->signal,
        sigdescr_np(number) ? sigdescr_np(number) : "unknown signal", address,
        report->where[0] ? report->where : "start-up",
        atomic_load(&report->operations), words[0] ? ": " : "", words);
}

/* Whether the worker came to its end and nothing overwrote what it tells:
 * figures that fit, or a reason for having none. */
static bool is_whole(const struct report *report)
{
    return report->complete && (report->status == STATUS_OK
                                    ? report->sample_count <= SAMPLE_CAPACITY
                                    : report->status <= STATUS_UNSUPPORTED &&
                                          report->reason.text[0] != '\0');
}

static void judge_exit(const struct child *child, int exit_status,
                       struct ending *ending)
{
    static const enum outcome outcomes[] = {
        [STATUS_OK] = OUTCOME_OK,
        [STATUS_FAILED] = OUTCOME_FAILED,
        [STATUS_UNSUPPORTED] = OUTCOME_UNSUPPORTED,
    };
    const struct report *report = child->report;
    char words[300];
    ending->exit_status = exit_status;
    if (exit_status == 0 && is_whole(report)) {
        ending->outcome = outcomes[report->status];
        if (ending->outcome != OUTCOME_OK) {
            ending->reason = report->reason;
        }
        return;
    }
    ending->outcome = OUTCOME_FAILED;
    last_words(child, words, sizeof words);
    (void)explain(&ending->reason, STATUS_FAILED,
                  "the worker exited early with status %d in %.31s%s%s",
                  exit_status, report->where[0] ? report->where : "start-up",
                  words[0] ? ": " : "", words);
}

static void end_text(char *text, size_t capacity)
{
    text[capacity - 1] = '\0';
    make_printable(text);
}

/* A bool must be 0 or 1 before it may be read as one. */
static void settle_flags(struct report *report)
{
    void *const flags[] = {&report->complete,
                           &report->attached,
                           &report->aslr,
                           &report->thp_off,
                           (void *)&report->has_memory,
                           &report->counter_inexact,
                           &report->has_traffic,
                           &report->has_stalls,
                           &report->covers_all_threads,
                           &report->has_request_hash};
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        unsigned char *byte = flags[i];
        *byte = *byte != 0;
    }
}

void child_collect(struct child *child, struct ending *ending)
{
    assert(child->report != NULL); /* there is one before a process is */
    int status = 0;
    *ending = (struct ending){.exit_status = -1};
    while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR) {
    }
    /* Whatever a worker wrote, texts end within their fields and do no more
     * than print. */
    struct report *report = child->report;
    end_text(report->where, sizeof report->where);
    end_text(report->reason.text, sizeof report->reason.text);
    end_text(report->identity.library, sizeof report->identity.library);
    end_text(report->identity.version, sizeof report->identity.version);
    end_text(report->identity.adapter, sizeof report->identity.adapter);
    end_text(report->proof.sha256, sizeof report->proof.sha256);
    end_text(report->proof.build_id, sizeof report->proof.build_id);
    end_text(report->libc, sizeof report->libc);
    end_text(report->memory_source, sizeof report->memory_source);
    settle_flags(report);
    if (WIFSIGNALED(status)) {
        judge_crash(child, WTERMSIG(status), ending);
    } else {
        judge_exit(child, WEXITSTATUS(status), ending);
    }
    child->pid = 0;
}

void child_free(struct child *child)
{
    close_all((int *[]){&child->pidfd, &child->turn_fd, &child->statm_fd,
                        &child->words_fd},
              4);
    if (child->report) {
        report_unmap(child->report);
        child->report = NULL;
    }
}
