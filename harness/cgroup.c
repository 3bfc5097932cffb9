/* What the control groups of this process allow it. */
#include "cgroup.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proc_text.h"
#include "sample.h"
#include "small_file.h"

enum { TEXT_BYTES = 16384 };

/* Takes one level into account. `folder` is that of a group. */
typedef void level_reader(const char *folder, struct cgroup_limits *limits);

static void file_in(const char *folder, const char *name, char path[PATH_MAX])
{
    (void)snprintf(path, PATH_MAX, "%.3000s/%s", folder, name);
}

static uint64_t number_in(const char *folder, const char *name)
{
    char path[PATH_MAX];
    file_in(folder, name, path);
    return small_file_number(path);
}

static uint64_t room_of(uint64_t limit_bytes, uint64_t used_bytes)
{
    if (limit_bytes == UNKNOWN) {
        return UNKNOWN;
    }
    const uint64_t used = used_bytes == UNKNOWN ? 0 : used_bytes;
    return limit_bytes > used ? limit_bytes - used : 0;
}

uint64_t cgroup_memory_room(const struct cgroup_limits *limits)
{
    return room_of(limits->memory_limit_bytes, limits->memory_used_bytes);
}

/* ---- one level -------------------------------------------------------------
 */

/* `key` names the inactive pages of files in memory.stat. */
static uint64_t used_in(const char *folder, const char *usage, const char *key)
{
    static char text[TEXT_BYTES];
    char path[PATH_MAX];
    uint64_t inactive_bytes;
    const struct proc_field fields[] = {{key, &inactive_bytes}, {NULL, NULL}};
    const uint64_t usage_bytes = number_in(folder, usage);
    file_in(folder, "memory.stat", path);
    proc_fields(text, small_file_text(path, text, sizeof text), fields);
    if (usage_bytes == UNKNOWN || inactive_bytes == UNKNOWN) {
        return usage_bytes;
    }
    return usage_bytes > inactive_bytes ? usage_bytes - inactive_bytes : 0;
}

static void take_memory(struct cgroup_limits *limits, uint64_t limit_bytes,
                        uint64_t used_bytes)
{
    if (room_of(limit_bytes, used_bytes) < cgroup_memory_room(limits)) {
        limits->memory_limit_bytes = limit_bytes;
        limits->memory_used_bytes = used_bytes;
    }
}

static void take_cpu(struct cgroup_limits *limits, uint64_t quota_us,
                     uint64_t period_us)
{
    if (quota_us == UNKNOWN || period_us == UNKNOWN || period_us == 0) {
        return;
    }
    const bool first = limits->cpu_quota_us == UNKNOWN;
    if (first ||
        (double)quota_us / (double)period_us <
            (double)limits->cpu_quota_us / (double)limits->cpu_period_us) {
        limits->cpu_quota_us = quota_us;
        limits->cpu_period_us = period_us;
    }
}

static void read_memory_v1(const char *folder, struct cgroup_limits *limits)
{
    take_memory(
        limits, number_in(folder, "memory.limit_in_bytes"),
        used_in(folder, "memory.usage_in_bytes", "total_inactive_file "));
}

static void read_cpu_v1(const char *folder, struct cgroup_limits *limits)
{
    take_cpu(limits, number_in(folder, "cpu.cfs_quota_us"),
             number_in(folder, "cpu.cfs_period_us"));
}

/* cpu.max: "50000 100000", or "max 100000" without a limit. */
static void read_v2(const char *folder, struct cgroup_limits *limits)
{
    char path[PATH_MAX], text[64], *end;
    take_memory(limits, number_in(folder, "memory.max"),
                used_in(folder, "memory.current", "inactive_file "));
    file_in(folder, "cpu.max", path);
    (void)small_file_text(path, text, sizeof text);
    const uint64_t quota_us = strtoull(text, &end, 10);
    if (end != text) {
        take_cpu(limits, quota_us, strtoull(end, NULL, 10));
    }
}

/* ---- all levels ------------------------------------------------------------
 */

static const struct hierarchy {
    const char *controller; /* "": v2 */
    const char *mounted_at;
    level_reader *read_level;
} hierarchies[] = {
    {"memory", "/sys/fs/cgroup/memory", read_memory_v1},
    {"cpu", "/sys/fs/cgroup/cpu", read_cpu_v1},
    {"", "/sys/fs/cgroup", read_v2},
    {"", "/sys/fs/cgroup/unified", read_v2},
};

/* Whether the list "a,b,c" of `length` bytes has the word; the empty list has
 * the empty word alone. */
static bool has_word(const char *list, size_t length, const char *word)
{
    const char *const end = list + length;
    for (const char *at = list;; at++) {
        const char *comma = memchr(at, ',', (size_t)(end - at));
        const size_t part = (size_t)((comma ? comma : end) - at);
        if (part == strlen(word) && memcmp(at, word, part) == 0) {
            return true;
        }
        if (!comma) {
            return false;
        }
        at = comma;
    }
}

void cgroup_path(const char *text, const char *controller, char *path,
                 size_t capacity)
{
    (void)snprintf(path, capacity, "/");
    /* Lines are "number:controllers:/path". */
    for (const char *line = text; *line;) {
        const size_t length = strcspn(line, "\n");
        const char *list = memchr(line, ':', length);
        list = list ? list + 1 : line + length;
        const size_t left = length - (size_t)(list - line);
        const char *colon = memchr(list, ':', left);
        if (colon && colon[1] == '/' &&
            has_word(list, (size_t)(colon - list), controller)) {
            const size_t path_length = left - (size_t)(colon + 1 - list);
            const bool fits = path_length < capacity;
            (void)snprintf(path, capacity, "%.*s", fits ? (int)path_length : 1,
                           colon + 1);
            break;
        }
        line += length + (line[length] == '\n');
    }
    if (strncmp(path, "/..", 3) == 0) {
        path[1] = '\0';
    }
}

void cgroup_read(struct cgroup_limits *limits)
{
    static char text[TEXT_BYTES];
    char path[2048], folder[PATH_MAX];
    *limits = (struct cgroup_limits){UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN};
    (void)small_file_text("/proc/self/cgroup", text, sizeof text);
    for (size_t i = 0; i < sizeof hierarchies / sizeof *hierarchies; i++) {
        const struct hierarchy *hierarchy = &hierarchies[i];
        cgroup_path(text, hierarchy->controller, path, sizeof path);
        /* A container may show the path that its host sees: the levels that
         * are not here are passed over, the mounted root is always read. */
        for (char *slash = path + strlen(path); slash;
             slash = strrchr(path, '/')) {
            *slash = '\0';
            (void)snprintf(folder, sizeof folder, "%s%s",
                           hierarchy->mounted_at, path);
            hierarchy->read_level(folder, limits);
        }
    }
}
