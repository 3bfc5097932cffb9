/* The kind `account`: stands between workload and allocator and checks both.
 *
 * Threads may call at once: one lock is held around all that is noted here,
 * and never around a call of the allocator. A block is forgotten before it is
 * released and noted after it was made, so that an address which changes
 * hands meanwhile is no overlap.
 *
 * Live blocks stand in a hash table with open addressing in scratch. For
 * overlaps every block also owns the 8-byte cells it covers: blocks are
 * aligned to 8 at least, so two blocks overlap only if they share a cell. The
 * cells of a line of 512 bytes are the bits of one entry.
 * Made for small runs: what does not fit is a failure with its reason.
 */
#include "account.h"

#include <inttypes.h>
#include <pthread.h>
#include <string.h>

#include "scratch.h"
#include "threads.h"

enum {
    CELL_BYTES = 8,
    LINE_BYTES = 64 * CELL_BYTES,
    TABLE_SIZE = 1 << 20, /* blocks and lines together */
    TABLE_MAX = TABLE_SIZE / 2,
    ALIGN_LARGE = 8, /* of blocks from 8 bytes; pymalloc gave 8 till 3.6 */
    THREAD_MAX = 1 << 16,
    MAKER_SHIFT = 48, /* of the maker's number in that of a block */
};

/* Keyed by address + 1 for lines and by address for blocks: a block's own
 * address is a multiple of 8, so the two never meet. */
struct entry {
    uint64_t key;    /* 0: empty, 1: removed */
    uint64_t size;   /* of a line: its cells in use, as bits */
    uint64_t number; /* of the call that made the block, and its thread */
};

/* What one thread asked for: its calls in their order. What it releases of
 * other threads comes when it comes, and is hashed without an order. */
struct stream {
    uint64_t calls, hash, of_others;
};

static struct {
    struct allocator_calls inner, own_malloc;
    pthread_mutex_t mutex; /* of everything below */
    struct entry *table;
    size_t used; /* entries not empty */
    uint64_t calls, live_blocks, live_bytes;
    struct stream *streams; /* by thread_number; the first is the main's */
    struct reason fault;    /* the first; empty while all is well */
} account = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static void fault(const char *what, uint64_t size)
{
    if (account.fault.text[0] == '\0') {
        (void)explain(&account.fault, STATUS_FAILED,
                      "request %" PRIu64 ", %" PRIu64 " bytes: %s",
                      account.calls, size, what);
    }
}

/* A 64-bit mixer: the finaliser of splitmix64. */
static uint64_t mix(uint64_t value)
{
    return random_splitmix(&value);
}

/* The calling thread's; there are as many as a machine has threads. */
static struct stream *own_stream(void)
{
    return &account.streams[thread_number() % THREAD_MAX];
}

static void note(uint64_t what, uint64_t value)
{
    struct stream *stream = own_stream();
    stream->hash = mix(stream->hash ^ mix(what ^ mix(value)));
    stream->calls++;
}

/* The release or resize of a block by its number. */
static void note_end(uint64_t what, uint64_t value, uint64_t number)
{
    if (number >> MAKER_SHIFT == thread_number()) {
        note(what, value);
    } else {
        own_stream()->of_others += mix(what ^ mix(value));
    }
}

/* Of the call that the thread has just noted. */
static uint64_t call_number(void)
{
    return (uint64_t)thread_number() << MAKER_SHIFT | own_stream()->calls;
}

/* The entry of a key, or the first free one for it. */
static struct entry *find(uint64_t key)
{
    struct entry *free_entry = NULL;
    for (size_t i = mix(key) % TABLE_SIZE;; i = (i + 1) % TABLE_SIZE) {
        struct entry *entry = &account.table[i];
        if (entry->key == key) {
            return entry;
        }
        if (entry->key == 1 && !free_entry) {
            free_entry = entry;
        }
        if (entry->key == 0) {
            return free_entry ? free_entry : entry;
        }
    }
}

