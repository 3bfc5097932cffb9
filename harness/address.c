/* Addresses of allocators and workloads, as users type them. */
#include "address.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "printable.h"

static const char key_letters[] = "abcdefghijklmnopqrstuvwxyz_0123456789";

const char *address_settings(const char *text)
{
    for (const char *plus = strchr(text, '+'); plus;
         plus = strchr(plus + 1, '+')) {
        const size_t length = strspn(plus + 1, key_letters);
        if (length > 0 && plus[1 + length] == '=' &&
            strchr("0123456789", plus[1]) == NULL) {
            return plus;
        }
    }
    return NULL;
}

/* The next '+' that starts a setting, or NULL. */
static char *find_setting(char *text)
{
    const char *plus = address_settings(text);
    return plus ? text + (plus - text) : NULL;
}

static enum status cut_settings(struct address *address, char *plus,
                                struct reason *reason)
{
    while (plus) {
        *plus = '\0';
        char *const key = plus + 1;
        char *const equals = strchr(key, '=');
        assert(equals != NULL); /* or find_setting would not have found it */
        *equals = '\0';
        char *const value = equals + 1;
        plus = find_setting(value);
        if (address->setting_count == SETTING_CAPACITY) {
            return explain(reason, STATUS_FAILED, "more than %d settings",
                           SETTING_CAPACITY);
        }
        address->settings[address->setting_count++] =
            (struct setting){key, value};
    }
    return STATUS_OK;
}

/* Cuts the text at the last `mark` and returns what follows, or NULL. */
static const char *cut_behind(char *text, char mark)
{
    char *found = strrchr(text, mark);
    if (!found) {
        return NULL;
    }
    *found = '\0';
    return found + 1;
}

static bool is_empty(const char *part)
{
    return part && *part == '\0';
}

static enum status cut_head(struct address *address, char *head)
{
    char *equals = strchr(head, '=');
    const size_t plain = strcspn(head, ":/@=");
    if (equals && head + plain == equals) {
        *equals = '\0';
        address->alias = head;
        head = equals + 1;
    }
    if (strchr(head, '/')) {
        address->path = head;
        address->prefix = cut_behind(strrchr(head, '/'), ':');
    } else {
        address->name = head;
        char *colon = strchr(head, ':');
        if (colon) {
            *colon = '\0';
            address->variant = colon + 1;
        }
        address->version = cut_behind(head, '@');
    }
    return is_empty(address->alias) || is_empty(address->name) ||
                   is_empty(address->version) || is_empty(address->variant)
               ? STATUS_FAILED
               : STATUS_OK;
}

enum status address_parse(const char *text, struct address *address,
                          struct reason *reason)
{
    memset(address, 0, sizeof *address);
    if (strlen(text) >= sizeof address->text) {
        return explain(reason, STATUS_FAILED,
                       "an address of %zu bytes: at most %zu fit",
                       strlen(text), sizeof address->text - 1);
    }
    if (!is_printable(text)) {
        return explain(reason, STATUS_FAILED,
                       "an address with a control character, or not in "
                       "UTF-8: it could not be shown, nor told from others");
    }
    memcpy(address->text, text, strlen(text) + 1);
    if (cut_settings(address, find_setting(address->text), reason) !=
        STATUS_OK) {
        return STATUS_FAILED;
    }
    if (cut_head(address, address->text) != STATUS_OK) {
        return explain(reason, STATUS_FAILED,
                       "'%.200s' is no address: write "
                       "[alias=]name[@version][:variant][+key=value...]",
                       text);
    }
    if (address->path && !address->alias) {
        return explain(reason, STATUS_FAILED,
                       "a library by its path needs a name for the table: "
                       "write NAME=%.200s",
                       text);
    }
    return STATUS_OK;
}
