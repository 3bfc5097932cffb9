/* Layers between the workload and the allocator: who wears which.
 *
 * Invariant: an allocator that wears none is the plug-in itself, its calls
 * untouched.
 */
#include "layers.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "registry.h"
#include "scratch.h"

/* Of this process's one allocator. */
static struct {
    const struct allocator *plugin;
    struct allocator layered; /* what stands in its place */
    char name[128];           /* "pymalloc+free_list" */
    struct allocator_calls below;
    unsigned taken; /* capabilities */
    bool put_on;    /* `below` is filled */
} worn;

static bool is_worn(const struct layer *layer, const struct settings *settings)
{
    const char *value = settings_text(settings, layer->name);
    return value && strcmp(value, layer->parameters->preset) != 0;
}

static enum status put_on(struct allocator_calls *calls,
                          const struct settings *settings,
                          struct reason *reason)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; layers[i] && status == STATUS_OK; i++) {
        if (is_worn(layers[i], settings)) {
            status = layers[i]->put_on(calls, settings, scratch_map, reason);
        }
    }
    return status;
}

static enum status attach(struct allocator_calls *calls,
                          const struct settings *settings,
                          struct identity *identity, struct reason *reason)
{
    if (worn.plugin->capabilities & CAN_REPEAT) {
        return explain(reason, STATUS_UNSUPPORTED,
                       "%s may answer several requests with one block: no "
                       "layer could tell them apart",
                       worn.plugin->name);
    }
    const enum status status =
        worn.plugin->attach(calls, settings, identity, reason);
    if (status != STATUS_OK) {
        return status;
    }
    calls->capabilities &= ~worn.taken;
    worn.below = *calls;
    worn.put_on = true;
    return put_on(calls, settings, reason);
}

void layers_wear(struct chosen_allocator *chosen)
{
    const struct settings *settings = &chosen->store.settings;
    unsigned taken = 0;
    bool any = false;
    worn.put_on = false;
    (void)snprintf(worn.name, sizeof worn.name, "%s", chosen->allocator->name);
    for (size_t i = 0; layers[i]; i++) {
        if (is_worn(layers[i], settings)) {
            const size_t length = strlen(worn.name);
            (void)snprintf(worn.name + length, sizeof worn.name - length,
                           "+%s", layers[i]->name);
            taken |= layers[i]->takes;
            any = true;
        }
    }
    if (any) {
        worn.plugin = chosen->allocator;
        worn.layered = *chosen->allocator;
        worn.layered.name = worn.name;
        worn.layered.capabilities &= ~taken;
        worn.taken = taken;
        worn.layered.attach = attach;
        chosen->allocator = &worn.layered;
    }
}

const struct allocator_calls *layers_below(const struct allocator_calls *calls)
{
    return worn.put_on ? &worn.below : calls;
}
