/* From an address to a plug-in with every setting filled in and checked. */
#include "resolve.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "nearest.h"
#include "registry.h"

const struct parameter common_allocator_parameters[] = {
    {.key = "thp",
     .meaning = "transparent huge pages: as the host has them, or off for "
                "this process (PR_SET_THP_DISABLE)",
     .preset = "host",
     .words = (const char *const[]){"host", "off", NULL}},
    {.key = NULL},
};

const struct parameter common_workload_parameters[] = {
    {.key = "start",
     .meaning = "warm: one block of the workload's own size is allocated and "
                "released before the base sample; cold: nothing is",
     .preset = "warm",
     .words = (const char *const[]){"warm", "cold", NULL}},
    {.key = NULL},
};

bool parse_integer(const char *text, uint64_t *value)
{
    static const char suffixes[] = "KMGT";
    uint64_t number = 0;
    if (*text < '0' || *text > '9') {
        return false;
    }
    for (; *text >= '0' && *text <= '9'; text++) {
        if (__builtin_mul_overflow(number, UINT64_C(10), &number) ||
            __builtin_add_overflow(number, (uint64_t)(*text - '0'), &number)) {
            return false;
        }
    }
    const char *suffix = *text ? strchr(suffixes, *text) : NULL;
    if (suffix) {
        const unsigned shift = 10 * (unsigned)(suffix - suffixes + 1);
        if (number > UINT64_MAX >> shift) {
            return false;
        }
        number <<= shift;
        text++;
    }
    *value = number;
    return *text == '\0';
}

static enum status check_word(const struct parameter *parameter,
                              const char *value, const char **checked,
                              struct reason *reason)
{
    struct nearest nearest = {.typed = value, .length = strlen(value)};
    for (size_t i = 0; parameter->words[i]; i++) {
        if (strcmp(parameter->words[i], value) == 0) {
            *checked = parameter->words[i];
            return STATUS_OK;
        }
        nearest_offer(&nearest, parameter->words[i]);
    }
    return explain(reason, STATUS_FAILED,
                   "%s=%.100s: no such value: did you mean '%s'?",
                   parameter->key, value, nearest.name);
}

static bool takes_integer(const struct parameter *parameter, const char *value)
{
    const bool is_digit = *value >= '0' && *value <= '9';
    return parameter->maximum > 0 && (!parameter->words || is_digit);
}

static enum status check_integer(const struct parameter *parameter,
                                 const char *value, char number[24],
                                 struct reason *reason)
{
    uint64_t integer = 0;
    if (!parse_integer(value, &integer) || integer < parameter->minimum ||
        integer > parameter->maximum) {
        return explain(reason, STATUS_FAILED,
                       "%s=%.100s: not a whole number from %" PRIu64
                       " to %" PRIu64 " (K, M, G and T are powers of 1024)",
                       parameter->key, value, parameter->minimum,
                       parameter->maximum);
    }
    (void)snprintf(number, 24, "%" PRIu64, integer);
    return STATUS_OK;
}

/* Sets item `index` of the store to the checked value. */
static enum status set_value(struct settings_store *store, size_t index,
                             const struct parameter *parameter,
                             const char *value, struct reason *reason)
{
    struct setting *item = &store->items[index];
    item->key = parameter->key;
    item->value = value;
    store->declared[index] = parameter;
    if (takes_integer(parameter, value)) {
        item->value = store->numbers[index];
        return check_integer(parameter, value, store->numbers[index], reason);
    }
    return parameter->words
               ? check_word(parameter, value, &item->value, reason)
               : STATUS_OK;
}

/* Whose keys there are: the plug-in's own, what all of its kind take, and
 * those of the layers that an allocator may wear. */
struct declared {
    const struct parameter *own, *common;
    const struct layer *const *layers; /* NULL: it wears none */
};

/* The row of a table; past its end NULL, its rows taken off the index. */
static const struct parameter *row_at(const struct parameter *table,
                                      size_t *index)
{
    for (; table && table->key; table++) {
        if ((*index)-- == 0) {
            return table;
        }
    }
    return NULL;
}

