#include "CAllocator.h"

#include <limits.h>
#include <malloc.h>

void latchkey_share_one_heap(void)
{
    mallopt(M_ARENA_MAX, 1);
    mallopt(M_MMAP_THRESHOLD, 32 * 1024 * 1024);
    mallopt(M_TRIM_THRESHOLD, INT_MAX);
}

void latchkey_return_free_memory(void) { malloc_trim(0); }
