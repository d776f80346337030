#include "CTransportSecurity.h"

#include <arpa/inet.h>
#include <errno.h>
#include <gnutls/gnutls.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct latchkey_client_session {
  gnutls_session_t session;
  gnutls_certificate_credentials_t credentials;
};

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

ptrdiff_t latchkey_receive_secure(struct latchkey_client_session *client, void *bytes, size_t count) {
  return outcome(gnutls_record_recv(client->session, bytes, count));
}

bool latchkey_has_decrypted(struct latchkey_client_session *client) {
  return gnutls_record_check_pending(client->session) > 0;
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