static const struct parameter *declared_at(const struct declared *declared,
                                           size_t index)
{
    const struct parameter *found = row_at(declared->own, &index);
    if (!found) {
        found = row_at(declared->common, &index);
    }
    const struct layer *const *worn = declared->layers;
    for (; !found && worn && *worn; worn++) {
        found = row_at((*worn)->parameters, &index);
    }
    return found;
}

static enum status fill_presets(struct settings_store *store,
                                const struct declared *declared,
                                struct reason *reason)
{
    const struct parameter *parameter;
    size_t count = 0;
    while ((parameter = declared_at(declared, count)) != NULL) {
        assert(count < SETTING_CAPACITY);
        const enum status status =
            set_value(store, count, parameter, parameter->preset, reason);
        if (status != STATUS_OK) {
            return status;
        }
        count++;
    }
    store->settings = (struct settings){store->items, count};
    return STATUS_OK;
}

static enum status set_key(struct settings_store *store,
                           const struct declared *declared, const char *name,
                           const struct setting *setting,
                           struct reason *reason)
{
    struct nearest nearest = {.typed = setting->key,
                              .length = strlen(setting->key)};
    const struct parameter *parameter;
    for (size_t i = 0; (parameter = declared_at(declared, i)) != NULL; i++) {
        if (strcmp(parameter->key, setting->key) == 0) {
            return set_value(store, i, parameter, setting->value, reason);
        }
        nearest_offer(&nearest, parameter->key);
    }
    return explain(reason, STATUS_FAILED,
                   "%s has no setting '%.100s': did you mean '%s'?", name,
                   setting->key, nearest.name);
}

static enum status set_typed(struct settings_store *store,
                             const struct declared *declared, const char *name,
                             const struct address *address,
                             struct reason *reason)
{
    for (size_t i = 0; i < address->setting_count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (strcmp(address->settings[i].key, address->settings[j].key) ==
                0) {
                return explain(reason, STATUS_FAILED,
                               "%s: '%.100s' is set twice", name,
                               address->settings[i].key);
            }
        }
        if (set_key(store, declared, name, &address->settings[i], reason) !=
            STATUS_OK) {
            return STATUS_FAILED;
        }
    }
    return STATUS_OK;
}

static enum status find_allocator(const char *name,
                                  const struct allocator **found,
                                  struct reason *reason)
{
    struct nearest nearest = {.typed = name, .length = strlen(name)};
    for (size_t i = 0; allocators[i]; i++) {
        if (strcmp(allocators[i]->name, name) == 0) {
            *found = allocators[i];
            return STATUS_OK;
        }
        nearest_offer(&nearest, allocators[i]->name);
    }
    return explain(reason, STATUS_FAILED,
                   "no allocator '%.100s': did you mean '%s'? "
                   "(giveback list allocators)",
                   name, nearest.name);
}

static enum status find_variant(struct chosen_allocator *chosen,
                                struct reason *reason)
{
    const struct variant *variants = chosen->allocator->variants;
    const char *name = chosen->address.variant;
    chosen->variant = variants && variants->name ? variants : NULL;
    if (!name) {
        return STATUS_OK;
    }
    struct nearest nearest = {.typed = name, .length = strlen(name)};
    for (const struct variant *v = chosen->variant; v && v->name; v++) {
        if (strcmp(v->name, name) == 0) {
            chosen->variant = v;
            return STATUS_OK;
        }
        nearest_offer(&nearest, v->name);
    }
    if (!nearest.name) {
        return explain(reason, STATUS_FAILED, "%s has no variants",
                       chosen->allocator->name);
    }
    return explain(reason, STATUS_FAILED,
                   "%s has no variant '%.100s': did you mean '%s'?",
                   chosen->allocator->name, name, nearest.name);
}

/* A variant's options are "key=value" texts of the backend's own table. */
static enum status set_options(struct chosen_allocator *chosen,
                               const struct declared *declared,
                               struct reason *reason)
{
    const char *const *options =
        chosen->variant ? chosen->variant->options : NULL;
    for (; options && *options; options++) {
        const char *equals = strchr(*options, '=');
        assert(equals != NULL);
        char key[64];
        (void)snprintf(key, sizeof key, "%.*s", (int)(equals - *options),
                       *options);
        const struct setting setting = {key, equals + 1};
        if (set_key(&chosen->store, declared, chosen->allocator->name,
                    &setting, reason) != STATUS_OK) {
            return STATUS_FAILED;
        }
    }
    return STATUS_OK;
}

