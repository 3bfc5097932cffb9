/* Regimes as users type them. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "nearest.h"
#include "regime.h"
#include "resolve.h"
#include "sample.h"

enum { PLAIN_RATE = 1000 }; /* requests a second, where none is given */

const char *const mix_names[] = {
    [MIX_NONE] = "none", [MIX_MIXED] = "mixed", [MIX_SAME] = "same", NULL};

/* Up to 100,000 a second: beyond it a core has little time left to rest. */
#define RATE_PARAMETER                                                        \
    {                                                                         \
        .key = "rate", .meaning = "requests a second", .preset = "1000",      \
        .minimum = 0, .maximum = 100000                                       \
    }

static const struct parameter tick_parameters[] = {
    RATE_PARAMETER,
    {.key = "mix",
     .meaning = "their sizes: any from 16 B to 64 KiB, or the workload's own",
     .preset = "mixed",
     .words = mix_names + MIX_MIXED},
    {.key = NULL},
};

static const struct parameter rate_parameters[] = {
    RATE_PARAMETER,
    {.key = NULL},
};

struct named_regime {
    const char *name;
    enum mix mix;                       /* unless there is a setting for it */
    const struct parameter *parameters; /* NULL: none */
    bool other;                         /* on a thread of its own */
};

static const struct named_regime named_regimes[] = {
    {"silent", MIX_NONE, NULL, false},
    {"tick", MIX_MIXED, tick_parameters, false},
    {"tick_same", MIX_SAME, rate_parameters, false},
    {"tick_other", MIX_MIXED, rate_parameters, true},
    {NULL, MIX_NONE, NULL, false},
};

static const struct named_regime *find_named(const char *name,
                                             struct reason *reason)
{
    struct nearest nearest = {.typed = name, .length = strlen(name)};
    for (const struct named_regime *row = named_regimes; row->name; row++) {
        if (strcmp(row->name, name) == 0) {
            return row;
        }
        nearest_offer(&nearest, row->name);
    }
    (void)explain(reason, STATUS_FAILED,
                  "no regime '%.100s': did you mean '%s'?", name,
                  nearest.name);
    return NULL;
}

/* tick+mix=same is tick_same, and the plain rate goes without saying: one
 * regime has one label, however it was typed. */
static void set_label(struct regime *regime)
{
    const char *name = regime->other             ? "tick_other"
                       : regime->mix == MIX_SAME ? "tick_same"
                                                 : "tick";
    const bool plain = regime->requests_per_s == PLAIN_RATE;
    (void)snprintf(regime->label, sizeof regime->label,
                   plain ? "%s" : "%s+rate=%" PRIu64, name,
                   regime->requests_per_s);
}

static enum status set_requests(const struct named_regime *named,
                                const struct address *address,
                                struct regime *regime, struct reason *reason)
{
    struct settings_store store;
    if (resolve_settings(named->name, named->parameters, address, &store,
                         reason) != STATUS_OK) {
        return STATUS_FAILED;
    }
    regime->requests_per_s = settings_integer(&store.settings, "rate");
    regime->mix = named->mix;
    regime->other = named->other;
    if (settings_text(&store.settings, "mix")) {
        regime->mix =
            (enum mix)(MIX_MIXED + settings_word(&store.settings, "mix",
                                                 mix_names + MIX_MIXED));
    }
    set_label(regime);
    return STATUS_OK;
}

enum status regime_parse(const char *text, struct regime *regime,
                         struct reason *reason)
{
    struct address address;
    if (address_parse(text, &address, reason) != STATUS_OK) {
        return STATUS_FAILED;
    }
    if (!address.name || address.alias || address.version || address.variant) {
        return explain(reason, STATUS_FAILED,
                       "'%.200s' is no regime: write name[+key=value...]",
                       text);
    }
    const struct named_regime *named = find_named(address.name, reason);
    if (!named) {
        return STATUS_FAILED;
    }
    if (named->parameters) {
        return set_requests(named, &address, regime, reason);
    }
    if (address.setting_count > 0) {
        return explain(reason, STATUS_FAILED,
                       "%s takes no settings: nothing runs (tick+rate=0 is "
                       "as quiet, and ends with a refill)",
                       named->name);
    }
    *regime = (struct regime){.mix = MIX_NONE, .requests_per_s = UNKNOWN};
    (void)snprintf(regime->label, sizeof regime->label, "%s", named->name);
    return STATUS_OK;
}
