/* Evidence waits in mail.db, cases are in admin.db. The case comes first; then its answers and the
 * mark that the evidence is taken are one transaction of mail.db: so after a crash in between the
 * case is found again and the answers are sent once. */
#include "serve/incidents.h"

#include "base/log.h"
#include "casework/letter.h"
#include "delivery/mailer.h"
#include "directory/account.h"
#include "directory/role.h"
#include "directory/unit.h"
#include "serve/notice.h"

enum { SLICE = 100, LETTER_BYTES = 64 * 1024, DEPTH = 32 };

/* ---- The address ---- */

void incidents_address(Instance *instance) {
    g_autoptr(Regulation) regulation = instance_regulation(instance);
    const char *local = regulation_report_address(regulation);
    if (*local == '\0')
        return;
    g_autofree char *address = g_strconcat(local, "@", directory_domain(instance->directory), NULL);
    g_autoptr(DirectoryAccount) found = NULL;
    g_autoptr(GError) error = NULL;
    DirectoryFind how =
        directory_resolve(instance->directory, bytes_of_string(address), &found, &error);
    if (how == DIRECTORY_FOUND && found->kind == DIRECTORY_SERVICE)
        return;
    const AuditAct act = {"congvu", "Điều 12.3"};
    if (how == DIRECTORY_NO_SUCH &&
        directory_account_add_alias(instance->directory, "postmaster", address, &act, &error))
        return;
    log_event(LOG_LEVEL_WARNING, "incident.address", "address", address, "error",
              error == NULL ? "another account has it" : error->message, "what_to_do",
              "name another one in incidents.report of the regulation's file", NULL);
}

/* ---- The answers ---- */

typedef struct {
    Instance *instance;
    const Regulation *regulation;
    const StoreEvidence *evidence;
    const IncidentTaken *taken;
    GPtrArray *letters; /* DeliveryRequest *, prepared */
} Answer;

static void write_case(const Answer *a, Buffer *out) {
    const Incident *i = a->taken->incident;
    g_autofree char *cite = regulation_cite(i->article);
    buffer_printf(out, "Hồ sơ: %s\r\nLoại: %s%s%s%s\r\nNội dung: %s\r\n\r\n", i->name, i->kind_text,
                  *cite == '\0' ? "" : " (", cite, *cite == '\0' ? "" : ")", i->what);
}

static void send_letter(Answer *a, const MailerHead *head, Buffer *text) {
    DeliveryRequest *letter =
        text->overflow ? NULL : notice_prepare(head->address, buffer_bytes(text), a->instance);
    if (letter != NULL)
        g_ptr_array_add(a->letters, letter);
}

static void answer_reporter(Answer *a) {
    const Incident *i = a->taken->incident;
    const Config *config = a->instance->config;
    g_autofree char *subject = g_strdup_printf("Đã tiếp nhận báo cáo, hồ sơ %s", i->name);
    g_autofree char *answers =
        a->taken->message_id == NULL ? NULL : g_strdup_printf("<%s>", a->taken->message_id);
    const MailerHead head = {.address = a->evidence->address,
                             .name = *i->reporter_name == '\0' ? a->evidence->address
                                                               : i->reporter_name,
                             .subject = subject,
                             .answers = answers};
    g_auto(Buffer) text;
    buffer_init(&text, LETTER_BYTES);
    mailer_begin(config->hostname, config->domain, &head, &text);
    buffer_printf(&text, "%s đã tiếp nhận báo cáo của Ông/Bà%s.\r\n\r\n",
                  regulation_text(a->regulation, REGULATION_OPERATOR),
                  a->taken->opened ? "" : " vào hồ sơ đã có về cùng thư này");
    write_case(a, &text);
    buffer_append_string(&text,
                         "Thư báo cáo và thư kèm theo được giữ nguyên vẹn làm chứng cứ. Không "
                         "mở tệp gửi kèm, không bấm liên kết trong thư đó; có thể xóa thư "
                         "khỏi hộp thư.\r\n\r\n");
    mailer_end(&text);
    send_letter(a, &head, &text);
}

