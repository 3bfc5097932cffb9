/* The worker's main: reads its order, runs the cell, leaves. */
#include "worker.h"

#include <errno.h>
#include <gnu/libc-version.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "child.h"
#include "layers.h"
#include "regime.h"
#include "run.h"
#include "scratch.h"

enum { WRONG_ORDER = 2, SIGNAL_STACK_BYTES = 65536 };

/* Defined where the program is built for coverage: counts are written at
 * exit, which a worker does not reach. */
extern void __gcov_dump(void) __attribute__((weak));

static struct report *report;
static struct chosen_allocator allocator;
static struct chosen_workload workload;

__attribute__((noreturn)) static void leave(int exit_status)
{
    if (__gcov_dump) {
        __gcov_dump();
    }
    _exit(exit_status);
}

__attribute__((noreturn)) static void complain(const char *what)
{
    (void)fprintf(stderr, "giveback cell: %s", what);
    leave(WRONG_ORDER);
}

static uint64_t read_number(const char *text)
{
    uint64_t value = 0;
    if (!parse_integer(text, &value)) {
        complain("not a number");
    }
    return value;
}

static void read_key(struct order *order, const char *name, char *value)
{
    for (const struct order_key *key = order_keys; key->key; key++) {
        void *field = (char *)order + key->offset;
        if (strcmp(key->key, name) != 0) {
            continue;
        }
        if (key->is_number) {
            *(uint64_t *)field = read_number(value);
        } else {
            *(const char **)field = *value ? value : NULL;
        }
        return;
    }
    complain("unknown key");
}

/* Behind a launcher that forks the worker is not the parent's child: it dies
 * with the launcher, which dies with the parent. */
static void die_with_launcher(void)
{
    struct pollfd turn = {.fd = WORKER_TURN_FD, .events = POLLIN};
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (poll(&turn, 1, 0) == 1 && turn.revents & POLLHUP) {
        leave(EXIT_FAILURE); /* they died before the line above */
    }
}

/* `*words` becomes what follows "--", or the end. */
static struct order read_order(int argc, char **argv, int *words)
{
    struct order order = {.allocator = NULL};
    int i = 0;
    for (; i < argc && strcmp(argv[i], "--") != 0; i++) {
        char *value = strchr(argv[i], '=');
        if (!value) {
            complain("write key=value");
        }
        *value++ = '\0';
        read_key(&order, argv[i], value);
    }
    *words = i < argc ? i + 1 : argc;
    return order;
}

/* The report is made resident now: it is shared memory, and later would
 * count. Its units and snapshots are left to those who take some. */
static void map_report(void)
{
    report = report_map(WORKER_REPORT_FD);
    if (!report) {
        complain("started by hand? giveback run starts it");
    }
    memset(report, 0, offsetof(struct report, units_used));
    report->fault_address = UNKNOWN;
    scratch_adopt(report, offsetof(struct report, units_used));
}

/* Notes where memory was touched that is not there, then lets it happen. */
static void on_fault(int number, siginfo_t *information, void *context)
{
    (void)number;
    (void)context;
    report->fault_address = (uint64_t)(uintptr_t)information->si_addr;
}

static void catch_faults(void)
{
    struct reason reason;
    const stack_t stack = {
        .ss_sp = scratch_map(SIGNAL_STACK_BYTES, &reason),
        .ss_size = SIGNAL_STACK_BYTES,
    };
    struct sigaction action = {.sa_sigaction = on_fault};
    action.sa_flags = (int)(SA_SIGINFO | SA_ONSTACK | SA_RESETHAND);
    sigemptyset(&action.sa_mask);
    if (stack.ss_sp && sigaltstack(&stack, NULL) == 0) {
        (void)sigaction(SIGSEGV, &action, NULL);
        (void)sigaction(SIGBUS, &action, NULL);
    }
}

static void look_around(void)
{
    cpu_set_t set;
    const int persona = personality(0xffffffff);
    (void)snprintf(report->libc, sizeof report->libc, "%s",
                   gnu_get_libc_version());
    report->aslr = persona < 0 || !(persona & ADDR_NO_RANDOMIZE);
    report->thp_off = prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0) == 1;
    if (sched_getaffinity(0, sizeof set, &set) != 0) {
        return;
    }
    for (size_t cpu = 0; cpu < (size_t)CPU_WORDS * 64 && cpu < CPU_SETSIZE;
         cpu++) {
        if (CPU_ISSET(cpu, &set)) {
            report->affinity[cpu / 64] |= UINT64_C(1) << (cpu % 64);
        }
    }
}

/* Ends the cell where the parent cannot be asked: it is gone, or something
 * in this process closed the socket. Whoever is there to read hears why. */
__attribute__((noreturn)) static void lose_turn(void)
{
    report->status = explain(&report->reason, STATUS_FAILED,
                             "no turn can be asked for: descriptor %d: %s: "
                             "did the allocator close it?",
                             WORKER_TURN_FD, strerror(errno));
    report->complete = true;
    leave(EXIT_SUCCESS);
}

static void say_settling(void *context)
{
    (void)context;
    const char word = TURN_SETTLING;
    if (write(WORKER_TURN_FD, &word, 1) != 1) {
        lose_turn();
    }
}

static void take_turn(void *context)
{
    (void)context;
    char word = TURN_WANTED;
    ssize_t count = write(WORKER_TURN_FD, &word, 1);
    while (count >= 0 && (count = read(WORKER_TURN_FD, &word, 1)) < 0 &&
           errno == EINTR) {
        count = 0;
    }
    if (count != 1) {
        lose_turn();
    }
}

/* Whether the order is about the allocator alone. */
static bool has_no_workload(const struct order *order)
{
    return order->kind && (strcmp(order->kind, "identify") == 0 ||
                           strcmp(order->kind, "micro") == 0);
}

static void check_order(const struct order *order, struct reason *reason)
{
    const struct kind *kind = order->kind ? find_kind(order->kind) : NULL;
    if (!order->allocator ||
        resolve_allocator(order->allocator, &allocator, reason) != STATUS_OK) {
        complain(order->allocator ? reason->text : "which allocator?");
    }
    if (order->library &&
        resolve_library(&allocator, order->library, reason) != STATUS_OK) {
        complain(reason->text);
    }
    layers_wear(&allocator);
    if (has_no_workload(order)) {
        return;
    }
    struct regime regime;
    if (!kind || !order->workload ||
        (kind->memory &&
         (!order->after ||
          regime_parse(order->after, &regime, reason) != STATUS_OK))) {
        complain("which workload, kind and regime?");
    }
    if (resolve_workload(order->workload, &workload, reason) != STATUS_OK) {
        complain(reason->text);
    }
}

void worker_main(int argc, char **argv, worker_body *body)
{
    struct reason reason = {""};
    int words = argc;
    die_with_launcher();
    const struct order order = read_order(argc, argv, &words);
    map_report();
    if (order.memory_bytes) {
        scratch_limit(order.memory_bytes);
    }
    catch_faults();
    look_around();
    check_order(&order, &reason);
    meter_linux_bill(order.billed);
    const struct cell_parts parts = {
        .order = &order,
        .kind = find_kind(order.kind),
        .allocator = &allocator,
        .workload = workload.workload ? &workload : NULL,
        .meter = &meter_linux,
        .turns = {say_settling, take_turn, NULL},
        .words = argv + words,
        .word_count = argc - words,
    };
    body(&parts, report);
    leave(EXIT_SUCCESS);
}
