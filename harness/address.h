/* Addresses of allocators and workloads, as users type them.
 *
 *   [alias=]name[@version][:variant][+key=value...]      an allocator
 *   alias=/path/lib.so[:prefix][+key=value...]           any library
 *   name[+key=value...]                                  a workload
 *
 * A '+' starts a setting where a key and '=' follow, so paths may hold one.
 * Parsing allocates nothing: the worker parses its own address.
 */
#ifndef GIVEBACK_ADDRESS_H
#define GIVEBACK_ADDRESS_H

#include <stddef.h>

#include "parameter.h"
#include "status.h"

enum { ADDRESS_BYTES = 4096, SETTING_CAPACITY = 32 };

struct address {
    char text[ADDRESS_BYTES]; /* cut into the parts below */
    const char *alias;        /* NULL where absent, as the others */
    const char *name;         /* NULL: a library by its path */
    const char *version, *variant;
    const char *path, *prefix;
    struct setting settings[SETTING_CAPACITY];
    size_t setting_count;
};

/* Takes the address apart; STATUS_FAILED with the reason if it has not the
 * form above. Names are not looked up here. */
enum status address_parse(const char *text, struct address *address,
                          struct reason *reason);

/* The '+' at which the settings of an address begin; NULL: it has none. */
const char *address_settings(const char *text);

#endif
