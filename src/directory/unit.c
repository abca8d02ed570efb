/* The registry of units. The regulation proposes address, abbreviation and suffix; what the
 * operator typed takes the place of what would be derived; all of it is written in the transaction
 * that asked whether the address is free. */
#include "directory/internal.h"

#include "text/fold.h"

void directory_unit_free(DirectoryUnit *u) {
    if (u == NULL)
        return;
    g_free(u->kind);
    g_free(u->name);
    g_free(u->abbreviation);
    g_free(u->address);
    g_free(u->suffix);
    g_free(u->category);
    g_free(u->code);
    g_free(u->agreement);
    g_free(u);
}

#define UNIT                                                                                       \
    "SELECT u.id, u.kind, u.name, u.abbreviation, u.address, u.suffix, u.parent, u.category,"      \
    " u.code, u.agreement, u.valid_from, u.valid_until, a.id"                                      \
    " FROM unit u LEFT JOIN account a ON a.unit = u.id AND a.kind = 0"

static DirectoryUnit *unit_of_row(DbStmt *stmt) {
    DirectoryUnit *u = g_new0(DirectoryUnit, 1);
    u->id = db_column_int(stmt, 0);
    u->kind = g_strdup(db_column_text(stmt, 1));
    u->name = g_strdup(db_column_text(stmt, 2));
    u->abbreviation = g_strdup(db_column_text(stmt, 3));
    u->address = g_strdup(db_column_text(stmt, 4));
    u->suffix = g_strdup(db_column_text(stmt, 5));
    u->parent = db_column_int(stmt, 6);
    u->category = g_strdup(db_column_text(stmt, 7));
    u->code = g_strdup(db_column_text(stmt, 8));
    u->agreement = g_strdup(db_column_text(stmt, 9));
    u->valid_from = db_column_int(stmt, 10);
    u->valid_until = db_column_int(stmt, 11);
    u->account = db_column_int(stmt, 12);
    return u;
}

/* The first row, or *out NULL. */
static gboolean one_unit(DbStmt *stmt, DirectoryUnit **out, GError **error) {
    DbStep step = db_step(stmt, error);
    if (step == DB_FAILED)
        return FALSE;
    *out = step == DB_ROW ? unit_of_row(stmt) : NULL;
    db_reset(stmt);
    return TRUE;
}

static gboolean by_id(DbConn *conn, gint64 id, DirectoryUnit **out, GError **error) {
    DbStmt *stmt = db_prepare(conn, UNIT " WHERE u.id = ?");
    db_bind(stmt, "i", id);
    return one_unit(stmt, out, error);
}

gboolean directory_unit_by_code(DbConn *conn, const char *code, DirectoryUnit **out,
                                GError **error) {
    DbStmt *stmt = db_prepare(conn, UNIT " WHERE u.code = ? AND u.code <> ''");
    db_bind(stmt, "t", code);
    return one_unit(stmt, out, error);
}

gboolean directory_unit_by_address(DbConn *conn, const char *local, DirectoryUnit **out,
                                   GError **error) {
    DbStmt *stmt = db_prepare(conn, UNIT " WHERE u.address = ?");
    db_bind(stmt, "t", local);
    return one_unit(stmt, out, error);
}

/* By an address that its mailbox once had. */
static gboolean by_former_address(DbConn *conn, const char *local, DirectoryUnit **out,
                                  GError **error) {
    DbStmt *stmt = db_prepare(conn, UNIT " WHERE a.id = (SELECT account FROM address"
                                         " WHERE local = ?)");
    db_bind(stmt, "t", local);
    return one_unit(stmt, out, error);
}

DirectoryUnit *directory_unit_in(DbConn *conn, gint64 id, GError **error) {
    DirectoryUnit *unit = NULL;
    if (by_id(conn, id, &unit, error) && unit == NULL)
        cv_fail(error, CV_ERROR_NOT_FOUND,
                "không có đơn vị số này; there is no unit #%" G_GINT64_FORMAT, id);
    return unit;
}

