/* What the service needs of GnuTLS, in words that Swift can say. */
#ifndef LATCHKEY_TRANSPORT_SECURITY_H
#define LATCHKEY_TRANSPORT_SECURITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* TLS 1.2 and 1.3, with ciphers that authenticate and keys that are forgotten. A priority string of GnuTLS. */
const char *latchkey_tls_priorities(void);

/* A certificate, with those that lead from it to an authority, and its private key. Never changed once it is there, so any
 * number of threads may use it at once. */
struct latchkey_credentials;

/* Reads PEM texts. Where they cannot be used: NULL, and a reason of one line in `reason`, cut to `reason_size` bytes with its
 * NUL. */
struct latchkey_credentials *latchkey_read_credentials(const uint8_t *certificate, size_t certificate_size,
                                                       const uint8_t *key, size_t key_size, char *reason,
                                                       size_t reason_size);
void latchkey_free_credentials(struct latchkey_credentials *credentials);

/* The server's end of a connection: what libmicrohttpd's gnutls_session_t, which is the `session` below, sends and receives with.
 * That must have ended before this does. */
struct latchkey_server_session;

/* Gives a session that has not begun its handshake what it shows to its client, the protocols it may agree on by ALPN (HTTP/1.1
 * and 1.0), and session tickets, which other credentials do not take. The credentials must stay until the session ends, and so must
 * `shaking`, which counts the session for as long as it shakes hands. From now
 * on what the session sends and receives counts as progress of its thread, and a handshake that fails is answered: by the alert of
 * RFC 8446 section 6.2, or to a client that speaks plain HTTP by a 400. */
struct latchkey_server_session *latchkey_begin_server_session(void *session, int socket,
                                                              struct latchkey_credentials *credentials,
                                                              ptrdiff_t *shaking);
/* Called on the connection's thread when it is closed. Whether the handshake has failed and the client was told so. */
bool latchkey_close_server_session(struct latchkey_server_session *server);
void latchkey_free_server_session(struct latchkey_server_session *server);

/* Sends as much of `bytes` as the socket's buffer takes, in a session that has nothing else on its way: all of a short text. */
void latchkey_send_at_once(void *session, const void *bytes, size_t count);

/* Tells the client that nothing more is sent in the session. */
void latchkey_end_sending(void *session);

/* Bytes that were received and decrypted, and wait in the session. */
size_t latchkey_decrypted_count(void *session);

/* The gnutls_certificate_retrieve_function2 that has a session show what latchkey_begin_server_session gave it. */
void *latchkey_certificate_callback(void);

/* Changes whenever a secured session has moved a byte on this thread. */
uint64_t latchkey_secure_progress(void);

/* A client's session on a connected, blocking socket, which stays the caller's. */
struct latchkey_client_session;

/* Shakes hands. With `host`, the server must show a certificate for that name or address, from an authority in the PEM text
 * `authorities`, or where that is NULL from one that the system trusts; with NULL, it may show any. Where that fails: NULL, and
 * a reason as above. */
struct latchkey_client_session *latchkey_begin_client_session(int socket, const char *host, const uint8_t *authorities,
                                                              size_t authorities_size, char *reason,
                                                              size_t reason_size);
/* As send(2) and recv(2), with errno: EAGAIN where the socket's time was over, EPROTO for what is no fault of the socket. */
ptrdiff_t latchkey_send_secure(struct latchkey_client_session *session, const void *bytes, size_t count);
ptrdiff_t latchkey_receive_secure(struct latchkey_client_session *session, void *bytes, size_t count);
/* Whether content, the end or a failure is there to be received, after all that has arrived is read. Does not wait. */
bool latchkey_has_content(struct latchkey_client_session *session);
void latchkey_end_client_session(struct latchkey_client_session *session);

#endif
