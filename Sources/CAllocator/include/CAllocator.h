/* What the Glibc module leaves out of the C library's allocator. */
#ifndef LATCHKEY_ALLOCATOR_H
#define LATCHKEY_ALLOCATOR_H

/* Has every block of 64 KiB and more be a mapping of its own, which goes back to the system when it is freed. Left alone,
 * glibc raises that size to whatever was freed last, up to 32 MiB: values of all sizes then share its heaps, and the gaps
 * between them come to 40 % of what they take. The price is a page fault for every 4 KiB of a large value. mallopt(3). Before
 * threads are started. */
void latchkey_separate_large_blocks(void);

/* Gives whole pages that nothing is in back to the system, as malloc_trim(3) does. Takes the lock of each of the
 * allocator's arenas for as long as looking through it takes. */
void latchkey_return_free_memory(void);

#endif
