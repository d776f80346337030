/* What the Glibc module leaves out of the C library's allocator. */
#ifndef LATCHKEY_ALLOCATOR_H
#define LATCHKEY_ALLOCATOR_H

/* Has all threads take their memory from one heap, and blocks of up to 32 MiB too, since a mapping of its own costs a large value
 * a page fault for every 4 KiB. Left alone, glibc gives each thread a heap with gaps of its own, which no other thread can
 * fill. What comes free at the heap's end stays, up to 2 GiB, until `latchkey_return_free_memory` gives it back. mallopt(3). Before
 * threads are started. */
void latchkey_share_one_heap(void);

/* Gives whole pages that nothing is in back to the system, as malloc_trim(3) does. Takes the lock of each of the
 * allocator's arenas for as long as looking through it takes. */
void latchkey_return_free_memory(void);

#endif
