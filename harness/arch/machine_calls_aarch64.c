/* System calls on 64-bit Arm: number in x8, arguments in x0 to x5, result in
 * x0 (syscall(2), "Architecture calling conventions"). */
#include "machine_calls.h"

#include <linux/audit.h>
#include <ucontext.h>

/* In assembler, so that there is one svc instruction at one address whatever
 * a compiler clones or inlines. The hint is `bti c`: it is called through a
 * pointer. */
__asm__(".pushsection .text\n"
        ".balign 4\n"
        ".globl giveback_perform\n"
        ".hidden giveback_perform\n"
        ".type giveback_perform, %function\n"
        "giveback_perform:\n"
        "    hint #34\n"
        "    mov x8, x0\n"
        "    mov x9, x1\n"
        "    ldp x0, x1, [x9]\n"
        "    ldp x2, x3, [x9, #16]\n"
        "    ldp x4, x5, [x9, #32]\n"
        "    svc #0\n"
        ".globl giveback_performed\n"
        ".hidden giveback_performed\n"
        "giveback_performed:\n"
        "    ret\n"
        ".size giveback_perform, . - giveback_perform\n"
        ".popsection\n");

extern int64_t giveback_perform(int64_t number, const uint64_t arguments[6]);
extern const char giveback_performed[];

/* The kernel has put x0 back to what it was before the call
 * (syscall_rollback). */
static void read_arguments(const void *context, uint64_t arguments[6])
{
    const ucontext_t *stopped = context;
    for (int i = 0; i < 6; i++) {
        arguments[i] = stopped->uc_mcontext.regs[i];
    }
}

static void answer(void *context, int64_t result)
{
    ucontext_t *stopped = context;
    stopped->uc_mcontext.regs[0] = (uint64_t)result;
}

/* The kernel's pointer is past the instruction by then. */
const struct machine_calls machine_calls = {
    .audit = AUDIT_ARCH_AARCH64,
    .perform = giveback_perform,
    .pointer = giveback_performed,
    .read = read_arguments,
    .answer = answer,
};
