/* Loads a server by TLS, and prints exchanges a second, exchanges, and resumed sessions.
 *
 *   secure-load PORT SECONDS CONNECTIONS new|resumed|kept 1.2|1.3
 *
 * Each thread has one connection at a time, for one GET of /keys/a, or with `kept` for as many as there is time for. Ends with 1
 * where an exchange fails. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static SSL_CTX *context;
static int port;
static bool resumes, keeps;
static atomic_bool is_over;
static atomic_long exchanges, resumed;
static _Thread_local SSL_SESSION *session;

static void fail(const char *what) {
  fprintf(stderr, "secure-load: cannot %s\n", what);
  exit(1);
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Keeps the last session that the server gave a ticket for. */
static int keep_session(SSL *secured, SSL_SESSION *given) {
  (void)secured;
  SSL_SESSION_free(session);
  session = given;
  return 1;
}

static int connect_socket(void) {
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int one = 1, connected = socket(AF_INET, SOCK_STREAM, 0);
  if (connected < 0 || connect(connected, (struct sockaddr *)&address, sizeof address) != 0) fail("connect");
  setsockopt(connected, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  return connected;
}

/* Whether the answer is whole, of which `count` bytes are there. */
static bool is_whole(char *answer, int count) {
  answer[count] = 0;
  const char *end = strstr(answer, "\r\n\r\n"), *length = strcasestr(answer, "Content-Length:");
  return end && length && count >= end + 4 - answer + atoi(length + strlen("Content-Length:"));
}

static void exchange(SSL *secured) {
  static const char kept[] = "GET /keys/a HTTP/1.1\r\nHost: a\r\n\r\n",
                    last[] = "GET /keys/a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
  const char *request = keeps ? kept : last;
  char answer[4096];
  int count = 0;
  if (SSL_write(secured, request, (int)strlen(request)) <= 0) fail("send");
  do {
    int received = SSL_read(secured, answer + count, (int)sizeof answer - 1 - count);
    if (received <= 0) fail("receive");
    count += received;
  } while (!is_whole(answer, count));
  if (strncmp(answer, "HTTP/1.1 200", 12) != 0) fail("get the value");
  exchanges++;
}

static void *load(void *unused) {
  while (!is_over) {
    int connected = connect_socket();
    SSL *secured = SSL_new(context);
    SSL_set_fd(secured, connected);
    if (resumes && session) SSL_set_session(secured, session);
    if (SSL_connect(secured) != 1) fail("shake hands");
    if (SSL_session_reused(secured)) resumed++;
    do exchange(secured);
    while (keeps && !is_over);
    SSL_shutdown(secured);
    SSL_free(secured);
    // Without it the ports would be used up.
    struct linger at_once = {1, 0};
    setsockopt(connected, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(connected);
  }
  return unused;
}

int main(int count, char **words) {
  if (count != 6) fail("do anything without five words");
  port = atoi(words[1]);
  resumes = strcmp(words[4], "resumed") == 0;
  keeps = strcmp(words[4], "kept") == 0;
  context = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_max_proto_version(context, strcmp(words[5], "1.2") == 0 ? TLS1_2_VERSION : TLS1_3_VERSION);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context, keep_session);
  int threads = atoi(words[3]);
  pthread_t *started = calloc((size_t)threads, sizeof *started);
  double start = now();
  for (int i = 0; i < threads; i++) pthread_create(&started[i], NULL, load, NULL);
  usleep((useconds_t)(atof(words[2]) * 1e6));
  is_over = true;
  long done = exchanges;
  double seconds = now() - start;
  for (int i = 0; i < threads; i++) pthread_join(started[i], NULL);
  printf("%.1f %ld %ld\n", (double)done / seconds, done, (long)resumed);
  free(started);
  return 0;
}
