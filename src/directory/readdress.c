/* Giving everybody the address of the regulation in force; see readdress.h. What the units above
 * will be called is kept while it goes on, because the names of those below are made from it, in a
 * preview too; so are the addresses that were given, which a preview does not find in the tables.
 */
#include "directory/readdress.h"

#include "directory/internal.h"

enum { SLICE = 64 }; /* accounts in one transaction: a delivery in between waits milliseconds */

/* What a unit is called now or will be. */
typedef struct {
    char *address, *abbreviation, *suffix;
} Called;

static void called_free(gpointer data) {
    Called *called = data;
    g_free(called->address);
    g_free(called->abbreviation);
    g_free(called->suffix);
    g_free(called);
}

typedef struct {
    gint64 account, unit;
} Item;

typedef struct {
    Directory *directory;
    const Regulation *regulation;
    gboolean preview;
    const AuditAct *act;
    ReaddressEach each;
    gpointer data;
    ReaddressCount *count;
    GHashTable *units; /* unit → Called */
    GHashTable *given; /* local part → account (both owned): given since it began */
    GArray *items;     /* Item */
    gboolean people;   /* of people; else of units */
    guint at;          /* the slice begins here */
    GArray *done;      /* of the slice, told when it is written */
} Move;

/* A row that waits for its transaction. */
typedef struct {
    ReaddressResult result;
    char *name, *before, *after, *why;
} Told;

static void told_clear(gpointer data) {
    Told *told = data;
    g_free(told->name);
    g_free(told->before);
    g_free(told->after);
    g_free(told->why);
}

static gpointer key_of(gint64 id) {
    return g_memdup2(&id, sizeof id);
}

/* ---- What is taken ---- */

typedef struct {
    const Move *move;
    DbConn *conn;
    gint64 account;
} Asking;

/* What the account itself has or had is free for it. */
static gboolean taken(const char *local, gboolean *is_taken, gpointer data, GError **error) {
    const Asking *asking = data;
    const gint64 *holder = g_hash_table_lookup(asking->move->given, local);
    if (holder != NULL && *holder != asking->account) {
        *is_taken = TRUE;
        return TRUE;
    }
    DbStmt *stmt =
        db_prepare(asking->conn, "SELECT 1 FROM address WHERE local = ? AND account <> ?");
    db_bind(stmt, "ti", local, asking->account);
    DbStep step = db_step(stmt, error);
    db_reset(stmt);
    *is_taken = step == DB_ROW;
    return step != DB_FAILED;
}

/* ---- Proposing ---- */

static gboolean propose_unit(Asking *asking, const DirectoryUnit *unit, NamingProposal *out,
                             GError **error) {
    const Called *parent =
        unit->parent == 0 ? NULL : g_hash_table_lookup(asking->move->units, &unit->parent);
    NamingUnit naming = {.kind = unit->kind,
                         .name = bytes_of_string(unit->name),
                         .abbreviation = *unit->abbreviation == '\0' ? NULL : unit->abbreviation,
                         .address = unit->address,
                         .agreement = *unit->agreement == '\0' ? NULL : unit->agreement};
    if (parent != NULL) {
        naming.parent_address = parent->address;
        naming.parent_abbreviation = parent->abbreviation;
        naming.parent_suffix = parent->suffix;
    }
    return naming_unit(asking->move->regulation, &naming, taken, asking, out, error);
}

static gboolean propose_person(Asking *asking, gint64 unit, NamingProposal *out, GError **error) {
    const Called *called = g_hash_table_lookup(asking->move->units, &unit);
    DbStmt *stmt = db_prepare(asking->conn, "SELECT p.id, p.name, p.given, p.identity FROM account"
                                            " a JOIN person p ON p.id = a.person WHERE a.id = ?");
    db_bind(stmt, "i", asking->account);
    DbStep step = db_step(stmt, error);
    if (step != DB_ROW)
        return step == DB_DONE && cv_fail(error, CV_ERROR_CORRUPT, "an account without its person");
    g_autofree char *name = g_strdup(db_column_text(stmt, 1));
    g_autofree char *given = g_strdup(db_column_text(stmt, 2));
    char *identity = directory_identity_open(asking->move->directory, db_column_int(stmt, 0),
                                             db_column_bytes(stmt, 3));
    db_reset(stmt);
    NamingPerson naming = {.name = bytes_of_string(name),
                           .given = *given == '\0' ? NULL : given,
                           .suffix = called == NULL ? NULL : called->suffix,
                           .identity = *identity == '\0' ? NULL : identity};
    gboolean ok = naming_person(asking->move->regulation, &naming, taken, asking, out, error);
    crypto_wipe(identity, strlen(identity));
    g_free(identity);
    return ok;
}

