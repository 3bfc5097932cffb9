/* Hands a verb that reads results to its Python script. */
#include "verbs.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "options.h"
#include "texts.h"
#include "version.h"

enum { EXIT_NO_COMMAND = 127 };

const char *program_path(void)
{
    static char path[PATH_MAX];
    const ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    if (length <= 0) {
        (void)fprintf(stderr,
                      "giveback: /proc/self/exe: %s: is /proc mounted?\n",
                      strerror(errno));
        exit(EXIT_FAILURE);
    }
    path[length] = '\0';
    return path;
}

/* The package `python` in the folder of the binary. */
static void package_path(char path[PATH_MAX])
{
    const char *program = program_path();
    const int folder = (int)(strrchr(program, '/') - program);
    (void)snprintf(path, PATH_MAX, "%.*s/python", folder, program);
}

/* The command of a verb, ending in NULL; the caller's to free. */
static char **command_of(const char *verb, char *const *arguments)
{
    static char package[PATH_MAX];
    size_t count = 0;
    package_path(package);
    while (arguments[count]) {
        count++;
    }
    char **words = must_allocate(count + 5, sizeof *words);
    words[0] = (char *)(uintptr_t)GIVEBACK_PYTHON;
    words[1] = (char *)(uintptr_t) "-B"; /* leaves no files behind */
    words[2] = package;
    words[3] = (char *)(uintptr_t)verb;
    memcpy(words + 4, arguments, count * sizeof *words);
    return words;
}

int become_python_verb(const char *verb, char *const *arguments)
{
    char **words = command_of(verb, arguments);
    (void)execv(words[0], words);
    (void)fprintf(stderr, "giveback %s: %s: %s: scripts/setup installs it\n",
                  verb, words[0], strerror(errno));
    free(words);
    return EXIT_NO_COMMAND;
}

int python_verb(const char *verb, char *const *arguments)
{
    const pid_t pid = fork();
    if (pid == 0) {
        _exit(become_python_verb(verb, arguments));
    }
    int status = 0;
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return pid > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE;
}
