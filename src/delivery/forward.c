/* Mail that goes on by itself [Điều 8.5]: accounts that forward become those whom their mail
 * reaches, before the transaction. The regulation is asked about each target again, because its
 * list may have changed since it was set. Whatever cannot go on stays in the mailbox that should
 * have passed it on: nothing is lost, nothing is bounced.
 *
 * Rings end by themselves: a copy is only given up for a recipient that still has one, so the last
 * one of a ring keeps it. To other domains mail goes in the account's own name, so that what comes
 * back comes to it and not to strangers. A notice (the null sender) is passed on to nobody; to
 * other domains goes neither what the account sent itself nor what has been here too often. */
#include "directory/forward.h"
#include "base/log.h"
#include "base/metrics.h"
#include "delivery/internal.h"
#include "delivery/mailer.h"
#include "message/header.h"

enum {
    PASSES_MAXIMUM = 4,        /* through this server, this time included */
    RECIPIENTS_MAXIMUM = 2000, /* of one message, after forwarding */
    LETTER_BYTES = 64 * 1024,
};

METRIC_COUNTER(forwarded_total, "congvu_forwarded_copies_total",
               "Copies that went on to another address by themselves");
METRIC_COUNTER(stopped_total, "congvu_forward_stopped_total",
               "Copies that did not go on: not allowed, nobody there, no room, a ring");

typedef struct {
    DeliveryRequest *request;
    Directory *directory;
    Regulation *regulation;
    DbConn *mail; /* for quotas; NULL until needed */
    Bytes header;
    gint passes; /* -1: not counted yet */
    const DirectoryForwarding *from;
} Walk;

typedef enum {
    PASSED, /* somebody else has it */
    KEPT,   /* it stays here */
    FAILED, /* storage; the error is set */
} Passing;

/* ---- The owner is told, once ---- */

static void write_letter(Buffer *out, const Walk *walk, const char *target, const char *why) {
    const Delivery *delivery = walk->request->delivery;
    const char *own = walk->from->account->address;
    MailerHead head = {.address = own, .name = own, .subject = "Đã ngừng chuyển thư tự động"};
    mailer_begin(delivery->hostname, delivery->domain, &head, out);
    buffer_printf(out,
                  "Thư đến %s không được chuyển tiếp đến %s nữa. %s\r\n\r\n"
                  "Thư vẫn được nhận và giữ lại trong hộp thư %s, không mất thư nào. Đề nghị đặt "
                  "lại hoặc bỏ địa chỉ chuyển thư; thông báo này chỉ gửi một lần.\r\n\r\n",
                  own, target, why, own);
    mailer_end(out);
}

static void tell_owner(Walk *walk, const char *target, const char *why) {
    DeliveryRequest *request = walk->request;
    const Delivery *delivery = request->delivery;
    if (delivery->notify == NULL)
        return;
    g_auto(Buffer) text;
    buffer_init(&text, LETTER_BYTES);
    write_letter(&text, walk, target, why);
    DeliveryRequest *letter = text.overflow
                                  ? NULL
                                  : delivery->notify(walk->from->account->address,
                                                     buffer_bytes(&text), delivery->notify_data);
    if (letter == NULL)
        return;
    if (request->letters == NULL)
        request->letters = g_ptr_array_new_with_free_func((GDestroyNotify)delivery_request_free);
    g_ptr_array_add(request->letters, letter);
}

/* ---- One target ---- */

static Passing keep(Walk *walk, const char *target, const char *why) {
    metric_add(&stopped_total, 1);
    log_event(LOG_LEVEL_WARNING, "forward.kept", "session", walk->request->session, "account",
              log_number(walk->from->account->id), "target", target, "reason", why, NULL);
    return KEPT;
}

static Passing refuse(Walk *walk, const DirectoryTarget *target, const char *why, const char *vi,
                      GError **error) {
    gboolean first = FALSE;
    if (target->stopped == 0 && !directory_forward_mark(walk->directory, walk->from->account->id,
                                                        target->address, TRUE, &first, error))
        return FAILED;
    if (first)
        tell_owner(walk, target->address, vi);
    return keep(walk, target->address, why);
}

