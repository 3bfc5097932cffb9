/* The build-id of a library: which build it is, whatever its file is called.
 */
#include "build_id.h"

#include <elf.h>
#include <link.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct search {
    uint64_t address;
    char *text;
};

/* Names and descriptors of notes are padded to 4 bytes (elf(5)). */
static size_t padded(size_t bytes)
{
    return (bytes + 3) / 4 * 4;
}

static void write_digits(const unsigned char *bytes, size_t count, char *text)
{
    for (size_t i = 0; i < count && 2 * i + 2 < BUILD_ID_TEXT_BYTES; i++) {
        (void)snprintf(text + 2 * i, 3, "%02x", (unsigned)bytes[i]);
    }
}

/* Goes through one segment of notes. */
static void read_notes(const char *at, size_t left, char *text)
{
    static const char owner[] = "GNU";
    ElfW(Nhdr) note;
    while (left >= sizeof note) {
        memcpy(&note, at, sizeof note);
        const size_t name = padded(note.n_namesz);
        const size_t length = sizeof note + name + padded(note.n_descsz);
        if (length > left) {
            return;
        }
        if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == sizeof owner &&
            memcmp(at + sizeof note, owner, sizeof owner) == 0) {
            write_digits((const unsigned char *)at + sizeof note + name,
                         note.n_descsz, text);
            return;
        }
        at += length;
        left -= length;
    }
}

static bool holds(const struct dl_phdr_info *object, uint64_t address)
{
    for (size_t i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
        const uint64_t start = object->dlpi_addr + segment->p_vaddr;
        if (segment->p_type == PT_LOAD && address >= start &&
            address - start < segment->p_memsz) {
            return true;
        }
    }
    return false;
}

static int look(struct dl_phdr_info *object, size_t size, void *context)
{
    const struct search *search = context;
    (void)size;
    if (!holds(object, search->address)) {
        return 0;
    }
    for (size_t i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
        if (segment->p_type == PT_NOTE && search->text[0] == '\0') {
            const uint64_t start = object->dlpi_addr + segment->p_vaddr;
            read_notes((const char *)(uintptr_t)start, segment->p_memsz,
                       search->text);
        }
    }
    return 1;
}

void read_build_id(uint64_t address, char text[BUILD_ID_TEXT_BYTES])
{
    struct search search = {address, text};
    text[0] = '\0';
    (void)dl_iterate_phdr(look, &search);
}
