/* Preloaded into a server that runs under callgrind, which counts nothing before the first SIGUSR2. After each one, every
 * thread that returns from epoll_wait has its counts written down and starts again from 0. The file that BENCH_MARKS names
 * gets an "a" when the signal has come, and a "d" when a thread has done so. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>
#include <valgrind/callgrind.h>

static atomic_uint asked;
static __thread unsigned done;
static int marks = -1;

static void ask(int signal_number) {
  (void)signal_number;
  atomic_fetch_add_explicit(&asked, 1, memory_order_relaxed);
  if (write(marks, "a", 1) != 1) abort();
}

__attribute__((constructor)) static void begin(void) {
  const char *path = getenv("BENCH_MARKS");
  if (!path) return;
  marks = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (marks < 0) abort();
  struct sigaction action = {.sa_handler = ask, .sa_flags = SA_RESTART};
  sigaction(SIGUSR2, &action, NULL);
}

/* Not done in the handler, since the thread that serves may have blocked all signals. */
int epoll_wait(int descriptor, struct epoll_event *events, int capacity, int timeout) {
  int result = epoll_pwait(descriptor, events, capacity, timeout, NULL);
  unsigned now = atomic_load_explicit(&asked, memory_order_relaxed);
  if (done != now && result > 0) {
    done = now;
    CALLGRIND_START_INSTRUMENTATION;
    CALLGRIND_DUMP_STATS;
    if (write(marks, "d", 1) != 1) abort();
  }
  return result;
}

/* valgrind 3.19 crashes in the system call that libdispatch's thread for signals waits in. */
int sigsuspend(const sigset_t *mask) {
  sigset_t before;
  pthread_sigmask(SIG_SETMASK, mask, &before);
  poll(NULL, 0, -1);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return -1;
}
