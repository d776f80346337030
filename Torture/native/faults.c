/* Preloaded into a server: has calls fail, as they may, every so often.
 *
 * The file that TORTURE_FAULTS names is the switch. It is mapped, so that another process turns faults on and off and reads how
 * many there were. Memory is refused to libmicrohttpd only, told by where the call comes from: Swift's own allocations may not
 * fail, since its runtime ends the process then. Socket calls fail for everybody. glibc only. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <unistd.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);

/* As in faults.py. */
struct control {
  /* Every so many-th call fails; 0 for none. */
  _Atomic uint32_t memory_interval, socket_interval;
  /* Whether memory is refused to everybody. */
  _Atomic uint32_t everybody, unused;
  _Atomic uint64_t memory_calls, memory_faults, socket_calls, socket_faults;
};

static struct control *control;
static uintptr_t library_start, library_end;

static int find_library(struct dl_phdr_info *info, size_t size, void *context) {
  (void)size;
  (void)context;
  if (!strstr(info->dlpi_name, "libmicrohttpd")) return 0;
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
    if (segment->p_type != PT_LOAD || !(segment->p_flags & PF_X)) continue;
    library_start = info->dlpi_addr + segment->p_vaddr;
    library_end = library_start + segment->p_memsz;
  }
  return 1;
}

__attribute__((constructor)) static void begin(void) {
  const char *path = getenv("TORTURE_FAULTS");
  if (!path) return;
  dl_iterate_phdr(find_library, NULL);
  int file = open(path, O_RDWR | O_CLOEXEC);
  if (file < 0 || !library_start) abort();
  void *mapped = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (mapped == MAP_FAILED) abort();
  close(file);
  control = mapped;
}

static bool is_due(_Atomic uint32_t *interval, _Atomic uint64_t *calls, _Atomic uint64_t *faults) {
  uint32_t every = atomic_load_explicit(interval, memory_order_relaxed);
  if (!every || atomic_fetch_add_explicit(calls, 1, memory_order_relaxed) % every != 0) return false;
  atomic_fetch_add_explicit(faults, 1, memory_order_relaxed);
  return true;
}

static bool refuses_memory(void *caller) {
  if (!control) return false;
  uintptr_t address = (uintptr_t)caller;
  bool is_library = address >= library_start && address < library_end;
  if (!is_library && !control->everybody) return false;
  if (!is_due(&control->memory_interval, &control->memory_calls, &control->memory_faults)) return false;
  errno = ENOMEM;
  return true;
}

/* A number that says which fault it is to be; -1 for none. */
static int socket_fault(void) {
  if (!control || !is_due(&control->socket_interval, &control->socket_calls, &control->socket_faults)) return -1;
  return (int)(atomic_load_explicit(&control->socket_faults, memory_order_relaxed) & 0x7fffffff);
}

void *malloc(size_t size) { return refuses_memory(__builtin_return_address(0)) ? NULL : __libc_malloc(size); }

void *calloc(size_t count, size_t size) {
  return refuses_memory(__builtin_return_address(0)) ? NULL : __libc_calloc(count, size);
}

void *realloc(void *block, size_t size) {
  return refuses_memory(__builtin_return_address(0)) ? NULL : __libc_realloc(block, size);
}

char *strdup(const char *text) {
  if (refuses_memory(__builtin_return_address(0))) return NULL;
  size_t size = strlen(text) + 1;
  char *copy = __libc_malloc(size);
  return copy ? memcpy(copy, text, size) : NULL;
}

/* What is asked of an epoll set about each descriptor. A call that says EAGAIN or does less than it could promises that the set
 * tells when more can be done. So the set is asked again, and tells at once. */
static struct {
  int set;
  struct epoll_event event;
} watched[1 << 16];

