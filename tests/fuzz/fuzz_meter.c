/* The meter on hostile files of /proc/self, and page truth on what it says:
 * meter_linux.c, pages.c.
 *
 * The first byte bounds every read, the second says which files are missing;
 * lines "--" separate the files in the order of the table and, last, the
 * places of live blocks. The files say anything; each sum over them holds.
 */
#include "fuzz.h"

#include "fake_files.h"
#include "meter.h"
#include "pages.h"
#include "proc_text.h"

enum {
    PAGE_BYTES = 4096,
    PAGE_CAPACITY = 1 << 16,
    PAGEMAP_BYTES_MAX = 1 << 14,   /* of pagemap, for all mappings together */
    BUFFER_BYTES = 16384,          /* of the meter: longer lines are refused */
    RESIDENT_BITS_BYTES = 8 << 20, /* what the meter takes as scratch */
};

enum { STATM, ROLLUP, SMAPS, STATUS, MAPS, PAGEMAP, FILE_COUNT };

static struct fake_file files[FILE_COUNT] = {
    [STATM] = {.path = "/proc/self/statm"},
    [ROLLUP] = {.path = "/proc/self/smaps_rollup"},
    [SMAPS] = {.path = "/proc/self/smaps"},
    [STATUS] = {.path = "/proc/self/status"},
    [MAPS] = {.path = "/proc/self/maps"},
    [PAGEMAP] = {.path = "/proc/self/pagemap", .endless = true},
};

static struct page_map *page_map;

void *__real_scratch_map(size_t bytes, struct reason *reason);
void *__wrap_scratch_map(size_t bytes, struct reason *reason);

/* The meter, opened again and again, gets its scratch once. */
void *__wrap_scratch_map(size_t bytes, struct reason *reason)
{
    static void *resident_bits;
    if (bytes != RESIDENT_BITS_BYTES) {
        return __real_scratch_map(bytes, reason);
    }
    if (!resident_bits) {
        resident_bits = __real_scratch_map(bytes, reason);
    }
    return resident_bits;
}

/* ---- memory ----------------------------------------------------------------
 */

/* The lines of a file; UNKNOWN where it is missing or one does not fit the
 * meter's buffer. */
static uint64_t count_lines(const struct fake_file *file)
{
    uint64_t count = 0;
    size_t length = 0;
    for (size_t i = 0; i < file->size; i++) {
        length = file->bytes[i] == '\n' ? 0 : length + 1;
        count += file->bytes[i] == '\n';
        if (length == BUFFER_BYTES) {
            return UNKNOWN;
        }
    }
    return file->missing ? UNKNOWN : count;
}

/* A field's sum over the lines of a file; UNKNOWN where no line has it,
 * UNKNOWN - 1 where it does not fit. */
static uint64_t sum_field(const struct fake_file *file, const char *key)
{
    uint64_t sum = UNKNOWN, value;
    const struct proc_field field[] = {{key, &value}, {NULL, NULL}};
    const char *line = (const char *)file->bytes;
    size_t left = file->size;
    const char *stop;
    while (left > 0 && (stop = memchr(line, '\n', left)) != NULL) {
        const size_t length = (size_t)(stop + 1 - line);
        proc_fields(line, length, field);
        if (value != UNKNOWN &&
            (__builtin_add_overflow(sum == UNKNOWN ? 0 : sum, value, &sum) ||
             sum == UNKNOWN)) {
            return UNKNOWN - 1;
        }
        line += length;
        left -= length;
    }
    return sum;
}

static void check_statm(const struct memory *memory)
{
    const struct fake_file *statm = &files[STATM];
    if (memory->statm_rss_bytes != UNKNOWN) {
        require(!statm->missing);
        require(memory->statm_rss_bytes % PAGE_BYTES == 0);
        require(memory->statm_rss_bytes / PAGE_BYTES ==
                proc_statm_resident_pages((const char *)statm->bytes,
                                          statm->size));
    }
}

