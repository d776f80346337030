/* How long the calling thread has waited for locks: Swift has no variable of a thread. */
#ifndef LATCHKEY_LOCK_WAIT_H
#define LATCHKEY_LOCK_WAIT_H

#include <stdint.h>

/* Nanoseconds. Initial-exec: this is linked into a program, never loaded by one, so no call is needed to find it. */
extern _Thread_local uint64_t latchkey_lock_wait __attribute__((tls_model("initial-exec")));

static inline uint64_t latchkey_lock_wait_of_thread(void) { return latchkey_lock_wait; }
static inline void latchkey_add_lock_wait(uint64_t nanoseconds) { latchkey_lock_wait += nanoseconds; }

#endif
