/* What a server shows to its clients, for the files of this target. */
#ifndef LATCHKEY_CREDENTIALS_H
#define LATCHKEY_CREDENTIALS_H

#include "CTransportSecurity.h"

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>

/* The most certificates from a server's own to an authority. */
enum { most_certificates = 16 };

struct latchkey_credentials {
  gnutls_pcert_st certificates[most_certificates];
  unsigned int count;
  gnutls_privkey_t key;
  /* What GnuTLS makes the keys of session tickets from, another one every three hours. In memory only. */
  gnutls_datum_t ticket_key;
};

#endif
