#include "credentials.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The server's order counts, with what is quickest first: SHA-256 with AES-128, as the processor does both. The groups of finite
 * fields, which a client could have the server reckon with for long, are none. */
const char *latchkey_tls_priorities(void) {
  return "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-KX-ALL:+ECDHE-ECDSA:+ECDHE-RSA:-CIPHER-ALL:+AES-128-GCM"
         ":+AES-256-GCM:+CHACHA20-POLY1305:-MAC-ALL:+AEAD:-GROUP-ALL:+GROUP-X25519:+GROUP-SECP256R1:+GROUP-SECP384R1"
         ":+GROUP-SECP521R1:%SERVER_PRECEDENCE";
}

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
  int result = gnutls_session_ticket_key_generate(&credentials->ticket_key);
  if (result < 0) {
    snprintf(reason, reason_size, "a key for session tickets: %s", gnutls_strerror(result));
    latchkey_free_credentials(credentials);
    return NULL;
  }
  gnutls_datum_t text = {(unsigned char *)certificate, (unsigned int)certificate_size};
  credentials->count = most_certificates;
  result =
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
  if (credentials->ticket_key.data) {
    gnutls_memset(credentials->ticket_key.data, 0, credentials->ticket_key.size);
    gnutls_free(credentials->ticket_key.data);
  }
  free(credentials);
}