static gboolean resume(Walk *walk, const DirectoryTarget *target, GError **error) {
    gboolean changed;
    return target->stopped == 0 || directory_forward_mark(walk->directory, walk->from->account->id,
                                                          target->address, FALSE, &changed, error);
}

static gboolean has_room(Walk *walk, gint64 account, gboolean *room, GError **error) {
    Store *store = walk->request->delivery->store;
    StoreAccount found = {0};
    if (walk->mail == NULL)
        walk->mail = db_read_begin(store_db(store), error);
    g_autoptr(GError) failure = NULL;
    if (walk->mail == NULL)
        return FALSE;
    if (!store_account_get(store, walk->mail, account, &found, &failure)) {
        if (!cv_error_is(failure, CV_ERROR_NOT_FOUND)) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return FALSE;
        }
        *room = FALSE; /* the store has not been told of it yet */
        return TRUE;
    }
    *room = found.quota_limit == 0 ||
            (found.quota_used < found.quota_limit &&
             walk->request->size <= (guint64)(found.quota_limit - found.quota_used));
    return TRUE;
}

/* Does this account's copy still stand? */
static gboolean still_has(const DeliveryRequest *request, gint64 account) {
    for (guint i = 0; i < request->recipients->len; i++) {
        const DeliveryRecipient *r = &g_array_index(request->recipients, DeliveryRecipient, i);
        if (r->account == account)
            return !r->passed_on;
    }
    return FALSE;
}

static Passing pass_inside(Walk *walk, const char *target, const DirectoryAccount *to,
                           GError **error) {
    DeliveryRequest *request = walk->request;
    gboolean room;
    if (g_hash_table_contains(request->accounts, &to->id))
        return still_has(request, to->id) ? PASSED : keep(walk, target, "ring");
    if (!has_room(walk, to->id, &room, error))
        return FAILED;
    if (!room)
        return keep(walk, target, "full");
    delivery_request_add(request, target, to->id, NULL);
    DeliveryRecipient *added =
        &g_array_index(request->recipients, DeliveryRecipient, request->recipients->len - 1);
    added->via = g_strdup(walk->from->account->address);
    added->forwards = to->forwards != 0;
    return PASSED;
}

/* How often it has come through this server: our own Received lines. */
static gint count_passes(const Walk *walk) {
    g_autofree char *ours = g_strdup_printf("by %s", walk->request->delivery->hostname);
    gint passes = 0;
    MessageHeaderField field;
    for (MessageHeaderIter iter = message_header_iter(walk->header);
         message_header_next(&iter, &field);)
        passes += bytes_is_nocase(field.name, "Received") &&
                  bytes_find(field.value, bytes_of_string(ours)) >= 0;
    return passes;
}

static Passing pass_outside(Walk *walk, const char *target) {
    DeliveryRequest *request = walk->request;
    const char *own = walk->from->account->address;
    if (g_ascii_strcasecmp(request->sender, own) == 0)
        return keep(walk, target, "its own mail came back");
    if (walk->passes < 0)
        walk->passes = count_passes(walk);
    if (walk->passes > PASSES_MAXIMUM)
        return keep(walk, target, "it has been here too often");
    delivery_request_add_forwarded(request, target, own, walk->from->account->id);
    return PASSED;
}

static Passing pass_on(Walk *walk, const DirectoryTarget *target, GError **error) {
    g_autoptr(DirectoryAccount) to = NULL;
    g_autoptr(Verdict) verdict = regulation_check_forward(
        walk->regulation, bytes_of_string(walk->from->account->address),
        bytes_of_string(target->address), directory_domain(walk->directory));
    if (!verdict->allowed) {
        g_autofree char *why = g_strdup_printf("%s (%s)", verdict->rule, verdict->article);
        return refuse(walk, target, why, verdict->text_vi, error);
    }
    switch (directory_resolve(walk->directory, bytes_of_string(target->address), &to, error)) {
    case DIRECTORY_FOUND:
        return resume(walk, target, error) ? pass_inside(walk, target->address, to, error) : FAILED;
    case DIRECTORY_NOT_OURS:
        return resume(walk, target, error) ? pass_outside(walk, target->address) : FAILED;
    case DIRECTORY_FAILED:
        return FAILED;
    default:
        return refuse(walk, target, "nobody is there", "Địa chỉ này không còn người nhận.", error);
    }
}

