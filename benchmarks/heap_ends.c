/* Why what a thread has released stays in its arena of glibc's malloc: what
 * lies at the ends of the arena's heaps.
 *
 * usage: heap_ends [BYTES]
 * A thread makes 400 MiB in blocks of so many bytes (1024), releases them in
 * the order of their making, makes 10,000 requests one at a time, takes the
 * left-overs at the ends of its heaps out of its cache (tcache), and releases
 * them behind a bin that is full. Prints MiB of growth after each step.
 *
 * Where left-overs are and how large is read from the headers of glibc's
 * chunks, which no program may rely on; checked with glibc 2.36.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    TOTAL_BYTES = 400 << 20,
    HEAP_BYTES = 64 << 20, /* HEAP_MAX_SIZE, and what heaps are aligned to */
    HEADER_BYTES = sizeof(size_t),
    FLAGS = 7,         /* in a chunk's size */
    BIN_CHUNKS = 7,    /* that a bin of the cache holds (tcache_count) */
    LAST_BYTES = 2048, /* what is nearer to the end of a heap is its end */
    REQUESTS = 10000,
    HEAPS_MAX = 2 * BIN_CHUNKS,
};

static size_t block_bytes = 1024, block_count;
static char **blocks;
static long base_pages;

static long resident_pages(void)
{
    char text[64] = "";
    const int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    const ssize_t length = read(fd, text, sizeof text - 1);
    (void)close(fd);
    const char *second = length > 0 ? strchr(text, ' ') : NULL;
    return second ? strtol(second, NULL, 10) : 0;
}

static void tell(const char *step)
{
    const long pages = resident_pages() - base_pages;
    (void)printf("%-52s %8.1f MiB\n", step,
                 (double)pages * (double)sysconf(_SC_PAGESIZE) / (1 << 20));
}

static char *make(size_t bytes)
{
    char *block = malloc(bytes);
    if (!block) {
        (void)fprintf(stderr, "heap_ends: no memory\n");
        exit(1);
    }
    memset(block, 1, bytes);
    return block;
}

static size_t chunk_bytes(const char *block)
{
    size_t size;
    memcpy(&size, block - HEADER_BYTES, sizeof size);
    return size & ~(size_t)FLAGS;
}

static size_t bytes_to_heap_end(const void *block)
{
    return HEAP_BYTES - (uintptr_t)block % HEAP_BYTES;
}

/* Tells what follows the last block of every full heap; returns the bytes of
 * the last such left-over, 0 without one. */
static size_t tell_left_overs(void)
{
    size_t left_over = 0;
    for (size_t i = 1; i < block_count; i++) {
        const char *last = blocks[i - 1];
        if ((uintptr_t)last / HEAP_BYTES !=
            (uintptr_t)blocks[i] / HEAP_BYTES) {
            left_over = chunk_bytes(last + chunk_bytes(last));
            (void)printf("  left over at the end of a full heap: a chunk of "
                         "%zu bytes\n",
                         left_over);
        }
    }
    return left_over;
}

static void fill_and_drain(size_t *left_over)
{
    for (size_t i = 0; i < block_count; i++) {
        blocks[i] = make(block_bytes);
    }
    tell("all made");
    *left_over = tell_left_overs();
    for (size_t i = 0; i < block_count; i++) {
        free(blocks[i]);
    }
    tell("all released");
}

static void request_one_at_a_time(void)
{
    uint32_t random = 1;
    for (int i = 0; i < REQUESTS; i++) {
        random = random * 1664525 + 1013904223; /* Numerical Recipes */
        const size_t bytes = 16 + random % 65521;
        free(make(bytes));
    }
    tell("after 10,000 requests of 16 to 65,536 B, one by one");
}

/* The cache answers last in, first out: left-overs come first. What fills
 * their bin lies elsewhere and is released before them. */
static void release_behind_a_full_bin(size_t left_over)
{
    char *taken[HEAPS_MAX];
    int at_ends = 0;
    for (int i = 0; i < HEAPS_MAX; i++) {
        taken[i] = make(left_over - HEADER_BYTES);
        at_ends += bytes_to_heap_end(taken[i]) <= LAST_BYTES;
    }
    (void)printf("  %d of %d requests for a left-over's bytes are answered "
                 "at the end of a heap\n",
                 at_ends, HEAPS_MAX);
    for (int i = HEAPS_MAX - 1; i >= BIN_CHUNKS; i--) {
        free(taken[i]);
    }
    tell("7 others of that size released");
    for (int i = 0; i < BIN_CHUNKS; i++) {
        const int is_end = bytes_to_heap_end(taken[i]) <= LAST_BYTES;
        free(taken[i]);
        tell(is_end ? "the end of a heap released" : "another released");
    }
}

static void *own(void *context)
{
    size_t left_over = 0;
    fill_and_drain(&left_over);
    request_one_at_a_time();
    if (left_over > HEADER_BYTES) {
        release_behind_a_full_bin(left_over);
    }
    return context;
}

int main(int argc, char **argv)
{
    static char buffer[4096]; /* or printf would ask malloc for it */
    pthread_t owner;
    (void)setvbuf(stdout, buffer, _IOLBF, sizeof buffer);
    if (argc > 1) {
        block_bytes = strtoul(argv[1], NULL, 10);
    }
    if (argc > 2 || block_bytes == 0 || block_bytes > HEAP_BYTES / 1024) {
        (void)fprintf(stderr, "usage: heap_ends [BYTES], 1 to 65536\n");
        return 2;
    }
    block_count = TOTAL_BYTES / block_bytes;
    blocks = (char **)make(block_count * sizeof *blocks);
    base_pages = resident_pages();
    if (pthread_create(&owner, NULL, own, NULL) != 0) {
        return 1;
    }
    (void)pthread_join(owner, NULL);
    tell("the thread has ended");
    return 0;
}
