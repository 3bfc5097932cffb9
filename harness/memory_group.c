/* A memory cgroup of one worker's own: the kernel says what it bills. */
#include "memory_group.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cgroup.h"
#include "sample.h"
#include "small_file.h"
#include "texts.h"

enum { TEXT_BYTES = 16384, PLACES_MAX = 8, MODE = 0755 };

static const char name_format[] = "giveback-%ld-%u"; /* process, number */

/* Where a group may be made, and the file that says what it is billed. */
struct place {
    char folder[GROUP_PATH_BYTES];
    const char *billed;
};

struct places {
    struct place rows[PLACES_MAX];
    size_t count;
};

/* ---- where -----------------------------------------------------------------
 */

static const struct hierarchy {
    const char *controller; /* "": v2 */
    const char *mounted_at;
    const char *billed;
} hierarchies[] = {
    {"memory", "/sys/fs/cgroup/memory", "memory.usage_in_bytes"},
    {"", "/sys/fs/cgroup", "memory.current"},
    {"", "/sys/fs/cgroup/unified", "memory.current"},
};

static uint64_t number_in(const char *folder, const char *name)
{
    char path[GROUP_PATH_BYTES + 64];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    return small_file_number(path);
}

static void add_place(struct places *places, const char *folder,
                      const char *billed)
{
    struct place *place = &places->rows[places->count++];
    (void)snprintf(place->folder, sizeof place->folder, "%s", folder);
    place->billed = billed;
}

/* Files of a v2 group that begin with a number where it limits what a worker
 * would feel (Documentation/admin-guide/cgroup-v2.rst). */
static const char *const limits[] = {"memory.max",      "memory.high",
                                     "memory.swap.max", "cpu.max",
                                     "cpuset.cpus",     "cpuset.mems"};

static bool has_limit(const char *folder)
{
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        if (number_in(folder, limits[i]) != UNKNOWN) {
            return true;
        }
    }
    return false;
}

/* A group beside this process's own is outside its limits: there must be
 * none. */
static void add_beside(struct places *places, char *folder,
                       const char *mounted_at, const char *billed)
{
    char *slash = strrchr(folder, '/');
    if (strlen(folder) > strlen(mounted_at) + 1 && slash &&
        !has_limit(folder)) {
        *slash = '\0';
        add_place(places, folder, billed);
    }
}

static void find_places(struct places *places)
{
    static char text[TEXT_BYTES];
    char path[GROUP_PATH_BYTES / 2], folder[GROUP_PATH_BYTES];
    places->count = 0;
    (void)small_file_text("/proc/self/cgroup", text, sizeof text);
    for (size_t i = 0; i < sizeof hierarchies / sizeof *hierarchies; i++) {
        const struct hierarchy *row = &hierarchies[i];
        cgroup_path(text, row->controller, path, sizeof path);
        (void)snprintf(folder, sizeof folder, "%s%s", row->mounted_at,
                       strcmp(path, "/") == 0 ? "" : path);
        /* Before Linux 5.11 v1 could hold its groups apart: then no limit
         * above would hold below. */
        if (number_in(folder, "memory.use_hierarchy") != 0) {
            add_place(places, folder, row->billed);
        }
        if (*row->controller == '\0') {
            add_beside(places, folder, row->mounted_at, row->billed);
        }
    }
}

/* ---- making and removing ---------------------------------------------------
 */

static bool fill_paths(struct memory_group *group, const struct place *place)
{
    static unsigned number;
    char name[64];
    (void)snprintf(name, sizeof name, name_format, (long)getpid(), number++);
    if (strlen(place->folder) + strlen(name) + 64 > sizeof group->folder) {
        return false;
    }
    (void)snprintf(group->folder, sizeof group->folder, "%.1900s/%s",
                   place->folder, name);
    (void)snprintf(group->procs, sizeof group->procs, "%.2000s/cgroup.procs",
                   group->folder);
    (void)snprintf(group->billed, sizeof group->billed, "%.2000s/%s",
                   group->folder, place->billed);
    return true;
}

/* A folder that the kernel did not fill is no group of memory. */
static bool make_at(struct memory_group *group, const struct place *place)
{
    if (!fill_paths(group, place) || mkdir(group->folder, MODE) != 0) {
        return false;
    }
    if (access(group->procs, W_OK) == 0 &&
        small_file_number(group->billed) != UNKNOWN) {
        return true;
    }
    (void)rmdir(group->folder);
    return false;
}

struct memory_group *memory_group_make(void)
{
    struct places places;
    struct memory_group *group = must_allocate(1, sizeof *group);
    find_places(&places);
    for (size_t i = 0; i < places.count; i++) {
        if (make_at(group, &places.rows[i])) {
            return group;
        }
    }
    free(group);
    return NULL;
}

/* Processes that the worker started and left. */
static void end_strays(const struct memory_group *group)
{
    char text[TEXT_BYTES];
    (void)small_file_text(group->procs, text, sizeof text);
    for (char *line = text; *line; line += strspn(line, "\n")) {
        const long pid = strtol(line, &line, 10);
        if (pid > 1) {
            (void)kill((pid_t)pid, SIGKILL);
        } else if (*line != '\n') {
            return;
        }
    }
}

void memory_group_remove(struct memory_group *group)
{
    const long pause_max_ns = 256000000; /* half a second in all */
    if (!group) {
        return;
    }
    /* A group is busy until the last of its processes is gone. */
    for (long pause_ns = 1000000; rmdir(group->folder) != 0 &&
                                  errno == EBUSY && pause_ns <= pause_max_ns;
         pause_ns *= 2) {
        end_strays(group);
        (void)nanosleep(&(struct timespec){0, pause_ns}, NULL);
    }
    free(group);
}

static bool is_orphan(const char *name)
{
    long pid;
    unsigned number;
    return sscanf(name, name_format, &pid, &number) == 2 && pid > 1 &&
           kill((pid_t)pid, 0) != 0 && errno == ESRCH;
}

/* A group with processes is busy, and stays. */
static void sweep_place(const char *folder)
{
    DIR *entries = opendir(folder);
    for (struct dirent *entry; entries && (entry = readdir(entries));) {
        char path[GROUP_PATH_BYTES + sizeof entry->d_name + 1];
        if (is_orphan(entry->d_name)) {
            (void)snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
            (void)rmdir(path);
        }
    }
    if (entries) {
        (void)closedir(entries);
    }
}

void memory_group_sweep(void)
{
    struct places places;
    find_places(&places);
    for (size_t i = 0; i < places.count; i++) {
        sweep_place(places.rows[i].folder);
    }
}
