/* The presets, oldest Python first. */
#include "heap.h"

const struct preset *const presets[] = {
    &preset_2_3, &preset_2_5,  &preset_2_7,  &preset_2_7_17,    &preset_3_8,
    &preset_3_9, &preset_3_10, &preset_3_15, &preset_3_15_huge, NULL,
};

const struct pymalloc_preset *pymalloc_preset(size_t index)
{
    for (size_t i = 0; presets[i] != NULL; i++) {
        if (i == index) {
            return &presets[i]->described;
        }
    }
    return NULL;
}
