/* harness/printable.c: what reaches a terminal only prints. */
#include "unit.h"

#include "address.h"
#include "printable.h"

static const struct {
    const char *text, *made; /* made NULL: printable as it is */
} rows[] = {
    {"", NULL},
    {"jemalloc:background_thread+a=b", NULL},
    {"\xc2\xb5s, \xe6\x97\xa5\xe6\x9c\xac, \xf0\x9f\x98\x80", NULL},
    {"\xc2\xa0", NULL}, /* the first that is no control character */
    {"\xf4\x8f\xbf\xbf", NULL},
    {"\x1b[31mred", "?[31mred"},
    {"a\nb\tc\rd", "a?b?c?d"},
    {"\x7f", "?"},
    {"\xc2\x9b"
     "31m",
     "??31m"}, /* CSI in one character */
    {"\xc2", "?"},
    {"\xe2\x82", "??"},
    {"\xff\xfe", "??"},
    {"\xc0\x80", "??"},           /* zero, written too long */
    {"\xed\xa0\x80", "???"},      /* half of a surrogate pair */
    {"\xf4\x90\x80\x80", "????"}, /* beyond U+10FFFF */
    {"\xe6\x97\x1b[2J", "??"
                        "?[2J"},
};

static void every_text_is_judged_and_made(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[64];
        (void)snprintf(text, sizeof text, "%s", rows[i].text);
        assert_int_equal(is_printable(text), rows[i].made == NULL);
        make_printable(text);
        assert_string_equal(text, rows[i].made ? rows[i].made : rows[i].text);
        assert_true(is_printable(text));
    }
}

static void every_single_byte_is_judged(void **state)
{
    (void)state;
    for (int byte = 1; byte < 256; byte++) {
        const char text[] = {(char)byte, '\0'};
        assert_int_equal(is_printable(text), byte >= 0x20 && byte < 0x7f);
    }
}

static void an_address_that_does_more_than_print_is_refused(void **state)
{
    (void)state;
    struct address address;
    struct reason reason;
    assert_int_equal(address_parse("a;$(x)`'\"=bump", &address, &reason),
                     STATUS_OK);
    assert_string_equal(address.alias, "a;$(x)`'\"");
    const char *const refused[] = {"a\nb=bump", "\x1b[2J=bump", "\xff=bump",
                                   "x=/tmp/\x9b.so"};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        assert_int_equal(address_parse(refused[i], &address, &reason),
                         STATUS_FAILED);
        assert_contains(reason.text, "control character");
        assert_true(is_printable(reason.text));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_text_is_judged_and_made),
        cmocka_unit_test(every_single_byte_is_judged),
        cmocka_unit_test(an_address_that_does_more_than_print_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
