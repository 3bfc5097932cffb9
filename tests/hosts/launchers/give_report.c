/* give_report COMMAND: becomes the command with an empty report on the
 * descriptor where a worker looks for it: an order without a parent. */
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "child.h"

int main(int argc, char **argv)
{
    const int fd = memfd_create("report", 0);
    if (argc < 2 || fd < 0 || !report_size(fd) ||
        dup2(fd, WORKER_REPORT_FD) < 0) {
        (void)fputs("usage: give_report COMMAND\n", stderr);
        return 1;
    }
    (void)execv(argv[1], argv + 1);
    return 1;
}
