/* One accepted message becomes its local copies and queue entries in a single transaction; see
 * delivery.h. The slow work (parsing, judging, sorting recipients by destination, flushing a large
 * blob) runs on the worker that called; the transaction itself is in commit.c. */
#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "delivery/internal.h"
#include "message/header.h"
#include "message/standard.h"
#include "regulation/incident.h"

METRIC_HISTOGRAM(delivery_seconds, "congvu_delivery_seconds",
                 "Time from the end of a message's data to its durable copies");

Delivery *delivery_new(Store *store) {
    Delivery *delivery = g_new0(Delivery, 1);
    delivery->store = store;
    g_mutex_init(&delivery->lock);
    return delivery;
}

void delivery_free(Delivery *delivery) {
    if (delivery == NULL)
        return;
    g_clear_pointer(&delivery->regulation, regulation_unref);
    g_free(delivery->report);
    g_free(delivery->hostname);
    g_free(delivery->domain);
    g_mutex_clear(&delivery->lock);
    g_free(delivery);
}

void delivery_set_regulation(Delivery *delivery, Regulation *regulation) {
    g_mutex_lock(&delivery->lock);
    Regulation *before = delivery->regulation;
    delivery->regulation = regulation_ref(regulation);
    g_free(delivery->report);
    delivery->report = g_strdup(regulation_report_address(regulation));
    g_mutex_unlock(&delivery->lock);
    if (before != NULL)
        regulation_unref(before);
}

void delivery_set_used(Delivery *delivery, DeliveryUsed used, gpointer data) {
    delivery->used = used;
    delivery->used_data = data;
}

void delivery_set_reported(Delivery *delivery, DeliveryReported reported, gpointer data) {
    delivery->reported = reported;
    delivery->reported_data = data;
}

void delivery_set_directory(Delivery *delivery, Directory *directory) {
    delivery->directory = directory;
}

Regulation *delivery_regulation(Delivery *delivery) {
    g_mutex_lock(&delivery->lock);
    Regulation *regulation =
        delivery->regulation == NULL ? NULL : regulation_ref(delivery->regulation);
    g_mutex_unlock(&delivery->lock);
    return regulation;
}

void delivery_recipient_clear(gpointer data) {
    DeliveryRecipient *recipient = data;
    g_free(recipient->address);
    g_free(recipient->dsn);
    g_free(recipient->via);
}

static void destination_free(gpointer data) {
    DeliveryDestination *destination = data;
    g_string_free(destination->recipients, TRUE);
    g_string_free(destination->dsn, TRUE);
    g_ptr_array_unref(destination->addresses);
    g_free(destination->domain);
    g_free(destination->sender);
    g_free(destination);
}

DeliveryRequest *delivery_request_new(Delivery *delivery, BlobWriter *writer) {
    DeliveryRequest *request = g_new0(DeliveryRequest, 1);
    request->delivery = delivery;
    request->writer = writer;
    request->sender = g_strdup("");
    request->recipients = g_array_new(FALSE, FALSE, sizeof(DeliveryRecipient));
    g_array_set_clear_func(request->recipients, delivery_recipient_clear);
    request->passed = g_array_new(FALSE, FALSE, sizeof(DeliveryRecipient));
    g_array_set_clear_func(request->passed, delivery_recipient_clear);
    request->destinations = g_ptr_array_new_with_free_func(destination_free);
    request->accounts = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    request->addresses = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    request->by_domain = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return request;
}

void delivery_request_free(DeliveryRequest *request) {
    if (request == NULL)
        return;
    blob_writer_free(request->writer);
    g_clear_pointer(&request->parsed, message_parsed_free);
    delivery_request_free(request->receipt);
    g_clear_pointer(&request->letters, g_ptr_array_unref);
    g_array_unref(request->recipients);
    g_array_unref(request->passed);
    g_ptr_array_unref(request->destinations);
    g_hash_table_unref(request->accounts);
    g_hash_table_unref(request->addresses);
    g_hash_table_unref(request->by_domain);
    g_free(request->session);
    g_free(request->door);
    g_free(request->sender);
    g_free(request->dsn);
    g_free(request->body);
    g_free(request->text);
    g_free(request->forwarder);
    g_free(request->service);
    g_free(request->evidence);
    g_free(request->warning);
    g_free(request);
}

static void replace(char **field, const char *value) {
    g_free(*field);
    *field = g_strdup(value);
}