typedef struct {
    Answer *answer;
    GHashTable *units; /* address of the unit and those above → its distance + 1 */
    guint nearest;
    GPtrArray *heads; /* addresses and names, in turn, of the nearest unit that has a head */
} Heads;

static void take_head(const DirectoryRoleRow *row, gpointer data) {
    Heads *heads = data;
    guint distance = GPOINTER_TO_UINT(g_hash_table_lookup(heads->units, row->unit));
    if (row->role != ROLE_HEAD || distance == 0 || distance > heads->nearest)
        return;
    if (distance < heads->nearest)
        g_ptr_array_set_size(heads->heads, 0);
    heads->nearest = distance;
    g_ptr_array_add(heads->heads, g_strdup(row->address));
    g_ptr_array_add(heads->heads, g_strdup(row->name));
}

static void tell_head(Answer *a, const char *address, const char *name) {
    const Incident *i = a->taken->incident;
    const Config *config = a->instance->config;
    g_autofree char *subject =
        g_strdup_printf("Báo cáo sự cố của cơ quan, đơn vị, hồ sơ %s", i->name);
    const MailerHead head = {.address = address, .name = name, .subject = subject};
    g_auto(Buffer) text;
    buffer_init(&text, LETTER_BYTES);
    mailer_begin(config->hostname, config->domain, &head, &text);
    g_autofree char *cite = regulation_cite("12.3");
    buffer_printf(&text,
                  "Theo %s, %s (%s) báo cáo sự cố trong sử dụng thư điện tử công vụ; %s đã "
                  "tiếp nhận để xử lý.\r\n\r\n",
                  cite, i->reporter_name, a->evidence->address,
                  regulation_text(a->regulation, REGULATION_OPERATOR));
    write_case(a, &text);
    mailer_end(&text);
    send_letter(a, &head, &text);
}

/* [Điều 12.3] The head of the unit hears of it, not the message itself: it may do harm. */
static gboolean tell_heads(Answer *a, GError **error) {
    Directory *directory = a->instance->directory;
    g_autoptr(DirectoryAccount) reporter =
        directory_account(directory, a->evidence->reporter, error);
    if (reporter == NULL)
        return FALSE;
    g_autoptr(GHashTable) units = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(g_free);
    gint64 at = reporter->unit;
    for (guint depth = 1; at != 0 && depth <= DEPTH; depth++) {
        g_autoptr(DirectoryUnit) unit = directory_unit(directory, at, error);
        if (unit == NULL)
            return FALSE;
        g_hash_table_insert(units, g_strdup(unit->address), GUINT_TO_POINTER(depth));
        at = unit->parent;
    }
    Heads heads = {.answer = a, .units = units, .nearest = DEPTH, .heads = found};
    if (!directory_role_each(directory, take_head, &heads, error))
        return FALSE;
    for (guint i = 0; i + 1 < found->len; i += 2)
        if (!g_str_equal(found->pdata[i], reporter->address))
            tell_head(a, found->pdata[i], found->pdata[i + 1]);
    return TRUE;
}

static gboolean answer_work(DbConn *conn, gpointer data, GError **error) {
    const Answer *a = data;
    for (guint i = 0; i < a->letters->len; i++)
        if (!delivery_commit(conn, a->letters->pdata[i], error))
            return FALSE;
    return store_evidence_taken(conn, a->evidence->id, a->taken->incident->id, error);
}

/* ---- One, all ---- */

static void free_letter(gpointer letter) {
    delivery_request_free(letter);
}

/* A mailbox that is full, or not there, keeps no case from being made. */
static gboolean is_of_mailbox(const GError *error) {
    return cv_error_is(error, CV_ERROR_QUOTA) || cv_error_is(error, CV_ERROR_LIMIT) ||
           cv_error_is(error, CV_ERROR_NOT_FOUND);
}