static void check_memory(void)
{
    struct memory memory;
    memset(&memory, 0, sizeof memory);
    meter_linux.read_memory(&memory);
    check_statm(&memory);
    require(memory.mapping_count == count_lines(&files[MAPS]));
    require(memory.charged_bytes == UNKNOWN);
    if (files[ROLLUP].missing && files[SMAPS].missing) {
        require(memory.lazy_free_bytes == UNKNOWN);
    } else if (files[ROLLUP].missing &&
               count_lines(&files[SMAPS]) != UNKNOWN) {
        require(memory.rss_bytes == sum_field(&files[SMAPS], "Rss:"));
        require(memory.lazy_free_bytes ==
                sum_field(&files[SMAPS], "LazyFree:"));
    }
    require(meter_linux.memory_source()[0]);
    (void)meter_linux.read_peak();
}

/* ---- pages -----------------------------------------------------------------
 */

/* What the meter said of the mappings, summed up another way. */
struct seen {
    uint64_t end_page, resident_pages;
    bool ascending; /* and aligned: what the kernel promises */
};

static void see_mapping(void *context, uint64_t start, uint64_t page_count,
                        const uint64_t *resident)
{
    struct seen *seen = context;
    for (uint64_t i = 0; i < page_count; i += 64) {
        const uint64_t word = resident[i / 64];
        const uint64_t left = page_count - i;
        require(left >= 64 || word >> left == 0);
        seen->resident_pages += (uint64_t)__builtin_popcountll(word);
    }
    seen->ascending = seen->ascending && start % PAGE_BYTES == 0 &&
                      start / PAGE_BYTES >= seen->end_page;
    seen->end_page = start / PAGE_BYTES + page_count;
    page_map_add(page_map, start, page_count, resident);
}

/* Live blocks at places that the bytes name, each up to 64 KiB. */
static void mark_blocks(const struct fuzz_part *places)
{
    for (size_t i = 0; i + 4 <= places->size; i += 4) {
        const uint8_t *place = places->bytes + i;
        const uintptr_t address =
            ((uintptr_t)place[0] << 20) + ((uintptr_t)place[1] << 10);
        page_map_mark(page_map, (const void *)address,
                      ((size_t)place[2] << 8) + place[3]);
    }
}

static void check_pages(const struct fuzz_part *places)
{
    struct seen seen = {0, 0, true};
    struct pages pages;
    page_map_clear(page_map);
    const bool complete = meter_linux.each_mapping(see_mapping, &seen);
    require(!complete || !files[PAGEMAP].missing);
    mark_blocks(places);
    struct page_unit units[PAGE_UNITS];
    struct page_units all = {.units = units};
    if (!page_map_sum(page_map, &pages, &all)) {
        require(pages.live_bytes == UNKNOWN && pages.dead_bytes == UNKNOWN);
        return;
    }
    require(pages.live_bytes + pages.dead_bytes ==
            seen.resident_pages * PAGE_BYTES);
    uint64_t in_units = 0;
    require(all.count <= PAGE_UNITS);
    for (size_t i = 0; i < all.count; i++) {
        in_units += units[i].live_pages + units[i].dead_pages;
    }
    require(in_units == seen.resident_pages);
    if (!complete || !seen.ascending) {
        return;
    }
    require(pages.granule_bytes[0] == pages.live_bytes);
    for (size_t i = 1; i < GRANULE_COUNT; i++) {
        require(pages.granule_bytes[i] >= pages.granule_bytes[i - 1]);
        require(pages.granule_bytes[i] <= pages.live_bytes + pages.dead_bytes);
    }
}

/* ---- the target ------------------------------------------------------------
 */

static bool open_meter(void)
{
    struct reason reason = {""};
    fake_files.files = files;
    fake_files.count = FILE_COUNT;
    const enum status status = meter_linux.open(&reason);
    require((status == STATUS_OK) == (reason.text[0] == '\0'));
    if (status == STATUS_OK && !page_map) {
        page_map = page_map_create(PAGE_CAPACITY, &reason);
        require(page_map != NULL);
    }
    return status == STATUS_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (size < 2) {
        return 0;
    }
    struct fuzz_part rest = {bytes + 2, size - 2};
    for (size_t i = 0; i < FILE_COUNT; i++) {
        const struct fuzz_part part = fuzz_take(&rest);
        files[i].bytes = part.bytes;
        files[i].size = part.size;
        files[i].missing = bytes[1] >> i & 1;
    }
    fake_files.read_max = bytes[0] % 64 ? bytes[0] % 64 : SIZE_MAX;
    fake_files.endless_max = PAGEMAP_BYTES_MAX;
    if (open_meter()) {
        check_memory();
        check_pages(&rest);
    }
    return 0;
}
