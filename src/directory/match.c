/* Finding what a form means. Units are looked for by every name that people write for them; people
 * by their identity number, or all of a unit are handed out with keys to compare names by. */
#include "directory/match.h"

#include "directory/internal.h"
#include "text/fold.h"
#include "text/sort.h"

/* ---- Units ---- */

struct DirectoryUnitNames {
    GHashTable *by_name; /* folded official name → GArray of gint64 */
};

void directory_unit_names_free(DirectoryUnitNames *names) {
    if (names == NULL)
        return;
    g_hash_table_unref(names->by_name);
    g_free(names);
}

static void array_free(gpointer array) {
    g_array_unref(array);
}

DirectoryUnitNames *directory_unit_names(DbConn *conn, GError **error) {
    g_autoptr(DirectoryUnitNames) names = g_new0(DirectoryUnitNames, 1);
    names->by_name = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, array_free);
    DbStmt *stmt = db_prepare(conn, "SELECT id, name FROM unit");
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW) {
        gint64 id = db_column_int(stmt, 0);
        char *folded = text_fold(bytes_of_string(db_column_text(stmt, 1)));
        GArray *ids = g_hash_table_lookup(names->by_name, folded);
        if (ids == NULL) {
            ids = g_array_new(FALSE, FALSE, sizeof(gint64));
            g_hash_table_insert(names->by_name, folded, ids);
        } else {
            g_free(folded);
        }
        g_array_append_val(ids, id);
    }
    return step == DB_FAILED ? NULL : g_steal_pointer(&names);
}

gboolean directory_unit_within(DbConn *conn, gint64 unit, gint64 above, gboolean *yes,
                               GError **error) {
    DbStmt *stmt = db_prepare(
        conn,
        "WITH RECURSIVE up(id, parent, depth) AS (SELECT id, parent, 0 FROM unit WHERE id = ?1"
        " UNION ALL SELECT u.id, u.parent, up.depth + 1 FROM up JOIN unit u ON u.id = up.parent"
        " WHERE up.depth < 32) SELECT 1 FROM up WHERE id = ?2 LIMIT 1");
    db_bind(stmt, "ii", unit, above);
    DbStep step = db_step(stmt, error);
    db_reset(stmt);
    *yes = step == DB_ROW;
    return step != DB_FAILED;
}

/* "UBND xã Tam Giang" is the commune. NULL: no unit has this name. */
static const GArray *by_official_name(const DirectoryUnitNames *names, const char *folded) {
    static const char *const prefixes[] = {"", "ubnd ", "uy ban nhan dan "};
    for (gsize i = 0; i < G_N_ELEMENTS(prefixes); i++) {
        if (!g_str_has_prefix(folded, prefixes[i]))
            continue;
        const GArray *ids = g_hash_table_lookup(names->by_name, folded + strlen(prefixes[i]));
        if (ids != NULL)
            return ids;
    }
    return NULL;
}

/* The only one of them within a unit; *id 0: none of them, or several. */
static gboolean one_within(DbConn *conn, const GArray *ids, gint64 within, gint64 *id,
                           GError **error) {
    guint found = 0;
    *id = 0;
    for (guint i = 0; i < ids->len; i++) {
        gboolean yes = FALSE;
        gint64 one = g_array_index(ids, gint64, i);
        if (!directory_unit_within(conn, one, within, &yes, error))
            return FALSE;
        found += yes ? 1 : 0;
        *id = yes ? one : *id;
    }
    *id = found == 1 ? *id : 0;
    return TRUE;
}

/* The one that is meant by a name: the only bearer, or the only one within `within`. */
static gboolean only_one(DbConn *conn, const GArray *ids, gint64 within, gint64 *id,
                         GError **error) {
    *id = ids->len == 1 ? g_array_index(ids, gint64, 0) : 0;
    return ids->len == 1 || within == 0 || one_within(conn, ids, within, id, error);
}

/* Cuts what joins a unit to the one above it off the end of the first part. */
static void cut_joint(char *left) {
    static const char *const joints[] = {",", "-", " thuoc", " truc thuoc", " cua"};
    for (gsize i = 0; i < G_N_ELEMENTS(joints); i++) {
        g_strchomp(left);
        if (g_str_has_suffix(left, joints[i]))
            left[strlen(left) - strlen(joints[i])] = '\0';
    }
    g_strchomp(left);
}

/* "Phòng Nội vụ, UBND huyện Yên Phong": the office of this name that lies in the unit named behind
 * it. *id 0: no such pair, or several. */
static gboolean by_two_names(DbConn *conn, const DirectoryUnitNames *names, const char *folded,
                             gint64 *id, GError **error) {
    guint found = 0;
    *id = 0;
    for (const char *space = strchr(folded, ' '); space != NULL; space = strchr(space + 1, ' ')) {
        g_autofree char *left = g_strndup(folded, (gsize)(space - folded));
        const GArray *above = by_official_name(names, space + 1);
        cut_joint(left);
        const GArray *below =
            above == NULL || above->len != 1 ? NULL : by_official_name(names, left);
        gint64 one = 0;
        if (below == NULL)
            continue;
        if (!one_within(conn, below, g_array_index(above, gint64, 0), &one, error))
            return FALSE;
        found += one != 0 && one != *id ? 1 : 0;
        *id = one != 0 ? one : *id;
    }
    *id = found == 1 ? *id : 0;
    return TRUE;
}

