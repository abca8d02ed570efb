/* Where an e-mail goes and what marks it has; see email_set.h. */
#include "jmap/email_set.h"

#include "jmap/arguments.h"
#include "jmap/email.h"

#include <string.h>

void jmap_filing_clear(JmapFiling *filing) {
    g_clear_pointer(&filing->keywords, g_ptr_array_unref);
}

/* One e-mail lies in one mailbox: maxMailboxesPerEmail is 1. */
json_t *jmap_filing_mailboxes(JmapCall *call, const JmapAccount *account, json_t *ids,
                              const JmapBox **box) {
    const char *key;
    json_t *value;
    if (!json_is_object(ids) || json_object_size(ids) == 0)
        return jmap_set_invalid("mailboxIds", "Thư phải nằm trong một thư mục; an e-mail lies in a "
                                              "mailbox");
    if (json_object_size(ids) > 1)
        return jmap_set_error("tooManyMailboxes", "Mỗi thư chỉ nằm trong một thư mục; an e-mail "
                                                  "lies in one mailbox");
    json_object_foreach(ids, key, value) {
        const char *id = jmap_id_of(call, key);
        *box = id == NULL ? NULL : jmap_box_of_id(account, id);
        if (*box == NULL || !json_is_true(value))
            return jmap_set_invalid("mailboxIds", "Không có thư mục này; there is no such mailbox");
    }
    return NULL;
}

/* RFC 8621 4.1.1: 1 to 255 characters; ours are shorter (STORE_KEYWORD_BYTES). */
static gboolean is_keyword(const char *name) {
    gsize n = strlen(name);
    if (n == 0 || n > STORE_KEYWORD_BYTES)
        return FALSE;
    for (; *name != '\0'; name++)
        if (*name <= ' ' || *name > '~' || strchr("(){]%*\"\\", *name) != NULL)
            return FALSE;
    return TRUE;
}

json_t *jmap_filing_keywords(json_t *keywords, StoreFlags *flags, GPtrArray *names) {
    static const struct {
        const char *keyword;
        StoreFlags bit;
    } system[] = {{"$seen", STORE_SEEN},
                  {"$answered", STORE_ANSWERED},
                  {"$flagged", STORE_FLAGGED},
                  {"$draft", STORE_DRAFT}};
    const char *key;
    json_t *value;
    if (!json_is_object(keywords))
        return jmap_set_invalid("keywords", NULL);
    if (json_object_size(keywords) > STORE_KEYWORD_COUNT)
        return jmap_set_error("tooManyKeywords", NULL);
    json_object_foreach(keywords, key, value) {
        gsize i = 0;
        if (!is_keyword(key) || !json_is_true(value))
            return jmap_set_invalid("keywords", NULL);
        while (i < G_N_ELEMENTS(system) && g_ascii_strcasecmp(system[i].keyword, key) != 0)
            i++;
        if (i < G_N_ELEMENTS(system))
            *flags |= system[i].bit;
        else
            g_ptr_array_add(names, g_ascii_strdown(key, -1));
    }
    return NULL;
}

json_t *jmap_filing_take(JmapCall *call, const JmapAccount *account, json_t *object,
                         JmapFiling *out) {
    json_t *keywords = json_object_get(object, "keywords"), *problem;
    json_t *received = json_object_get(object, "receivedAt");
    out->keywords = g_ptr_array_new_with_free_func(g_free);
    problem =
        jmap_filing_mailboxes(call, account, json_object_get(object, "mailboxIds"), &out->box);
    if (problem == NULL && keywords != NULL && !json_is_null(keywords))
        problem = jmap_filing_keywords(keywords, &out->flags, out->keywords);
    if (problem != NULL)
        return problem;
    g_ptr_array_add(out->keywords, NULL);
    if (received != NULL && !json_is_null(received) &&
        (!json_is_string(received) ||
         !jmap_date_parse(json_string_value(received), &out->received)))
        return jmap_set_invalid("receivedAt", NULL);
    if ((out->box->rights & STORE_RIGHT_INSERT) == 0)
        return jmap_set_error("forbidden", "Bạn không có quyền thêm thư vào thư mục này; you may "
                                           "not add mail here");
    return NULL;
}

StoreFlags jmap_settable(StoreRights rights) {
    StoreFlags settable = 0;
    if (rights & STORE_RIGHT_SEEN)
        settable |= STORE_SEEN;
    if (rights & STORE_RIGHT_TRASH)
        settable |= STORE_DELETED;
    if (rights & STORE_RIGHT_WRITE)
        settable |= ~(StoreFlags)(STORE_SEEN | STORE_DELETED);
    return settable;
}

/* ---- Storing ---- */

typedef struct {
    json_t *made;
} Told;

static gboolean on_stored(const StoreEmail *email, gpointer data) {
    Told *told = data;
    char id[JMAP_ID_BYTES], blob[JMAP_ID_BYTES], thread[JMAP_ID_BYTES];
    jmap_email_id(email->birth, id);
    jmap_email_blob(email->birth, blob);
    jmap_thread_id(email->thread, email->birth, thread);
    told->made = json_pack("{sssssssI}", "id", id, "blobId", blob, "threadId", thread, "size",
                           (json_int_t)email->size);
    return TRUE;
}

static json_t *describe(JmapCall *call, const JmapFiling *filing, guint32 uid, json_t **made) {
    g_autoptr(GError) error = NULL;
    Told told = {NULL};
    const StoreMailbox *mailbox = filing->box->mailbox;
    g_autoptr(DbConn) conn = db_read_begin(store_db(jmap_store(call)), &error);
    if (conn == NULL || !store_email_each(jmap_store(call), conn, mailbox->id, mailbox->uidvalidity,
                                          uid, uid, on_stored, &told, &error))
        return jmap_set_error_of(call, error);
    if (told.made == NULL) /* somebody was faster in taking it away */
        return jmap_set_error("notFound", NULL);
    *made = told.made;
    return NULL;
}

json_t *jmap_store_message(JmapCall *call, const JmapAccount *account, const JmapFiling *filing,
                           Bytes message, json_t **made) {
    g_autoptr(GError) error = NULL;
    const JmapService *service = jmap_service(call);
    if (service->disk_low != NULL && service->disk_low(service->disk_low_data))
        return jmap_set_error("serverUnavailable",
                              "Máy chủ sắp hết chỗ trống; little space is left");
    g_autoptr(BlobWriter) writer = blob_writer_new(store_blobs(service->store));
    gboolean words = (filing->box->rights & STORE_RIGHT_WRITE) != 0;
    StoreAppend append = {.writer = writer,
                          .flags = filing->flags & jmap_settable(filing->box->rights),
                          .keywords = words ? (const char *const *)filing->keywords->pdata : NULL,
                          .received = filing->received};
    StoreAppending appending = {
        .mailbox = filing->box->mailbox->id, .messages = &append, .count = 1, .door = "jmap"};
    if (!blob_writer_append(writer, message, &error) ||
        !store_append(service->store, &appending, &error))
        return jmap_set_error_of(call, error);
    return describe(call, filing, appending.uid, made);
}
