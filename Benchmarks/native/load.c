/* Load on an HTTP server, with latencies in which no waiting is hidden.
 *
 *   load PORT METHOD PATH KEYS SIZE CONNECTIONS RATE SECONDS
 *
 * PATH has %s where the key stands. RATE: requests a second, each due at its moment whether or not those before it have
 * been answered (an open loop); its latency is counted from that moment, also while it waits for a connection that is
 * free. RATE 0: each connection sends when it has its answer (a closed loop). Keys are picked at random. The first tenth
 * of the time is not counted. Prints JSON; durations in nanoseconds. */
#define _GNU_SOURCE
#include "histogram.h"
#include "http.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

struct connection {
  int descriptor;
  /* Of the request on its way: when it was due (0: there is none), its head, how much of it and of its content is sent. */
  uint64_t due;
  char head[512];
  size_t head_size, sent;
  bool is_sending;
  struct answers answers;
};

static const char *method, *path;
static unsigned long keys;
static size_t size;
static char *content, *input;
static size_t connection_count;
/* All connections, and a ring of those without a request, the longest idle first. */
static struct connection *connections, **idle;
static size_t idle_start, idle_count;
static struct histogram latencies;
static uint64_t counted_from, answered;
static int loop;
enum { INPUT_SIZE = 1 << 18 };

static uint64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static unsigned long any_key(void) {
  static uint64_t state = 0x9E3779B97F4A7C15u;
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return (unsigned long)((state >> 20) % keys);
}

/* Waits for room to send only while there is something to send: every wake-up counts here. */
static void watch(struct connection *c, bool for_room) {
  struct epoll_event event = {.events = EPOLLIN | (for_room ? EPOLLOUT : 0u), .data.ptr = c};
  if (epoll_ctl(loop, EPOLL_CTL_MOD, c->descriptor, &event) < 0) fail("epoll_ctl");
}

static void add_idle(struct connection *c) {
  c->due = 0;
  idle[(idle_start + idle_count++) % connection_count] = c;
}

static struct connection *take_idle(void) {
  struct connection *c = idle[idle_start];
  idle_start = (idle_start + 1) % connection_count;
  idle_count--;
  return c;
}

static void send_rest(struct connection *c) {
  size_t all = c->head_size + size;
  while (c->sent < all) {
    struct iovec parts[2];
    int count = 0;
    if (c->sent < c->head_size) parts[count++] = (struct iovec){c->head + c->sent, c->head_size - c->sent};
    size_t start = c->sent > c->head_size ? c->sent - c->head_size : 0;
    if (size > 0) parts[count++] = (struct iovec){content + start, size - start};
    ssize_t sent = writev(c->descriptor, parts, count);
    if (sent < 0 && errno == EAGAIN) {
      if (!c->is_sending) watch(c, true);
      c->is_sending = true;
      return;
    }
    if (sent < 0) fail("send");
    c->sent += (size_t)sent;
  }
  if (c->is_sending) watch(c, false);
  c->is_sending = false;
}

static void begin(struct connection *c, uint64_t due) {
  c->due = due;
  c->head_size = write_head(c->head, sizeof c->head, method, path, any_key(), size);
  c->sent = 0;
  send_rest(c);
}

static void receive(struct connection *c) {
  for (;;) {
    ssize_t received = read(c->descriptor, input, INPUT_SIZE);
    if (received < 0 && errno == EAGAIN) return;
    if (received <= 0) fail("receive");
    if (take(&c->answers, input, (size_t)received) > 0) {
      uint64_t moment = now();
      if (moment >= counted_from) {
        answered++;
        if (c->due >= counted_from) record(&latencies, moment - c->due);
      }
      add_idle(c);
      return;
    }
    if (received < INPUT_SIZE) return;
  }
}

