/* The report as a file that two processes map. */
#include "report.h"

#include <stddef.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

bool report_size(int fd)
{
    return ftruncate(fd, sizeof(struct report)) == 0 ||
           ftruncate(fd, offsetof(struct report, units_used)) == 0;
}

/* What the file does not cover is memory of the process's own: touching it is
 * no fault, and nobody else sees what is there. */
struct report *report_map(int fd)
{
    struct stat file;
    if (fstat(fd, &file) != 0 ||
        (size_t)file.st_size < offsetof(struct report, units_used) ||
        (size_t)file.st_size > sizeof(struct report)) {
        return NULL;
    }
    void *whole = mmap(NULL, sizeof(struct report), PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (whole == MAP_FAILED) {
        return NULL;
    }
    if (mmap(whole, (size_t)file.st_size, PROT_READ | PROT_WRITE,
             MAP_SHARED | MAP_FIXED, fd, 0) == MAP_FAILED) {
        report_unmap(whole);
        return NULL;
    }
    return whole;
}

void report_unmap(struct report *report)
{
    (void)munmap(report, sizeof *report);
}
