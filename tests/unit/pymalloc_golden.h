/* Golden signatures: what every preset answers to a fixed stream of more than
 * a million calls.
 *
 * A signature goes over the place (slot, offset) of every block and over every
 * arena taken and given. The presets are checked against these figures where
 * no Python is installed; where libpython 3.11 is, tests/differential finds
 * those of 3.10 in the interpreter's own allocator. After a change that is
 * meant to change them, run that first, then copy the rows that a failure of
 * unit.pymalloc_golden prints.
 */
#ifndef GIVEBACK_UNIT_PYMALLOC_GOLDEN_H
#define GIVEBACK_UNIT_PYMALLOC_GOLDEN_H

#include "pymalloc_stream.h"

#define GOLDEN_CALLS ((uint64_t)1200000)
#define GOLDEN_SEED  2003 /* the year of 2.3 */

/* Arenas at a pool boundary, and misaligned for every size of pool. */
static const size_t golden_offsets[] = {0, 4112};

static const struct golden {
    const char *preset;
    uint64_t signatures[2]; /* one per offset */
} golden[] = {
    {"2.3", {UINT64_C(0x6d386b9ec023969f), UINT64_C(0x49a845a78ef183b6)}},
    {"2.5", {UINT64_C(0x38e9d2126204dd6c), UINT64_C(0x2c8468524d0584a3)}},
    {"2.7", {UINT64_C(0xcbfea5d3a1d66398), UINT64_C(0x0dd07c2a303f3f86)}},
    {"2.7.17", {UINT64_C(0x15a9d80b25ec77b3), UINT64_C(0x3c5ccdc31a96eb20)}},
    {"3.8", {UINT64_C(0x15a9d80b25ec77b3), UINT64_C(0x3c5ccdc31a96eb20)}},
    {"3.9", {UINT64_C(0x92cfe6f9df95d7bc), UINT64_C(0x240b17ed00d2025f)}},
    {"3.10", {UINT64_C(0x89c9d79fd03d5bb8), UINT64_C(0x77ac6ce68d1b60a4)}},
    {"3.15", {UINT64_C(0x89c9d79fd03d5bb8), UINT64_C(0x77ac6ce68d1b60a4)}},
    {"3.15-huge",
     {UINT64_C(0x88016e79afb678dc), UINT64_C(0x4516906dc88b15a3)}},
};

#endif
