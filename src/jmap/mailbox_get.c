/* Mailbox/get (RFC 8621 2.1). */
#include "jmap/arguments.h"
#include "jmap/mailbox.h"
#include "jmap/methods.h"

typedef struct {
    const JmapAccount *account;
    GHashTable *subscribed;
    JmapListing *listing;
    guint64 mask;
    json_t *list, *missing;
} Get;

static void add(Get *get, const JmapBox *box) {
    json_array_append_new(
        get->list, jmap_box_json(get->account, box, get->subscribed, get->listing, get->mask));
}

static void add_all(Get *get, const GPtrArray *ids) {
    for (guint i = 0; ids == NULL && i < get->account->boxes->len; i++)
        add(get, jmap_box_at(get->account, i));
    for (guint i = 0; ids != NULL && i < ids->len; i++) {
        const JmapBox *box = jmap_box_of_id(get->account, ids->pdata[i]);
        if (box != NULL)
            add(get, box);
        else
            json_array_append_new(get->missing, json_string(ids->pdata[i]));
    }
}

JmapVerdict jmap_mailbox_get(JmapCall *call) {
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) ids = NULL;
    g_autoptr(DbConn) conn = NULL;
    g_auto(JmapAccount) account = {0};
    Get get = {.account = &account};
    if (!jmap_take_ids(call, "ids", jmap_service(call)->limits.objects_get, &ids) ||
        !jmap_take_properties(call, jmap_box_properties, &get.mask) ||
        !jmap_account_begin(call, &conn, &account))
        return JMAP_DONE;
    g_autoptr(GHashTable) subscribed = jmap_box_subscribed(call, conn, &account, &error);
    g_autoptr(JmapListing) listing = NULL;
    if (subscribed == NULL ||
        ((get.mask & JMAP_BOX_NEEDS_LISTING) != 0 &&
         (listing = jmap_listing_get(jmap_service(call), conn, &account, &error)) == NULL))
        return jmap_fail_error(call, error);
    get.subscribed = subscribed;
    get.listing = listing;
    get.list = json_array();
    get.missing = json_array();
    add_all(&get, ids);
    return jmap_answer(
        call, json_pack("{sOsososo}", "accountId", json_object_get(call->arguments, "accountId"),
                        "state", jmap_state(&account), "list", get.list, "notFound", get.missing));
}
