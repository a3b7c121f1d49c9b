#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

// Parameters keep pointers to their names and values, which in Swift end with the call that makes them. Keys of HMAC are
// filled with zeros; OpenSSL takes no empty one, but one zero is the same.
static inline int shim_hmac_sha256_start(EVP_MAC_CTX *context, const unsigned char *key, size_t count) {
    char hash[] = "SHA256";
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, hash, 0),
        OSSL_PARAM_construct_end(),
    };
    static const unsigned char zero[1];
    return count ? EVP_MAC_init(context, key, count, parameters) : EVP_MAC_init(context, zero, 1, parameters);
}
