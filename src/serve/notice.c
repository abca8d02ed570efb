/* A notice to a sender becomes a delivery of its own, from nobody (RFC 5321 4.5.5). */
#include "serve/notice.h"

#include "base/log.h"

/* 0 for an address of another domain; FALSE: nobody is there. */
static gboolean find_reader(Instance *instance, const char *recipient, gint64 *account) {
    g_autoptr(DirectoryAccount) found = NULL;
    g_autoptr(GError) error = NULL;
    Bytes address = bytes_of_string(recipient);
    DirectoryFind how = directory_resolve(instance->directory, address, &found, &error);
    *account = how == DIRECTORY_FOUND ? found->id : 0;
    return how == DIRECTORY_FOUND || how == DIRECTORY_NOT_OURS;
}

DeliveryRequest *notice_prepare(const char *recipient, Bytes message, gpointer data) {
    Instance *instance = data;
    gint64 account;
    if (!find_reader(instance, recipient, &account)) {
        log_event(LOG_LEVEL_WARNING, "sending.notice", "recipient", recipient, "note",
                  "nobody is there to be told", NULL);
        return NULL;
    }
    g_autoptr(GError) error = NULL;
    BlobWriter *writer = blob_writer_new(instance->blobs);
    gboolean kept = blob_writer_append(writer, message, &error);
    g_autoptr(DeliveryRequest) request = delivery_request_new(instance->delivery, writer);
    delivery_request_set_session(request, "notice", "notice", 0);
    delivery_request_set_sender(request, "", NULL, "8BITMIME", FALSE);
    delivery_request_add(request, recipient, account, NULL);
    if (kept && delivery_prepare(request, &error))
        return g_steal_pointer(&request);
    log_event(LOG_LEVEL_ERROR, "sending.notice", "recipient", recipient, "error", error->message,
              NULL);
    return NULL;
}
