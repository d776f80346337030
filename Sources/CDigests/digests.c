#include "CDigests.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <stdlib.h>

struct latchkey_digest {
  gnutls_hash_hd_t handle;
  bool failed;
};

struct latchkey_digest *latchkey_begin_digest(int bits) {
  struct latchkey_digest *digest = calloc(1, sizeof *digest);
  if (!digest) return NULL;
  if (gnutls_hash_init(&digest->handle, bits == 512 ? GNUTLS_DIG_SHA512 : GNUTLS_DIG_SHA256) == 0) return digest;
  free(digest);
  return NULL;
}

void latchkey_add_to_digest(struct latchkey_digest *digest, const void *bytes, size_t count) {
  if (count > 0 && gnutls_hash(digest->handle, bytes, count) != 0) digest->failed = true;
}

bool latchkey_end_digest(struct latchkey_digest *digest, uint8_t *result) {
  bool failed = digest->failed;
  gnutls_hash_deinit(digest->handle, result);
  free(digest);
  return !failed;
}
