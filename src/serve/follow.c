/* How the store follows the directory: what the directory marked as pending is read there and
 * written here, some hundred accounts in one transaction, and only then the marks are taken away.
 * A crash in between leaves the marks; applying them again changes nothing. See directory.h. */
#include "serve/instance.h"

#include "directory/hold.h"
#include "imap/imap.h"
#include "store/hold.h"

enum { SLICE = 256 };

typedef struct {
    gint64 account, grantee; /* grantee 0: the account itself */
    gint64 quota;
    gboolean may_send; /* of the account itself */
    gboolean held;     /* the same: nothing of it is deleted for good */
    StoreRights rights;
    char *shown; /* where the grantee's clients show it: subscribed, so that they do; or NULL */
} Step;

typedef struct {
    Store *store;
    GArray *steps;                   /* Step */
    const DirectoryAccount *account; /* whose delegations are being read */
} Slice;

static void step_clear(gpointer step) {
    g_free(((Step *)step)->shown);
}

/* [Điều 6.2] What a delegation lets its holder do, in the letters of RFC 4314. */
static StoreRights rights_of(guint may) {
    StoreRights rights = 0;
    if (may & DIRECTORY_MAY_READ)
        rights |= STORE_RIGHT_LOOKUP | STORE_RIGHT_READ | STORE_RIGHT_SEEN;
    if (may & DIRECTORY_MAY_WRITE)
        rights |= STORE_RIGHT_LOOKUP | STORE_RIGHT_READ | STORE_RIGHT_SEEN | STORE_RIGHT_WRITE |
                  STORE_RIGHT_INSERT | STORE_RIGHT_CREATE | STORE_RIGHT_TRASH | STORE_RIGHT_EXPUNGE;
    if (may & DIRECTORY_MAY_LOOK)
        rights |= STORE_RIGHT_LOOKUP | STORE_RIGHT_READ;
    if (may & DIRECTORY_MAY_SEND)
        rights |= STORE_RIGHT_POST;
    return rights;
}

static void add_grant(gint64 account, gint64 grantee, guint may, gpointer data) {
    Slice *slice = data;
    Step step = {.account = account,
                 .grantee = grantee,
                 .rights = rights_of(may),
                 .shown = imap_shared_inbox(slice->account->address)};
    g_array_append_val(slice->steps, step);
}

static gboolean read_account(Instance *instance, Slice *slice, gint64 id, GError **error) {
    g_autoptr(DirectoryAccount) account = directory_account(instance->directory, id, error);
    if (account == NULL)
        return FALSE;
    Step step = {
        .account = id, .quota = account->quota, .may_send = account->state == DIRECTORY_ACTIVE};
    if (!directory_account_held(instance->directory, id, &step.held, error))
        return FALSE;
    g_array_append_val(slice->steps, step);
    slice->account = account;
    return directory_each_delegation(instance->directory, id, add_grant, slice, error);
}

static gboolean apply_account(DbConn *conn, const Slice *slice, const Step *step, GError **error) {
    return store_account_put(slice->store, conn, step->account, step->quota, error) &&
           store_hold_put(conn, step->account, step->held, error) &&
           queue_follow_account(conn, step->account, step->may_send, error);
}

static gboolean apply_steps(DbConn *conn, gpointer data, GError **error) {
    const Slice *slice = data;
    for (guint i = 0; i < slice->steps->len; i++) {
        const Step *step = &g_array_index(slice->steps, Step, i);
        gboolean ok = step->grantee == 0
                          ? apply_account(conn, slice, step, error)
                          : store_rights_put(slice->store, conn, step->account, step->grantee,
                                             step->rights, step->shown, error);
        if (!ok)
            return FALSE;
    }
    return TRUE;
}

gboolean instance_apply_pending(Instance *instance, GError **error) {
    g_autoptr(GArray) pending = directory_pending(instance->directory, error);
    if (pending == NULL)
        return FALSE;
    g_autoptr(GArray) steps = g_array_new(FALSE, TRUE, sizeof(Step));
    g_array_set_clear_func(steps, step_clear);
    Slice slice = {.store = instance->store, .steps = steps};
    for (guint at = 0; at < pending->len; at += SLICE) {
        guint count = MIN(pending->len - at, SLICE);
        const DirectoryPending *first = &g_array_index(pending, DirectoryPending, at);
        g_array_set_size(steps, 0);
        for (guint i = 0; i < count; i++)
            if (!read_account(instance, &slice, first[i].account, error))
                return FALSE;
        if (!db_write(instance->mail, apply_steps, &slice, error) ||
            !directory_pending_done(instance->directory, first, count, error))
            return FALSE;
    }
    return TRUE;
}
