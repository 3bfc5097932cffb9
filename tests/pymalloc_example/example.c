/* pymalloc by itself: what the object allocator of Python 3.9 gives back when
 * one block in ten thousand survives. Needs pymalloc.h and libpymalloc.so. */
#include <stdio.h>

#include "pymalloc.h"

int main(void)
{
    static void *blocks[100000];
    const struct pymalloc_options options = {.preset = "3.9"};
    char reason[256];
    struct pymalloc *heap = pymalloc_create(&options, reason, sizeof reason);
    if (heap == NULL) {
        fprintf(stderr, "%s\n", reason);
        return 1;
    }
    const struct pymalloc_allocator calls = pymalloc_calls(heap);
    for (int i = 0; i < 100000; i++) {
        blocks[i] = calls.malloc(calls.context, 64);
    }
    for (int i = 0; i < 100000; i++) {
        if (i % 10000 != 0) {
            calls.free(calls.context, blocks[i]);
        }
    }
    struct pymalloc_statistics statistics;
    pymalloc_statistics(heap, &statistics);
    printf("%zu of %zu arenas came back\n", statistics.arenas_reclaimed,
           statistics.arenas_allocated_total);
    pymalloc_destroy(heap);
    return 0;
}
