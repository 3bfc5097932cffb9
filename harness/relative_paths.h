/* Paths in addresses begin where the user is; a worker's folder is another. */
#ifndef GIVEBACK_RELATIVE_PATHS_H
#define GIVEBACK_RELATIVE_PATHS_H

#include "address.h"

/* The parameters of the plug-in that an address names; NULL: it names none. */
typedef const struct parameter *
parameters_of_address(const struct address *address);

/* Makes every relative path with a slash absolute that stands in a setting
 * declared as a file (parameter.h). *text is allocated and may be replaced; an
 * address that cannot be parsed stays as it is, for whoever resolves it.
 * STATUS_FAILED with the reason where this folder has no path. */
enum status make_paths_absolute(char **text, parameters_of_address *parameters,
                                struct reason *reason);

/* Puts this folder before the relative path that begins at `path` in *text. */
enum status make_path_absolute(char **text, const char *path,
                               struct reason *reason);

#endif
