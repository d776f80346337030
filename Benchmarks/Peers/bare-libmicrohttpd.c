/* The ceiling: libmicrohttpd with a handler that does nothing but answer 100 fixed bytes.
 * Usage: bare-libmicrohttpd PORT THREADS POOL_BYTES (0|1: one response object, or a new one with three headers each time) */
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char body[100];
static struct MHD_Response *fixed;

static struct MHD_Response *make(void) {
  struct MHD_Response *r = MHD_create_response_from_buffer(sizeof body, body, MHD_RESPMEM_PERSISTENT);
  MHD_add_response_header(r, "Content-Type", "application/octet-stream");
  MHD_add_response_header(r, "ETag", "\"5f3a9c-1\"");
  MHD_add_response_header(r, "Cache-Control", "no-cache");
  return r;
}

static enum MHD_Result handle(void *fresh, struct MHD_Connection *c, const char *url, const char *method,
                              const char *version, const char *data, size_t *size, void **state) {
  static char seen;
  (void)url; (void)method; (void)version; (void)data;
  if (!*state) { *state = &seen; return MHD_YES; }
  if (*size) { *size = 0; return MHD_YES; }
  if (!fresh) return MHD_queue_response(c, 200, fixed);
  struct MHD_Response *r = make();
  enum MHD_Result ok = MHD_queue_response(c, 200, r);
  MHD_destroy_response(r);
  return ok;
}

int main(int argc, char **argv) {
  if (argc != 5) return 2;
  int port = atoi(argv[1]), threads = atoi(argv[2]);
  size_t pool = (size_t)atol(argv[3]);
  memset(body, 'x', sizeof body);
  fixed = make();
  struct MHD_OptionItem options[] = {
      {MHD_OPTION_CONNECTION_LIMIT, 16384, NULL},
      {MHD_OPTION_CONNECTION_MEMORY_LIMIT, (intptr_t)pool, NULL},
      {threads > 1 ? MHD_OPTION_THREAD_POOL_SIZE : MHD_OPTION_END, threads, NULL},
      {MHD_OPTION_END, 0, NULL}};
  struct MHD_Daemon *d = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, (uint16_t)port, NULL, NULL, handle,
                                          atoi(argv[4]) ? body : NULL, MHD_OPTION_ARRAY, options, MHD_OPTION_END);
  if (!d) return 1;
  for (;;) pause();
}
