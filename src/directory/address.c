/* From the bytes of an address to the account behind it. An address is one local part and one
 * domain; nothing in it is ever followed further (no source route, no percent hack), so what is not
 * literally ours is somebody else's or nobody's. Lookups are one probe of the address table. */
#include "directory/internal.h"

enum { ADDRESS_MAXIMUM = 64 + 1 + 255 };

static gboolean is_atom_char(int c) {
    return c > 0x20 && c != 0x7f && (c >= 0x80 || strchr("()<>[]:;@\\,\"", c) == NULL);
}

static gboolean add_char(DirectoryParts *out, gsize *n, int c) {
    if (*n == NAMING_LOCAL_MAXIMUM || c == 0)
        return FALSE;
    out->local[(*n)++] = (char)g_ascii_tolower((char)c);
    out->local[*n] = '\0';
    return TRUE;
}

/* RFC 5321 4.1.2: quotation marks that are not needed do not make another address. */
static gboolean take_quoted(Reader *r, DirectoryParts *out) {
    gsize n = 0;
    while (reader_peek(r) != '"') {
        int c = reader_byte(r);
        if (c == '\\')
            c = reader_byte(r);
        if (c < 0x20 || c == 0x7f || !add_char(out, &n, c))
            return FALSE;
    }
    reader_byte(r);
    return n > 0;
}

/* Words joined by single dots. */
static gboolean take_dotted(Reader *r, DirectoryParts *out) {
    gsize n = 0;
    int previous = '.';
    while (reader_peek(r) != '@' && !reader_done(r)) {
        int c = reader_byte(r);
        if (!is_atom_char(c) || (c == '.' && previous == '.') || !add_char(out, &n, c))
            return FALSE;
        previous = c;
    }
    return n > 0 && previous != '.';
}

/* RFC 5321 4.1.3: an address literal is a domain, never ours; inside are visible ASCII characters
 * but for brackets and the backslash. */
static gboolean is_literal(Bytes domain) {
    if (domain.n < 3 || domain.p[domain.n - 1] != ']')
        return FALSE;
    for (gsize i = 1; i < domain.n - 1; i++) {
        int c = domain.p[i];
        if (!g_ascii_isgraph((char)c) || c == '[' || c == ']' || c == '\\')
            return FALSE;
    }
    return TRUE;
}

static gboolean is_domain(Bytes domain) {
    if (domain.n == 0 || domain.n > 255)
        return FALSE;
    if (domain.p[0] == '[')
        return is_literal(domain);
    int previous = '.';
    for (gsize i = 0; i < domain.n; i++) {
        int c = domain.p[i];
        if (!(g_ascii_isalnum(c) || c == '-' || c == '.' || c == '_' || c >= 0x80) ||
            (c == '.' && previous == '.'))
            return FALSE;
        previous = c;
    }
    return previous != '.';
}

gboolean directory_address_split(Bytes address, const char *domain, DirectoryParts *out) {
    Reader r = reader_of(address);
    out->local[0] = '\0';
    if (address.n == 0 || address.n > ADDRESS_MAXIMUM)
        return FALSE;
    if (!(reader_skip_byte(&r, '"') ? take_quoted(&r, out) : take_dotted(&r, out)))
        return FALSE;
    out->bare = reader_done(&r);
    out->ours = out->bare;
    if (out->bare)
        return TRUE;
    if (!reader_skip_byte(&r, '@') || !is_domain(reader_rest(&r)))
        return FALSE;
    out->ours = bytes_is_nocase(reader_rest(&r), domain);
    return TRUE;
}

gboolean directory_local_find(Directory *d, DbConn *conn, const char *local,
                              DirectoryAccount **found, GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT " DIRECTORY_ACCOUNT_COLUMNS
                                    " FROM address l JOIN account a ON a.id = l.account"
                                    " WHERE l.local = ? AND l.live = 1");
    db_bind(stmt, "t", local);
    DbStep step = db_step(stmt, error);
    if (step == DB_FAILED)
        return FALSE;
    *found = step == DB_ROW ? directory_account_of_row(d, stmt) : NULL;
    db_reset(stmt);
    return TRUE;
}

