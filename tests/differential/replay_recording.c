/* A recorded Python program against the pymalloc clone.
 *
 * replay_recording same|different PRESET RELEASE TRACE: plays every call of
 * the trace through the clone and compares which arenas came and went at which
 * call, and where all blocks were. PRESET `matching` is that of the Python
 * that was recorded. Exit status 0: they were the same (or differed, where
 * `different` was demanded as a negative control); 1: not so; 2: it could not
 * be tried.
 *
 * replay_recording time PRESET RELEASE TRACE: how fast the clone answers.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "replay_clone.h"
#include "replay_speed.h"

enum { EXIT_NOT_TRIED = 2, ROUNDS = 11 };

/* What the words demand. */
enum demand { SAME, DIFFERENT, TIME };
static const char *const demands[] = {
    [SAME] = "same", [DIFFERENT] = "different", [TIME] = "time", NULL};

struct arguments {
    enum demand demand;
    const char *preset; /* NULL: matching */
    const char *release, *file;
};

static bool parse(int count, char **texts, struct arguments *arguments)
{
    if (count != 5) {
        return false;
    }
    unsigned demand = 0;
    while (demands[demand] && strcmp(demands[demand], texts[1]) != 0) {
        demand++;
    }
    *arguments = (struct arguments){
        .demand = (enum demand)demand,
        .preset = strcmp(texts[2], "matching") == 0 ? NULL : texts[2],
        .release = texts[3],
        .file = texts[4],
    };
    return demands[demand] != NULL;
}

static int judge(const struct replay_outcome *outcome,
                 const struct python_trace_header *header, enum demand demand)
{
    const bool same = outcome->difference[0] == '\0';
    (void)printf("Python %s: %" PRIu64 " calls, %" PRIu64
                 " arenas taken, %" PRIu64 " given back, %" PRIu64
                 " checkpoints: %s%s\n",
                 header->version, outcome->calls, outcome->arenas_taken,
                 outcome->arenas_given, outcome->checkpoints,
                 same ? "0 differences" : "different: ", outcome->difference);
    return same == (demand == SAME) ? 0 : 1;
}

static int run(struct replay_clone *clone, struct python_trace *trace,
               const struct arguments *arguments)
{
    struct replay_outcome outcome;
    if (arguments->demand == TIME) {
        return replay_speed(clone, arguments->file, ROUNDS) ? 0
                                                            : EXIT_NOT_TRIED;
    }
    return replay_compare(clone, trace, &outcome)
               ? judge(&outcome, python_trace_header(trace), arguments->demand)
               : EXIT_NOT_TRIED;
}

int main(int count, char **texts)
{
    static struct replay_clone clone;
    struct arguments arguments;
    struct python_trace *trace;
    struct reason reason = {""};
    if (!parse(count, texts, &arguments)) {
        (void)fprintf(stderr,
                      "usage: %s same|different|time PRESET|matching RELEASE "
                      "TRACE\n",
                      texts[0]);
        return EXIT_NOT_TRIED;
    }
    if (python_trace_open(&trace, arguments.file, &reason) != STATUS_OK) {
        (void)fprintf(stderr, "%s\n", reason.text);
        return EXIT_NOT_TRIED;
    }
    int status = EXIT_NOT_TRIED;
    if (replay_clone_open(&clone, python_trace_header(trace), arguments.preset,
                          arguments.release)) {
        status = run(&clone, trace, &arguments);
        replay_clone_close(&clone);
    }
    python_trace_close(trace);
    return status;
}