static void open_connections(int port) {
  loop = epoll_create1(EPOLL_CLOEXEC);
  connections = calloc(connection_count, sizeof *connections);
  idle = calloc(connection_count, sizeof(struct connection *));
  if (loop < 0 || !connections || !idle) fail("start");
  for (size_t i = 0; i < connection_count; i++) {
    struct connection *c = &connections[i];
    c->descriptor = connect_to(port);
    fcntl(c->descriptor, F_SETFL, O_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    if (epoll_ctl(loop, EPOLL_CTL_ADD, c->descriptor, &event) < 0) fail("epoll_ctl");
    add_idle(c);
  }
}

/* Handles what has happened, waiting for it until `until` at most. */
static void handle_events(uint64_t until) {
  struct epoll_event events[256];
  uint64_t moment = now(), wait = until > moment ? until - moment : 0;
  struct timespec time = {(time_t)(wait / 1000000000u), (long)(wait % 1000000000u)};
  int count = epoll_pwait2(loop, events, 256, &time, NULL);
  for (int i = 0; i < count; i++) {
    struct connection *c = events[i].data.ptr;
    if (events[i].events & EPOLLOUT) send_rest(c);
    if (events[i].events & ~(unsigned)EPOLLOUT) receive(c);
  }
}

/* When the request of this number is due, in an open loop. */
static uint64_t due_moment(uint64_t start, uint64_t number, double rate) {
  return start + (uint64_t)((double)number * 1e9 / rate);
}

/* What was due and is not answered by the end has waited for at least as long as until then. */
static void record_unanswered(uint64_t start, uint64_t sent, uint64_t end, double rate) {
  for (size_t i = 0; i < connection_count; i++)
    if (connections[i].due >= counted_from) record(&latencies, end - connections[i].due);
  for (uint64_t due; (due = due_moment(start, sent, rate)) < end; sent++)
    if (due >= counted_from) record(&latencies, end - due);
}

static void run(uint64_t start, uint64_t end, double rate) {
  uint64_t sent = 0;
  for (uint64_t moment = start; moment < end; moment = now()) {
    uint64_t next = end;
    while (idle_count > 0) {
      uint64_t due = rate > 0 ? due_moment(start, sent, rate) : moment;
      if (due > moment) {
        next = due < end ? due : end;
        break;
      }
      begin(take_idle(), due);
      sent++;
    }
    handle_events(next);
  }
  if (rate > 0) record_unanswered(start, sent, end, rate);
}

static void print_results(double seconds) {
  unsigned long failed = 0;
  for (size_t i = 0; i < connection_count; i++) failed += connections[i].answers.failed;
  printf("{\"answered\": %lu, \"failed\": %lu, \"seconds\": %.3f, \"rate\": %.1f", (unsigned long)answered, failed, seconds,
         (double)answered / seconds);
  static const struct { const char *name; double share; } wanted[] = {
      {"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p99.9", 0.999}, {"p99.99", 0.9999}};
  for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
    printf(", \"%s\": %lu", wanted[i].name, (unsigned long)percentile(&latencies, wanted[i].share));
  printf(", \"longest\": %lu}\n", (unsigned long)latencies.longest);
}

int main(int argc, char **argv) {
  if (argc != 9) {
    fprintf(stderr, "usage: load PORT METHOD PATH KEYS SIZE CONNECTIONS RATE SECONDS\n");
    return 2;
  }
  method = argv[2];
  path = argv[3];
  keys = strtoul(argv[4], NULL, 10);
  size = strcmp(method, "PUT") == 0 ? strtoul(argv[5], NULL, 10) : 0;
  connection_count = strtoul(argv[6], NULL, 10);
  double rate = strtod(argv[7], NULL), seconds = strtod(argv[8], NULL);
  content = malloc(size + 1);
  input = malloc(INPUT_SIZE);
  if (!content || !input || keys == 0 || connection_count == 0) fail("start");
  memset(content, 'x', size);
  /* Otherwise the kernel may wake us up 50 microseconds late. */
  prctl(PR_SET_TIMERSLACK, 1);
  open_connections(atoi(argv[1]));
  uint64_t start = now(), all = (uint64_t)(seconds * 1e9);
  counted_from = start + all / 10;
  run(start, start + all, rate);
  print_results((double)(now() - counted_from) / 1e9);
  return 0;
}
