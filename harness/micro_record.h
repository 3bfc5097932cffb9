/* What a worker of `giveback micro` writes for each repetition of each run,
 * one record behind the other, as each is done: what was measured before a
 * crash is kept. */
#ifndef GIVEBACK_MICRO_RECORD_H
#define GIVEBACK_MICRO_RECORD_H

#include <stdint.h>

enum micro_end { MICRO_OK, MICRO_UNSUPPORTED, MICRO_FAILED };

/* Texts end within their fields. */
struct micro_record {
    char name[192];    /* of the run: "pair/size:16" */
    char message[200]; /* why it is not ok; else empty */
    uint32_t end;      /* enum micro_end */
    uint32_t threads;
    uint64_t repetition;
    uint64_t iterations;      /* of all threads */
    uint64_t wall_ns, cpu_ns; /* of all iterations; UNKNOWN where it is none */
};

#endif
