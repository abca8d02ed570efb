/* Mailbox/changes (RFC 8621 2.2). */
#include "jmap/arguments.h"
#include "jmap/mailbox.h"
#include "jmap/methods.h"

typedef struct {
    json_t *created, *updated, *destroyed;
    gboolean named; /* something else than counts */
} Sorted;

/* What may not be looked up is gone for the caller. */
static void sort_one(Sorted *sorted, const JmapAccount *account, const StoreMailboxChange *change) {
    char id[JMAP_ID_BYTES];
    gboolean visible = jmap_box_of_validity(account, change->uidvalidity) != NULL;
    jmap_mailbox_id(change->uidvalidity, id);
    if (change->kind == STORE_DESTROYED)
        json_array_append_new(sorted->destroyed, json_string(id));
    else if (visible)
        json_array_append_new(change->kind == STORE_CREATED ? sorted->created : sorted->updated,
                              json_string(id));
    sorted->named = sorted->named || (change->kind == STORE_UPDATED && change->named);
}

/* RFC 8621 2.2: "updatedProperties", where only the counts changed. */
static json_t *updated_properties(const Sorted *sorted) {
    if (sorted->named || json_array_size(sorted->updated) == 0)
        return json_null();
    return json_pack("[ssss]", "totalEmails", "unreadEmails", "totalThreads", "unreadThreads");
}

JmapVerdict jmap_mailbox_changes(JmapCall *call) {
    g_autoptr(GError) error = NULL;
    g_autoptr(DbConn) conn = NULL;
    g_auto(JmapAccount) account = {0};
    const char *since;
    gint64 most = 0;
    gboolean complete = FALSE;
    JmapPoint point;
    if (!jmap_take_text(call, "sinceState", &since) ||
        !jmap_take_number(call, "maxChanges", &most) || !jmap_account_begin(call, &conn, &account))
        return JMAP_DONE;
    if (since == NULL)
        return jmap_fail(call, "invalidArguments", "sinceState");
    g_autoptr(GArray) changes = g_array_new(FALSE, FALSE, sizeof(StoreMailboxChange));
    if (!jmap_state_read(&account, since, &point))
        return jmap_fail(call, "cannotCalculateChanges", NULL);
    if (!store_mailbox_changes(jmap_store(call), conn, account.id, point.modseq, changes, &complete,
                               &error))
        return jmap_fail_error(call, error);
    /* Mailboxes are few: all of it or nothing. */
    if (!complete || (most > 0 && (gint64)changes->len > most))
        return jmap_fail(call, "cannotCalculateChanges", NULL);
    Sorted sorted = {json_array(), json_array(), json_array(), FALSE};
    for (guint i = 0; i < changes->len; i++)
        sort_one(&sorted, &account, &g_array_index(changes, StoreMailboxChange, i));
    json_t *properties = updated_properties(&sorted);
    return jmap_answer(call,
                       json_pack("{sOsssosbsosososo}", "accountId",
                                 json_object_get(call->arguments, "accountId"), "oldState", since,
                                 "newState", jmap_state(&account), "hasMoreChanges", FALSE,
                                 "created", sorted.created, "updated", sorted.updated, "destroyed",
                                 sorted.destroyed, "updatedProperties", properties));
}
