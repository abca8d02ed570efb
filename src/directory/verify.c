/* For doctor: what the tables of the directory say of one another. The engine keeps each reference
 * while the program writes; what a bit, a copy or another program changed is found here. Nothing is
 * mended: only people know whose address it is. */
#include "directory/internal.h"

/* Each finds rows that contradict; the columns are a number and two texts, for `says` in order. */
static const struct {
    const char *sql, *says;
} checks[] = {
    {"SELECT a.id, a.local, '' FROM account a LEFT JOIN address d ON d.local = a.local"
     " WHERE d.local IS NULL",
     "account %s: its address %s reaches nobody (no row of address)%s"},
    {"SELECT a.id, a.local, d.account FROM account a JOIN address d ON d.local = a.local"
     " WHERE d.account <> a.id",
     "account %s: its address %s leads to account %s"},
    {"SELECT a.id, a.local, '' FROM account a JOIN address d ON d.local = a.local"
     " WHERE d.account = a.id AND d.live = 0 AND a.state <> 3",
     "account %s: its address %s is marked as reaching nobody%s"},
    {"SELECT d.account, d.local, '' FROM address d LEFT JOIN account a ON a.id = d.account"
     " WHERE a.id IS NULL",
     "account %s does not exist, but the address %s leads to it%s"},
    {"SELECT a.id, a.local, a.unit FROM account a LEFT JOIN unit u ON u.id = a.unit"
     " WHERE a.unit IS NOT NULL AND u.id IS NULL",
     "account %s (%s) belongs to unit %s, which does not exist"},
    {"SELECT a.id, a.local, a.person FROM account a LEFT JOIN person p ON p.id = a.person"
     " WHERE a.person IS NOT NULL AND p.id IS NULL",
     "account %s (%s) belongs to person %s, who does not exist"},
    {"SELECT c.account, '', '' FROM credential c LEFT JOIN account a ON a.id = c.account"
     " WHERE a.id IS NULL",
     "account %s does not exist, but has a password%s%s"},
    {"SELECT g.id, g.account, g.grantee FROM delegation g"
     " LEFT JOIN account a ON a.id = g.account LEFT JOIN account b ON b.id = g.grantee"
     " WHERE a.id IS NULL OR b.id IS NULL",
     "delegation %s: account %s or its holder %s does not exist"},
    {"SELECT l.request, l.line, l.account FROM request_line l LEFT JOIN request r"
     " ON r.id = l.request LEFT JOIN account a ON a.id = l.account"
     " WHERE r.id IS NULL OR (l.state = 3 AND a.id IS NULL)",
     "request %s, line %s: it, or the account %s that it was done to, does not exist"},
    {"SELECT r.id, r.number, r.state FROM request r WHERE r.state > 2 AND EXISTS("
     "SELECT 1 FROM request_line l WHERE l.request = r.id AND l.state < 2)",
     "request %s (%s) is decided (state %s), but lines of it are open"},
    {"SELECT a.id, a.local, a.forwards FROM account a WHERE (a.forwards & 1) <> EXISTS("
     "SELECT 1 FROM forwarding f WHERE f.account = a.id)",
     "account %s (%s): its mark that it forwards (%s) and its forwarding addresses differ"},
    {"SELECT u.id, u.address, u.parent FROM unit u LEFT JOIN unit p ON p.id = u.parent"
     " WHERE u.parent IS NOT NULL AND p.id IS NULL",
     "unit %s (%s) lies in unit %s, which does not exist"},
};

static char *sentence(const char *says, DbStmt *stmt) {
    g_auto(GStrv) pieces = g_strsplit(says, "%s", 4);
    return g_strconcat("directory: ", pieces[0], db_column_text(stmt, 0), pieces[1],
                       db_column_text(stmt, 1), pieces[2], db_column_text(stmt, 2), pieces[3],
                       NULL);
}

gboolean directory_verify(DbConn *conn, void (*finding)(const char *text, gpointer data),
                          gpointer data, GError **error) {
    for (gsize i = 0; i < G_N_ELEMENTS(checks); i++) {
        DbStmt *stmt = db_prepare(conn, checks[i].sql);
        DbStep step;
        while ((step = db_step(stmt, error)) == DB_ROW) {
            g_autofree char *text = sentence(checks[i].says, stmt);
            finding(text, data);
        }
        if (step == DB_FAILED)
            return FALSE;
    }
    return TRUE;
}