static void ask_again(int descriptor) {
  if (descriptor < 0 || descriptor >= 1 << 16 || !watched[descriptor].set) return;
  struct epoll_event event = watched[descriptor].event;
  syscall(SYS_epoll_ctl, watched[descriptor].set - 1, EPOLL_CTL_MOD, descriptor, &event);
}

int epoll_ctl(int set, int operation, int descriptor, struct epoll_event *event) {
  if (operation == EPOLL_CTL_ADD && socket_fault() >= 0) {
    errno = ENOMEM;
    return -1;
  }
  int result = (int)syscall(SYS_epoll_ctl, set, operation, descriptor, event);
  if (descriptor >= 0 && descriptor < 1 << 16) {
    if (result == 0 && operation != EPOLL_CTL_DEL) {
      watched[descriptor].event = *event;
      watched[descriptor].set = set + 1;
    } else {
      watched[descriptor].set = 0;
    }
  }
  return result;
}

static ssize_t failed(int error) {
  errno = error;
  return -1;
}

/* The error of a fault in a call that reads or writes; 0 where it is to do less than it could. */
static int transfer_error(int fault, int descriptor, bool is_write) {
  switch (fault % 6) {
    case 0: return EINTR;
    case 1: return is_write ? EPIPE : ECONNRESET;
    case 2: ask_again(descriptor); return EAGAIN;
    case 3: return is_write ? ENOBUFS : ENOMEM;
    default: return 0;
  }
}

ssize_t recv(int descriptor, void *buffer, size_t size, int flags) {
  int fault = socket_fault();
  if (fault >= 0 && size > 0) {
    int error = transfer_error(fault, descriptor, false);
    if (error) return failed(error);
    size = 1;
  }
  ssize_t count = syscall(SYS_recvfrom, descriptor, buffer, size, flags, NULL, NULL);
  if (fault >= 0) ask_again(descriptor);
  return count;
}

ssize_t send(int descriptor, const void *buffer, size_t size, int flags) {
  int fault = socket_fault();
  if (fault >= 0 && size > 1) {
    int error = transfer_error(fault, descriptor, true);
    if (error) return failed(error);
    size = (size + 1) / 2;
  }
  ssize_t count = syscall(SYS_sendto, descriptor, buffer, size, flags, NULL, 0);
  if (fault >= 0) ask_again(descriptor);
  return count;
}

ssize_t sendmsg(int descriptor, const struct msghdr *message, int flags) {
  int fault = socket_fault();
  if (fault < 0) return syscall(SYS_sendmsg, descriptor, message, flags);
  int error = transfer_error(fault, descriptor, true);
  if (error) return failed(error);
  struct iovec less = message->msg_iov[0];
  less.iov_len = (less.iov_len + 1) / 2;
  struct msghdr shorter = *message;
  shorter.msg_iov = &less;
  shorter.msg_iovlen = 1;
  ssize_t count = syscall(SYS_sendmsg, descriptor, &shorter, flags);
  ask_again(descriptor);
  return count;
}

static const int accept_errors[] = {EINTR, ECONNABORTED, EMFILE, ENFILE, ENOMEM, EAGAIN};

int accept4(int descriptor, struct sockaddr *address, socklen_t *length, int flags) {
  int fault = socket_fault();
  if (fault >= 0) return (int)failed(accept_errors[fault % 6]);
  return (int)syscall(SYS_accept4, descriptor, address, length, flags);
}

int accept(int descriptor, struct sockaddr *address, socklen_t *length) { return accept4(descriptor, address, length, 0); }

int epoll_wait(int set, struct epoll_event *events, int most, int milliseconds) {
  if (socket_fault() >= 0) return (int)failed(EINTR);
  return (int)syscall(SYS_epoll_wait, set, events, most, milliseconds);
}

int poll(struct pollfd *descriptors, nfds_t count, int milliseconds) {
  int fault = socket_fault();
  if (fault >= 0) return (int)failed(fault % 2 ? EINTR : ENOMEM);
  return (int)syscall(SYS_poll, descriptors, count, milliseconds);
}
