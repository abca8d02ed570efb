/* Accounts; see account.h. */
#include "jmap/account.h"

#include "base/crypto.h"

#include <string.h>

/* ---- What the caller may see ---- */

void jmap_account_clear(JmapAccount *account) {
    g_clear_pointer(&account->boxes, g_array_unref);
    g_clear_pointer(&account->mailboxes, g_ptr_array_unref);
    g_clear_pointer(&account->keywords, g_ptr_array_unref);
}

static void add_box(JmapAccount *account, Store *store, DbConn *conn, const StoreMailbox *mailbox,
                    CryptoDigest *seen) {
    JmapBox box = {mailbox, account->own ? STORE_RIGHTS_ALL
                                         : store_rights(store, conn, mailbox->id, account->who)};
    if (g_str_equal(mailbox->name, "INBOX"))
        account->epoch = mailbox->uidvalidity;
    if ((box.rights & STORE_RIGHT_LOOKUP) == 0)
        return;
    g_array_append_val(account->boxes, box);
    guint32 numbers[] = {mailbox->uidvalidity, box.rights};
    crypto_digest_update(seen, bytes_of(numbers, sizeof numbers));
}

gboolean jmap_account_open(Store *store, DbConn *conn, gint64 who, gint64 id, JmapAccount *out,
                           GError **error) {
    g_auto(JmapAccount) account = {.id = id, .who = who, .own = id == who};
    StoreAccount row;
    guint8 digest[CRYPTO_DIGEST_BYTES];
    if (!store_account_get(store, conn, id, &row, error) ||
        (account.mailboxes = store_mailbox_list(store, conn, id, error)) == NULL ||
        (account.keywords = store_keyword_list(store, conn, id, error)) == NULL)
        return FALSE;
    account.modseq = row.modseq;
    account.boxes = g_array_new(FALSE, FALSE, sizeof(JmapBox));
    g_autoptr(CryptoDigest) seen = crypto_digest_new();
    for (guint i = 0; i < account.mailboxes->len; i++)
        add_box(&account, store, conn, account.mailboxes->pdata[i], seen);
    crypto_digest_final(seen, digest);
    if (!account.own)
        memcpy(&account.mark, digest, sizeof account.mark);
    if (account.boxes->len == 0)
        return cv_fail(error, CV_ERROR_NOT_FOUND, "nothing of this account may be seen");
    *out = account;
    account = (JmapAccount){0};
    return TRUE;
}

gboolean jmap_account_load(const JmapCall *call, DbConn *conn, gint64 id, JmapAccount *out,
                           GError **error) {
    return jmap_account_open(jmap_store(call), conn, jmap_caller(call)->id, id, out, error);
}

static gboolean may_change(const JmapAccount *account) {
    static const StoreRights changing = STORE_RIGHT_WRITE | STORE_RIGHT_INSERT | STORE_RIGHT_TRASH |
                                        STORE_RIGHT_EXPUNGE | STORE_RIGHT_CREATE;
    for (guint i = 0; i < account->boxes->len; i++)
        if (g_array_index(account->boxes, JmapBox, i).rights & changing)
            return TRUE;
    return FALSE;
}

GArray *jmap_accounts_shared(Store *store, gint64 who, GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(store_db(store), error);
    g_autoptr(GArray) ids = conn == NULL ? NULL : store_shared_accounts(store, conn, who, error);
    if (ids == NULL)
        return NULL;
    GArray *shared = g_array_new(FALSE, FALSE, sizeof(JmapShared));
    for (guint i = 0; i < ids->len; i++) {
        g_auto(JmapAccount) account = {0};
        if (!jmap_account_open(store, conn, who, g_array_index(ids, gint64, i), &account, NULL))
            continue;
        JmapShared one = {account.id, !may_change(&account)};
        g_array_append_val(shared, one);
    }
    return shared;
}

/* ---- Beginning a call ---- */

gboolean jmap_take_account(JmapCall *call, const char *argument, gint64 *account) {
    const char *id = json_string_value(json_object_get(call->arguments, argument));
    if (id == NULL) {
        jmap_fail(call, "invalidArguments", "%s", argument);
        return FALSE;
    }
    if (jmap_account_of(id, account))
        return TRUE;
    jmap_fail(call, "accountNotFound", NULL);
    return FALSE;
}