/* ---- Writing ---- */

static char *json_of(const char *address, const NamingProposal *proposal) {
    g_auto(Buffer) out;
    buffer_init(&out, DIRECTORY_JSON_MAXIMUM);
    JsonWriter w = json_writer(&out);
    json_open(&w, NULL, '{');
    json_text(&w, "address", address);
    if (proposal != NULL) {
        json_text(&w, "rule", proposal->rule);
        json_text(&w, "article", proposal->article);
    }
    json_close(&w, '}');
    return buffer_steal_string(&out);
}

static gboolean write_unit(DbConn *conn, gint64 unit, const NamingProposal *proposal,
                           GError **error) {
    DbStmt *stmt =
        db_prepare(conn, "UPDATE unit SET address = ?, abbreviation = ?, suffix = ? WHERE id = ?");
    db_bind(stmt, "ttti", proposal->local, proposal->abbreviation, proposal->suffix, unit);
    return db_run(stmt, error);
}

static gboolean write_one(Move *m, DbConn *conn, const DirectoryAccount *account, gint64 unit,
                          const char *after, const NamingProposal *proposal, GError **error) {
    g_autofree char *was = json_of(account->address, NULL);
    g_autofree char *is = json_of(after, proposal);
    gint64 seq = 0;
    return directory_address_give(conn, account, proposal->local, 0, error) &&
           (m->people || write_unit(conn, unit, proposal, error)) &&
           directory_account_audit(conn, m->act, "account.readdress", after, was, is, &seq,
                                   error) &&
           directory_mark(conn, account->id, seq, error);
}

/* ---- One account ---- */

static void remember_unit(Move *m, gint64 unit, const char *address, const char *abbreviation,
                          const char *suffix) {
    Called *called = g_new(Called, 1);
    *called = (Called){g_strdup(address), g_strdup(abbreviation), g_strdup(suffix)};
    g_hash_table_replace(m->units, key_of(unit), called);
}

/* TRUE and out->refusal: there is a reason to stay. */
static gboolean propose(Move *m, DbConn *conn, const Item *item, NamingProposal *out,
                        GError **error) {
    Asking asking = {m, conn, item->account};
    GError *failure = NULL;
    gboolean ok;
    if (m->people) {
        ok = propose_person(&asking, item->unit, out, &failure);
    } else {
        g_autoptr(DirectoryUnit) unit = directory_unit_in(conn, item->unit, error);
        if (unit == NULL)
            return FALSE;
        ok = propose_unit(&asking, unit, out, &failure);
        if (ok)
            remember_unit(m, unit->id, out->local, out->abbreviation, out->suffix);
        else
            remember_unit(m, unit->id, unit->address, unit->abbreviation, unit->suffix);
    }
    if (!ok && out->refusal == NULL) {
        g_propagate_error(error, failure);
        return FALSE;
    }
    g_clear_error(&failure);
    return TRUE;
}

static char *reason_of(const Verdict *refusal) {
    return g_strdup_printf("%s; %s (%s)", refusal->text_vi, refusal->text_en, refusal->article);
}

static gboolean take_one(Move *m, DbConn *conn, const Item *item, GError **error) {
    g_auto(NamingProposal) proposal = {0};
    g_autoptr(DirectoryAccount) account =
        directory_account_in(m->directory, conn, item->account, error);
    if (account == NULL || !propose(m, conn, item, &proposal, error))
        return FALSE;
    Told told = {READDRESS_STAYS, g_strdup(account->name), g_strdup(account->address), NULL, NULL};
    gboolean ok = TRUE;
    if (proposal.refusal != NULL) {
        told.why = reason_of(proposal.refusal);
    } else {
        told.after = g_strconcat(proposal.local, "@", m->directory->domain, NULL);
        told.result = g_str_equal(told.after, told.before) ? READDRESS_SAME : READDRESS_MOVES;
        g_hash_table_replace(m->given, g_strdup(proposal.local), key_of(item->account));
        ok = told.result == READDRESS_SAME || m->preview ||
             write_one(m, conn, account, item->unit, told.after, &proposal, error);
    }
    g_array_append_val(m->done, told);
    return ok;
}

static gboolean take_slice(DbConn *conn, gpointer data, GError **error) {
    Move *m = data;
    g_array_set_size(m->done, 0);
    for (guint i = m->at; i < m->items->len && i < m->at + SLICE; i++)
        if (!take_one(m, conn, &g_array_index(m->items, Item, i), error))
            return FALSE;
    return TRUE;
}

