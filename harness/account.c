/* The kind `account`: stands between workload and allocator and checks both.
 *
 * Live blocks stand in a hash table with open addressing in scratch. For
 * overlaps every block also owns the 8-byte cells it covers: blocks are
 * aligned to 8 at least, so two blocks overlap only if they share a cell. The
 * cells of a line of 512 bytes are the bits of one entry.
 * Made for small runs: what does not fit is a failure with its reason.
 */
#include "account.h"

#include <inttypes.h>
#include <string.h>

#include "scratch.h"

enum {
    CELL_BYTES = 8,
    LINE_BYTES = 64 * CELL_BYTES,
    TABLE_SIZE = 1 << 20, /* blocks and lines together */
    TABLE_MAX = TABLE_SIZE / 2,
    ALIGN_LARGE = 8, /* of blocks from 8 bytes; pymalloc gave 8 till 3.6 */
};

/* Keyed by address + 1 for lines and by address for blocks: a block's own
 * address is a multiple of 8, so the two never meet. */
struct entry {
    uint64_t key;    /* 0: empty, 1: removed */
    uint64_t size;   /* of a line: its cells in use, as bits */
    uint64_t number; /* of the call that made the block */
};

static struct {
    struct allocator_calls inner, own_malloc;
    struct entry *table;
    size_t used; /* entries not empty */
    uint64_t calls, live_blocks, live_bytes, hash;
    struct reason fault; /* the first; empty while all is well */
} account;

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

static void note(uint64_t what, uint64_t value)
{
    account.hash = mix(account.hash ^ mix(what ^ mix(value)));
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
    *entry = (struct entry){key, size, account.calls};
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

static void *made(void *block, uint64_t size, uint64_t alignment)
{
    account.calls++;
    take(block, size, alignment);
    return block;
}

static uint64_t natural_alignment(size_t size)
{
    return size >= 8 ? ALIGN_LARGE : size >= 4 ? 4 : size >= 2 ? 2 : 1;
}

/* A new block, filled with what no workload may rely on. */
static void *fresh(void *block, size_t size)
{
    made(block, size, natural_alignment(size));
    if (block) {
        memset(block, 0xa5, size);
    }
    return block;
}

static void *account_alloc(size_t size)
{
    note(1, size);
    return fresh(account.inner.alloc(size), size);
}

static void *account_own_alloc(size_t size)
{
    note(6, size);
    return fresh(account.own_malloc.alloc(size), size);
}

static void *account_alloc_zeroed(size_t count, size_t size)
{
    note(2, count * size);
    void *block = made(account.inner.alloc_zeroed(count, size), count * size,
                       natural_alignment(count * size));
    for (size_t i = 0; block && i < count * size; i++) {
        if (((unsigned char *)block)[i] != 0) {
            fault("not zeroed", count * size);
            break;
        }
    }
    return block;
}

static void *account_alloc_aligned(size_t alignment, size_t size)
{
    note(3, alignment ^ mix(size));
    return made(account.inner.alloc_aligned(alignment, size), size, alignment);
}

static void *account_resize(void *block, size_t size)
{
    const uint64_t number = block ? give(block) : 0;
    note(4, size ^ mix(number));
    return made(account.inner.resize(number ? block : NULL, size), size,
                natural_alignment(size));
}

/* Hands a live block back to its allocator; any other would end the process
 * of many. */
static void give_back(void (*release)(void *block), uint64_t what, void *block)
{
    account.calls++;
    const uint64_t number = give(block);
    note(what, number);
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
    if (!account.table) {
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

void account_finish(struct report *report)
{
    report->has_request_hash = true;
    report->request_hash = account.hash;
}
