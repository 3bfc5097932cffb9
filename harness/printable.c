/* Text that comes from outside, made fit for a terminal. */
#include "printable.h"

#include <stddef.h>
#include <stdint.h>

/* How many bytes the character at `text` has if it is printable; else 0. The
 * table is that of the Unicode Standard, 3.9, "Well-Formed UTF-8 Byte
 * Sequences". */
static size_t printable_length(const char *text)
{
    static const struct {
        uint8_t first_min, first_max, second_min, second_max;
        size_t length;
    } forms[] = {
        {0xc2, 0xc2, 0xa0, 0xbf, 2}, /* from U+00A0: below are controls */
        {0xc3, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3},
        {0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4},
        {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };
    const uint8_t *bytes = (const uint8_t *)text;
    if (bytes[0] >= 0x20 && bytes[0] < 0x7f) {
        return 1;
    }
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        if (bytes[0] < forms[i].first_min || bytes[0] > forms[i].first_max) {
            continue;
        }
        if (bytes[1] < forms[i].second_min || bytes[1] > forms[i].second_max) {
            return 0;
        }
        for (size_t j = 2; j < forms[i].length; j++) {
            if ((bytes[j] & 0xc0) != 0x80) {
                return 0; /* the zero at the end stops it here too */
            }
        }
        return forms[i].length;
    }
    return 0;
}

bool is_printable(const char *text)
{
    while (*text) {
        const size_t length = printable_length(text);
        if (length == 0) {
            return false;
        }
        text += length;
    }
    return true;
}

void make_printable(char *text)
{
    while (*text) {
        const size_t length = printable_length(text);
        if (length == 0) {
            *text = '?';
        }
        text += length ? length : 1;
    }
}
