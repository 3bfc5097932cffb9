/* Runs a fuzz target over the files of folders, without libFuzzer: what once
 * was found stays found, with every compiler.
 *
 * usage: replay_NAME FOLDER...
 */
#include "fuzz.h"

#include <dirent.h>
#include <sys/stat.h>

static char *path_in(const char *folder, const char *name)
{
    const size_t size = strlen(folder) + strlen(name) + 2;
    char *path = fuzz_allocate(size);
    (void)snprintf(path, size, "%s/%s", folder, name);
    return path;
}

/* Tries one file in a block of exactly its size. */
static void try_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    struct stat status;
    require(file != NULL && fstat(fileno(file), &status) == 0);
    const size_t size = (size_t)status.st_size;
    uint8_t *bytes = fuzz_allocate(size);
    require(fread(bytes, 1, size, file) == size);
    (void)fclose(file);
    (void)LLVMFuzzerTestOneInput(bytes, size);
    free(bytes);
}

static unsigned try_folder(const char *folder)
{
    struct dirent **entries;
    unsigned count = 0;
    const int entry_count = scandir(folder, &entries, NULL, alphasort);
    require(entry_count >= 0);
    for (int i = 0; i < entry_count; i++) {
        if (entries[i]->d_name[0] != '.') {
            char *path = path_in(folder, entries[i]->d_name);
            /* Said before, so that it is known when the target dies. */
            (void)printf("%s\n", path);
            (void)fflush(stdout);
            try_file(path);
            free(path);
            count++;
        }
        free(entries[i]);
    }
    free(entries);
    return count;
}

int main(int argc, char **argv)
{
    unsigned count = 0;
    for (int i = 1; i < argc; i++) {
        count += try_folder(argv[i]);
    }
    (void)printf("%u files tried\n", count);
    return count > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
