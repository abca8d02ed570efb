/* The sealed columns of person: birth date and identity number. The key lies outside the database,
 * so a copy of admin.db alone tells neither. For finding a person by identity number there is a
 * keyed hash beside it. */
#include "directory/internal.h"

#include "base/crypto.h"

void directory_set_seal(Directory *d, const guint8 key[CRYPTO_SEAL_KEY_BYTES]) {
    memcpy(d->seal, key, sizeof d->seal);
    d->has_seal = TRUE;
}

gboolean directory_has_sealed(Directory *d, gboolean *has, GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(d->db, error);
    if (conn == NULL)
        return FALSE;
    DbStmt *stmt =
        db_prepare(conn, "SELECT 1 FROM person WHERE birth IS NOT NULL OR identity IS NOT NULL"
                         " UNION ALL SELECT 1 FROM request_line WHERE birth IS NOT NULL"
                         " OR identity IS NOT NULL"
                         " UNION ALL SELECT 1 FROM request WHERE file IS NOT NULL LIMIT 1");
    DbStep step = db_step(stmt, error);
    db_reset(stmt);
    *has = step == DB_ROW;
    return step != DB_FAILED;
}

gboolean directory_seal_ready(const Directory *d, GError **error) {
    return d->has_seal ||
           cv_fail(error, CV_ERROR_STORAGE,
                   "không có khóa niêm phong (seal.key) nên không đọc, ghi được ngày sinh và số "
                   "định danh; the file seal.key of the data directory is missing: bring it back "
                   "from a backup");
}

static char *context_of(gint64 person, const char *what) {
    return g_strdup_printf("person %" G_GINT64_FORMAT " %s", person, what);
}

void directory_identity_hash(const Directory *d, const char *identity,
                             guint8 out[CRYPTO_DIGEST_BYTES]) {
    const Bytes parts[] = {bytes_of_string("identity"), bytes_of_string(identity)};
    crypto_keyed_hash(d->seal, parts, G_N_ELEMENTS(parts), out);
}

static GBytes *seal(const Directory *d, gint64 person, const char *what, const char *text) {
    if (*text == '\0')
        return NULL;
    g_autofree char *context = context_of(person, what);
    return crypto_seal(d->seal, bytes_of_string(context), bytes_of_string(text));
}

static Bytes contents(GBytes *bytes) {
    gsize n = 0;
    const void *p = bytes == NULL ? NULL : g_bytes_get_data(bytes, &n);
    return bytes_of(p, n);
}

gboolean directory_person_seal(Directory *d, DbConn *conn, gint64 person, const char *birth,
                               const char *identity, GError **error) {
    if (*birth == '\0' && *identity == '\0')
        return TRUE;
    if (!directory_seal_ready(d, error))
        return FALSE;
    g_autoptr(GBytes) sealed_birth = seal(d, person, "birth", birth);
    g_autoptr(GBytes) sealed_identity = seal(d, person, "identity", identity);
    guint8 hash[CRYPTO_DIGEST_BYTES];
    directory_identity_hash(d, identity, hash);
    DbStmt *stmt = db_prepare(
        conn, "UPDATE person SET birth = ?, identity = ?, identity_hash = ? WHERE id = ?");
    db_bind(stmt, "bbbi", contents(sealed_birth), contents(sealed_identity),
            bytes_of(*identity == '\0' ? NULL : hash, *identity == '\0' ? 0 : sizeof hash), person);
    return db_run(stmt, error);
}

gboolean directory_birth_unseal(const Directory *d, gint64 person, Bytes sealed,
                                char out[PERSON_BIRTH_BYTES], GError **error) {
    out[0] = '\0';
    if (sealed.n == 0)
        return TRUE;
    if (!directory_seal_ready(d, error))
        return FALSE;
    g_autofree char *context = context_of(person, "birth");
    g_autofree char *birth = crypto_unseal(d->seal, bytes_of_string(context), sealed);
    if (birth == NULL)
        return cv_fail(error, CV_ERROR_CORRUPT,
                       "the birth date of person %" G_GINT64_FORMAT
                       " does not open with seal.key: bring the key of this directory back",
                       person);
    g_strlcpy(out, birth, PERSON_BIRTH_BYTES);
    return TRUE;
}

char *directory_identity_open(const Directory *d, gint64 person, Bytes sealed) {
    g_autofree char *context = context_of(person, "identity");
    char *identity = sealed.n == 0 || !d->has_seal
                         ? NULL
                         : crypto_unseal(d->seal, bytes_of_string(context), sealed);
    return identity == NULL ? g_strdup("") : identity;
}

/* ---- For a change of one of the two ---- */

gboolean directory_birth_set(Directory *d, DbConn *conn, gint64 person, const char *birth,
                             GError **error) {
    if (!directory_seal_ready(d, error))
        return FALSE;
    g_autoptr(GBytes) sealed = seal(d, person, "birth", birth);
    DbStmt *stmt = db_prepare(conn, "UPDATE person SET birth = ? WHERE id = ?");
    db_bind(stmt, "bi", contents(sealed), person);
    return db_run(stmt, error);
}

gboolean directory_identity_set(Directory *d, DbConn *conn, gint64 person, const char *identity,
                                GError **error) {
    if (!directory_seal_ready(d, error))
        return FALSE;
    g_autoptr(GBytes) sealed = seal(d, person, "identity", identity);
    guint8 hash[CRYPTO_DIGEST_BYTES];
    directory_identity_hash(d, identity, hash);
    DbStmt *stmt =
        db_prepare(conn, "UPDATE person SET identity = ?, identity_hash = ? WHERE id = ?");
    db_bind(stmt, "bbi", contents(sealed), bytes_of(hash, sizeof hash), person);
    return db_run(stmt, error);
}

/* ---- For casework/ ---- */

GBytes *directory_seal(Directory *d, const char *context, Bytes plain, GError **error) {
    return directory_seal_ready(d, error) ? crypto_seal(d->seal, bytes_of_string(context), plain)
                                          : NULL;
}

char *directory_unseal(Directory *d, const char *context, Bytes sealed, gsize *n, GError **error) {
    if (!directory_seal_ready(d, error))
        return NULL;
    char *plain = crypto_unseal(d->seal, bytes_of_string(context), sealed);
    if (plain == NULL)
        cv_fail(error, CV_ERROR_CORRUPT,
                "%s does not open with seal.key: bring the key of this directory back", context);
    else
        *n = sealed.n - CRYPTO_SEAL_OVERHEAD;
    return plain;
}

gboolean directory_keyed_hash(Directory *d, const char *context, Bytes bytes,
                              guint8 out[CRYPTO_DIGEST_BYTES], GError **error) {
    if (!directory_seal_ready(d, error))
        return FALSE;
    const Bytes parts[] = {bytes_of_string(context), bytes};
    crypto_keyed_hash(d->seal, parts, G_N_ELEMENTS(parts), out);
    return TRUE;
}
