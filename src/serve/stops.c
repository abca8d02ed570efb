#include "serve/stops.h"

#include "base/clock.h"
#include "base/crypto.h"
#include "base/log.h"
#include "delivery/mailer.h"
#include "delivery/mailing.h"

/* ---- By mail ---- */

typedef struct {
    Instance *instance;
    const Notice *notice;
    gboolean end;
    const char *name; /* of the mailing */
} Mail;

static gboolean write_mail(Buffer *out, gpointer data, GError **error) {
    (void)error;
    const Mail *mail = data;
    g_autoptr(Regulation) regulation = instance_regulation(mail->instance);
    g_autofree char *subject = notice_subject(mail->notice, mail->end);
    g_autofree char *unique = g_strdelimit(g_strdup(mail->name), "/", '.');
    g_autofree char *random = crypto_random_hex(8);
    g_autofree char *id = g_strconcat(unique, ".", random, NULL);
    const MailerHead head = {.name = LETTER_EVERYBODY, .subject = subject, .unique = id};
    mailer_begin(mail->instance->config->hostname, mail->instance->config->domain, &head, out);
    notice_write(regulation, mail->notice, mail->end, out);
    mailer_end(out);
    return TRUE;
}

static gboolean send_mail(Instance *instance, const Notice *notice, gboolean end, GError **error) {
    g_autofree char *name =
        g_strdup_printf("notice/%" G_GINT64_FORMAT "/%s", notice->id, end ? "end" : "begin");
    Mail mail = {instance, notice, end, name};
    const DeliveryMailing mailing = {name, write_mail, &mail};
    DeliveryMailed mailed;
    return delivery_mailing_run(instance->delivery, instance->directory, &mailing, &mailed,
                                error) &&
           notice_told(instance->directory, notice->id, end, mailed.delivered, mailed.refused,
                       error);
}

gboolean stops_tell(Instance *instance, GError **error) {
    g_autoptr(GPtrArray) untold = notice_list(instance->directory, NOTICE_UNTOLD, error);
    if (untold == NULL)
        return FALSE;
    for (guint i = 0; i < untold->len; i++) {
        const Notice *notice = untold->pdata[i];
        if ((notice->told == 0 && !send_mail(instance, notice, FALSE, error)) ||
            (notice->state != NOTICE_ANNOUNCED && notice->told_end == 0 &&
             !send_mail(instance, notice, TRUE, error)))
            return FALSE;
    }
    return TRUE;
}

/* ---- In clients ---- */

struct Stops {
    GMutex lock; /* guards the line */
    char *utf8, *ascii;
    gint64 mark; /* of the notice that is shown; 0: none */
    void (*tell)(gpointer data);
    gpointer data;
    GThreadPool *later;
};

static void keep(gpointer instance, gpointer unused) {
    (void)unused;
    stops_keep(instance);
}

Stops *stops_new(void (*tell)(gpointer data), gpointer data) {
    Stops *stops = g_new0(Stops, 1);
    g_mutex_init(&stops->lock);
    stops->tell = tell;
    stops->data = data;
    stops->later = g_thread_pool_new(keep, NULL, 1, FALSE, NULL);
    return stops;
}

void stops_free(Stops *stops) {
    if (stops == NULL)
        return;
    g_thread_pool_free(stops->later, FALSE, TRUE);
    g_free(stops->utf8);
    g_free(stops->ascii);
    g_mutex_clear(&stops->lock);
    g_free(stops);
}

/* The next of those that run or begin within a day; the list has the latest first. */
static const Notice *to_show(const GPtrArray *open) {
    gint64 now = clock_now(), horizon = NOTICE_LINE_HOURS * G_GINT64_CONSTANT(3600) * CLOCK_SECOND;
    const Notice *found = NULL;
    for (guint i = 0; i < open->len; i++) {
        const Notice *notice = open->pdata[i];
        if (notice->from - horizon <= now && now < notice->until)
            found = notice;
    }
    return found;
}

static gboolean show(Stops *stops, const Notice *notice) {
    gint64 mark = notice == NULL ? 0 : notice->id;
    g_mutex_lock(&stops->lock);
    gboolean changed = mark != stops->mark;
    if (changed) {
        g_free(stops->utf8);
        g_free(stops->ascii);
        stops->utf8 = notice == NULL ? NULL : notice_line(notice, FALSE);
        stops->ascii = notice == NULL ? NULL : notice_line(notice, TRUE);
        stops->mark = mark;
    }
    g_mutex_unlock(&stops->lock);
    return changed && mark != 0;
}

void stops_refresh(Instance *instance) {
    Stops *stops = instance->stops;
    if (stops == NULL)
        return;
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) open = notice_list(instance->directory, NOTICE_OPEN, &error);
    if (open == NULL) {
        log_event(LOG_LEVEL_ERROR, "serve.notice", "error", error->message, NULL);
        return;
    }
    const Notice *notice = to_show(open);
    if (!show(stops, notice))
        return;
    g_autofree char *name = notice_name(notice->id);
    log_event(LOG_LEVEL_INFO, "notice.shown", "notice", name, NULL);
    stops->tell(stops->data);
}

void stops_keep(Instance *instance) {
    g_autoptr(GError) error = NULL;
    if (!stops_tell(instance, &error))
        log_event(LOG_LEVEL_ERROR, "serve.notice", "error", error->message, "note",
                  "it is tried again within a minute", NULL);
    stops_refresh(instance);
}

void stops_tell_later(Instance *instance) {
    g_thread_pool_push(instance->stops->later, instance, NULL);
}

char *stops_line(gpointer data, gboolean utf8, gint64 *mark) {
    Stops *stops = data;
    g_mutex_lock(&stops->lock);
    char *line = NULL;
    if (stops->mark != 0 && stops->mark != *mark)
        line = g_strdup(utf8 ? stops->utf8 : stops->ascii);
    *mark = stops->mark == 0 ? *mark : stops->mark;
    g_mutex_unlock(&stops->lock);
    return line;
}
