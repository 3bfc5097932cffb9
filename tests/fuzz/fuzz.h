/* What fuzz targets share: a target takes any bytes and calls one reader of
 * ours with them; `require` says what must hold of the answer.
 *
 * fuzz_NAME.c is the target NAME. clang's libFuzzer links it into a program
 * that looks for bytes by coverage, replay.c into one that tries the files of
 * corpus/NAME.
 */
#ifndef GIVEBACK_FUZZ_FUZZ_H
#define GIVEBACK_FUZZ_FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The name is libFuzzer's. Always returns 0; whatever must not be ends the
 * program. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

_Noreturn static inline void fuzz_fail(const char *file, int line,
                                       const char *condition)
{
    (void)fprintf(stderr, "%s:%d: this does not hold: %s\n", file, line,
                  condition);
    abort();
}

#define require(condition)                                                    \
    ((condition) ? (void)0 : fuzz_fail(__FILE__, __LINE__, #condition))

static inline void *fuzz_allocate(size_t size)
{
    void *block = calloc(size ? size : 1, 1);
    if (!block) {
        fuzz_fail(__FILE__, __LINE__, "there is memory");
    }
    return block;
}

/* The bytes as a text of its own, ending in zero, so that a sanitizer sees
 * who reads behind it. It ends at the first zero byte. The caller frees. */
static inline char *fuzz_text(const uint8_t *bytes, size_t size)
{
    const size_t length = strnlen((const char *)bytes, size);
    char *text = fuzz_allocate(length + 1);
    memcpy(text, bytes, length);
    return text;
}

/* A part of the input. */
struct fuzz_part {
    const uint8_t *bytes;
    size_t size;
};

/* Takes what stands before the next line "--" from the front of `rest`; all
 * of it where there is none. The part has no newline at its end unless the
 * input has one before the dashes, so texts may be torn. */
static inline struct fuzz_part fuzz_take(struct fuzz_part *rest)
{
    static const char mark[] = "--\n";
    const uint8_t *found =
        rest->size ? memmem(rest->bytes, rest->size, mark, sizeof mark - 1)
                   : NULL;
    const struct fuzz_part part = {
        rest->bytes, found ? (size_t)(found - rest->bytes) : rest->size};
    const size_t used = part.size + (found ? sizeof mark - 1 : 0);
    rest->bytes += used;
    rest->size -= used;
    return part;
}

#endif
