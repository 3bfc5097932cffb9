/* Reads what a library says of itself in words of its own. */
#include "library_text.h"

#include <link.h>
#include <string.h>

struct search {
    ElfW(Addr) base; /* of the library */
    const char *label, *found;
    size_t left; /* bytes from `found` to the end of its segment */
};

static int look(struct dl_phdr_info *object, size_t size, void *context)
{
    struct search *search = context;
    const size_t length = strlen(search->label);
    (void)size;
    if (object->dlpi_addr != search->base) {
        return 0;
    }
    for (size_t i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
        const char *start =
            (const char *)(object->dlpi_addr + segment->p_vaddr);
        if (segment->p_type != PT_LOAD || !(segment->p_flags & PF_R)) {
            continue;
        }
        const char *found =
            memmem(start, segment->p_filesz, search->label, length);
        if (found) {
            search->found = found + length;
            search->left = segment->p_filesz - (size_t)(search->found - start);
            return 1;
        }
    }
    return 1;
}

void library_text(const struct private_library *library, const char *label,
                  char *text, size_t capacity)
{
    struct search search = {.base = library->map->l_addr, .label = label};
    size_t length = 0;
    (void)dl_iterate_phdr(look, &search);
    while (search.left > 0 &&
           (*search.found == ' ' || *search.found == '\t')) {
        search.found++;
        search.left--;
    }
    while (length < search.left && length + 1 < capacity &&
           search.found[length] != '\0' && search.found[length] != '\n') {
        text[length] = search.found[length];
        length++;
    }
    text[length] = '\0';
}