static gboolean answer(Instance *instance, const Regulation *regulation,
                       const StoreEvidence *evidence, const IncidentTaken *taken, GError **error) {
    g_autoptr(GPtrArray) letters = g_ptr_array_new_with_free_func(free_letter);
    Answer a = {instance, regulation, evidence, taken, letters};
    if (evidence->reporter != 0 && *evidence->address != '\0')
        answer_reporter(&a);
    if (evidence->reporter != 0 && taken->opened && !tell_heads(&a, error))
        return FALSE;
    for (;;) {
        g_autoptr(GError) failure = NULL;
        if (db_write(instance->mail, answer_work, &a, &failure))
            return TRUE;
        if (letters->len == 0 || !is_of_mailbox(failure)) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return FALSE;
        }
        /* The reporter's is the first, so the last to be given up. */
        log_event(LOG_LEVEL_WARNING, "incident.answer", "incident", taken->incident->name, "error",
                  failure->message, NULL);
        g_ptr_array_set_size(letters, (gint)letters->len - 1);
    }
}

static gboolean take_one(Instance *instance, const Regulation *regulation, gint64 id,
                         GError **error) {
    g_auto(StoreEvidenceRead) evidence = {0};
    g_auto(IncidentTaken) taken = {0};
    if (!store_evidence_read(instance->store, id, &evidence, error))
        return FALSE;
    if (evidence.row.incident != 0)
        return TRUE; /* another caller was faster */
    if (!incident_take_evidence(instance->directory, regulation, &evidence, &taken, error) ||
        !answer(instance, regulation, &evidence.row, &taken, error))
        return FALSE;
    log_event(LOG_LEVEL_INFO, "incident.evidence", "incident", taken.incident->name, "evidence",
              log_number(id), "opened", taken.opened ? "yes" : "no", NULL);
    return TRUE;
}

/* One at a time: an answer is prepared before its transaction, so two would be sent by two. */
static GMutex taking;

/* What cannot be taken is told in the log and does not keep the others waiting. */
static gboolean take_waiting(Instance *instance, const Regulation *regulation, GError **error) {
    for (guint taken = 1; taken > 0;) {
        g_autoptr(GArray) waiting = store_evidence_waiting(instance->store, SLICE, error);
        if (waiting == NULL)
            return FALSE;
        taken = 0;
        for (guint i = 0; i < waiting->len; i++) {
            gint64 id = g_array_index(waiting, gint64, i);
            g_autoptr(GError) failure = NULL;
            if (take_one(instance, regulation, id, &failure))
                taken++;
            else
                log_event(LOG_LEVEL_ERROR, "serve.incidents", "evidence", log_number(id), "error",
                          failure->message, NULL);
        }
        if (waiting->len < SLICE)
            return TRUE;
    }
    return TRUE;
}

gboolean incidents_take(Instance *instance, GError **error) {
    g_autoptr(Regulation) regulation = instance_regulation(instance);
    g_mutex_lock(&taking);
    gboolean ok = take_waiting(instance, regulation, error);
    g_mutex_unlock(&taking);
    return ok && incident_scan(instance->directory, regulation, error);
}

void incidents_keep(Instance *instance) {
    g_autoptr(GError) error = NULL;
    if (!incidents_take(instance, &error))
        log_event(LOG_LEVEL_ERROR, "serve.incidents", "error", error->message, "note",
                  "it is tried again within a minute", NULL);
}

static void keep(gpointer instance, gpointer unused) {
    (void)unused;
    incidents_keep(instance);
}

GThreadPool *incidents_lane(void) {
    return g_thread_pool_new(keep, NULL, 1, FALSE, NULL);
}

void incidents_take_later(gpointer data) {
    Instance *instance = data;
    g_thread_pool_push(instance->incidents, instance, NULL);
}
