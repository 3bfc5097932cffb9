/* giveback list: what there is to run. */
#include "verbs.h"

#include <argp.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capabilities.h"
#include "conduct.h"
#include "nearest.h"
#include "options.h"
#include "regime.h"
#include "registry.h"
#include "suites.h"

static void list_parameters(const struct parameter *parameters)
{
    for (const struct parameter *p = parameters; p && p->key; p++) {
        (void)printf("    +%s=%s", p->key, p->preset);
        for (size_t i = 0; p->words && p->words[i]; i++) {
            (void)printf("%s%s", i == 0 ? "  (" : ", ", p->words[i]);
        }
        (void)printf("%s%s  %s\n", p->words && p->maximum ? ", a number" : "",
                     p->words ? ")" : "", p->meaning);
    }
}

static void list_environment(const struct variant *variant)
{
    const char *const *rows = variant->environment;
    for (; rows && *rows; rows++) {
        (void)printf("  [%s]", *rows);
    }
}

static void list_capabilities(const char *before, unsigned capabilities)
{
    const char *separator = before;
    for (size_t i = 0; capability_names[i]; i++) {
        if (capabilities >> i & 1) {
            (void)printf("%s%s", separator, capability_names[i]);
            separator = ", ";
        }
    }
}

static void list_identity(const struct planned_allocator *planned)
{
    const struct version *version = planned->version;
    const struct identity *identity = &planned->identity;
    if (planned->ending.outcome != OUTCOME_OK) {
        (void)printf("%s: %s\n", outcome_names[planned->ending.outcome],
                     planned->ending.reason.text);
        return;
    }
    (void)printf("%s", version ? "fetched" : "installed");
    if (identity->version[0]) {
        (void)printf(", version %s", identity->version);
    }
    if (identity->library[0]) {
        (void)printf(", %s", identity->library);
    }
    if (version) {
        (void)printf("\n    %s %s of %s", version->package,
                     version->package_version, version->suite);
    }
    if (version && version->loader) {
        (void)printf(", under its own loader: %s",
                     version->because ? version->because : "it needs it");
    }
    if (!version) {
        list_capabilities("\n    can: ", planned->capabilities);
    }
    (void)printf("\n");
}

/* Attaches the allocator in a process of its own and says what it found. */
static void list_found(const char *name, const struct machine *machine)
{
    struct run_options options = {.time_limit_s = 60};
    struct plan plan;
    struct reason reason;
    const char *const launcher[] = {NULL};
    texts_add(&options.allocators, name);
    if (plan_make(&options, &plan, &reason) != STATUS_OK) {
        (void)printf("  %s\n", reason.text);
    } else {
        const struct conduct conduct = {
            .plan = &plan,
            .machine = machine,
            .options = &options,
            .program = program_path(),
            .launcher = launcher,
            .memory_limit_bytes = machine_memory_limit(machine),
        };
        conduct_identify(&conduct);
        for (size_t i = 0; i < plan.allocator_count; i++) {
            const struct planned_allocator *planned = &plan.allocators[i];
            const char *number = planned->chosen.address.version;
            (void)printf("  %s%s%s", number ? "@" : "", number ? number : "",
                         number ? ": " : "");
            list_identity(planned);
        }
    }
    plan_free(&plan);
    options_free(&options);
}

/* The installed one, and every version that was fetched. */
static void list_versions(const struct allocator *allocator,
                          const struct machine *machine)
{
    char every[128];
    (void)snprintf(every, sizeof every, "%s@*", allocator->name);
    list_found(every, machine);
}

static int list_allocators(void)
{
    struct machine machine;
    machine_read(&machine);
    for (size_t i = 0; allocators[i]; i++) {
        const struct allocator *a = allocators[i];
        const struct variant *variant = a->variants;
        (void)printf("%s: %s\n", a->name, a->summary);
        list_versions(a, &machine);
        for (; variant && variant->name; variant++) {
            (void)printf("    :%s  %s%s", variant->name, variant->summary,
                         variant == a->variants ? " (preset)" : "");
            list_environment(variant);
            (void)printf("\n");
        }
        list_parameters(a->parameters);
    }
    (void)printf("every allocator:\n");
    list_parameters(common_allocator_parameters);
    for (size_t i = 0; layers[i]; i++) {
        (void)printf("  %s: %s\n", layers[i]->name, layers[i]->summary);
        list_parameters(layers[i]->parameters);
    }
    return EXIT_SUCCESS;
}