gboolean directory_local_taken(const char *local, gboolean *taken, gpointer conn, GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT 1 FROM address WHERE local = ?");
    db_bind(stmt, "t", local);
    DbStep step = db_step(stmt, error);
    db_reset(stmt);
    if (step == DB_FAILED)
        return FALSE;
    *taken = step == DB_ROW;
    return TRUE;
}

static DirectoryFind found_or_not(DirectoryAccount *account, DirectoryAccount **out) {
    /* Closed: 550 5.1.1 as if it did not exist; not yet given: the same. */
    if (account == NULL || account->state == DIRECTORY_CLOSED ||
        account->state == DIRECTORY_REQUESTED) {
        directory_account_free(account);
        return DIRECTORY_NO_SUCH;
    }
    *out = account;
    return DIRECTORY_FOUND;
}

/* RFC 5233: the exact address first, then what stands before the separator. */
gboolean directory_local_reach(Directory *d, DbConn *conn, DirectoryParts *parts,
                               DirectoryAccount **account, GError **error) {
    if (!directory_local_find(d, conn, parts->local, account, error))
        return FALSE;
    char *plus = strchr(parts->local, '+');
    if (*account != NULL || plus == NULL || plus == parts->local)
        return TRUE;
    *plus = '\0';
    return directory_local_find(d, conn, parts->local, account, error);
}

DirectoryFind directory_resolve(Directory *d, Bytes address, DirectoryAccount **out,
                                GError **error) {
    DirectoryParts parts;
    if (!directory_address_split(address, d->domain, &parts))
        return DIRECTORY_ADDRESS_BAD;
    if (!parts.ours)
        return DIRECTORY_NOT_OURS;
    /* RFC 5321 4.5.1: "postmaster" with no domain names ours; no other word does. */
    if (parts.bare && !g_str_equal(parts.local, "postmaster"))
        return DIRECTORY_ADDRESS_BAD;
    g_autoptr(DbConn) conn = db_read_begin(d->db, error);
    DirectoryAccount *account = NULL;
    if (conn == NULL || !directory_local_reach(d, conn, &parts, &account, error))
        return DIRECTORY_FAILED;
    return found_or_not(account, out);
}

DirectoryFind directory_login(Directory *d, Bytes name, DirectoryAccount **out, GError **error) {
    DirectoryParts parts;
    if (!directory_address_split(name, d->domain, &parts))
        return DIRECTORY_ADDRESS_BAD;
    if (!parts.ours)
        return DIRECTORY_NOT_OURS;
    g_autoptr(DbConn) conn = db_read_begin(d->db, error);
    DirectoryAccount *account = NULL;
    if (conn == NULL || !directory_local_find(d, conn, parts.local, &account, error))
        return DIRECTORY_FAILED;
    return found_or_not(account, out);
}

/* A delegation to send that is in force, from an account that may itself send. */
static gboolean may_send_for(DbConn *conn, gint64 account, gint64 grantee, gboolean *may,
                             GError **error) {
    gint64 now = clock_now();
    DbStmt *stmt = db_prepare(conn, "SELECT 1 FROM delegation WHERE grantee = ? AND account = ?"
                                    " AND (may & 4) <> 0 AND since <= ? AND until > ? LIMIT 1");
    db_bind(stmt, "iiii", grantee, account, now, now);
    DbStep step = db_step(stmt, error);
    db_reset(stmt);
    *may = step == DB_ROW;
    return step != DB_FAILED;
}

gboolean directory_may_send_as(Directory *d, gint64 account, Bytes address, gint64 *as_account,
                               GError **error) {
    G_STATIC_ASSERT(DIRECTORY_MAY_SEND == 4);
    DirectoryParts parts;
    if (!directory_address_split(address, d->domain, &parts) || !parts.ours || parts.bare)
        return FALSE;
    g_autoptr(DbConn) conn = db_read_begin(d->db, error);
    g_autoptr(DirectoryAccount) owner = NULL;
    if (conn == NULL || !directory_local_reach(d, conn, &parts, &owner, error))
        return FALSE;
    if (owner == NULL || owner->state != DIRECTORY_ACTIVE)
        return FALSE;
    gboolean may = owner->id == account;
    if (!may && !may_send_for(conn, owner->id, account, &may, error))
        return FALSE;
    if (may)
        *as_account = owner->id;
    return may;
}
