#include "CTransportSecurity.h"

#include <arpa/inet.h>
#include <errno.h>
#include <gnutls/gnutls.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct latchkey_client_session {
  gnutls_session_t session;
  gnutls_certificate_credentials_t credentials;
  /* What looking for content has found and nobody has received yet: a byte, the end (0) or a failure. */
  bool has_found;
  ssize_t found;
  int found_errno;
  uint8_t found_byte;
};

static ssize_t pull(gnutls_transport_ptr_t socket, void *bytes, size_t count) {
  return recv((int)(intptr_t)socket, bytes, count, 0);
}

static ssize_t pull_without_waiting(gnutls_transport_ptr_t socket, void *bytes, size_t count) {
  return recv((int)(intptr_t)socket, bytes, count, MSG_DONTWAIT);
}

static bool is_address(const char *host) {
  unsigned char address[sizeof(struct in6_addr)];
  return inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1;
}

static int trust(struct latchkey_client_session *client, const uint8_t *authorities, size_t size) {
  if (!authorities) return gnutls_certificate_set_x509_system_trust(client->credentials);
  gnutls_datum_t text = {(unsigned char *)authorities, (unsigned int)size};
  return gnutls_certificate_set_x509_trust_mem(client->credentials, &text, GNUTLS_X509_FMT_PEM);
}

/* In one line why the server's certificate does not do, or what else went wrong. */
static void explain(gnutls_session_t session, int result, char *reason, size_t reason_size) {
  gnutls_datum_t text;
  if (result == GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR &&
      gnutls_certificate_verification_status_print(gnutls_session_get_verify_cert_status(session), GNUTLS_CRT_X509, &text,
                                                   0) == 0) {
    snprintf(reason, reason_size, "%s", text.data);
    gnutls_free(text.data);
  } else {
    snprintf(reason, reason_size, "%s", gnutls_strerror(result));
  }
}

static int begin(struct latchkey_client_session *client, int socket, const char *host, const uint8_t *authorities,
                 size_t authorities_size) {
  int result = gnutls_certificate_allocate_credentials(&client->credentials);
  if (result == 0) result = gnutls_init(&client->session, GNUTLS_CLIENT | GNUTLS_NO_SIGNAL);
  if (result == 0) result = gnutls_priority_set_direct(client->session, latchkey_tls_priorities(), NULL);
  if (result == 0) result = gnutls_credentials_set(client->session, GNUTLS_CRD_CERTIFICATE, client->credentials);
  if (result == 0 && host) {
    result = trust(client, authorities, authorities_size);
    // How many there are.
    if (result > 0) result = 0;
    // A name is told to the server too, an address is not (RFC 6066 section 3).
    if (result == 0 && !is_address(host))
      result = gnutls_server_name_set(client->session, GNUTLS_NAME_DNS, host, strlen(host));
    if (result == 0) gnutls_session_set_verify_cert(client->session, host, 0);
  }
  if (result != 0) return result;
  gnutls_transport_set_int(client->session, socket);
  gnutls_transport_set_pull_function(client->session, pull);
  do result = gnutls_handshake(client->session);
  while (result == GNUTLS_E_INTERRUPTED);
  return result;
}

struct latchkey_client_session *latchkey_begin_client_session(int socket, const char *host, const uint8_t *authorities,
                                                              size_t authorities_size, char *reason,
                                                              size_t reason_size) {
  struct latchkey_client_session *client = calloc(1, sizeof *client);
  if (!client) {
    snprintf(reason, reason_size, "out of memory");
    return NULL;
  }
  int result = begin(client, socket, host, authorities, authorities_size);
  if (result == 0) return client;
  explain(client->session, result, reason, reason_size);
  latchkey_end_client_session(client);
  return NULL;
}

static ptrdiff_t outcome(ssize_t result) {
  if (result >= 0) return result;
  switch (result) {
    case GNUTLS_E_AGAIN: errno = EAGAIN; break;
    case GNUTLS_E_INTERRUPTED: errno = EINTR; break;
    // errno is the socket's.
    case GNUTLS_E_PULL_ERROR:
    case GNUTLS_E_PUSH_ERROR: break;
    // Without the word that it is the end, it may be an end that somebody else has made.
    case GNUTLS_E_PREMATURE_TERMINATION: errno = ECONNRESET; break;
    default: errno = EPROTO;
  }
  return -1;
}

ptrdiff_t latchkey_send_secure(struct latchkey_client_session *client, const void *bytes, size_t count) {
  return outcome(gnutls_record_send(client->session, bytes, count));
}

/* After a message that is no content, as a session ticket, GnuTLS has the caller ask again. Only the socket sets errno. */
static ssize_t receive(struct latchkey_client_session *client, void *bytes, size_t count) {
  ssize_t result;
  do {
    errno = 0;
    result = gnutls_record_recv(client->session, bytes, count);
  } while (result == GNUTLS_E_AGAIN && errno != EAGAIN);
  return result;
}

ptrdiff_t latchkey_receive_secure(struct latchkey_client_session *client, void *bytes, size_t count) {
  if (!client->has_found || count == 0) return outcome(receive(client, bytes, count));
  client->has_found = false;
  errno = client->found_errno;
  if (client->found <= 0) return outcome(client->found);
  *(uint8_t *)bytes = client->found_byte;
  // The rest of the record is decrypted already, and so this does not wait.
  if (count == 1 || gnutls_record_check_pending(client->session) == 0) return 1;
  ssize_t rest = receive(client, (uint8_t *)bytes + 1, count - 1);
  return rest > 0 ? 1 + rest : 1;
}

bool latchkey_has_content(struct latchkey_client_session *client) {
  if (client->has_found || gnutls_record_check_pending(client->session) > 0) return true;
  gnutls_transport_set_pull_function(client->session, pull_without_waiting);
  do client->found = receive(client, &client->found_byte, 1);
  while (client->found == GNUTLS_E_INTERRUPTED);
  client->found_errno = errno;
  gnutls_transport_set_pull_function(client->session, pull);
  client->has_found = client->found != GNUTLS_E_AGAIN;
  return client->has_found;
}

void latchkey_end_client_session(struct latchkey_client_session *client) {
  if (client->session) {
    // Without waiting for the server's.
    (void)gnutls_bye(client->session, GNUTLS_SHUT_WR);
    gnutls_deinit(client->session);
  }
  if (client->credentials) gnutls_certificate_free_credentials(client->credentials);
  free(client);
}