DirectoryUnit *directory_unit(Directory *d, gint64 id, GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(d->db, error);
    return conn == NULL ? NULL : directory_unit_in(conn, id, error);
}

/* ---- Finding by what a person types ---- */

/* Every unit with this address name or abbreviation; the list of them goes into the refusal. */
static DirectoryUnit *by_short_name(Directory *d, DbConn *conn, const char *key, GError **error) {
    DbStmt *stmt = db_prepare(conn, UNIT " WHERE u.address = ?1 OR u.abbreviation = ?1"
                                         " ORDER BY u.address");
    db_bind(stmt, "t", key);
    g_autoptr(DirectoryUnit) found = NULL;
    g_autoptr(GString) list = g_string_new(NULL);
    guint count = 0;
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW) {
        directory_unit_free(found);
        found = unit_of_row(stmt);
        g_string_append_printf(list, "\n  %s@%s  #%" G_GINT64_FORMAT "  %s", found->address,
                               d->domain, found->id, found->name);
        count++;
    }
    if (step == DB_FAILED)
        return NULL;
    if (count > 1) {
        cv_fail(error, CV_ERROR_INPUT,
                "\"%s\" khớp với %u đơn vị, hãy nêu địa chỉ đầy đủ hoặc số; it fits several units, "
                "say which by its full address or number:%s",
                key, count, list->str);
        return NULL;
    }
    return g_steal_pointer(&found);
}

static gboolean look_up(Directory *d, DbConn *conn, const char *key, DirectoryUnit **out,
                        GError **error) {
    guint64 id;
    if (key[0] == '#' && bytes_parse_u64(bytes_of_string(key + 1), &id) && id <= G_MAXINT64)
        return by_id(conn, (gint64)id, out, error);
    if (strchr(key, '@') == NULL) {
        GError *failure = NULL;
        *out = by_short_name(d, conn, key, &failure);
        if (failure == NULL)
            return *out != NULL || by_former_address(conn, key, out, error);
        g_propagate_error(error, failure);
        return FALSE;
    }
    DirectoryParts parts;
    *out = NULL;
    return !directory_address_split(bytes_of_string(key), d->domain, &parts) || !parts.ours ||
           by_former_address(conn, parts.local, out, error);
}

DirectoryUnit *directory_unit_find_in(Directory *d, DbConn *conn, const char *key, GError **error) {
    g_autofree char *folded = g_ascii_strdown(key == NULL ? "" : key, -1);
    DirectoryUnit *unit = NULL;
    if (look_up(d, conn, g_strstrip(folded), &unit, error) && unit == NULL)
        cv_fail(error, CV_ERROR_NOT_FOUND,
                "không có đơn vị \"%s\"; there is no unit \"%s\": give its address name or "
                "abbreviation (unit list shows them)",
                folded, folded);
    return unit;
}

DirectoryUnit *directory_unit_find(Directory *d, const char *key, GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(d->db, error);
    return conn == NULL ? NULL : directory_unit_find_in(d, conn, key, error);
}

/* ---- Adding ---- */

static const char *or_null(const char *text) {
    return text == NULL || *text == '\0' ? NULL : text;
}

static const char *or_empty(const char *text) {
    return text == NULL ? "" : text;
}

gboolean directory_unit_propose_in(DbConn *conn, const Regulation *regulation,
                                   const DirectoryNewUnit *unit, const DirectoryUnit *parent,
                                   gboolean taken, NamingProposal *out, GError **error) {
    NamingUnit naming = {
        .kind = or_empty(unit->kind),
        .name = bytes_of_string(or_empty(unit->name)),
        .abbreviation = or_null(unit->abbreviation),
        .address = or_null(unit->address),
        .agreement = or_null(unit->agreement),
    };
    if (parent != NULL) {
        naming.parent_address = parent->address;
        naming.parent_abbreviation = parent->abbreviation;
        naming.parent_suffix = parent->suffix;
    }
    return naming_unit(regulation, &naming, taken ? directory_local_taken : NULL, conn, out, error);
}

