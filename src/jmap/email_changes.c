/* Email/changes and Thread/changes (RFC 8621 4.3, 3.2). More changes than are wanted are told up to
 * one of them, by a state between two (account.h). */
#include "jmap/arguments.h"
#include "jmap/listing.h"
#include "jmap/methods.h"

typedef struct {
    JmapAccount account;
    const char *since;
    JmapPoint point;
    gint64 most; /* 0: all */
    GArray *changes;
} Changes;

static void changes_clear(Changes *changes) {
    jmap_account_clear(&changes->account);
    g_clear_pointer(&changes->changes, g_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Changes, changes_clear)

/* What was told before: a state between two says how far. */
static void drop_told(Changes *changes) {
    guint told = 0;
    if (changes->point.birth == G_MAXUINT64)
        return;
    while (told < changes->changes->len) {
        const StoreEmailChange *one = &g_array_index(changes->changes, StoreEmailChange, told);
        if (one->modseq > changes->point.modseq ||
            (one->modseq == changes->point.modseq && one->birth > changes->point.birth))
            break;
        told++;
    }
    if (told > 0)
        g_array_remove_range(changes->changes, 0, told);
}

/* FALSE: the call has ended. */
static gboolean find(JmapCall *call, DbConn **conn, Changes *out) {
    g_autoptr(GError) error = NULL;
    gboolean complete = FALSE;
    if (!jmap_take_text(call, "sinceState", &out->since) ||
        !jmap_take_number(call, "maxChanges", &out->most) ||
        !jmap_account_begin(call, conn, &out->account))
        return FALSE;
    if (out->since == NULL) {
        jmap_fail(call, "invalidArguments", "sinceState");
        return FALSE;
    }
    if (!jmap_state_read(&out->account, out->since, &out->point)) {
        jmap_fail(call, "cannotCalculateChanges", NULL);
        return FALSE;
    }
    gboolean between = out->point.birth != G_MAXUINT64 && out->point.modseq > 0;
    out->changes = g_array_new(FALSE, FALSE, sizeof(StoreEmailChange));
    if (!store_email_changes(jmap_store(call), *conn, out->account.id,
                             out->point.modseq - (between ? 1 : 0), out->changes, &complete,
                             &error)) {
        jmap_fail_error(call, error);
        return FALSE;
    }
    if (!complete) {
        jmap_fail(call, "cannotCalculateChanges", NULL);
        return FALSE;
    }
    drop_told(out);
    return TRUE;
}

typedef struct {
    json_t *created, *updated, *destroyed;
} Lists;

static json_t *answer_of(JmapCall *call, const Changes *changes, const JmapPoint *to, gboolean more,
                         const Lists *lists) {
    char state[JMAP_STATE_BYTES];
    jmap_state_write(&changes->account, to, state);
    return json_pack("{sOsssssbsososo}", "accountId", json_object_get(call->arguments, "accountId"),
                     "oldState", changes->since, "newState", state, "hasMoreChanges", more,
                     "created", lists->created, "updated", lists->updated, "destroyed",
                     lists->destroyed);
}

/* What went where the caller may not look is gone for it. */
static void add(const Lists *lists, const JmapAccount *account, const StoreEmailChange *change) {
    char id[JMAP_ID_BYTES];
    const JmapBox *box = jmap_box_of(account, change->mailbox);
    gboolean visible = box != NULL && (box->rights & STORE_RIGHT_READ) != 0;
    jmap_email_id(change->birth, id);
    if (change->kind == STORE_CREATED && !visible)
        return;
    json_array_append_new(change->kind == STORE_DESTROYED || !visible ? lists->destroyed
                          : change->kind == STORE_CREATED             ? lists->created
                                                                      : lists->updated,
                          json_string(id));
}

JmapVerdict jmap_email_changes(JmapCall *call) {
    g_autoptr(DbConn) conn = NULL;
    g_auto(Changes) changes = {0};
    if (!find(call, &conn, &changes))
        return JMAP_DONE;
    guint count = changes.changes->len;
    gboolean more = changes.most > 0 && count > changes.most;
    JmapPoint to = {changes.account.modseq, G_MAXUINT64};
    if (more) {
        count = (guint)changes.most;
        const StoreEmailChange *last = &g_array_index(changes.changes, StoreEmailChange, count - 1);
        to = (JmapPoint){last->modseq, last->birth};
    }
    Lists lists = {json_array(), json_array(), json_array()};
    for (guint i = 0; i < count; i++)
        add(&lists, &changes.account, &g_array_index(changes.changes, StoreEmailChange, i));
    return jmap_answer(call, answer_of(call, &changes, &to, more, &lists));
}

/* ---- Threads ---- */

/* The e-mails of the changes that are there, by birth. */
static GHashTable *rows_of(const Changes *changes, const JmapListing *listing) {
    g_autoptr(GHashTable) wanted = g_hash_table_new(g_int64_hash, g_int64_equal);
    GHashTable *rows = g_hash_table_new(g_int64_hash, g_int64_equal);
    for (guint i = 0; i < changes->changes->len; i++)
        g_hash_table_add(wanted, &g_array_index(changes->changes, StoreEmailChange, i).birth);
    for (guint i = 0; i < listing->boxes->len; i++) {
        const JmapBoxRows *box = listing->boxes->pdata[i];
        for (guint row = 0; row < box->count; row++)
            if (g_hash_table_contains(wanted, &box->rows[row].birth))
                g_hash_table_insert(rows, &box->rows[row].birth, &box->rows[row]);
    }
    return rows;
}

/* Conversations that had e-mails before, besides those that are new. */
static gboolean is_older(const JmapListing *listing, JmapThread thread, GHashTable *created) {
    for (guint i = 0; i < listing->boxes->len; i++) {
        const JmapBoxRows *box = listing->boxes->pdata[i];
        for (guint row = 0; row < box->count; row++) {
            JmapThread its = jmap_thread_key(&box->rows[row]);
            if (its.thread == thread.thread && its.birth == thread.birth &&
                !g_hash_table_contains(created, &box->rows[row].birth))
                return TRUE;
        }
    }
    return FALSE;
}

/* A conversation changes when its list of e-mails does. Of what was destroyed the conversation is
 * not known any more. */
JmapVerdict jmap_thread_changes(JmapCall *call) {
    g_autoptr(GError) error = NULL;
    g_autoptr(DbConn) conn = NULL;
    g_auto(Changes) changes = {0};
    g_auto(JmapThreadSet) seen = {0};
    if (!find(call, &conn, &changes))
        return JMAP_DONE;
    g_autoptr(JmapListing) listing =
        jmap_listing_get(jmap_service(call), conn, &changes.account, &error);
    if (listing == NULL)
        return jmap_fail_error(call, error);
    g_autoptr(GHashTable) rows = rows_of(&changes, listing);
    g_autoptr(GHashTable) created = g_hash_table_new(g_int64_hash, g_int64_equal);
    gint64 count = 0;
    for (guint i = 0; i < changes.changes->len; i++) {
        StoreEmailChange *change = &g_array_index(changes.changes, StoreEmailChange, i);
        if (change->kind == STORE_DESTROYED)
            return jmap_fail(call, "cannotCalculateChanges", NULL);
        if (change->kind == STORE_CREATED)
            g_hash_table_add(created, &change->birth);
    }
    Lists lists = {json_array(), json_array(), json_array()};
    jmap_thread_set_init(&seen, changes.changes->len);
    for (guint i = 0; i < changes.changes->len; i++) {
        const StoreEmailChange *change = &g_array_index(changes.changes, StoreEmailChange, i);
        const StoreEmail *row = g_hash_table_lookup(rows, &change->birth);
        char id[JMAP_ID_BYTES];
        if (row == NULL || change->kind != STORE_CREATED ||
            !jmap_thread_set_add(&seen, jmap_thread_key(row)))
            continue;
        jmap_thread_id(row->thread, row->birth, id);
        json_array_append_new(is_older(listing, jmap_thread_key(row), created) ? lists.updated
                                                                               : lists.created,
                              json_string(id));
        count++;
    }
    JmapPoint to = {changes.account.modseq, G_MAXUINT64};
    json_t *result = answer_of(call, &changes, &to, FALSE, &lists);
    if (changes.most == 0 || count <= changes.most)
        return jmap_answer(call, result);
    json_decref(result);
    return jmap_fail(call, "cannotCalculateChanges", NULL);
}