gboolean jmap_account_begin(JmapCall *call, DbConn **conn, JmapAccount *out) {
    g_autoptr(GError) error = NULL;
    gint64 id;
    if (!jmap_take_account(call, "accountId", &id))
        return FALSE;
    g_autoptr(DbConn) own = db_read_begin(store_db(jmap_store(call)), &error);
    if (own != NULL && jmap_account_load(call, own, id, out, &error)) {
        *conn = g_steal_pointer(&own);
        return TRUE;
    }
    if (cv_error_is(error, CV_ERROR_NOT_FOUND))
        jmap_fail(call, "accountNotFound", NULL);
    else
        jmap_fail_error(call, error);
    return FALSE;
}

/* ---- Looking up ---- */

const JmapBox *jmap_box_at(const JmapAccount *account, guint place) {
    return &g_array_index(account->boxes, JmapBox, place);
}

const JmapBox *jmap_box_of(const JmapAccount *account, gint64 mailbox) {
    for (guint i = 0; i < account->boxes->len; i++)
        if (jmap_box_at(account, i)->mailbox->id == mailbox)
            return jmap_box_at(account, i);
    return NULL;
}

const JmapBox *jmap_box_of_validity(const JmapAccount *account, guint32 uidvalidity) {
    for (guint i = 0; i < account->boxes->len; i++)
        if (jmap_box_at(account, i)->mailbox->uidvalidity == uidvalidity)
            return jmap_box_at(account, i);
    return NULL;
}

const JmapBox *jmap_box_of_id(const JmapAccount *account, const char *id) {
    guint32 uidvalidity;
    return jmap_mailbox_of(id, &uidvalidity) ? jmap_box_of_validity(account, uidvalidity) : NULL;
}

const JmapBox *jmap_box_of_use(const JmapAccount *account, StoreUse use) {
    for (guint i = 0; i < account->boxes->len; i++)
        if (jmap_box_at(account, i)->mailbox->use == use)
            return jmap_box_at(account, i);
    return NULL;
}

const JmapBox *jmap_email_find(Store *store, DbConn *conn, const JmapAccount *account,
                               StoreBirth birth, guint32 *uid, GError **error) {
    gint64 mailbox = 0;
    if (!store_email_find(store, conn, account->id, birth, &mailbox, uid, error))
        return NULL;
    const JmapBox *box = mailbox == 0 ? NULL : jmap_box_of(account, mailbox);
    return box != NULL && (box->rights & STORE_RIGHT_READ) ? box : NULL;
}

/* ---- States ---- */

void jmap_state_write(const JmapAccount *account, const JmapPoint *point,
                      char out[JMAP_STATE_BYTES]) {
    int n = g_snprintf(out, JMAP_STATE_BYTES, "%x-%x-%" G_GINT64_MODIFIER "x", account->epoch,
                       account->mark, point->modseq);
    if (point->birth != G_MAXUINT64)
        g_snprintf(out + n, (gulong)(JMAP_STATE_BYTES - n), "-%" G_GINT64_MODIFIER "x",
                   point->birth);
}

void jmap_state_now(const JmapAccount *account, char out[JMAP_STATE_BYTES]) {
    jmap_state_write(account, &(JmapPoint){account->modseq, G_MAXUINT64}, out);
}

json_t *jmap_state(const JmapAccount *account) {
    char text[JMAP_STATE_BYTES];
    jmap_state_now(account, text);
    return json_string(text);
}

gboolean jmap_state_read(const JmapAccount *account, const char *text, JmapPoint *out) {
    g_auto(GStrv) parts = g_strsplit(text, "-", 5);
    guint count = g_strv_length(parts);
    guint64 numbers[4] = {0, 0, 0, G_MAXUINT64};
    if (count < 3 || count > 4)
        return FALSE;
    for (guint i = 0; i < count; i++)
        if (!g_ascii_string_to_unsigned(parts[i], 16, 0, G_MAXUINT64, &numbers[i], NULL))
            return FALSE;
    *out = (JmapPoint){numbers[2], numbers[3]};
    return numbers[0] == account->epoch && numbers[1] == account->mark &&
           out->modseq <= account->modseq;
}

gboolean jmap_if_in_state(JmapCall *call, const JmapAccount *account) {
    json_t *wanted = json_object_get(call->arguments, "ifInState");
    char now[JMAP_STATE_BYTES];
    if (wanted == NULL || json_is_null(wanted))
        return TRUE;
    jmap_state_now(account, now);
    if (json_is_string(wanted) && g_str_equal(json_string_value(wanted), now))
        return TRUE;
    jmap_fail(call, json_is_string(wanted) ? "stateMismatch" : "invalidArguments", "ifInState");
    return FALSE;
}
