#include "CAllocator.h"

#include <malloc.h>

void latchkey_return_free_memory(void) { malloc_trim(0); }