void delivery_request_set_session(DeliveryRequest *request, const char *session, const char *door,
                                  gint64 submitter) {
    replace(&request->session, session);
    replace(&request->door, door);
    request->submitter = submitter;
}

void delivery_request_set_sender(DeliveryRequest *request, const char *sender, const char *dsn,
                                 const char *body, gboolean smtputf8) {
    replace(&request->sender, sender);
    replace(&request->dsn, dsn);
    replace(&request->body, body);
    request->smtputf8 = smtputf8;
}

void delivery_request_set_sent_as(DeliveryRequest *request, gint64 account) {
    request->sent_as = account;
}

/* sender NULL: the message's; else an account's that forwards it. */
static DeliveryDestination *destination_for(DeliveryRequest *request, const char *domain,
                                            const char *sender, gint64 account) {
    g_autofree char *key = g_strconcat(domain, " ", sender, NULL);
    DeliveryDestination *found = g_hash_table_lookup(request->by_domain, key);
    if (found != NULL)
        return found;
    found = g_new0(DeliveryDestination, 1);
    found->domain = g_strdup(domain);
    found->sender = g_strdup(sender);
    found->account = account;
    found->recipients = g_string_new(NULL);
    found->dsn = g_string_new(sender == NULL ? request->dsn : NULL);
    found->addresses = g_ptr_array_new();
    g_ptr_array_add(request->destinations, found);
    g_hash_table_insert(request->by_domain, g_steal_pointer(&key), found);
    return found;
}

/* RFC 5321 2.4: a local part may tell capitals apart, a domain does not. */
static void add_outside(DeliveryRequest *request, const char *address, const char *dsn,
                        const char *sender, gint64 account) {
    const char *at = strrchr(address, '@');
    gsize local = at == NULL ? strlen(address) : (gsize)(at + 1 - address);
    g_autofree char *domain = g_ascii_strdown(address + local, -1);
    char *key = g_strdup_printf("%.*s%s", (int)local, address, domain);
    char *kept = g_strdup(address);
    if (g_hash_table_contains(request->addresses, key)) {
        g_free(key);
        g_free(kept);
        return;
    }
    g_hash_table_insert(request->addresses, key, kept);
    DeliveryDestination *d = destination_for(request, domain, sender, account);
    g_ptr_array_add(d->addresses, kept);
    g_string_append_printf(d->recipients, "%s%s", d->recipients->len > 0 ? "\n" : "", address);
    if (dsn != NULL)
        g_string_append_printf(d->dsn, "%s%s\t%s", d->dsn->len > 0 ? "\n" : "", address, dsn);
}

/* Two recipients that are one account (an alias beside the address) get one copy. */
void delivery_request_add(DeliveryRequest *request, const char *address, gint64 account,
                          const char *dsn) {
    if (account == 0) {
        add_outside(request, address, dsn, NULL, request->submitter);
        return;
    }
    gboolean report = delivery_is_report(request, address);
    if (report ? request->reports
               : !g_hash_table_add(request->accounts, g_memdup2(&account, sizeof account)))
        return;
    DeliveryRecipient recipient = {
        .address = g_strdup(address), .account = account, .dsn = g_strdup(dsn), .report = report};
    request->reports |= report;
    g_array_append_val(request->recipients, recipient);
}

void delivery_request_add_forwarded(DeliveryRequest *request, const char *address,
                                    const char *sender, gint64 account) {
    add_outside(request, address, NULL, sender, account);
}

void delivery_request_set_look(DeliveryRequest *request) {
    request->look = TRUE;
}

void delivery_request_set_forwards(DeliveryRequest *request) {
    request->forwards = TRUE;
}

/* ---- The ends ---- */

static void finish(DeliveryRequest *request, int code, char *text) {
    g_free(request->text);
    request->text = text;
    request->code = code;
    g_clear_pointer(&request->parsed, message_parsed_free);
    request->done(request->done_data);
}

static void fail_with(DeliveryRequest *request, const GError *error) {
    log_event(LOG_LEVEL_WARNING, "delivery.failed", "session", request->session, "sender",
              request->sender, "error", error->message, NULL);
    if (cv_error_is(error, CV_ERROR_QUOTA))
        finish(request, 452, g_strdup("4.2.2 Hộp thư đã đầy / Mailbox is full"));
    else if (cv_error_is(error, CV_ERROR_BUSY))
        finish(request, 452,
               g_strdup("4.3.1 Máy chủ hết chỗ lưu, hãy gửi lại sau / "
                        "Not enough storage, please try again later"));
    else
        finish(
            request, 451,
            g_strdup("4.3.0 Chưa nhận được, hãy gửi lại sau / Not stored, please try again later"));
}