static char *json_of_unit(const DirectoryNewUnit *unit, const char *name,
                          const NamingProposal *proposal) {
    g_auto(Buffer) out;
    buffer_init(&out, DIRECTORY_JSON_MAXIMUM);
    JsonWriter w = json_writer(&out);
    json_open(&w, NULL, '{');
    json_text(&w, "kind", unit->kind);
    json_text(&w, "name", name);
    json_text(&w, "abbreviation", proposal->abbreviation);
    json_text(&w, "rule", proposal->rule);
    json_text(&w, "article", proposal->article);
    if (or_null(unit->agreement) != NULL)
        json_text(&w, "agreement", unit->agreement);
    json_close(&w, '}');
    return buffer_steal_string(&out);
}

static gboolean insert_row(DbConn *conn, const DirectoryNewUnit *unit, const char *name,
                           gint64 parent, const NamingProposal *p, gint64 *id, GError **error) {
    DbStmt *stmt =
        db_prepare(conn, "INSERT INTO unit(kind, name, abbreviation, address, suffix, parent,"
                         " category, code, agreement, valid_from)"
                         " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    db_bind(stmt, "tttttnttti", unit->kind, name, p->abbreviation, p->local, p->suffix,
            or_empty(unit->category), or_empty(unit->code), or_empty(unit->agreement), clock_now());
    if (parent != 0)
        db_bind_int(stmt, 6, parent);
    if (!db_run(stmt, error))
        return FALSE;
    *id = db_last_insert_id(conn);
    return TRUE;
}

gboolean directory_unit_insert(Directory *d, DbConn *conn, const Regulation *regulation,
                               const DirectoryNewUnit *unit, gint64 parent,
                               const NamingProposal *proposal, const AuditAct *act, gint64 *id,
                               GError **error) {
    g_autofree char *name = text_nfc(bytes_of_string(unit->name));
    g_strstrip(name);
    DirectoryNewRow row = {proposal->local,
                           name,
                           DIRECTORY_UNIT,
                           0,
                           0,
                           regulation_figure(regulation, FIGURE_UNIT_QUOTA)};
    g_autofree char *address = g_strconcat(proposal->local, "@", d->domain, NULL);
    g_autofree char *after = json_of_unit(unit, name, proposal);
    gint64 account = 0, seq = 0;
    if (!insert_row(conn, unit, name, parent, proposal, id, error))
        return FALSE;
    row.unit = *id;
    return directory_account_insert(conn, &row, &account, error) &&
           directory_account_audit(conn, act, "unit.add", address, NULL, after, &seq, error) &&
           directory_mark(conn, account, seq, error);
}

/* The parent that was named, or *out NULL when none was. */
static gboolean find_parent(Directory *d, DbConn *conn, const DirectoryNewUnit *unit,
                            DirectoryUnit **out, GError **error) {
    *out = NULL;
    if (or_null(unit->parent) == NULL)
        return TRUE;
    *out = directory_unit_find_in(d, conn, unit->parent, error);
    return *out != NULL;
}

typedef struct {
    Directory *directory;
    const Regulation *regulation;
    const DirectoryNewUnit *unit;
    const AuditAct *act;
    DirectoryUnit *made;
} Add;

static gboolean add(DbConn *conn, gpointer data, GError **error) {
    Add *c = data;
    g_autoptr(DirectoryUnit) parent = NULL;
    g_auto(NamingProposal) proposal = {0};
    gint64 id = 0;
    if (!find_parent(c->directory, conn, c->unit, &parent, error) ||
        !directory_unit_propose_in(conn, c->regulation, c->unit, parent, TRUE, &proposal, error) ||
        !directory_unit_insert(c->directory, conn, c->regulation, c->unit,
                               parent == NULL ? 0 : parent->id, &proposal, c->act, &id, error))
        return FALSE;
    c->made = directory_unit_in(conn, id, error);
    return c->made != NULL;
}

