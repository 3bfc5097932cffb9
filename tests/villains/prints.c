/* Prints to standard output and standard error at every call. */
#include <unistd.h>

#include "villain.h"

EXPORT void *malloc(size_t size);
EXPORT void free(void *block);

static void print(void)
{
    static const char words[] = "villain: {\"type\": \"cell\"}\n";
    ssize_t written = write(1, words, sizeof words - 1);
    written += write(2, words, sizeof words - 1);
    (void)written;
}

void *malloc(size_t size)
{
    print();
    return take_block(size);
}

void free(void *block)
{
    (void)block;
}