static bool put(uint64_t key, uint64_t size)
{
    struct entry *entry = find(key);
    if (entry->key == key) {
        return false;
    }
    account.used += entry->key == 0;
    *entry = (struct entry){key, size, call_number()};
    return true;
}

/* The cells of one line that lie between two addresses, as bits. */
static uint64_t cells(uint64_t line, uint64_t start, uint64_t end)
{
    const uint64_t first = start > line ? (start - line) / CELL_BYTES : 0;
    const uint64_t last = end < line + LINE_BYTES
                              ? (end - 1 - line) / CELL_BYTES
                              : LINE_BYTES / CELL_BYTES - 1;
    return (UINT64_MAX >> (63 - last)) & (UINT64_MAX << first);
}

static uint64_t line_of(uint64_t address)
{
    return address - address % LINE_BYTES;
}

/* Whether all cells were free. */
static bool take_cells(uint64_t start, uint64_t end)
{
    for (uint64_t line = line_of(start); line < end; line += LINE_BYTES) {
        const uint64_t wanted = cells(line, start, end);
        if (put(line + 1, wanted)) {
            continue;
        }
        struct entry *entry = find(line + 1);
        if (entry->size & wanted) {
            return false;
        }
        entry->size |= wanted;
    }
    return true;
}

static void give_cells(uint64_t start, uint64_t end)
{
    for (uint64_t line = line_of(start); line < end; line += LINE_BYTES) {
        struct entry *entry = find(line + 1);
        if (entry->key == line + 1) {
            entry->size &= ~cells(line, start, end);
            entry->key = entry->size ? entry->key : 1;
        }
    }
}

static void take(const void *block, uint64_t size, uint64_t alignment)
{
    const uint64_t address = (uint64_t)(uintptr_t)block;
    account.live_blocks++;
    account.live_bytes += size;
    if (!block) {
        fault("the allocator returned NULL", size);
        return;
    }
    if (address % alignment != 0) {
        fault("the block is misaligned", size);
        return;
    }
    if (account.used + size / LINE_BYTES + 3 > TABLE_MAX) {
        fault("too much for the kind account: ask for fewer objects", size);
        return;
    }
    if (!put(address, size)) {
        fault("the block is already in use", size);
    }
    if (!take_cells(address, address + size)) {
        fault("the block overlaps another", size);
    }
}

/* Forgets a block and returns its number; faults and returns 0, which no
 * block has, if it is not live. */
static uint64_t give(const void *block)
{
    const uint64_t address = (uint64_t)(uintptr_t)block;
    struct entry *entry = find(address);
    if (!block || entry->key != address) {
        fault("released or resized, but not live", 0);
        return 0;
    }
    const struct entry found = *entry;
    entry->key = 1;
    give_cells(address, address + found.size);
    account.live_blocks--;
    account.live_bytes -= found.size;
    return found.number;
}

static void lock(void)
{
    (void)pthread_mutex_lock(&account.mutex);
}

static void unlock(void)
{
    (void)pthread_mutex_unlock(&account.mutex);
}

/* What was asked for, and the block that came of it. */
static void *made(uint64_t what, uint64_t value, void *block, uint64_t size,
                  uint64_t alignment)
{
    lock();
    note(what, value);
    account.calls++;
    take(block, size, alignment);
    unlock();
    return block;
}

static uint64_t natural_alignment(size_t size)
{
    return size >= 8 ? ALIGN_LARGE : size >= 4 ? 4 : size >= 2 ? 2 : 1;
}

/* A new block, filled with what no workload may rely on. */
static void *fresh(uint64_t what, void *block, size_t size)
{
    made(what, size, block, size, natural_alignment(size));
    if (block) {
        memset(block, 0xa5, size);
    }
    return block;
}

static void *account_alloc(size_t size)
{
    return fresh(1, account.inner.alloc(size), size);
}

