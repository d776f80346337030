/* What ThreadSanitizer cannot see by itself: the slow path of Swift's Mutex is inside the prebuilt standard library,
 * so in that build the lock says aloud who hands over to whom. Declared only; the sanitizer's runtime defines them. */
#ifndef C_THREAD_SANITIZER_H
#define C_THREAD_SANITIZER_H

void __tsan_acquire(void *address);
void __tsan_release(void *address);

static inline void latchkey_lock_acquired(void *address) { __tsan_acquire(address); }
static inline void latchkey_lock_releasing(void *address) { __tsan_release(address); }

#endif
