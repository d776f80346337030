/* Stores values at numbered keys over one connection, many requests on their way at a time.
 *
 *   fill PORT PATH FIRST COUNT SIZE DEPTH     PATH has %s where the key stands; DEPTH: requests on their way */
#include "http.h"
#include <unistd.h>

static void send_all(int connection, const char *data, size_t size) {
  while (size > 0) {
    ssize_t sent = write(connection, data, size);
    if (sent <= 0) fail("write");
    data += sent;
    size -= (size_t)sent;
  }
}

int main(int argc, char **argv) {
  if (argc != 7) {
    fprintf(stderr, "usage: fill PORT PATH FIRST COUNT SIZE DEPTH\n");
    return 2;
  }
  const char *path = argv[2];
  unsigned long next = strtoul(argv[3], NULL, 10), end = next + strtoul(argv[4], NULL, 10);
  size_t size = strtoul(argv[5], NULL, 10), depth = strtoul(argv[6], NULL, 10);
  int connection = connect_to(atoi(argv[1]));
  size_t capacity = 512 + size;
  char *requests = malloc(depth * capacity), *input = malloc(1 << 18);
  struct answers *answers = calloc(1, sizeof *answers);
  if (!requests || !input || !answers) fail("malloc");
  while (next < end) {
    size_t used = 0, waiting = 0;
    for (; waiting < depth && next < end; waiting++, next++) {
      used += write_head(requests + used, 512, "PUT", path, next, size);
      memset(requests + used, 'x', size);
      used += size;
    }
    send_all(connection, requests, used);
    while (waiting > 0) {
      ssize_t received = read(connection, input, 1 << 18);
      if (received <= 0) fail("read");
      unsigned ended = take(answers, input, (size_t)received);
      waiting -= ended < waiting ? ended : waiting;
    }
  }
  if (answers->failed > 0) {
    fprintf(stderr, "%lu of the values were not stored\n", answers->failed);
    return 1;
  }
  return 0;
}
