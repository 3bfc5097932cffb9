/* What the first bytes of an input choose: a preset, other sizes, a release,
 * an order, a limit; for pymalloc and for its model. */
#ifndef GIVEBACK_FUZZ_PYMALLOC_CHOICES_H
#define GIVEBACK_FUZZ_PYMALLOC_CHOICES_H

#include "pymalloc.h"
#include "pymalloc_model.h"

struct preset;

/* The input, byte after byte; zeros behind its end. */
struct input {
    const uint8_t *bytes;
    size_t size;
};

static inline uint8_t next_byte(struct input *input)
{
    if (input->size == 0) {
        return 0;
    }
    input->size--;
    return *input->bytes++;
}

/* For both. */
struct choices {
    const struct preset *preset; /* a row of the table in the .c file */
    struct pymalloc_options options;
    struct model_rules rules;
    size_t offset; /* base mod pool */
    bool purge_keeps;
    bool is_refused;
    bool is_small; /* enough for the model */
};

/* Takes as many bytes as it needs; the provider, raw and log of the options
 * are the caller's to add. */
void choose(struct choices *choices, struct input *input);

#endif
