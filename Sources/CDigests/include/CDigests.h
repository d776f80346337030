/* Digests by GnuTLS, in words that Swift can say. */
#ifndef LATCHKEY_DIGESTS_H
#define LATCHKEY_DIGESTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A digest that is being computed. One thread at a time uses it. */
struct latchkey_digest;

/* Begins SHA-256 or SHA-512, as `bits` says. NULL where GnuTLS cannot, for lack of memory. gnutls_hash_init */
struct latchkey_digest *latchkey_begin_digest(int bits);
/* gnutls_hash */
void latchkey_add_to_digest(struct latchkey_digest *digest, const void *bytes, size_t count);
/* Writes bits / 8 bytes to `result`, unless that is NULL, and frees the digest. Whether all of it could be computed.
 * gnutls_hash_deinit */
bool latchkey_end_digest(struct latchkey_digest *digest, uint8_t *result);

#endif
