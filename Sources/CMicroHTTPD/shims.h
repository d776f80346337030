/* What Swift cannot ask libmicrohttpd by itself: variadic functions, unions and combined flags. */
#ifndef LATCHKEY_MICROHTTPD_SHIMS_H
#define LATCHKEY_MICROHTTPD_SHIMS_H

#include <microhttpd.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* The callbacks and limits of one daemon; `context` is handed to every callback. */
struct latchkey_daemon_options {
  unsigned int connection_limit;
  size_t connection_memory_bytes;
  void *context;
  MHD_AccessHandlerCallback handle_request;
  void *(*start_request)(void *context, const char *target, struct MHD_Connection *connection);
  MHD_NotifyConnectionCallback notify_connection;
  MHD_RequestCompletedCallback notify_completed;
  size_t (*unescape)(void *context, struct MHD_Connection *connection, char *text);
  void (*notify_own_reply)(void *context, unsigned int status);
  void (*notify_no_room)(void *context);
  void (*notify_line_refused)(void *context, unsigned int status);
  /* MHD_OPTION_STRICT_FOR_CLIENT. */
  int strictness;
  /* A gnutls_certificate_retrieve_function2, with which connections are TLS; NULL for plain ones. */
  void *certificate_callback;
  /* What may be agreed upon, in GnuTLS's words. */
  const char *tls_priorities;
};

/* The status for a request line for which the library closes the connection without a word, right after it has said this; 0 for any
 * other message. */
static inline unsigned int latchkey_line_status(const char *message) {
  static const char *const malformed[] = {
      "Too many meaningless extra empty lines", "Bare CR characters", "Bare LF characters", "The request line ",
      "Invalid character is in the request line", "The NUL character is in the request line",
      "The request has whitespace character is in the URI.",
  };
  static const char *const too_long[] = {"No space left in the read buffer when receiving the ",
                                         "The request has whitespace character is in the URI and the URI is too large"};
  for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++)
    if (strncmp(message, malformed[i], strlen(malformed[i])) == 0) return 400;
  for (size_t i = 0; i < sizeof too_long / sizeof *too_long; i++)
    if (strncmp(message, too_long[i], strlen(too_long[i])) == 0) return 414;
  return 0;
}

/* MHD_OPTION_EXTERNAL_LOGGER: the only way to hear of the replies that the library makes by itself, all of them errors; of request
 * lines that it answers nothing; and of an answer whose head has no room in the connection's memory. The first are told of before they
 * are made, and their message begins with the status. The second are told of before the connection is closed. The third is told of right
 * before the request is said to be completed, and nothing of it is sent.
 * Compared with what connection.c of 0.9.75 and of 1.0.x has; the program sets no locale, so none is translated. */
static inline void latchkey_read_log(void *options, const char *format, va_list arguments) {
  static const char own_reply[] = "Error processing request (HTTP response code is %u";
  static const char no_room[] = "Closing connection (failed to create response header)";
  const struct latchkey_daemon_options *o = (const struct latchkey_daemon_options *)options;
  if (strncmp(format, own_reply, sizeof own_reply - 1) == 0)
    o->notify_own_reply(o->context, va_arg(arguments, unsigned int));
  else if (strcmp(format, "%s\n") == 0) {
    const char *message = va_arg(arguments, const char *);
    unsigned int status = latchkey_line_status(message);
    if (strncmp(message, no_room, sizeof no_room - 1) == 0)
      o->notify_no_room(o->context);
    else if (status != 0)
      o->notify_line_refused(o->context, status);
  }
}

/* A daemon without a thread and without a listening socket: connections are given to it by MHD_add_connection, may be
 * suspended, and are served by latchkey_run_daemon, both on one thread. NULL where it cannot be started. The options must stay
 * where they are for as long as it runs. */
