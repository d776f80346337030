/* Certificates for tests, made when they are needed. */
#ifndef LATCHKEY_TEST_CERTIFICATES_H
#define LATCHKEY_TEST_CERTIFICATES_H

#include <stdbool.h>
#include <stddef.h>

/* Makes a key, and a certificate of this common name that is its own authority, valid for a day, for `localhost` and
 * 127.0.0.1. Writes both as PEM texts with their NULs into buffers of `size` bytes; false where that fails. */
bool latchkey_make_certificate(const char *name, char *certificate, char *key, size_t size);

#endif