/* A path is a setting of the backend that loads any library. */
static enum status take_path(struct address *address, struct reason *reason)
{
    if (!address->path) {
        return STATUS_OK;
    }
    if (address->setting_count + 2 > SETTING_CAPACITY) {
        return explain(reason, STATUS_FAILED, "too many settings");
    }
    address->name = "shared_object";
    address->settings[address->setting_count++] =
        (struct setting){"path", address->path};
    address->settings[address->setting_count++] =
        (struct setting){"prefix", address->prefix ? address->prefix : ""};
    return STATUS_OK;
}

enum status resolve_allocator(const char *text,
                              struct chosen_allocator *chosen,
                              struct reason *reason)
{
    struct address *address = &chosen->address;
    if (address_parse(text, address, reason) != STATUS_OK ||
        take_path(address, reason) != STATUS_OK ||
        find_allocator(address->name, &chosen->allocator, reason) !=
            STATUS_OK ||
        find_variant(chosen, reason) != STATUS_OK) {
        return STATUS_FAILED;
    }
    (void)snprintf(chosen->typed, sizeof chosen->typed, "%s", text);
    chosen->label = address->alias ? address->alias : chosen->typed;
    const struct declared declared = {chosen->allocator->parameters,
                                      common_allocator_parameters, layers};
    if (fill_presets(&chosen->store, &declared, reason) != STATUS_OK ||
        set_options(chosen, &declared, reason) != STATUS_OK) {
        return STATUS_FAILED;
    }
    return set_typed(&chosen->store, &declared, chosen->allocator->name,
                     address, reason);
}

enum status resolve_library(struct chosen_allocator *chosen, const char *path,
                            struct reason *reason)
{
    for (size_t i = 0; i < chosen->store.settings.count; i++) {
        struct setting *item = &chosen->store.items[i];
        if (strcmp(item->key, "library") != 0) {
            continue;
        }
        if (*item->value) {
            return explain(reason, STATUS_FAILED,
                           "'%.200s': a fetched version and a file: leave out "
                           "@%.60s or +library=",
                           chosen->typed, chosen->address.version);
        }
        item->value = path;
    }
    return STATUS_OK;
}

enum status resolve_workload(const char *text, struct chosen_workload *chosen,
                             struct reason *reason)
{
    struct address *address = &chosen->address;
    if (address_parse(text, address, reason) != STATUS_OK) {
        return STATUS_FAILED;
    }
    if (!address->name || address->alias || address->version ||
        address->variant) {
        return explain(reason, STATUS_FAILED,
                       "'%.200s' is no workload: write name[+key=value...]",
                       text);
    }
    struct nearest nearest = {.typed = address->name,
                              .length = strlen(address->name)};
    size_t i = 0;
    while (workloads[i] && strcmp(workloads[i]->name, address->name) != 0) {
        nearest_offer(&nearest, workloads[i++]->name);
    }
    if (!workloads[i]) {
        return explain(reason, STATUS_FAILED,
                       "no workload '%.100s': did you mean '%s'? "
                       "(giveback list workloads)",
                       address->name, nearest.name);
    }
    chosen->workload = workloads[i];
    const struct declared declared = {chosen->workload->parameters,
                                      common_workload_parameters, NULL};
    if (fill_presets(&chosen->store, &declared, reason) != STATUS_OK) {
        return STATUS_FAILED;
    }
    return set_typed(&chosen->store, &declared, chosen->workload->name,
                     address, reason);
}

enum status resolve_settings(const char *name,
                             const struct parameter *parameters,
                             const struct address *address,
                             struct settings_store *store,
                             struct reason *reason)
{
    const struct declared declared = {parameters, NULL, NULL};
    if (fill_presets(store, &declared, reason) != STATUS_OK) {
        return STATUS_FAILED;
    }
    return set_typed(store, &declared, name, address, reason);
}