/* A filter in front of this server says so in the header that every filter uses. */
static gboolean is_judged_spam(Bytes header) {
    Bytes value;
    return message_header_find(header, "X-Spam-Flag", &value) &&
           bytes_is_nocase(bytes_strip(value), "YES");
}

static void tell_received(const Delivery *delivery, const GArray *recipients) {
    for (guint i = 0; i < recipients->len; i++)
        delivery->used(g_array_index(recipients, DeliveryRecipient, i).account, FALSE,
                       delivery->used_data);
}

/* [Điều 4.2.c] Mail that went on was received too. */
static void tell_used(const DeliveryRequest *request) {
    const Delivery *delivery = request->delivery;
    if (delivery->used == NULL)
        return;
    if (request->submitter != 0)
        delivery->used(request->submitter, TRUE, delivery->used_data);
    if (request->sent_as != 0 && request->sent_as != request->submitter)
        delivery->used(request->sent_as, TRUE, delivery->used_data);
    if (request->counts) {
        tell_received(delivery, request->recipients);
        tell_received(delivery, request->passed);
    }
}

static void delivery_done(gpointer data, const GError *error) {
    DeliveryRequest *request = data;
    if (error != NULL) {
        fail_with(request, error);
        return;
    }
    metric_observe(&delivery_seconds, clock_monotonic() - request->started);
    if (request->secret.place != SECRET_NOWHERE)
        secret_count_frozen();
    delivery_send_receipt(request);
    delivery_send_letters(request);
    delivery_tell_limit(request);
    if (request->reports && request->delivery->reported != NULL)
        request->delivery->reported(request->delivery->reported_data);
    tell_used(request);
    log_event(
        LOG_LEVEL_INFO, "delivery.done", "session", request->session, "intake",
        log_number(request->intake), "sender", request->sender, "recipients",
        log_number(g_hash_table_size(request->accounts) + g_hash_table_size(request->addresses)),
        "size", log_number((gint64)request->size), NULL);
    gboolean held = request->limit != LIMIT_WITHIN && g_hash_table_size(request->addresses) > 0;
    finish(request, 0,
           held ? g_strdup_printf("2.0.0 Thư ra ngoài được giữ lại chờ kiểm tra (Điều 8.3) / Mail "
                                  "for other domains is held for a look; accepted as "
                                  "%" G_GINT64_FORMAT,
                                  request->intake)
                : g_strdup_printf("2.0.0 Accepted as %" G_GINT64_FORMAT "%s%s", request->intake,
                                  request->warning == NULL ? "" : ". Lưu ý: ",
                                  request->warning == NULL ? "" : request->warning));
}

/* [Điều 5.1] The sum of the decoded attachments, nested messages and uuencoded text included. */
static gboolean attachments_allowed(DeliveryRequest *request) {
    g_autoptr(Regulation) regulation = delivery_regulation(request->delivery);
    if (regulation == NULL)
        return TRUE;
    g_autoptr(Verdict) verdict = regulation_check_attachments(
        regulation, request->parsed->attachment_bytes, request->submitter == 0);
    if (verdict->allowed)
        return TRUE;
    finish(request, 552,
           g_strdup_printf("5.3.4 %s / %s (%s)", verdict->text_vi, verdict->text_en,
                           verdict->article));
    return FALSE;
}

/* [Điều 8.5] */
static gboolean origin_allowed(DeliveryRequest *request, Bytes header) {
    g_autoptr(Verdict) verdict = delivery_judge_origin(request, header);
    if (verdict == NULL)
        return TRUE;
    finish(request, 550,
           g_strdup_printf("5.7.1 %s / %s (%s)", verdict->text_vi, verdict->text_en,
                           verdict->article));
    return FALSE;
}

/* [Điều 6.1] What somebody of ours sends is refused and leaves nothing behind; what comes from
 * outside is frozen where it arrives. FALSE: it was told how it ended. */
