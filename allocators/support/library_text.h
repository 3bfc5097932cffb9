/* Reads what a library says of itself in words of its own. */
#ifndef GIVEBACK_SUPPORT_LIBRARY_TEXT_H
#define GIVEBACK_SUPPORT_LIBRARY_TEXT_H

#include "private_library.h"

/* Copies the text that follows `label` in what the library's file holds,
 * white space before it left out, up to the end of its line; cut to the
 * capacity, empty where the label is not found. For libraries that print their
 * version and have no call that tells it. */
void library_text(const struct private_library *library, const char *label,
                  char *text, size_t capacity);

#endif
