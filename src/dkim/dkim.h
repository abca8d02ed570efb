/* Dkim: our signature on mail that leaves (RFC 6376), by RSA-2048 and by Ed25519 (RFC 8463) side by
 * side, so that old verifiers and new ones each find one they can check.
 *
 * Keys are files of a folder: SELECTOR.pem signs; SELECTOR.new.pem is made but not used, because
 * its record is not published yet; SELECTOR.old.pem signs no more, but mail signed by it is still
 * under way. Renaming is the whole of a rotation, and a running signer notices it by itself. A Dkim
 * may be used by any thread. */
#ifndef CV_DKIM_DKIM_H
#define CV_DKIM_DKIM_H

#include "base/buffer.h"
#include "base/error.h"
#include "base/sign.h"

typedef struct Dkim Dkim;

/* The folder need not be there: then nothing is signed. domain: d=. */
Dkim *dkim_new(const char *folder, const char *domain);
void dkim_free(Dkim *dkim);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Dkim, dkim_free)

/* Appends a DKIM-Signature field for each key in use, to stand in front of the message. Nothing is
 * appended where there is no key, or the message's author is not of our domain (its From must name
 * it, RFC 7489 3.1.1). The fields that people see are signed once more than they are there, so that
 * none can be added. INPUT (a key cannot be read), INTERNAL. */
gboolean dkim_sign(Dkim *dkim, Bytes message, Buffer *out, GError **error);

typedef enum { DKIM_KEY_NEW, DKIM_KEY_IN_USE, DKIM_KEY_OLD } DkimKeyState;
typedef struct {
    char *selector;
    DkimKeyState state;
    CryptoKeyKind kind;
    char *record; /* TXT record of SELECTOR._domainkey.DOMAIN: "v=DKIM1; k=rsa; p=…" */
} DkimKey;
/* All keys, by selector: DkimKey, freed with the array. */
GPtrArray *dkim_keys(const char *folder, GError **error);

/* Makes a pair of new keys, named by the day (and a letter where that is taken). */
gboolean dkim_keys_create(const char *folder, GError **error);
/* New keys are used from now on; those in use until now become old. NOT_FOUND: there is no new key.
 */
gboolean dkim_keys_use(const char *folder, GError **error);
/* Removes an old or a new key. NOT_FOUND; REFUSED: it is in use. */
gboolean dkim_key_remove(const char *folder, const char *selector, GError **error);

#endif
