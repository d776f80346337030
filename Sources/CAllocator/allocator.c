#include "CAllocator.h"

#include <malloc.h>

void latchkey_separate_large_blocks(void)
{
    mallopt(M_MMAP_THRESHOLD, 64 * 1024);
    mallopt(M_TRIM_THRESHOLD, 1024 * 1024);
}

void latchkey_return_free_memory(void) { malloc_trim(0); }
