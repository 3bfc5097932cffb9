/* harness/memory_group.c: where a group is made, and that none stays.
 *
 * The kernel's folders lie in a folder of this program's own: what libc's
 * functions are asked of /sys/fs/cgroup is answered from there, and a folder
 * made where the controller is on is filled with the files of a group. */
#include "unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "memory_group.h"

static const char kernel[] = "/sys/fs/cgroup";
static char root[] = "./giveback-groups-XXXXXX";
static const char *own_groups;  /* the text of /proc/self/cgroup */
static const char *enabled_in;  /* the folder whose groups have files */
static const char *billed_file; /* its version's */
static int busy;                /* so often a group cannot be removed */

/* Where a path of the kernel's lies here. */
static const char *here(const char *path, char *text, size_t capacity)
{
    if (strncmp(path, kernel, strlen(kernel)) != 0) {
        return path;
    }
    (void)snprintf(text, capacity, "%s%.4000s", root, path + strlen(kernel));
    return text;
}

#define HERE(path) here((path), (char[8192]){0}, 8192)

static void write_file(const char *folder, const char *name, const char *text)
{
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    const int fd =
        openat(AT_FDCWD, HERE(path), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    assert_int_equal(close(fd), 0);
}

int open(const char *file, int oflag, ...)
{
    if (strcmp(file, "/proc/self/cgroup") == 0) {
        write_file(root, "own", own_groups);
        char path[256];
        (void)snprintf(path, sizeof path, "%s/own", root);
        return openat(AT_FDCWD, path, oflag);
    }
    return openat(AT_FDCWD, HERE(file), oflag, 0600);
}

int access(const char *name, int type)
{
    return faccessat(AT_FDCWD, HERE(name), type, 0);
}

int mkdir(const char *path, mode_t mode)
{
    if (mkdirat(AT_FDCWD, HERE(path), mode) != 0) {
        return -1;
    }
    const size_t length = enabled_in ? strlen(enabled_in) : 0;
    if (length && strncmp(path, enabled_in, length) == 0 &&
        !strchr(path + length + 1, '/')) {
        write_file(path, "cgroup.procs", "");
        write_file(path, billed_file, "4096\n");
    }
    return 0;
}

/* As the kernel's: the files of a group go with it. */
int rmdir(const char *path)
{
    static const char *const names[] = {"cgroup.procs", "memory.current",
                                        "memory.usage_in_bytes"};
    if (busy > 0) {
        busy--;
        errno = EBUSY;
        return -1;
    }
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char file[4096];
        (void)snprintf(file, sizeof file, "%s/%s", path, names[i]);
        (void)unlinkat(AT_FDCWD, HERE(file), 0);
    }
    return unlinkat(AT_FDCWD, HERE(path), AT_REMOVEDIR);
}

DIR *opendir(const char *name)
{
    const int fd = openat(AT_FDCWD, HERE(name), O_RDONLY | O_DIRECTORY);
    return fd < 0 ? NULL : fdopendir(fd);
}

static void make_folder(const char *path)
{
    assert_int_equal(mkdirat(AT_FDCWD, HERE(path), 0700), 0);
}

/* A host: its groups, and where the controller is on. */
static void host(const char *groups, const char *enabled, const char *billed)
{
    own_groups = groups;
    enabled_in = enabled;
    billed_file = billed;
    busy = 0;
}

static bool exists(const char *path)
{
    return faccessat(AT_FDCWD, HERE(path), F_OK, 0) == 0;
}

static int set_up(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(root));
    make_folder("/sys/fs/cgroup/memory");
    make_folder("/sys/fs/cgroup/memory/job");
    make_folder("/sys/fs/cgroup/job");
    make_folder("/sys/fs/cgroup/slice");
    make_folder("/sys/fs/cgroup/slice/job");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    char command[128];
    (void)snprintf(command, sizeof command, "rm -r %s", root);
    return system(command); /* NOLINT(cert-env33-c): a path of mkdtemp's */
}

/* Makes a group and expects it in this folder, under the name of ours. */
static struct memory_group *made_in(const char *folder)
{
    struct memory_group *group = memory_group_make();
    assert_non_null(group);
    char prefix[256];
    (void)snprintf(prefix, sizeof prefix, "%s/giveback-%ld-", folder,
                   (long)getpid());
    assert_memory_equal(group->folder, prefix, strlen(prefix));
    assert_true(exists(group->folder));
    return group;
}

static void removed(struct memory_group *group)
{
    char folder[GROUP_PATH_BYTES];
    memcpy(folder, group->folder, sizeof folder);
    memory_group_remove(group);
    assert_false(exists(folder));
}

static void version_one_has_groups_below_its_own(void **state)
{
    (void)state;
    host("4:memory:/job\n1:cpu:/x\n0::/\n", "/sys/fs/cgroup/memory/job",
         "memory.usage_in_bytes");
    struct memory_group *group = made_in("/sys/fs/cgroup/memory/job");
    assert_contains(group->billed, "/memory.usage_in_bytes");
    assert_contains(group->procs, "/cgroup.procs");
    struct memory_group *second = made_in("/sys/fs/cgroup/memory/job");
    assert_string_not_equal(group->folder, second->folder);
    removed(group);
    removed(second);
}

static void version_two_has_them_beside_its_own(void **state)
{
    (void)state;
    host("0::/slice/job\n", "/sys/fs/cgroup/slice", "memory.current");
    struct memory_group *group = made_in("/sys/fs/cgroup/slice");
    assert_contains(group->billed, "/memory.current");
    removed(group);
}