static void list_needs(const struct workload *workload)
{
    list_capabilities("  needs: ", workload->needs);
    (void)printf("%s", workload->needs ? "\n" : "");
    if (workload->needs & CAN_THREADS) {
        (void)printf("  threads: what is resident depends on how they meet, "
                     "so that repetitions differ\n");
    }
    if (workload->needs & CAN_FORK) {
        (void)printf("  processes: what all of them hold is measured beside "
                     "what the first one does\n");
    }
}

static int list_workloads(void)
{
    for (size_t i = 0; workloads[i]; i++) {
        const struct workload *w = workloads[i];
        (void)printf("%s: %s\n  symptom: %s\n  source: %s\n", w->name,
                     w->summary, w->symptom, w->source);
        list_needs(w);
        list_parameters(w->parameters);
    }
    (void)printf("every workload:\n");
    list_parameters(common_workload_parameters);
    return EXIT_SUCCESS;
}

static int list_metrics(void)
{
    char *const arguments[] = {NULL};
    return python_verb("list-metrics", arguments);
}

static int list_scenarios(void)
{
    char *const arguments[] = {NULL};
    return python_verb("list-scenarios", arguments);
}

static int list_suites(void)
{
    for (const struct suite *suite = suites; suite->name; suite++) {
        (void)printf("%s: %s\n    %s\n", suite->name, suite->summary,
                     suite->workloads);
        if (suite->kinds) {
            (void)printf("    --kind %s\n", suite->kinds);
        }
    }
    return EXIT_SUCCESS;
}

static const struct {
    const char *name;
    int (*list)(void);
} topics[] = {
    {"allocators", list_allocators}, {"workloads", list_workloads},
    {"metrics", list_metrics},       {"suites", list_suites},
    {"scenarios", list_scenarios},
};

enum { TOPIC_COUNT = sizeof topics / sizeof *topics };

static int list_everything(void)
{
    for (size_t i = 0; i < TOPIC_COUNT; i++) {
        (void)printf("%s== %s ==\n", i ? "\n" : "", topics[i].name);
        (void)fflush(stdout);
        const int exit_status = topics[i].list();
        if (exit_status != EXIT_SUCCESS) {
            return exit_status;
        }
    }
    return EXIT_SUCCESS;
}

static int list_topic(const char *name)
{
    struct nearest nearest = {.typed = name, .length = strlen(name)};
    for (size_t i = 0; i < TOPIC_COUNT; i++) {
        if (strcmp(topics[i].name, name) == 0) {
            return topics[i].list();
        }
        nearest_offer(&nearest, topics[i].name);
    }
    (void)fprintf(stderr, "giveback list: no '%s': did you mean '%s'?\n", name,
                  nearest.name);
    return EXIT_USAGE;
}

static error_t parse_argument(int key, char *argument,
                              struct argp_state *state)
{
    if (key != ARGP_KEY_ARG) {
        return ARGP_ERR_UNKNOWN;
    }
    if (state->arg_num > 0) {
        argp_error(state, "one topic at a time");
    }
    *(const char **)state->input = argument;
    return 0;
}

int verb_list(int argc, char **argv)
{
    static const struct argp argp = {
        .parser = parse_argument,
        .args_doc = "[allocators|workloads|metrics|suites|scenarios]",
        .doc = "Lists what there is to run and what is measured (default: "
               "all of it).",
    };
    const char *topic = NULL;
    argp_err_exit_status = EXIT_USAGE;
    if (argp_parse(&argp, argc, argv, 0, NULL, &topic) != 0) {
        return EXIT_USAGE;
    }
    return topic ? list_topic(topic) : list_everything();
}
