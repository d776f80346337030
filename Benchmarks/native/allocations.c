/* Preloaded into a server: counts the calls that allocate memory, of all threads. Each SIGUSR2 writes a line with the
 * count so far to the file that BENCH_ALLOCATIONS names. glibc only. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static atomic_ullong count;
static int output = -1;

static void write_count(int signal_number) {
  (void)signal_number;
  char line[32];
  int length = snprintf(line, sizeof line, "%llu\n", atomic_load_explicit(&count, memory_order_relaxed));
  if (write(output, line, (size_t)length) != length) abort();
}

__attribute__((constructor)) static void begin(void) {
  const char *path = getenv("BENCH_ALLOCATIONS");
  if (!path) return;
  output = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (output < 0) abort();
  struct sigaction action = {.sa_handler = write_count, .sa_flags = SA_RESTART};
  sigaction(SIGUSR2, &action, NULL);
}

static void add(void) { atomic_fetch_add_explicit(&count, 1, memory_order_relaxed); }

void *malloc(size_t size) {
  add();
  return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
  add();
  return __libc_calloc(number, size);
}

void *realloc(void *block, size_t size) {
  add();
  return __libc_realloc(block, size);
}

void *memalign(size_t alignment, size_t size) {
  add();
  return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

int posix_memalign(void **block, size_t alignment, size_t size) {
  *block = memalign(alignment, size);
  return *block ? 0 : ENOMEM;
}
