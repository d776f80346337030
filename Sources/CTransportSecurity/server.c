#include "CReception.h"
#include "credentials.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

/* How long a ticket holds. GnuTLS seals them with another key every three times as long (stek.c), and knows the last one. */
enum { ticket_seconds = 3600 };

/* Bytes that are received before they are asked for: GnuTLS asks for the five of a record's head first, and for the rest then. Most
 * requests are shorter than this, and so are received at once. */
enum { bytes_ahead = 1024 };

struct latchkey_server_session {
  struct latchkey_credentials *credentials;
  int socket;
  /* Counts this session while it shakes hands; NULL from then on. */
  ptrdiff_t *shaking;
  bool is_refused;
  bool has_received;
  unsigned char first_byte;
  unsigned short begin, end;
  unsigned char ahead[bytes_ahead];
};

/* Linked into a program, never loaded by one, so no call is needed to find it. */
static _Thread_local uint64_t progress __attribute__((tls_model("initial-exec")));

uint64_t latchkey_secure_progress(void) { return progress; }

static ssize_t receive(gnutls_transport_ptr_t context, void *bytes, size_t count) {
  struct latchkey_server_session *server = context;
  if (server->begin < server->end) {
    size_t ready = (size_t)(server->end - server->begin);
    if (count > ready) count = ready;
    memcpy(bytes, server->ahead + server->begin, count);
    server->begin += (unsigned short)count;
    progress++;
    return (ssize_t)count;
  }
  struct iovec places[] = {{bytes, count}, {server->ahead, sizeof server->ahead}};
  ssize_t result = readv(server->socket, places, 2);
  // The end of the stream is something new as well.
  if (result >= 0) progress++;
  if (result > 0 && !server->has_received) {
    server->has_received = true;
    server->first_byte = *(unsigned char *)bytes;
  }
  if (result <= (ssize_t)count) return result;
  server->begin = 0;
  server->end = (unsigned short)((size_t)result - count);
  return (ssize_t)count;
}

static ssize_t send_pieces(gnutls_transport_ptr_t context, const giovec_t *pieces, int count) {
  struct latchkey_server_session *server = context;
  struct msghdr message = {.msg_iov = (struct iovec *)pieces, .msg_iovlen = (size_t)count};
  ssize_t result = sendmsg(server->socket, &message, MSG_NOSIGNAL);
  if (result > 0) progress++;
  return result;
}

/* RFC 7301: a client that names protocols and none of these is told so. */
static void offer_protocols(gnutls_session_t session) {
  static unsigned char current[] = "http/1.1", old[] = "http/1.0";
  const gnutls_datum_t protocols[] = {{current, sizeof current - 1}, {old, sizeof old - 1}};
  (void)gnutls_alpn_set_protocols(session, protocols, 2, GNUTLS_ALPN_MANDATORY | GNUTLS_ALPN_SERVER_PRECEDENCE);
}

struct latchkey_server_session *latchkey_begin_server_session(void *session, int socket,
                                                              struct latchkey_credentials *credentials,
                                                              ptrdiff_t *shaking) {
  struct latchkey_server_session *server = malloc(sizeof *server);
  // As where Swift finds no memory.
  if (!server) abort();
  *server = (struct latchkey_server_session){.credentials = credentials, .socket = socket, .shaking = shaking};
  ++*shaking;
  gnutls_session_set_ptr(session, server);
  gnutls_transport_set_ptr(session, server);
  gnutls_transport_set_pull_function(session, receive);
  gnutls_transport_set_vec_push_function(session, send_pieces);
  offer_protocols(session);
  gnutls_db_set_cache_expiration(session, ticket_seconds);
  (void)gnutls_session_ticket_enable_server(session, &credentials->ticket_key);
  return server;
}

static void end_shaking(struct latchkey_server_session *server) {
  if (server->shaking) --*server->shaking;
  server->shaking = NULL;
}

bool latchkey_close_server_session(struct latchkey_server_session *server) {
  end_shaking(server);
  return server->is_refused;
}

void latchkey_free_server_session(struct latchkey_server_session *server) { free(server); }

