/* System calls on x86-64: number in rax, arguments in rdi, rsi, rdx, r10, r8,
 * r9, result in rax (System V ABI, AMD64 supplement, A.2.1). */
#include "machine_calls.h"

#include <linux/audit.h>
#include <ucontext.h>

/* In assembler, so that there is one syscall instruction at one address
 * whatever a compiler clones or inlines. */
__asm__(".pushsection .text\n"
        ".globl giveback_perform\n"
        ".hidden giveback_perform\n"
        ".type giveback_perform, @function\n"
        "giveback_perform:\n"
        "    mov %rdi, %rax\n"
        "    mov 0(%rsi), %rdi\n"
        "    mov 16(%rsi), %rdx\n"
        "    mov 24(%rsi), %r10\n"
        "    mov 32(%rsi), %r8\n"
        "    mov 40(%rsi), %r9\n"
        "    mov 8(%rsi), %rsi\n"
        "    syscall\n"
        ".globl giveback_performed\n"
        ".hidden giveback_performed\n"
        "giveback_performed:\n"
        "    ret\n"
        ".size giveback_perform, . - giveback_perform\n"
        ".popsection\n");

extern int64_t giveback_perform(int64_t number, const uint64_t arguments[6]);
extern const char giveback_performed[];

static void read_arguments(const void *context, uint64_t arguments[6])
{
    static const int registers[6] = {REG_RDI, REG_RSI, REG_RDX,
                                     REG_R10, REG_R8,  REG_R9};
    const ucontext_t *stopped = context;
    for (int i = 0; i < 6; i++) {
        arguments[i] = (uint64_t)stopped->uc_mcontext.gregs[registers[i]];
    }
}

static void answer(void *context, int64_t result)
{
    ucontext_t *stopped = context;
    stopped->uc_mcontext.gregs[REG_RAX] = result;
}

/* The kernel's pointer is past the instruction by then. */
const struct machine_calls machine_calls = {
    .audit = AUDIT_ARCH_X86_64,
    .perform = giveback_perform,
    .pointer = giveback_performed,
    .read = read_arguments,
    .answer = answer,
};
