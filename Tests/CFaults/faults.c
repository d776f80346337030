#define _GNU_SOURCE
#include "CFaults.h"

#include <errno.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#if __has_feature(thread_sanitizer)

void latchkey_refuse_additions(int set, uint64_t pattern) { (void)set, (void)pattern; }
void latchkey_interrupt_waits(int set, int count) { (void)set, (void)count; }
bool latchkey_can_refuse_additions(void) { return false; }

#else

/* As many descriptors as a process may have without asking for more (fs.nr_open). */
enum { most_descriptors = 1 << 20 };

/* By epoll set. Memory that is not touched costs nothing. */
static _Atomic uint64_t refused[most_descriptors];

void latchkey_refuse_additions(int set, uint64_t pattern) { refused[set] = pattern; }
bool latchkey_can_refuse_additions(void) { return true; }

static _Atomic int interrupted[most_descriptors];

void latchkey_interrupt_waits(int set, int count) { interrupted[set] = count; }

int epoll_wait(int set, struct epoll_event *events, int most, int milliseconds) {
  if (set >= 0 && set < most_descriptors && interrupted[set] > 0) {
    interrupted[set]--;
    errno = EINTR;
    return -1;
  }
  return (int)syscall(SYS_epoll_wait, set, events, most, milliseconds);
}

/* In the place of the C library's, since a program's own functions come first. */
int epoll_ctl(int set, int operation, int descriptor, struct epoll_event *event) {
  if (operation == EPOLL_CTL_ADD && set >= 0 && set < most_descriptors) {
    uint64_t pattern = refused[set];
    while (pattern && !atomic_compare_exchange_weak(&refused[set], &pattern, pattern >> 1)) continue;
    if (pattern & 1) {
      errno = ENOMEM;
      return -1;
    }
  }
  return (int)syscall(SYS_epoll_ctl, set, operation, descriptor, event);
}

#endif
