/* The build-id of a library: which build it is, whatever its file is called.
 */
#ifndef GIVEBACK_BUILD_ID_H
#define GIVEBACK_BUILD_ID_H

#include <stdint.h>

enum { BUILD_ID_TEXT_BYTES = 65 }; /* 32 bytes in hexadecimal, and a zero */

/* Writes the build-id (the note NT_GNU_BUILD_ID, as `file` and debuggers show
 * it) of the object that is loaded at `address`; empty where it has none. */
void read_build_id(uint64_t address, char text[BUILD_ID_TEXT_BYTES]);

#endif