void latchkey_send_at_once(void *session, const void *bytes, size_t count) {
  const char *rest = bytes;
  while (count > 0) {
    ssize_t sent = gnutls_record_send(session, rest, count);
    if (sent == GNUTLS_E_INTERRUPTED) continue;
    if (sent <= 0) return;
    rest += sent;
    count -= (size_t)sent;
  }
}

void latchkey_end_sending(void *session) {
  int result;
  do result = gnutls_bye(session, GNUTLS_SHUT_WR);
  while (result == GNUTLS_E_INTERRUPTED);
}

size_t latchkey_decrypted_count(void *session) { return gnutls_record_check_pending(session); }

static int retrieve(gnutls_session_t session, const gnutls_datum_t *authorities, int authority_count,
                    const gnutls_pk_algorithm_t *algorithms, int algorithm_count, gnutls_pcert_st **certificates,
                    unsigned int *count, gnutls_privkey_t *key) {
  (void)authorities, (void)authority_count, (void)algorithms, (void)algorithm_count;
  struct latchkey_server_session *server = gnutls_session_get_ptr(session);
  *certificates = server->credentials->certificates;
  *count = server->credentials->count;
  *key = server->credentials->key;
  return 0;
}

void *latchkey_certificate_callback(void) {
  gnutls_certificate_retrieve_function2 *function = retrieve;
  return (void *)function;
}

/* MARK: Refusals */

/* What is sent to a client that speaks plain HTTP: it can read no alert. */
static const char plain_answer[] =
    "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nCache-Control: no-cache\r\nConnection: close\r\n"
    "Content-Length: 58\r\n\r\nthis address speaks TLS: the URL must begin with https://\n";

static void refuse(gnutls_session_t session, struct latchkey_server_session *server, int result) {
  switch (result) {
    // The client has left, or has itself said what is wrong.
    case GNUTLS_E_PULL_ERROR:
    case GNUTLS_E_PUSH_ERROR:
    case GNUTLS_E_PREMATURE_TERMINATION:
    case GNUTLS_E_FATAL_ALERT_RECEIVED: return;
    default: break;
  }
  server->is_refused = true;
  // All records of TLS begin with a byte of 20 to 24, and all methods of HTTP with a letter.
  if (server->first_byte >= 'A' && server->first_byte <= 'Z')
    (void)send(server->socket, plain_answer, sizeof plain_answer - 1, MSG_NOSIGNAL);
  else
    (void)gnutls_alert_send_appropriate(session, result);
}

static int (*shake_hands)(gnutls_session_t session);
static ssize_t (*receive_record)(gnutls_session_t session, void *bytes, size_t count);

__attribute__((constructor)) static void find_functions(void) {
  *(void **)&shake_hands = dlsym(RTLD_NEXT, "gnutls_handshake");
  *(void **)&receive_record = dlsym(RTLD_NEXT, "gnutls_record_recv");
  // Nothing is linked that lacks them.
  if (!shake_hands || !receive_record) abort();
}

/* Takes the place of GnuTLS's function of this name in the whole program, as the linker has it for what a program defines itself,
 * and calls it. libmicrohttpd shakes hands itself, and closes the connection without a word where that fails
 * (MHD_run_tls_handshake_ of 0.9.75 and 1.0.x); nobody but this call is told what has failed. A client's session has no pointer. */
int gnutls_handshake(gnutls_session_t session) {
  int result = shake_hands(session);
  struct latchkey_server_session *server = gnutls_session_get_ptr(session);
  if (!server || (result < 0 && !gnutls_error_is_fatal(result))) return result;
  end_shaking(server);
  if (result < 0) refuse(session, server, result);
  return result;
}

/* In the place of GnuTLS's, as above: what it gives may have been received before, so that recv(2) does not tell of it. */
ssize_t gnutls_record_recv(gnutls_session_t session, void *bytes, size_t count) {
  struct latchkey_server_session *server = gnutls_session_get_ptr(session);
  if (server) latchkey_look_at_socket(server->socket);
  return receive_record(session, bytes, count);
}
