/* What a lock needs of the kernel and the processor, and Swift has no word for. */
#ifndef LATCHKEY_FUTEX_H
#define LATCHKEY_FUTEX_H

#include <linux/futex.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Sleeps while *word is expected, until it is woken; may return at any time. futex(2) */
static inline void latchkey_futex_wait(const void *word, uint32_t expected) {
    syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, expected, (void *)0, (void *)0, 0);
}

/* Wakes one thread that sleeps on word. futex(2) */
static inline void latchkey_futex_wake_one(const void *word) {
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, (void *)0, (void *)0, 0);
}

/* Tells the processor that this is a loop that waits for another one. */
static inline void latchkey_spin_pause(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("isb");
#endif
}

#endif
