/* What Swift cannot ask libmicrohttpd by itself: variadic functions, unions and combined flags. */
#ifndef LATCHKEY_MICROHTTPD_SHIMS_H
#define LATCHKEY_MICROHTTPD_SHIMS_H

#include <microhttpd.h>

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
};

/* A daemon with one event loop on a thread of its own and no listening socket: connections are given to it by
 * MHD_add_connection, and may be suspended. NULL where it cannot be started. */
static inline struct MHD_Daemon *latchkey_start_daemon(const struct latchkey_daemon_options *o) {
  return MHD_start_daemon(
      MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, o->handle_request,
      o->context, MHD_OPTION_CONNECTION_LIMIT, o->connection_limit, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
      o->connection_memory_bytes,
      MHD_OPTION_URI_LOG_CALLBACK, o->start_request, o->context, MHD_OPTION_NOTIFY_CONNECTION, o->notify_connection,
      o->context, MHD_OPTION_NOTIFY_COMPLETED, o->notify_completed, o->context, MHD_OPTION_UNESCAPE_CALLBACK,
      o->unescape, o->context, MHD_OPTION_END);
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

/* The bytes of the request line and the fields, which stay in the connection's memory until the answer is sent. */
static inline size_t latchkey_request_head_bytes(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
  return info ? info->header_size : 0;
}

#endif
