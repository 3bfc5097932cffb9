/* The whole course of a workload, drawn in `prepare`. */
#include "course.h"

struct course *course_prepare(struct run *run, const struct course_size *size)
{
    struct course *course = run_scratch(run, sizeof *course);
    run_set_state(run, course);
    return course &&
                   block_table_prepare(run, &course->table, size->slots) ==
                       STATUS_OK &&
                   script_prepare(run, &course->first, size->first) ==
                       STATUS_OK &&
                   script_prepare(run, &course->fill, size->fill) ==
                       STATUS_OK &&
                   script_prepare(run, &course->drain, size->drain) ==
                       STATUS_OK
               ? course
               : NULL;
}

static enum status refill(struct run *run, const struct allocator_calls *heap)
{
    struct course *course = run_state(run);
    script_invert(&course->drain);
    begin_phase(run);
    const enum status status =
        script_run(run, &course->drain, &course->table, heap, "fill");
    script_invert(&course->drain);
    return status;
}

enum status course_build(struct run *run, const struct allocator_calls *heap)
{
    struct course *course = run_state(run);
    if (course->is_refill) {
        return refill(run, heap);
    }
    course->is_refill = true;
    const enum status status =
        course->first.count > 0
            ? script_run(run, &course->first, &course->table, heap, "first")
            : STATUS_OK;
    return status == STATUS_OK
               ? script_run(run, &course->fill, &course->table, heap, "fill")
               : status;
}

enum status course_drain(struct run *run, const struct allocator_calls *heap)
{
    struct course *course = run_state(run);
    begin_phase(run); /* the script's second inversion */
    return script_run(run, &course->drain, &course->table, heap, "drain");
}

enum status course_rest(struct run *run, const struct allocator_calls *heap)
{
    struct course *course = run_state(run);
    block_table_release(run, &course->table, heap, "rest");
    return STATUS_OK;
}

void course_each_live(struct run *run, block_visitor *visit, void *context)
{
    const struct course *course = run_state(run);
    block_table_each_live(&course->table, visit, context);
}
