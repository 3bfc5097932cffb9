/* Traps chosen system calls by seccomp; see Documentation/userspace-api/
 * seccomp_filter.rst of the kernel for what a filter is and may answer. */
#include "call_trap.h"

#include <assert.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "machine_calls.h"

static struct {
    int numbers[TRAPPED_CALLS_MAX];
    size_t count;
    call_observer *observe;
} trap;

int64_t call_trap_perform(int number,
                          const uint64_t arguments[TRAPPED_ARGUMENTS])
{
    return machine_calls.perform(number, arguments);
}

static void on_trap(int signal_number, siginfo_t *information, void *context)
{
    (void)signal_number;
    struct trapped_call call = {.which = 0};
    machine_calls.read(context, call.arguments);
    call.result =
        machine_calls.perform(information->si_syscall, call.arguments);
    while (call.which < trap.count &&
           trap.numbers[call.which] != information->si_syscall) {
        call.which++;
    }
    if (call.which < trap.count) {
        trap.observe(&call);
    }
    machine_calls.answer(context, call.result);
}

/* ---- the filter ---------------------------------------------------------
 */

enum {
    HEAD = 6, /* instructions before the numbers */
    LENGTH_MAX = HEAD + 1 + TRAPPED_CALLS_MAX + 2,
};

#define LOAD(field)                                                           \
    (struct sock_filter) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (field))
#define JUMP_IF(value, equal, other)                                          \
    (struct sock_filter)                                                      \
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), (equal), (other))
#define ANSWER(value) (struct sock_filter) BPF_STMT(BPF_RET | BPF_K, (value))

/* The halves of the instruction pointer in the order of memory. */
static uint32_t half_at(const void *pointer, size_t half)
{
    const uint64_t address = (uint64_t)(uintptr_t)pointer;
    uint32_t halves[2];
    memcpy(halves, &address, sizeof halves);
    return halves[half];
}

/* Lets through: calls of another machine's kind, those of
 * call_trap_perform, and what was not chosen. */
static size_t write_filter(struct sock_filter filter[LENGTH_MAX])
{
    const uint32_t pointer =
        (uint32_t)offsetof(struct seccomp_data, instruction_pointer);
    const uint8_t numbers = (uint8_t)trap.count;
    size_t length = 0;
    filter[length++] = LOAD((uint32_t)offsetof(struct seccomp_data, arch));
    filter[length++] = JUMP_IF(machine_calls.audit, 0, (uint8_t)(5 + numbers));
    filter[length++] = LOAD(pointer);
    filter[length++] = JUMP_IF(half_at(machine_calls.pointer, 0), 0, 2);
    filter[length++] = LOAD(pointer + (uint32_t)sizeof(uint32_t));
    filter[length++] =
        JUMP_IF(half_at(machine_calls.pointer, 1), (uint8_t)(1 + numbers), 0);
    assert(length == HEAD);
    filter[length++] = LOAD((uint32_t)offsetof(struct seccomp_data, nr));
    for (uint8_t i = 0; i < numbers; i++) {
        filter[length++] =
            JUMP_IF((uint32_t)trap.numbers[i], (uint8_t)(numbers - i), 0);
    }
    filter[length++] = ANSWER(SECCOMP_RET_ALLOW);
    filter[length++] = ANSWER(SECCOMP_RET_TRAP);
    return length;
}

static bool install_filter(void)
{
    struct sock_filter filter[LENGTH_MAX];
    const struct sock_fprog program = {
        .len = (unsigned short)write_filter(filter), .filter = filter};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0;
}

enum status call_trap_install(const int *numbers, size_t count,
                              call_observer *observe, struct reason *reason)
{
    assert(count > 0 && count <= TRAPPED_CALLS_MAX && trap.count == 0);
    if (machine_calls.audit == 0) {
        return explain(reason, STATUS_UNSUPPORTED,
                       "system calls are trapped on x86-64 and aarch64: for "
                       "another machine write harness/arch/machine_calls_*.c");
    }
    memcpy(trap.numbers, numbers, count * sizeof *numbers);
    trap.count = count;
    trap.observe = observe;
    struct sigaction action = {.sa_sigaction = on_trap,
                               .sa_flags = SA_SIGINFO | SA_RESTART};
    sigfillset(&action.sa_mask);
    if (sigaction(SIGSYS, &action, NULL) != 0 || !install_filter()) {
        return explain(reason, STATUS_UNSUPPORTED,
                       "the kernel installs no seccomp filter here: %s: "
                       "system calls cannot be counted (CONFIG_SECCOMP_FILTER,"
                       " or the profile of the container)",
                       strerror(errno));
    }
    return STATUS_OK;
}
