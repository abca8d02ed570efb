/* Legacy hashes: password hashes that other mail systems made, verified so that their people keep
 * their passwords when they move in. congvu never makes one: the first successful sign-in replaces
 * it by Argon2id (auth/).
 *
 * Known are, each with or without Dovecot's and LDAP's prefix in braces (RFC 2307 5.3):
 *   {SHA} {SSHA} {SHA256} {SSHA256} {SHA512} {SSHA512}   base64 of digest and salt
 *   {CRYPT} {BLF-CRYPT} {SHA256-CRYPT} {SHA512-CRYPT}, $2a$ $2b$ $2y$ $5$ $6$   crypt(5)
 *   {PBKDF2}$1$salt$rounds$hex   Dovecot's, with HMAC-SHA-1
 *   pbkdf2_sha256$rounds$salt$base64   Django's
 *   $argon2id$   whoever made it
 * MD5, DES and passwords in the clear are refused: whoever reads them has the password. */
#ifndef CV_BASE_LEGACY_HASH_H
#define CV_BASE_LEGACY_HASH_H

#include "base/bytes.h"
#include "base/error.h"

/* TRUE: of a known form, complete, and of a cost that verifying bears (a second or so). Otherwise
 * INPUT with the reason, in Vietnamese and English; the hash is never repeated in it. */
gboolean legacy_hash_check(const char *hash, GError **error);
/* FALSE also for a form that is not known. Slow by intent: only on auth/'s lane. */
gboolean legacy_hash_verify(const char *hash, Bytes password);

#endif