DirectoryUnit *directory_unit_add(Directory *d, const Regulation *regulation,
                                  const DirectoryNewUnit *unit, const AuditAct *act,
                                  GError **error) {
    Add c = {d, regulation, unit, act, NULL};
    if (!db_write(d->db, add, &c, error))
        g_clear_pointer(&c.made, directory_unit_free);
    return c.made;
}

gboolean directory_unit_propose(Directory *d, const Regulation *regulation,
                                const DirectoryNewUnit *unit, NamingProposal *out, GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(d->db, error);
    g_autoptr(DirectoryUnit) parent = NULL;
    return conn != NULL && find_parent(d, conn, unit, &parent, error) &&
           directory_unit_propose_in(conn, regulation, unit, parent, TRUE, out, error);
}

/* ---- Listing and renaming ---- */

gboolean directory_unit_each(Directory *d, const DirectoryUnitFilter *filter,
                             DirectoryUnitEach each, gpointer data, GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(d->db, error);
    g_autoptr(DirectoryUnit) parent = NULL;
    if (conn == NULL || (filter->parent != NULL &&
                         (parent = directory_unit_find_in(d, conn, filter->parent, error)) == NULL))
        return FALSE;
    DbStmt *stmt = db_prepare(conn, UNIT " WHERE (?1 IS NULL OR u.kind = ?1)"
                                         " AND (?2 = 0 OR u.parent = ?2)"
                                         " ORDER BY ifnull(u.parent, 0), u.address");
    db_bind(stmt, "ti", filter->kind, parent == NULL ? (gint64)0 : parent->id);
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW) {
        g_autoptr(DirectoryUnit) unit = unit_of_row(stmt);
        if (!each(unit, data))
            break;
    }
    db_reset(stmt);
    return step != DB_FAILED;
}

typedef struct {
    Directory *directory;
    const char *key, *name;
    const AuditAct *act;
    DirectoryUnit *unit;
} Rename;

static gboolean rename_unit(DbConn *conn, gpointer data, GError **error) {
    Rename *c = data;
    g_autoptr(DirectoryUnit) unit = directory_unit_find_in(c->directory, conn, c->key, error);
    if (unit == NULL)
        return FALSE;
    DbStmt *rename = db_prepare(conn, "UPDATE unit SET name = ? WHERE id = ?");
    db_bind(rename, "ti", c->name, unit->id);
    if (!db_run(rename, error))
        return FALSE;
    DbStmt *shown = db_prepare(conn, "UPDATE account SET name = ? WHERE unit = ? AND kind = 0");
    db_bind(shown, "ti", c->name, unit->id);
    g_autofree char *address = g_strconcat(unit->address, "@", c->directory->domain, NULL);
    g_autofree char *before = directory_json_text("name", unit->name);
    g_autofree char *after = directory_json_text("name", c->name);
    if (!db_run(shown, error) ||
        !directory_account_audit(conn, c->act, "unit.rename", address, before, after, NULL, error))
        return FALSE;
    c->unit = directory_unit_in(conn, unit->id, error);
    return c->unit != NULL;
}

DirectoryUnit *directory_unit_rename(Directory *d, const char *key, const char *name,
                                     const AuditAct *act, GError **error) {
    g_autofree char *composed = text_nfc(bytes_of_string(name));
    g_strstrip(composed);
    if (*composed == '\0') {
        cv_fail(error, CV_ERROR_INPUT, "thiếu tên đơn vị; a unit needs a name");
        return NULL;
    }
    Rename c = {d, key, composed, act, NULL};
    if (!db_write(d->db, rename_unit, &c, error))
        g_clear_pointer(&c.unit, directory_unit_free);
    return c.unit;
}
