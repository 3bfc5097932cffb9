/* The figures of one kind alone as JSON objects. */
#include "encode_figures.h"

#include "json_values.h"

json_t *encode_traffic(const struct report *report,
                       const struct sample *sample)
{
    static const char *const names[TRAFFIC_COUNT] = {
        [TRAFFIC_MMAP] = "mmap",       [TRAFFIC_MUNMAP] = "munmap",
        [TRAFFIC_MADVISE] = "madvise", [TRAFFIC_BRK] = "brk",
        [TRAFFIC_MREMAP] = "mremap",
    };
    if (!report->has_traffic) {
        return json_null();
    }
    const struct traffic *traffic = &sample->traffic;
    json_t *object = json_object();
    PUT_NUMBERS(object, {"requested_bytes", traffic->requested_bytes});
    for (size_t i = 0; i < TRAFFIC_COUNT; i++) {
        json_t *one = json_object();
        PUT_NUMBERS(one, {"calls", traffic->calls[i]},
                    {"bytes", traffic->bytes[i]});
        put(object, names[i], one);
    }
    return object;
}

static json_t *encode_window(const struct call_window *window)
{
    json_t *object = json_object();
    PUT_NUMBERS(object, {"calls", window->calls}, {"wall_ns", window->wall_ns},
                {"cpu_ns", window->cpu_ns}, {"system_ns", window->system_ns},
                {"minor_faults", window->minor_faults},
                {"major_faults", window->major_faults},
                {"voluntary_switches", window->voluntary_switches},
                {"involuntary_switches", window->involuntary_switches});
    return object;
}

/* Of the phases that are called as this sample's, which it is, from 1. */
static uint64_t phase_number(const struct report *report, size_t sample)
{
    uint64_t number = 0;
    for (size_t i = 0; i <= sample; i++) {
        number +=
            strncmp(report->samples[i].phase, report->samples[sample].phase,
                    sizeof report->samples[i].phase) == 0;
    }
    return number;
}

/* What a worker wrote may be anything: an index beyond its table is null. */
static json_t *encode_slow_call(const struct report *report,
                                const struct slow_call *slow)
{
    static const char *const names[FUNCTION_COUNT] = {
        [FUNCTION_ALLOC] = "alloc",
        [FUNCTION_ALLOC_ZEROED] = "alloc_zeroed",
        [FUNCTION_ALLOC_ALIGNED] = "alloc_aligned",
        [FUNCTION_RESIZE] = "resize",
        [FUNCTION_RELEASE] = "release",
        [FUNCTION_TRIM] = "trim",
    };
    char phase[sizeof report->samples[0].phase] = "";
    uint64_t number = UNKNOWN;
    if (slow->sample < report->sample_count &&
        slow->sample < SAMPLE_CAPACITY) {
        (void)snprintf(phase, sizeof phase, "%.*s", (int)sizeof phase - 1,
                       report->samples[slow->sample].phase);
        number = phase_number(report, slow->sample);
    }
    json_t *object = json_object();
    put(object, "call",
        text_or_null(slow->function < FUNCTION_COUNT ? names[slow->function]
                                                     : NULL));
    put(object, "phase", text_or_null(phase));
    PUT_NUMBERS(object, {"phase_number", number}, {"position", slow->position},
                {"duration_ns", slow->duration_ns});
    put(object, "window", encode_window(&slow->window));
    return object;
}

static json_t *encode_calls(const struct report *report,
                            const struct call_figures *figures)
{
    json_t *object = json_object();
    json_t *least = json_array();
    json_t *counts = json_array();
    json_t *longest = json_array();
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        if (figures->buckets[i]) {
            (void)json_array_append_new(least, number(histogram_least(i)));
            (void)json_array_append_new(counts, number(figures->buckets[i]));
        }
    }
    for (size_t i = 0; i < figures->longest_count && i < LONGEST_CAPACITY;
         i++) {
        (void)json_array_append_new(
            longest, encode_slow_call(report, &figures->longest[i]));
    }
    PUT_NUMBERS(object, {"calls", figures->calls},
                {"above_1us", figures->above_1us},
                {"above_10us", figures->above_10us},
                {"above_100us", figures->above_100us});
    put(object, "bucket_least_ns", least);
    put(object, "bucket_calls", counts);
    put(object, "longest", longest);
    return object;
}

json_t *encode_stalls(const struct report *report)
{
    static const char *const names[CLASS_COUNT] = {
        [CLASS_ALLOC] = "alloc",
        [CLASS_RELEASE] = "release",
        [CLASS_TRIM] = "trim",
    };
    if (!report->has_stalls) {
        return json_null();
    }
    json_t *object = json_object();
    PUT_NUMBERS(object, {"clock_ns", report->stalls.clock_ns});
    for (size_t i = 0; i < CLASS_COUNT; i++) {
        put(object, names[i],
            encode_calls(report, &report->stalls.classes[i]));
    }
    return object;
}