static void at_the_root_of_version_two_they_are_below(void **state)
{
    (void)state;
    host("0::/\n", "/sys/fs/cgroup", "memory.current");
    removed(made_in("/sys/fs/cgroup"));
}

static void none_is_made_beside_a_group_with_a_limit(void **state)
{
    (void)state;
    static const struct {
        const char *file, *limit, *none;
    } rows[] = {
        {"memory.max", "1000000\n", "max\n"},
        {"memory.high", "1000000\n", "max\n"},
        {"memory.swap.max", "0\n", "max\n"},
        {"cpu.max", "50000 100000\n", "max 100000\n"},
        {"cpuset.cpus", "0-1\n", "\n"},
        {"cpuset.mems", "0\n", "\n"},
    };
    host("0::/slice/job\n", "/sys/fs/cgroup/slice", "memory.current");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        write_file("/sys/fs/cgroup/slice/job", rows[i].file, rows[i].limit);
        assert_null(memory_group_make());
        write_file("/sys/fs/cgroup/slice/job", rows[i].file, rows[i].none);
        removed(made_in("/sys/fs/cgroup/slice"));
    }
}

static void groups_that_are_held_apart_are_not_used(void **state)
{
    (void)state;
    host("4:memory:/job\n", "/sys/fs/cgroup/memory/job",
         "memory.usage_in_bytes");
    write_file("/sys/fs/cgroup/memory/job", "memory.use_hierarchy", "0\n");
    assert_null(memory_group_make());
    write_file("/sys/fs/cgroup/memory/job", "memory.use_hierarchy", "1\n");
    removed(made_in("/sys/fs/cgroup/memory/job"));
}

static size_t groups_in(const char *folder)
{
    size_t count = 0;
    DIR *entries = opendir(folder);
    for (struct dirent *entry; entries && (entry = readdir(entries));) {
        count += strncmp(entry->d_name, "giveback-", 9) == 0;
    }
    return entries ? (size_t)closedir(entries) + count : 0;
}

static void a_folder_without_the_kernels_files_is_not_kept(void **state)
{
    (void)state;
    host("4:memory:/job\n0::/slice/job\n", NULL, NULL);
    assert_null(memory_group_make());
    assert_int_equal(groups_in("/sys/fs/cgroup/memory/job"), 0);
    assert_int_equal(groups_in("/sys/fs/cgroup/slice/job"), 0);
    assert_int_equal(groups_in("/sys/fs/cgroup/slice"), 0);
}

static void a_host_without_groups_has_none(void **state)
{
    (void)state;
    host("", NULL, NULL);
    assert_null(memory_group_make());
    host("0::/gone/far\n", NULL, NULL);
    assert_null(memory_group_make());
    memory_group_remove(NULL);
}

static void a_busy_group_is_waited_for(void **state)
{
    (void)state;
    host("0::/\n", "/sys/fs/cgroup", "memory.current");
    struct memory_group *group = made_in("/sys/fs/cgroup");
    busy = 4;
    removed(group);
    assert_int_equal(busy, 0);
}

static void what_a_worker_left_behind_is_ended(void **state)
{
    (void)state;
    host("0::/\n", "/sys/fs/cgroup", "memory.current");
    struct memory_group *group = made_in("/sys/fs/cgroup");
    const pid_t stray = fork();
    if (stray == 0) {
        for (;;) {
            (void)pause();
        }
    }
    char procs[64];
    (void)snprintf(procs, sizeof procs, "%ld\n", (long)stray);
    write_file(group->folder, "cgroup.procs", procs);
    busy = 1;
    removed(group);
    int status;
    assert_int_equal(waitpid(stray, &status, 0), stray);
    assert_true(WIFSIGNALED(status));
}

/* A process that has ended: its number is free. */
static long ended_process(void)
{
    const pid_t pid = fork();
    if (pid == 0) {
        _exit(0);
    }
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    return pid;
}

static void the_next_run_removes_what_a_killed_one_left(void **state)
{
    (void)state;
    char left[256], living[256];
    host("4:memory:/job\n", NULL, NULL);
    (void)snprintf(left, sizeof left,
                   "/sys/fs/cgroup/memory/job/giveback-%ld-0",
                   ended_process());
    (void)snprintf(living, sizeof living,
                   "/sys/fs/cgroup/memory/job/giveback-%ld-7", (long)getpid());
    make_folder(left);
    make_folder(living);
    make_folder("/sys/fs/cgroup/memory/job/giveback-shelf");
    make_folder("/sys/fs/cgroup/memory/job/other-1-1");
    memory_group_sweep();
    assert_false(exists(left));
    assert_true(exists(living));
    assert_true(exists("/sys/fs/cgroup/memory/job/giveback-shelf"));
    assert_true(exists("/sys/fs/cgroup/memory/job/other-1-1"));
    assert_int_equal(rmdir(living), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(version_one_has_groups_below_its_own),
        cmocka_unit_test(version_two_has_them_beside_its_own),
        cmocka_unit_test(at_the_root_of_version_two_they_are_below),
        cmocka_unit_test(none_is_made_beside_a_group_with_a_limit),
        cmocka_unit_test(groups_that_are_held_apart_are_not_used),
        cmocka_unit_test(a_folder_without_the_kernels_files_is_not_kept),
        cmocka_unit_test(a_host_without_groups_has_none),
        cmocka_unit_test(a_busy_group_is_waited_for),
        cmocka_unit_test(what_a_worker_left_behind_is_ended),
        cmocka_unit_test(the_next_run_removes_what_a_killed_one_left),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
