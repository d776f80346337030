#include "CTestCertificates.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <time.h>

static bool fill(gnutls_x509_crt_t certificate, gnutls_x509_privkey_t key, const char *name) {
  static const unsigned char loopback[] = {127, 0, 0, 1};
  static const unsigned char serial[] = {1};
  const time_t now = time(NULL);
  const char *wrong;
  return gnutls_x509_crt_set_version(certificate, 3) == 0 &&
         gnutls_x509_crt_set_serial(certificate, serial, sizeof serial) == 0 &&
         gnutls_x509_crt_set_activation_time(certificate, now - 3600) == 0 &&
         gnutls_x509_crt_set_expiration_time(certificate, now + 86400) == 0 &&
         gnutls_x509_crt_set_dn(certificate, name, &wrong) == 0 &&
         gnutls_x509_crt_set_subject_alt_name(certificate, GNUTLS_SAN_DNSNAME, "localhost", 9, GNUTLS_FSAN_SET) == 0 &&
         gnutls_x509_crt_set_subject_alt_name(certificate, GNUTLS_SAN_IPADDRESS, loopback, sizeof loopback,
                                              GNUTLS_FSAN_APPEND) == 0 &&
         gnutls_x509_crt_set_basic_constraints(certificate, 1, -1) == 0 &&
         gnutls_x509_crt_set_key(certificate, key) == 0 &&
         gnutls_x509_crt_sign2(certificate, certificate, key, GNUTLS_DIG_SHA256, 0) == 0;
}

bool latchkey_make_certificate(const char *name, char *certificate, char *key, size_t size) {
  gnutls_x509_privkey_t private_key;
  gnutls_x509_crt_t made;
  if (gnutls_x509_privkey_init(&private_key) != 0) return false;
  if (gnutls_x509_crt_init(&made) != 0) {
    gnutls_x509_privkey_deinit(private_key);
    return false;
  }
  size_t certificate_size = size, key_size = size;
  bool is_made = gnutls_x509_privkey_generate(private_key, GNUTLS_PK_ECDSA,
                                              GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0) == 0 &&
                 fill(made, private_key, name) &&
                 gnutls_x509_crt_export(made, GNUTLS_X509_FMT_PEM, certificate, &certificate_size) == 0 &&
                 gnutls_x509_privkey_export(private_key, GNUTLS_X509_FMT_PEM, key, &key_size) == 0;
  gnutls_x509_crt_deinit(made);
  gnutls_x509_privkey_deinit(private_key);
  return is_made;
}