DirectoryUnit *directory_unit_named(Directory *d, DbConn *conn, const DirectoryUnitNames *names,
                                    const char *said, gint64 within, GError **error) {
    DirectoryUnit *unit = NULL;
    if (!directory_unit_by_code(conn, said, &unit, error))
        return NULL;
    if (unit != NULL)
        return unit;
    g_autofree char *folded = text_fold(bytes_of_string(said));
    const GArray *ids = by_official_name(names, folded);
    gint64 id = 0;
    if (!(ids == NULL ? by_two_names(conn, names, folded, &id, error)
                      : only_one(conn, ids, within, &id, error)))
        return NULL;
    if (ids == NULL && id == 0)
        return directory_unit_find_in(d, conn, said, error);
    if (id == 0) {
        cv_fail(error, CV_ERROR_INPUT, "nhiều đơn vị mang tên này; ghi địa chỉ hoặc mã của đơn vị");
        return NULL;
    }
    return directory_unit_in(conn, id, error);
}

/* ---- People ---- */

void directory_match_free(DirectoryMatch *match) {
    if (match == NULL)
        return;
    g_free(match->name);
    g_free(match->key);
    g_free(match->address);
    crypto_wipe(match->birth, sizeof match->birth);
    g_free(match);
}

/* The key of sorting ignores case, composition and where in a word the tone is written, and keeps
 * letters and tones apart. */
char *directory_name_key(const char *name) {
    char *key = text_sort_key(bytes_of_string(name));
    return key == NULL ? g_strdup("") : key;
}

#define MATCH                                                                                      \
    "SELECT p.id, p.unit, p.name, p.birth, p.identity_hash IS NOT NULL, ifnull(a.id, 0),"          \
    " ifnull(a.state, 0), ifnull(a.local, '') FROM person p LEFT JOIN account a ON a.person = "    \
    "p.id"

static DirectoryMatch *match_of_row(Directory *d, DbStmt *stmt, GError **error) {
    g_autoptr(DirectoryMatch) match = g_new0(DirectoryMatch, 1);
    const char *local = db_column_text(stmt, 7);
    match->person = db_column_int(stmt, 0);
    match->unit = db_column_int(stmt, 1);
    match->name = g_strdup(db_column_text(stmt, 2));
    match->key = directory_name_key(match->name);
    match->has_identity = db_column_int(stmt, 4) != 0;
    match->account = db_column_int(stmt, 5);
    match->state = (DirectoryState)db_column_int(stmt, 6);
    match->address = *local == '\0' ? g_strdup("") : g_strconcat(local, "@", d->domain, NULL);
    if (!directory_birth_unseal(d, match->person, db_column_bytes(stmt, 3), match->birth, error))
        return NULL;
    return g_steal_pointer(&match);
}

/* The first row, or *out NULL. */
static gboolean one_match(Directory *d, DbStmt *stmt, DirectoryMatch **out, GError **error) {
    DbStep step = db_step(stmt, error);
    *out = NULL;
    if (step == DB_ROW && (*out = match_of_row(d, stmt, error)) == NULL)
        step = DB_FAILED;
    db_reset(stmt);
    return step != DB_FAILED;
}

gboolean directory_match_identity(Directory *d, DbConn *conn, const char *identity,
                                  DirectoryMatch **out, GError **error) {
    guint8 hash[CRYPTO_DIGEST_BYTES];
    if (!directory_seal_ready(d, error))
        return FALSE;
    directory_identity_hash(d, identity, hash);
    DbStmt *stmt = db_prepare(conn, MATCH " WHERE p.identity_hash = ?"
                                          " ORDER BY a.state = 3, a.id DESC LIMIT 1");
    db_bind(stmt, "b", bytes_of(hash, sizeof hash));
    return one_match(d, stmt, out, error);
}

gboolean directory_match_account(Directory *d, DbConn *conn, gint64 account, DirectoryMatch **out,
                                 GError **error) {
    DbStmt *stmt = db_prepare(conn, MATCH " WHERE a.id = ?");
    db_bind(stmt, "i", account);
    return one_match(d, stmt, out, error);
}

GPtrArray *directory_match_people(Directory *d, DbConn *conn, gint64 unit, GError **error) {
    g_autoptr(GPtrArray) people =
        g_ptr_array_new_with_free_func((GDestroyNotify)directory_match_free);
    DbStmt *stmt = db_prepare(
        conn,
        "WITH RECURSIVE down(id, depth) AS (SELECT ?1, 0 UNION ALL SELECT u.id, down.depth + 1"
        " FROM down JOIN unit u ON u.parent = down.id"
        " WHERE u.kind = 'office' AND down.depth < 16) " MATCH
        " WHERE p.unit IN (SELECT id FROM down) ORDER BY p.id, a.state = 3, a.id");
    db_bind(stmt, "i", unit);
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW) {
        DirectoryMatch *match = match_of_row(d, stmt, error);
        if (match == NULL) {
            db_reset(stmt);
            return NULL;
        }
        g_ptr_array_add(people, match);
    }
    return step == DB_FAILED ? NULL : g_steal_pointer(&people);
}