static void *account_own_alloc(size_t size)
{
    return fresh(6, account.own_malloc.alloc(size), size);
}

static void *account_alloc_zeroed(size_t count, size_t size)
{
    void *block =
        made(2, count * size, account.inner.alloc_zeroed(count, size),
             count * size, natural_alignment(count * size));
    for (size_t i = 0; block && i < count * size; i++) {
        if (((unsigned char *)block)[i] != 0) {
            lock();
            fault("not zeroed", count * size);
            unlock();
            break;
        }
    }
    return block;
}

static void *account_alloc_aligned(size_t alignment, size_t size)
{
    return made(3, alignment ^ mix(size),
                account.inner.alloc_aligned(alignment, size), size, alignment);
}

/* The new block is one that this thread made, whoever made the old one. */
static void *account_resize(void *block, size_t size)
{
    lock();
    const uint64_t number = block ? give(block) : 0;
    if (number >> MAKER_SHIFT != thread_number() && number) {
        note_end(8, number, number);
    }
    unlock();
    return made(4, size ^ mix(number),
                account.inner.resize(number ? block : NULL, size), size,
                natural_alignment(size));
}

/* Hands a live block back to its allocator; any other would end the process
 * of many. */
static void give_back(void (*release)(void *block), uint64_t what, void *block)
{
    lock();
    account.calls++;
    const uint64_t number = give(block);
    note_end(what, number, number);
    unlock();
    if (number) {
        release(block);
    }
}

static void account_release(void *block)
{
    give_back(account.inner.release, 5, block);
}

static void account_own_release(void *block)
{
    give_back(account.own_malloc.release, 7, block);
}

enum status account_wrap(struct allocator_calls *calls,
                         struct allocator_calls *own_malloc,
                         struct reason *reason)
{
    account.inner = *calls;
    account.own_malloc = *own_malloc;
    account.table = scratch_map(TABLE_SIZE * sizeof *account.table, reason);
    account.streams =
        scratch_map(THREAD_MAX * sizeof *account.streams, reason);
    if (!account.table || !account.streams) {
        return STATUS_FAILED;
    }
    calls->alloc = account_alloc;
    calls->release = account_release;
    calls->alloc_zeroed = calls->alloc_zeroed ? account_alloc_zeroed : NULL;
    calls->alloc_aligned = calls->alloc_aligned ? account_alloc_aligned : NULL;
    calls->resize = calls->resize ? account_resize : NULL;
    own_malloc->alloc = account_own_alloc;
    own_malloc->release = account_own_release;
    return STATUS_OK;
}

enum status account_check(const struct phase *phase, struct reason *reason)
{
    if (account.fault.text[0] != '\0') {
        *reason = account.fault;
        return STATUS_FAILED;
    }
    if (phase->live_blocks != account.live_blocks ||
        phase->live_bytes != account.live_bytes) {
        return explain(reason, STATUS_FAILED,
                       "phase %s: the workload says %" PRIu64
                       " blocks, %" PRIu64 " bytes live; the account says "
                       "%" PRIu64 " blocks, %" PRIu64 " bytes",
                       phase->name, phase->live_blocks, phase->live_bytes,
                       account.live_blocks, account.live_bytes);
    }
    return STATUS_OK;
}

/* The streams of threads are added up: which of them came first says
 * nothing. A thread that asked for nothing adds nothing. */
void account_finish(struct report *report)
{
    uint64_t hash = account.streams[0].hash;
    for (uint64_t i = 0; i < THREAD_MAX; i++) {
        const struct stream *stream = &account.streams[i];
        if (i > 0 && stream->hash) {
            hash += mix(i ^ mix(stream->hash));
        }
        if (stream->of_others) {
            hash += mix(~i ^ mix(stream->of_others));
        }
    }
    report->has_request_hash = true;
    report->request_hash = hash;
}
