/* Calls in malloc's shape over one instance, as PyObject_Malloc and its
 * sisters: what Py_ssize_t cannot hold is refused, the rest is an indirect
 * call with a context. */
#include "pymalloc.h"

/* The only global state of the library. */
static struct pymalloc_allocator object;

void pymalloc_use(const struct pymalloc *heap)
{
    object = heap != NULL ? pymalloc_calls(heap)
                          : (struct pymalloc_allocator){.context = NULL};
}

void *object_malloc(size_t size)
{
    if (size > PTRDIFF_MAX) {
        return NULL;
    }
    return object.malloc(object.context, size);
}

void *object_calloc(size_t count, size_t size)
{
    if (size != 0 && count > PTRDIFF_MAX / size) {
        return NULL;
    }
    return object.calloc(object.context, count, size);
}

void *object_realloc(void *block, size_t size)
{
    if (size > PTRDIFF_MAX) {
        return NULL;
    }
    return object.realloc(object.context, block, size);
}

void object_free(void *block)
{
    object.free(object.context, block);
}
