#include "CTransportSecurity.h"

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

const char *latchkey_tls_priorities(void) {
  return "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-KX-ALL:+ECDHE-ECDSA:+ECDHE-RSA:-CIPHER-ALL:+AES-128-GCM"
         ":+AES-256-GCM:+CHACHA20-POLY1305:-MAC-ALL:+AEAD";
}

/* The most certificates from a server's own to an authority. */
enum { most_certificates = 16 };

struct latchkey_credentials {
  gnutls_pcert_st certificates[most_certificates];
  unsigned int count;
  gnutls_privkey_t key;
};

/* The key's identifier, the same for both halves of a pair; false where it cannot be told. */
static bool identify(gnutls_pubkey_t key, unsigned char identifier[64], size_t *size) {
  *size = 64;
  return gnutls_pubkey_get_key_id(key, GNUTLS_KEYID_USE_SHA256, identifier, size) == 0;
}

static bool is_pair(const struct latchkey_credentials *credentials) {
  gnutls_pubkey_t key;
  if (gnutls_pubkey_init(&key) != 0) return false;
  unsigned char own[64], shown[64];
  size_t own_size, shown_size;
  bool is_pair = gnutls_pubkey_import_privkey(key, credentials->key, 0, 0) == 0 && identify(key, own, &own_size) &&
                 identify(credentials->certificates[0].pubkey, shown, &shown_size) && own_size == shown_size &&
                 memcmp(own, shown, own_size) == 0;
  gnutls_pubkey_deinit(key);
  return is_pair;
}

struct latchkey_credentials *latchkey_read_credentials(const uint8_t *certificate, size_t certificate_size,
                                                       const uint8_t *key, size_t key_size, char *reason,
                                                       size_t reason_size) {
  struct latchkey_credentials *credentials = calloc(1, sizeof *credentials);
  if (!credentials || gnutls_privkey_init(&credentials->key) != 0) {
    free(credentials);
    snprintf(reason, reason_size, "out of memory");
    return NULL;
  }
  gnutls_datum_t text = {(unsigned char *)certificate, (unsigned int)certificate_size};
  credentials->count = most_certificates;
  int result =
      gnutls_pcert_list_import_x509_raw(credentials->certificates, &credentials->count, &text, GNUTLS_X509_FMT_PEM, 0);
  if (result < 0 || credentials->count == 0) {
    credentials->count = 0;
    snprintf(reason, reason_size, "the certificate: %s", gnutls_strerror(result));
  } else {
    text = (gnutls_datum_t){(unsigned char *)key, (unsigned int)key_size};
    result = gnutls_privkey_import_x509_raw(credentials->key, &text, GNUTLS_X509_FMT_PEM, NULL, 0);
    if (result < 0)
      snprintf(reason, reason_size, "the key: %s", gnutls_strerror(result));
    else if (is_pair(credentials))
      return credentials;
    else
      snprintf(reason, reason_size, "the key is not that of the first certificate");
  }
  latchkey_free_credentials(credentials);
  return NULL;
}

void latchkey_free_credentials(struct latchkey_credentials *credentials) {
  for (unsigned int i = 0; i < credentials->count; i++) gnutls_pcert_deinit(&credentials->certificates[i]);
  gnutls_privkey_deinit(credentials->key);
  free(credentials);
}

/* Linked into a program, never loaded by one, so no call is needed to find it. */
static _Thread_local uint64_t progress __attribute__((tls_model("initial-exec")));

uint64_t latchkey_secure_progress(void) { return progress; }

static ssize_t receive(gnutls_transport_ptr_t socket, void *bytes, size_t count) {
  ssize_t result = recv((int)(intptr_t)socket, bytes, count, 0);
  // The end of the stream is something new as well.
  if (result >= 0) progress++;
  return result;
}

static ssize_t send_pieces(gnutls_transport_ptr_t socket, const giovec_t *pieces, int count) {
  struct msghdr message = {.msg_iov = (struct iovec *)pieces, .msg_iovlen = (size_t)count};
  ssize_t result = sendmsg((int)(intptr_t)socket, &message, MSG_NOSIGNAL);
  if (result > 0) progress++;
  return result;
}

void latchkey_secure_session(void *session, struct latchkey_credentials *credentials) {
  gnutls_session_set_ptr(session, credentials);
  gnutls_transport_set_pull_function(session, receive);
  gnutls_transport_set_vec_push_function(session, send_pieces);
}

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

static int retrieve(gnutls_session_t session, const gnutls_datum_t *authorities, int authority_count,
                    const gnutls_pk_algorithm_t *algorithms, int algorithm_count, gnutls_pcert_st **certificates,
                    unsigned int *count, gnutls_privkey_t *key) {
  (void)authorities, (void)authority_count, (void)algorithms, (void)algorithm_count;
  struct latchkey_credentials *credentials = gnutls_session_get_ptr(session);
  *certificates = credentials->certificates;
  *count = credentials->count;
  *key = credentials->key;
  return 0;
}

void *latchkey_certificate_callback(void) {
  gnutls_certificate_retrieve_function2 *function = retrieve;
  return (void *)function;
}
