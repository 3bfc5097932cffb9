/* cmocka, and the headers that its own header wants before it. */
#ifndef GIVEBACK_UNIT_UNIT_H
#define GIVEBACK_UNIT_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The text holds this part. */
#define assert_contains(text, part) assert_non_null(strstr((text), (part)))

#endif
