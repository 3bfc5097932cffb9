/* The option table of `run`, and the plan that it leads to.
 *
 * Each line of the input is an argument. What is accepted lies in the ranges
 * of the table, the same words are accepted alike again, and the cells of the
 * plan come in whole blocks.
 *
 * argp ends the program where the words have no sense. The linker puts the
 * functions below in the place of those that options.c calls
 * (--wrap): argp is told to be silent and to return, and options.c's own exit
 * comes back here. --help and its like are argp's, not ours, and left out.
 */
#include "fuzz.h"

#include <argp.h>
#include <setjmp.h>
#include <stdbool.h>

#include "options.h"
#include "require_reason.h"

enum { ARGUMENT_CAPACITY = 64 };

error_t __real_argp_parse(const struct argp *argp, int argc, char **argv,
                          unsigned flags, int *index, void *input);
error_t __wrap_argp_parse(const struct argp *argp, int argc, char **argv,
                          unsigned flags, int *index, void *input);
void __wrap_argp_error(const struct argp_state *state, const char *format,
                       ...);
_Noreturn void __wrap_exit(int status);
_Noreturn void __real_exit(int status);

static jmp_buf refused;
static bool parsing, complained;

error_t __wrap_argp_parse(const struct argp *argp, int argc, char **argv,
                          unsigned flags, int *index, void *input)
{
    complained = false;
    const error_t error = __real_argp_parse(
        argp, argc, argv, flags | ARGP_NO_ERRS | ARGP_NO_EXIT | ARGP_NO_HELP,
        index, input);
    return error == 0 && complained ? EINVAL : error;
}

/* The program ends here; the loop of argp_parse goes on and is told later. */
void __wrap_argp_error(const struct argp_state *state, const char *format, ...)
{
    (void)state;
    (void)format;
    complained = true;
}

_Noreturn void __wrap_exit(int status)
{
    if (parsing) {
        require(status == EXIT_USAGE);
        longjmp(refused, 1);
    }
    __real_exit(status);
}

static bool accepts(struct run_options *options, int argc, char **argv)
{
    parsing = true;
    if (setjmp(refused) != 0) {
        parsing = false;
        return false;
    }
    options_parse(options, argc, argv);
    parsing = false;
    return true;
}

static void check_options(const struct run_options *options)
{
    require(options->repetitions >= 1 && options->repetitions <= 10000);
    require(options->pairs >= 1 && options->pairs <= 10000);
    require(options->jobs >= 1 && options->jobs <= 64);
    require(options->time_limit_s >= 1 && options->time_limit_s <= 1000000);
    require(options->seed <= INT64_MAX);
    require(options->kinds.count > 0 && options->regimes.count > 0);
    for (size_t i = 0; i < options->launcher.count; i++) {
        const char *word = options->launcher.items[i];
        require(word[0] && !strchr(word, ' '));
    }
}

static void check_texts(const struct texts *a, const struct texts *b)
{
    require(a->count == b->count);
    for (size_t i = 0; i < a->count; i++) {
        require(strcmp(a->items[i], b->items[i]) == 0);
    }
}

/* argp sorts the words; sorted ones mean the same. */
static void check_again(const struct run_options *options, int argc,
                        char **argv)
{
    struct run_options again;
    require(accepts(&again, argc, argv));
    check_texts(&options->allocators, &again.allocators);
    check_texts(&options->workloads, &again.workloads);
    check_texts(&options->kinds, &again.kinds);
    check_texts(&options->regimes, &again.regimes);
    check_texts(&options->launcher, &again.launcher);
    require(options->suite == again.suite && options->output == again.output);
    require(options->seed == again.seed && options->pairs == again.pairs);
    require(options->full == again.full && options->quick == again.quick);
    options_free(&again);
}

/* How many cells a block of this kind has: one of each allocator, but for
 * the second reference, which only some kinds have. */
static size_t block_cells(const struct plan *plan, const struct kind *kind)
{
    return plan->allocator_count - (kind->control ? 0 : plan->control_count);
}

/* Cells first .. first + count - 1: one of each allocator. */
static void check_block(const struct plan *plan, size_t first, size_t count)
{
    const struct cell *cells = &plan->cells[first];
    for (size_t i = 0; i < count; i++) {
        require(cells[i].block == cells[0].block);
        require(cells[i].position == i);
        require(cells[i].workload == cells[0].workload);
        require((cells[i].after != NULL) == cells[i].kind->memory);
        for (size_t j = 0; j < i; j++) {
            require(cells[i].allocator != cells[j].allocator);
        }
    }
}

static void check_plan(struct run_options *options)
{
    struct plan plan;
    struct reason reason = {""};
    /* More of the same would only take longer. */
    options->repetitions = options->repetitions % 3 + 1;
    options->pairs = options->pairs % 3 + 1;
    const enum status status = plan_make(options, &plan, &reason);
    require_reason(status, &reason);
    if (status == STATUS_OK) {
        require(plan.allocator_count > 0 && plan.workload_count > 0);
        require(plan.cell_count > 0);
        size_t count = 0;
        for (size_t i = 0; i < plan.cell_count; i += count) {
            count = block_cells(&plan, plan.cells[i].kind);
            require(plan.cell_count - i >= count);
            check_block(&plan, i, count);
        }
    }
    plan_free(&plan);
}

/* Cuts the text into lines in place; returns how many words there are. */
static int cut_lines(char *text, char **argv)
{
    static char name[] = "giveback run";
    int count = 0;
    argv[count++] = name;
    while (*text && count < ARGUMENT_CAPACITY) {
        argv[count++] = text;
        text += strcspn(text, "\n");
        if (*text) {
            *text++ = '\0';
        }
    }
    argv[count] = NULL;
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char *argv[ARGUMENT_CAPACITY + 1];
    struct run_options options;
    char *text = fuzz_text(bytes, size);
    const int argc = cut_lines(text, argv);
    if (accepts(&options, argc, argv)) {
        check_options(&options);
        check_again(&options, argc, argv);
        check_plan(&options);
    }
    options_free(&options);
    free(text);
    return 0;
}