static void tell(Move *m) {
    guint *counts[] = {&m->count->same, &m->count->moved, &m->count->stay};
    for (guint i = 0; i < m->done->len; i++) {
        const Told *told = &g_array_index(m->done, Told, i);
        ReaddressRow row = {told->result,
                            !m->people,
                            told->name,
                            told->before,
                            told->result == READDRESS_MOVES ? told->after : "",
                            told->why == NULL ? "" : told->why};
        (*counts[told->result])++;
        m->each(&row, m->data);
    }
}

static gboolean run_slice(Move *m, GError **error) {
    if (!m->preview)
        return db_write(m->directory->db, take_slice, m, error);
    g_autoptr(DbConn) conn = db_read_begin(m->directory->db, error);
    return conn != NULL && take_slice(conn, m, error);
}

/* ---- All ---- */

/* Parents before children, then by number: the older one keeps a name that two would get. */
static const char unit_items[] =
    "WITH RECURSIVE tree(id, depth) AS (SELECT id, 0 FROM unit WHERE parent IS NULL UNION ALL"
    " SELECT u.id, tree.depth + 1 FROM tree JOIN unit u ON u.parent = tree.id"
    " WHERE tree.depth < 32) SELECT a.id, tree.id FROM tree JOIN account a ON a.unit = tree.id"
    " WHERE a.kind = 0 AND a.state <> 3 ORDER BY tree.depth, tree.id";
static const char person_items[] =
    "SELECT id, unit FROM account WHERE kind = 1 AND state <> 3 AND unit IS NOT NULL ORDER BY id";

static gboolean collect(Move *m, GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(m->directory->db, error);
    if (conn == NULL)
        return FALSE;
    g_array_set_size(m->items, 0);
    DbStmt *stmt = db_prepare(conn, m->people ? person_items : unit_items);
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW) {
        Item item = {db_column_int(stmt, 0), db_column_int(stmt, 1)};
        g_array_append_val(m->items, item);
    }
    return step != DB_FAILED;
}

static gboolean run(Move *m, GError **error) {
    for (int people = 0; people < 2; people++) {
        m->people = people != 0;
        if (!collect(m, error))
            return FALSE;
        for (m->at = 0; m->at < m->items->len; m->at += SLICE) {
            if (!run_slice(m, error))
                return FALSE;
            tell(m);
        }
    }
    return TRUE;
}

/* The decision to apply this regulation, and over which one, stands in the trail. */
static gboolean record_decision(DbConn *conn, gpointer data, GError **error) {
    const Move *m = data;
    g_auto(Buffer) out;
    buffer_init(&out, DIRECTORY_JSON_MAXIMUM);
    JsonWriter w = json_writer(&out);
    json_open(&w, NULL, '{');
    json_text(&w, "title", regulation_text(m->regulation, REGULATION_TITLE));
    json_open(&w, "over", '[');
    for (const Regulation *base = regulation_base(m->regulation); base != NULL;
         base = regulation_base(base))
        json_text(&w, NULL, regulation_text(base, REGULATION_ID));
    json_close(&w, ']');
    json_int(&w, "moved", m->count->moved);
    json_int(&w, "same", m->count->same);
    json_int(&w, "stay", m->count->stay);
    json_close(&w, '}');
    g_autofree char *after = buffer_steal_string(&out);
    AuditChange change = {"regulation.move", regulation_text(m->regulation, REGULATION_ID), NULL,
                          after};
    return audit_append(conn, m->act, &change, NULL, error);
}

const char *directory_readdress_name(ReaddressResult result) {
    static const char *const names[] = {"same", "moves", "stays"};
    return names[result];
}

gboolean directory_readdress(Directory *d, const Regulation *regulation, gboolean preview,
                             const AuditAct *act, ReaddressEach each, gpointer data,
                             ReaddressCount *count, GError **error) {
    *count = (ReaddressCount){0};
    Move m = {.directory = d,
              .regulation = regulation,
              .preview = preview,
              .act = act,
              .each = each,
              .data = data,
              .count = count,
              .units = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, called_free),
              .given = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free),
              .items = g_array_new(FALSE, FALSE, sizeof(Item)),
              .done = g_array_new(FALSE, TRUE, sizeof(Told))};
    g_array_set_clear_func(m.done, told_clear);
    gboolean ok = run(&m, error) && (preview || db_write(d->db, record_decision, &m, error));
    g_hash_table_unref(m.units);
    g_hash_table_unref(m.given);
    g_array_unref(m.items);
    g_array_unref(m.done);
    return ok;
}
