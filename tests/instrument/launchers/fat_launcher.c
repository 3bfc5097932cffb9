/* A launcher that held 300 MiB before it became the worker: what a peak must
 * not be polluted by. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char fat[300 << 20];

int main(int argc, char **argv)
{
    if (argc < 2) {
        (void)fputs("usage: fat_launcher PROGRAM [ARGUMENT...]\n", stderr);
        return EXIT_FAILURE;
    }
    memset(fat, 1, sizeof fat);
    /* Read back, so that the compiler keeps the writes. */
    if (((volatile char *)fat)[sizeof fat - 1] == 1) {
        (void)execv(argv[1], argv + 1);
    }
    return EXIT_FAILURE;
}
