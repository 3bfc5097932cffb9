/* over SOURCE TARGET... -- COMMAND: runs the command on another host's files.
 *
 * In a mount namespace of its own each SOURCE is mounted over its TARGET; the
 * source `nothing` is an empty file system. The command takes this process's
 * place, so a TARGET below /proc/self is its own. Exits with 77 where this
 * kernel or this user may not.
 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

enum { EXIT_CANNOT = 77 };

static int cannot(const char *what)
{
    (void)fprintf(stderr, "over: %s: %s\n", what, strerror(errno));
    return EXIT_CANNOT;
}

static int mount_over(const char *source, const char *target)
{
    return strcmp(source, "nothing") == 0
               ? mount("none", target, "tmpfs", 0, NULL)
               : mount(source, target, NULL, MS_BIND, NULL);
}

int main(int argc, char **argv)
{
    int i = 1;
    const int user = geteuid() == 0 ? 0 : CLONE_NEWUSER;
    if (unshare(CLONE_NEWNS | user) != 0 ||
        mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) {
        return cannot("a mount namespace");
    }
    for (; i + 1 < argc && strcmp(argv[i], "--") != 0; i += 2) {
        if (mount_over(argv[i], argv[i + 1]) != 0) {
            return cannot(argv[i + 1]);
        }
    }
    if (i + 1 >= argc) {
        (void)fputs("usage: over SOURCE TARGET... -- COMMAND\n", stderr);
        return 2;
    }
    (void)execv(argv[i + 1], argv + i + 1);
    return cannot(argv[i + 1]);
}
