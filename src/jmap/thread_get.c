/* Thread/get (RFC 8621 3.1). */
#include "jmap/arguments.h"
#include "jmap/listing.h"
#include "jmap/methods.h"

static const char *const properties[] = {"id", "emailIds", NULL};

static gint compare(gconstpointer a, gconstpointer b) {
    return -jmap_email_compare(*(const StoreEmail *const *)a, *(const StoreEmail *const *)b);
}

/* A conversation that is asked for; its e-mails that the caller may read. */
typedef struct {
    JmapThread thread;
    GPtrArray *emails;
} Wanted;

static void wanted_clear(gpointer data) {
    g_ptr_array_unref(((Wanted *)data)->emails);
}

static guint hash(gconstpointer key) {
    const JmapThread *thread = key;
    guint64 mixed = (thread->thread ^ thread->birth) * G_GUINT64_CONSTANT(0x9e3779b97f4a7c15);
    return (guint)(mixed >> 32);
}

static gboolean equal(gconstpointer a, gconstpointer b) {
    const JmapThread *x = a, *y = b;
    return x->thread == y->thread && x->birth == y->birth;
}

static GArray *wanted_of(const GPtrArray *ids) {
    GArray *all = g_array_sized_new(FALSE, TRUE, sizeof(Wanted), ids->len);
    g_array_set_clear_func(all, wanted_clear);
    for (guint i = 0; i < ids->len; i++) {
        Wanted one = {.emails = g_ptr_array_new()};
        jmap_thread_of(ids->pdata[i], &one.thread.thread, &one.thread.birth);
        g_array_append_val(all, one);
    }
    return all;
}

static void gather(GArray *wanted, const JmapListing *listing, const JmapAccount *account) {
    g_autoptr(GHashTable) places = g_hash_table_new(hash, equal);
    for (guint i = 0; i < wanted->len; i++) {
        Wanted *one = &g_array_index(wanted, Wanted, i);
        if (one->thread.thread != 0 || one->thread.birth != 0)
            g_hash_table_insert(places, &one->thread, one);
    }
    for (guint i = 0; i < listing->boxes->len; i++) {
        const JmapBoxRows *rows = listing->boxes->pdata[i];
        const JmapBox *box = jmap_box_of(account, rows->mailbox);
        if (box == NULL || (box->rights & STORE_RIGHT_READ) == 0)
            continue;
        for (guint row = 0; row < rows->count; row++) {
            JmapThread thread = jmap_thread_key(&rows->rows[row]);
            Wanted *one = g_hash_table_lookup(places, &thread);
            if (one != NULL)
                g_ptr_array_add(one->emails, &rows->rows[row]);
        }
    }
}

static json_t *thread_json(const char *id, Wanted *one, guint64 mask) {
    json_t *object = json_pack("{ss}", "id", id);
    if ((mask & 2) == 0)
        return object;
    json_t *emails = json_array();
    json_object_set_new(object, "emailIds", emails);
    g_ptr_array_sort(one->emails, compare); /* RFC 8621 3: the oldest first */
    for (guint i = 0; i < one->emails->len; i++) {
        char email[JMAP_ID_BYTES];
        jmap_email_id(((const StoreEmail *)one->emails->pdata[i])->birth, email);
        json_array_append_new(emails, json_string(email));
    }
    return object;
}

JmapVerdict jmap_thread_get(JmapCall *call) {
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) ids = NULL;
    g_autoptr(DbConn) conn = NULL;
    g_auto(JmapAccount) account = {0};
    guint64 mask;
    if (!jmap_take_ids(call, "ids", jmap_service(call)->limits.objects_get, &ids) ||
        !jmap_take_properties(call, properties, &mask) ||
        !jmap_account_begin(call, &conn, &account))
        return JMAP_DONE;
    if (ids == NULL)
        return jmap_fail(call, "requestTooLarge", "ids");
    g_autoptr(JmapListing) listing = jmap_listing_get(jmap_service(call), conn, &account, &error);
    if (listing == NULL)
        return jmap_fail_error(call, error);
    g_autoptr(GArray) wanted = wanted_of(ids);
    gather(wanted, listing, &account);
    json_t *list = json_array(), *missing = json_array();
    for (guint i = 0; i < ids->len; i++) {
        Wanted *one = &g_array_index(wanted, Wanted, i);
        if (one->emails->len > 0)
            json_array_append_new(list, thread_json(ids->pdata[i], one, mask));
        else
            json_array_append_new(missing, json_string(ids->pdata[i]));
    }
    return jmap_answer(call, json_pack("{sOsososo}", "accountId",
                                       json_object_get(call->arguments, "accountId"), "state",
                                       jmap_state(&account), "list", list, "notFound", missing));
}