static inline struct MHD_Daemon *latchkey_start_daemon(const struct latchkey_daemon_options *o) {
  struct MHD_OptionItem security[] = {
      {MHD_OPTION_HTTPS_CERT_CALLBACK, 0, o->certificate_callback},
      {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)o->tls_priorities},
      {MHD_OPTION_END, 0, NULL},
  };
  if (!o->certificate_callback) security[0].option = MHD_OPTION_END;
  return MHD_start_daemon(
      MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG |
          (o->certificate_callback ? MHD_USE_TLS : 0),
      0, NULL, NULL,
      o->handle_request, o->context, MHD_OPTION_EXTERNAL_LOGGER, latchkey_read_log, o, MHD_OPTION_CONNECTION_LIMIT,
      o->connection_limit, MHD_OPTION_CONNECTION_MEMORY_LIMIT, o->connection_memory_bytes, MHD_OPTION_URI_LOG_CALLBACK,
      o->start_request, o->context, MHD_OPTION_NOTIFY_CONNECTION, o->notify_connection, o->context,
      MHD_OPTION_NOTIFY_COMPLETED, o->notify_completed, o->context, MHD_OPTION_UNESCAPE_CALLBACK, o->unescape, o->context,
      MHD_OPTION_STRICT_FOR_CLIENT, o->strictness, MHD_OPTION_ARRAY, security, MHD_OPTION_END);
}

/* The daemon's epoll set, which is readable when there is something to do; -1 where it has none. */
static inline int latchkey_epoll_set(struct MHD_Daemon *daemon) {
  const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD);
  return info ? info->epoll_fd : -1;
}

/* Has a write to descriptor, which is an eventfd, end the daemon's wait, each time; -1 where the system refuses that. The
 * library takes no notice of an event that has no data (MHD_epoll), and before 1.0 has no such descriptor of its own where it has
 * no thread. Edge-triggered, so that it need not be read. */
static inline int latchkey_add_wake_up(struct MHD_Daemon *daemon, int descriptor) {
  struct epoll_event event = {.events = EPOLLIN | EPOLLET};
  event.data.ptr = NULL;
  return epoll_ctl(latchkey_epoll_set(daemon), EPOLL_CTL_ADD, descriptor, &event);
}

/* eventfd(2), which Swift cannot name. */
static inline int latchkey_make_eventfd(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }
static inline void latchkey_write_eventfd(int descriptor) { (void)eventfd_write(descriptor, 1); }

/* The events that the library takes from its epoll set at once: MAX_EVENTS of daemon.c. */
enum { latchkey_events_at_once = 128 };

/* Whether the daemon has something to do at once. A time-out that lies ahead is that of latchkey_close_when_silent. */
static inline bool latchkey_has_pending_work(struct MHD_Daemon *daemon) {
  MHD_UNSIGNED_LONG_LONG timeout;
  return MHD_get_timeout(daemon, &timeout) == MHD_YES && timeout == 0;
}

/* Has the library close a connection in its first turn after a second in which it has read nothing from it. Such connections are
 * looked at one by one in each turn. */
static inline void latchkey_close_when_silent(struct MHD_Connection *connection) {
  (void)MHD_set_connection_option(connection, MHD_CONNECTION_OPTION_TIMEOUT, 1u);
}

/* Waits until there is something to do for the daemon, and does it: one turn of its event loop.
 *
 * Where as many events come as the library takes at once, it waits for more of them before it serves any, and so for ever if
 * these are all (MHD_epoll of 0.9.75 and of 1.0.x). Where there may be so many, we wait in its place: descriptor_count is how many
 * its epoll set has. */
static inline void latchkey_run_daemon(struct MHD_Daemon *daemon, int descriptor_count) {
  if (descriptor_count < latchkey_events_at_once) {
    (void)MHD_run_wait(daemon, -1);
    return;
  }
  if (!latchkey_has_pending_work(daemon)) {
    struct pollfd ready = {.fd = latchkey_epoll_set(daemon), .events = POLLIN};
    (void)poll(&ready, 1, -1);
  }
  (void)MHD_run(daemon);
}

/* The connection's gnutls_session_t, or NULL. */
static inline void *latchkey_tls_session(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
  return info ? info->tls_session : NULL;
}

/* What the STARTED notification stored for the connection. */
static inline void *latchkey_socket_context(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
  return info ? info->socket_context : NULL;
}

/* The connection's socket, or -1. */
static inline int latchkey_socket(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  return info ? info->connect_fd : -1;
}

/* The bytes of the request line and the fields, which stay in the connection's memory until the answer is sent; 0 before all of
 * them have arrived. */
static inline size_t latchkey_request_head_bytes(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
  return info ? info->header_size : 0;
}

#endif
