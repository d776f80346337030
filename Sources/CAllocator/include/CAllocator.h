/* What the Glibc module leaves out of the C library's allocator. */
#ifndef LATCHKEY_ALLOCATOR_H
#define LATCHKEY_ALLOCATOR_H

/* Gives whole pages that nothing is in back to the system, as malloc_trim(3) does. Takes the lock of each of the
 * allocator's arenas for as long as looking through it takes. */
void latchkey_return_free_memory(void);

#endif
