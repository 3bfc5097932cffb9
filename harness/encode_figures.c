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