static gboolean secret_allowed(DeliveryRequest *request, Bytes all) {
    Directory *directory = request->delivery->directory;
    g_autoptr(Regulation) regulation = delivery_regulation(request->delivery);
    if (regulation == NULL || directory == NULL || request->door == NULL)
        return TRUE;
    SecretMail mail = {all, request->parsed->structure, request->parsed->header_bytes,
                       request->door, request->submitter};
    g_autoptr(Verdict) refusal = NULL;
    g_autoptr(GError) error = NULL;
    if (request->submitter == 0) {
        if (regulation_figure(regulation, FIGURE_SECRET_FREEZE) == 0)
            return TRUE;
        request->secret = secret_scan(regulation, all, mail.structure, mail.header_bytes);
        if (request->secret.place != SECRET_NOWHERE)
            request->evidence = secret_record(directory, &mail, &request->secret);
        return TRUE;
    }
    if (!secret_guard(directory, regulation, &mail, &refusal, &error)) {
        fail_with(request, error);
        return FALSE;
    }
    if (refusal == NULL)
        return TRUE;
    blob_writer_wipe(request->writer);
    finish(request, 550,
           g_strdup_printf("5.7.1 %s / %s (%s)", refusal->text_vi, refusal->text_en,
                           refusal->article));
    return FALSE;
}

/* [Điều 9.2] */
static gboolean files_allowed(DeliveryRequest *request, Bytes all) {
    g_autoptr(Verdict) verdict = delivery_judge_files(request, all);
    if (verdict != NULL)
        finish(request, 550,
               g_strdup_printf("5.7.1 %s / %s (%s)", verdict->text_vi, verdict->text_en,
                               verdict->article));
    else if (request->warning != NULL)
        log_event(LOG_LEVEL_INFO, "delivery.format", "session", request->session, "sender",
                  request->sender, "warning", request->warning, NULL);
    return verdict == NULL;
}

/* [Điều 9.1] What is submitted leaves, and is kept, with its text in UTF-8 and NFC. *all: the bytes
 * as they then are. */
static gboolean standardise(DeliveryRequest *request, Bytes *all, GError **error) {
    g_auto(Buffer) changed;
    if (!message_standardise(*all, request->parsed->structure, &changed))
        return TRUE;
    g_autoptr(BlobWriter) writer = blob_writer_new(store_blobs(request->delivery->store));
    if (!blob_writer_append(writer, buffer_bytes(&changed), error) ||
        !blob_writer_view(writer, all, error))
        return FALSE;
    blob_writer_free(request->writer);
    request->writer = g_steal_pointer(&writer);
    g_clear_pointer(&request->parsed, message_parsed_free);
    request->size = all->n;
    request->parsed = message_parse(*all);
    return TRUE;
}

gboolean delivery_prepare(DeliveryRequest *request, GError **error) {
    Bytes all;
    if (!blob_writer_view(request->writer, &all, error))
        return FALSE;
    request->size = all.n;
    request->parsed = message_parse(all);
    return blob_writer_finish(request->writer, error);
}

void delivery_submit(DeliveryRequest *request, void (*done)(gpointer data), gpointer data) {
    request->done = done;
    request->done_data = data;
    request->started = clock_monotonic();
    g_autoptr(GError) error = NULL;
    Bytes all;
    if (!blob_writer_view(request->writer, &all, &error)) {
        fail_with(request, error);
        return;
    }
    request->size = all.n;
    request->parsed = message_parse(all);
    if (!attachments_allowed(request) ||
        !origin_allowed(request, bytes_slice(all, 0, request->parsed->header_bytes)) ||
        !secret_allowed(request, all))
        return;
    if (request->submitter != 0 && !standardise(request, &all, &error)) {
        fail_with(request, error);
        return;
    }
    if (!files_allowed(request, all))
        return;
    request->counts = *request->sender != '\0' &&
                      !is_judged_spam(bytes_slice(all, 0, request->parsed->header_bytes));
    delivery_judge_signup(request, bytes_slice(all, 0, request->parsed->header_bytes));
    gboolean frozen = request->secret.place != SECRET_NOWHERE;
    if (!frozen)
        delivery_prepare_receipt(request, all);
    if (!delivery_prepare_limit(request, &error) ||
        (!frozen && /* it goes nowhere else */
         !delivery_forward(request, bytes_slice(all, 0, request->parsed->header_bytes), &error))) {
        fail_with(request, error);
        return;
    }
    if (!blob_writer_finish(request->writer, &error)) {
        fail_with(request, error);
        return;
    }
    db_submit(store_db(request->delivery->store), delivery_commit, delivery_done, request);
}

int delivery_code(const DeliveryRequest *request) {
    return request->code;
}

const char *delivery_text(const DeliveryRequest *request) {
    return request->text;
}
