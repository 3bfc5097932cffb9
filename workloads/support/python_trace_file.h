/* The outermost layer of a trace: a zstd frame, and the hash of the file
 * behind it. What writer and reader must agree on.
 */
#ifndef GIVEBACK_SUPPORT_PYTHON_TRACE_FILE_H
#define GIVEBACK_SUPPORT_PYTHON_TRACE_FILE_H

#include <stddef.h>
#include <stdint.h>

/* The skippable frame: its number, its length (RFC 8878, 3.1.2), the hash. */
enum {
    PYTHON_TRACE_TRAILER_MAGIC = 0x184d2a57,
    PYTHON_TRACE_TRAILER_HEAD_BYTES = 8,
    PYTHON_TRACE_TRAILER_HASH_BYTES = 8,
    PYTHON_TRACE_TRAILER_BYTES =
        PYTHON_TRACE_TRAILER_HEAD_BYTES + PYTHON_TRACE_TRAILER_HASH_BYTES,
};

/* FNV-1a with 64 bits (Fowler, Noll, Vo): the offset basis and one round. */
#define PYTHON_TRACE_FNV_BASIS UINT64_C(0xcbf29ce484222325)

static inline uint64_t python_trace_fnv(uint64_t hash, const void *bytes,
                                        size_t size)
{
    const unsigned char *at = bytes;
    for (size_t i = 0; i < size; i++) {
        hash = (hash ^ at[i]) * UINT64_C(0x100000001b3);
    }
    return hash;
}

static inline void python_trace_put_le(unsigned char *out, uint64_t value,
                                       unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++) {
        out[i] = (unsigned char)(value >> 8 * i);
    }
}

static inline uint64_t python_trace_get_le(const unsigned char *in,
                                           unsigned bytes)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < bytes; i++) {
        value |= (uint64_t)in[i] << 8 * i;
    }
    return value;
}

#endif