/* ---- One recipient ---- */

static gboolean forward_one(Walk *walk, guint at, GError **error) {
    DeliveryRequest *request = walk->request;
    const DeliveryRecipient *r = &g_array_index(request->recipients, DeliveryRecipient, at);
    g_autoptr(DirectoryForwarding) from = directory_forwarding(walk->directory, r->account, error);
    if (from == NULL)
        return FALSE;
    /* [Điều 4.2.c] A locked account sends nothing, by itself neither. */
    if (from->account->state != DIRECTORY_ACTIVE || from->account->forwards == 0)
        return TRUE;
    walk->from = from;
    guint passed = 0;
    for (guint i = 0; i < from->targets->len; i++) {
        Passing passing = pass_on(walk, from->targets->pdata[i], error);
        if (passing == FAILED)
            return FALSE;
        passed += passing == PASSED;
    }
    metric_add(&forwarded_total, passed);
    DeliveryRecipient *own = &g_array_index(request->recipients, DeliveryRecipient, at);
    own->passed_on = passed > 0 && passed == from->targets->len &&
                     (from->account->forwards & DIRECTORY_FORWARDS_KEEP) == 0;
    return TRUE;
}

/* Those that gave their copy up leave the recipients, and are remembered as having received. */
static void part(DeliveryRequest *request) {
    GArray *stay = g_array_new(FALSE, FALSE, sizeof(DeliveryRecipient));
    g_array_set_clear_func(stay, delivery_recipient_clear);
    g_array_set_clear_func(request->recipients, NULL);
    for (guint i = 0; i < request->recipients->len; i++) {
        DeliveryRecipient *r = &g_array_index(request->recipients, DeliveryRecipient, i);
        g_array_append_vals(r->passed_on ? request->passed : stay, r, 1);
    }
    g_array_unref(request->recipients);
    request->recipients = stay;
}

gboolean delivery_forward(DeliveryRequest *request, Bytes header, GError **error) {
    const Delivery *delivery = request->delivery;
    if (!request->forwards || delivery->directory == NULL || *request->sender == '\0')
        return TRUE;
    g_autoptr(Regulation) regulation = delivery_regulation(request->delivery);
    Walk walk = {.request = request,
                 .directory = delivery->directory,
                 .regulation = regulation,
                 .header = header,
                 .passes = -1};
    gboolean ok = regulation != NULL;
    guint named = request->recipients->len; /* those of the envelope: any of them may forward */
    for (guint i = 0; ok && i < request->recipients->len; i++) {
        const DeliveryRecipient *r = &g_array_index(request->recipients, DeliveryRecipient, i);
        if (r->report || (i >= named && !r->forwards))
            continue;
        ok = forward_one(&walk, i, error);
        if (ok && g_hash_table_size(request->accounts) > RECIPIENTS_MAXIMUM)
            ok = cv_fail(error, CV_ERROR_LIMIT, "forwarding reaches too many at once");
    }
    if (walk.mail != NULL)
        db_read_end(walk.mail);
    if (ok)
        part(request);
    return ok;
}

static void letter_done(gpointer data, const GError *error) {
    if (error != NULL)
        log_event(LOG_LEVEL_WARNING, "forward.letter", "error", error->message, NULL);
    delivery_request_free(data);
}

void delivery_send_letters(DeliveryRequest *request) {
    for (guint i = 0; request->letters != NULL && i < request->letters->len; i++) {
        DeliveryRequest *letter = g_steal_pointer(&request->letters->pdata[i]);
        db_submit(store_db(request->delivery->store), delivery_commit, letter_done, letter);
    }
}
