/* refuse CALL[,CALL...] COMMAND: runs the command where the kernel answers
 * these system calls with EPERM, as the profiles of containers do.
 *
 * Exits with 77 where no filter can be set. Filters are inherited: whatever
 * the command starts is refused too.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { EXIT_CANNOT = 77 };

static const struct {
    const char *name;
    unsigned number;
} calls[] = {
    {"personality", SYS_personality},
    {"sched_setaffinity", SYS_sched_setaffinity},
    {"seccomp", SYS_seccomp},
};

/* EPERM for this call, all others as they are. */
static int refuse(unsigned number)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog program = {.len = sizeof filter / sizeof *filter,
                                       .filter = filter};
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static int refuse_all(char *names)
{
    for (char *name = strtok(names, ","); name; name = strtok(NULL, ",")) {
        size_t i = 0;
        while (i < sizeof calls / sizeof *calls &&
               strcmp(calls[i].name, name) != 0) {
            i++;
        }
        if (i == sizeof calls / sizeof *calls) {
            errno = EINVAL;
            return -1;
        }
        if (refuse(calls[i].number) != 0) {
            return -1;
        }
    }
    return 0;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        (void)fputs("usage: refuse CALL[,CALL...] COMMAND\n", stderr);
        return 2;
    }
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        refuse_all(argv[1]) != 0) {
        (void)fprintf(stderr, "refuse: %s\n", strerror(errno));
        return EXIT_CANNOT;
    }
    (void)execv(argv[2], argv + 2);
    (void)fprintf(stderr, "refuse: %s: %s\n", argv[2], strerror(errno));
    return EXIT_CANNOT;
}
