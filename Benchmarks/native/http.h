/* What the load programs need of HTTP/1.1: making requests for numbered keys, and finding where answers end. */
#ifndef BENCH_HTTP_H
#define BENCH_HTTP_H

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

/* Reads the answers on one connection. */
struct answers {
  char head[4096];
  size_t head_size;
  /* Content bytes of the answer in hand that have not arrived. */
  size_t missing;
  bool in_content;
  /* Answers that were not of a 2xx status. */
  unsigned long failed;
};

static inline void fail(const char *what) {
  perror(what);
  exit(1);
}

/* Looks into a whole head, which ends in an empty line. */
static inline void end_head(struct answers *a) {
  a->head[a->head_size] = 0;
  if (a->head_size < 12 || a->head[9] != '2') a->failed++;
  a->missing = 0;
  for (char *line = a->head; line; line = strchr(line, '\n')) {
    if (*line == '\n') line++;
    if (strncasecmp(line, "content-length:", 15) == 0) a->missing = strtoul(line + 15, NULL, 10);
    if (strncasecmp(line, "transfer-encoding:", 18) == 0) {
      fprintf(stderr, "an answer has a Transfer-Encoding, which is not read here\n");
      exit(1);
    }
  }
  a->head_size = 0;
  a->in_content = a->missing > 0;
}

/* Takes what has arrived. Returns how many answers ended in it. */
static inline unsigned take(struct answers *a, const char *data, size_t size) {
  unsigned ended = 0;
  while (size > 0) {
    if (a->in_content) {
      size_t part = size < a->missing ? size : a->missing;
      a->missing -= part;
      data += part;
      size -= part;
      if (a->missing == 0) {
        a->in_content = false;
        ended++;
      }
      continue;
    }
    if (a->head_size == sizeof a->head - 1) {
      fprintf(stderr, "the head of an answer is too long\n");
      exit(1);
    }
    char c = a->head[a->head_size++] = *data++;
    size--;
    if (c == '\n' && a->head_size >= 4 && memcmp(a->head + a->head_size - 4, "\r\n\r\n", 4) == 0) {
      end_head(a);
      if (!a->in_content) ended++;
    }
  }
  return ended;
}

/* Writes the head of a request for a key. `path` has %s where the key stands: "user:" and eight digits. */
static inline size_t write_head(char *to, size_t capacity, const char *method, const char *path, unsigned long key,
                                size_t content_size) {
  char name[32], target[256], fields[96] = "";
  snprintf(name, sizeof name, "user:%08lu", key);
  const char *place = strstr(path, "%s");
  int before = place ? (int)(place - path) : (int)strlen(path);
  snprintf(target, sizeof target, "%.*s%s%s", before, path, place ? name : "", place ? place + 2 : "");
  if (strcmp(method, "PUT") == 0)
    snprintf(fields, sizeof fields, "Content-Type: application/octet-stream\r\nContent-Length: %zu\r\n", content_size);
  int size = snprintf(to, capacity, "%s %s HTTP/1.1\r\nHost: localhost\r\n%s\r\n", method, target, fields);
  if (size < 0 || (size_t)size >= capacity) exit(1);
  return (size_t)size;
}

/* A blocking connection to a port of this machine. */
static inline int connect_to(int port) {
  int connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connection < 0 || connect(connection, (struct sockaddr *)&address, sizeof address) < 0) fail("connect");
  setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  return connection;
}

#endif
