/* Before a run: which library each allocator is, and whether it works. */
#include <string.h>

#include "conduct.h"
#include "oversee.h"

/* A library that does not tell its version has that of its package. */
static void take_identity(struct planned_allocator *planned,
                          const struct report *report)
{
    planned->identity = report->identity;
    planned->proof = report->proof;
    memcpy(planned->libc, report->libc, sizeof planned->libc);
    planned->capabilities = report->capabilities;
    if (planned->version && planned->identity.version[0] == '\0') {
        (void)snprintf(planned->identity.version,
                       sizeof planned->identity.version, "%s",
                       planned->version->number);
    }
}

static void identify(const struct conduct *conduct,
                     struct planned_allocator *planned)
{
    const struct chosen_allocator *chosen = &planned->chosen;
    const struct order order = {.allocator = chosen->typed,
                                .kind = "identify",
                                .library = fetched_library(planned),
                                .version = fetched_number(planned)};
    const struct child_setup setup =
        conduct_setup(conduct, planned, NULL, NULL);
    struct child child;
    planned->ending =
        (struct ending){.outcome = OUTCOME_FAILED, .exit_status = -1};
    if (child_start(&child, &setup, &order, &planned->ending.reason) !=
        STATUS_OK) {
        return;
    }
    oversee(conduct, &child, "ready", &planned->ending);
    if (planned->ending.outcome == OUTCOME_OK) {
        take_identity(planned, child.report);
    }
    child_free(&child);
}

void conduct_identify(const struct conduct *conduct)
{
    for (size_t i = 0; i < conduct->plan->allocator_count; i++) {
        identify(conduct, &conduct->plan->allocators[i]);
    }
}
