/* From an address to a plug-in with every setting filled in and checked.
 *
 * Unknown names, keys and values are errors that name the nearest right one.
 * Allocates nothing: the worker resolves its own address.
 */
#ifndef GIVEBACK_RESOLVE_H
#define GIVEBACK_RESOLVE_H

#include <stdbool.h>

#include "address.h"
#include "allocator.h"
#include "workload.h"

/* Settings with the storage behind them. */
struct settings_store {
    struct setting items[SETTING_CAPACITY];
    const struct parameter *declared[SETTING_CAPACITY]; /* of each item */
    struct settings settings;                           /* a view of `items` */
    char numbers[SETTING_CAPACITY][24];
};

/* What every allocator and every workload takes besides its own. */
extern const struct parameter common_allocator_parameters[];
extern const struct parameter common_workload_parameters[];

struct chosen_allocator {
    struct address address;
    const char *label; /* in results: the alias, else as typed */
    char typed[ADDRESS_BYTES];
    const struct allocator *allocator;
    const struct variant *variant; /* NULL: the backend has none */
    struct settings_store store;
};

struct chosen_workload {
    struct address address;
    const struct workload *workload;
    struct settings_store store;
};

/* STATUS_FAILED with the reason where something is unknown. The results
 * point into themselves: do not copy them. */
enum status resolve_allocator(const char *text,
                              struct chosen_allocator *chosen,
                              struct reason *reason);
enum status resolve_workload(const char *text, struct chosen_workload *chosen,
                             struct reason *reason);

/* Lets a chosen allocator load this file in place of the installed one: its
 * setting `library`, where it has that, as if it had been typed. The path must
 * stay as long as `chosen`. STATUS_FAILED where one was typed already. */
enum status resolve_library(struct chosen_allocator *chosen, const char *path,
                            struct reason *reason);

/* The settings of an address against a table of parameters; `name` is for the
 * reason. The store points into itself and into the address. */
enum status resolve_settings(const char *name,
                             const struct parameter *parameters,
                             const struct address *address,
                             struct settings_store *store,
                             struct reason *reason);

/* Digits with an optional K, M, G or T (powers of 1024); false if it is none
 * or too large. */
bool parse_integer(const char *text, uint64_t *value);

#endif
