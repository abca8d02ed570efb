#include "serve/idle.h"

#include "base/log.h"
#include "delivery/mailer.h"
#include "serve/notice.h"

enum { LETTER_MAXIMUM = 1024 * 1024 };

typedef struct {
    gint64 account;
    char *address, *name, *unit_address, *unit_name, *text;
    DirectoryKind kind;
    gboolean told;
} Candidate;

static void candidate_free(gpointer data) {
    Candidate *c = data;
    g_free(c->address);
    g_free(c->name);
    g_free(c->unit_address);
    g_free(c->unit_name);
    g_free(c->text);
    g_free(c);
}

typedef struct {
    Instance *instance;
    Regulation *regulation;
    GPtrArray *candidates; /* by unit */
    GPtrArray *letters;    /* Letter, on their way */
    CalendarDay answer;
    IdleWarned *out;
    GMutex lock; /* guards waiting */
    GCond done;
    guint waiting;
} Warning;

/* Of the candidates [at, end). */
typedef struct {
    Warning *warning;
    DeliveryRequest *request;
    guint at, end;
    char *to, *error; /* error NULL: it is in the mailbox */
} Letter;

static void letter_free(gpointer data) {
    Letter *letter = data;
    delivery_request_free(letter->request);
    g_free(letter->to);
    g_free(letter->error);
    g_free(letter);
}

static gboolean collect(const DirectoryIdleRow *row, gpointer data) {
    Warning *w = data;
    if (row->judgement.state != IDLE_CANDIDATE)
        return TRUE;
    if (row->warned != 0) {
        w->out->before++;
        return TRUE;
    }
    g_autoptr(Verdict) verdict =
        regulation_idle_verdict(w->regulation, &row->judgement, row->address, w->answer);
    Candidate *c = g_new0(Candidate, 1);
    c->account = row->account;
    c->address = g_strdup(row->address);
    c->name = g_strdup(row->name);
    c->unit_address = g_strdup(row->unit_address);
    c->unit_name = g_strdup(row->unit_name);
    c->text = g_strdup(verdict->text_vi);
    c->kind = row->kind;
    g_ptr_array_add(w->candidates, c);
    return TRUE;
}

/* ---- Writing ---- */

static void begin_letter(const Warning *w, Buffer *out, const char *to, const char *name) {
    const MailerHead head = {
        .address = to, .name = name, .subject = "Tài khoản thư điện tử công vụ lâu không sử dụng"};
    mailer_begin(w->instance->config->hostname, w->instance->config->domain, &head, out);
}

static void end_letter(const Warning *w, Buffer *out) {
    char iso[11];
    calendar_format(w->answer, iso);
    buffer_printf(
        out,
        "Nếu có lý do (nghỉ thai sản, ốm đau, đi học, biệt phái hoặc lý do khác), đề nghị "
        "cơ quan, đơn vị gửi văn bản về %s\r\nđến hết ngày %.2s/%.2s/%.4s.\r\n\r\n"
        "Nếu tài khoản còn dùng đến, đề nghị đăng nhập và sử dụng như bình thường.\r\n\r\n",
        regulation_text(w->regulation, REGULATION_OPERATOR), iso + 8, iso + 5, iso);
    mailer_end(out);
}

static gboolean commit_letter(DbConn *conn, gpointer data, GError **error) {
    return delivery_commit(conn, ((Letter *)data)->request, error);
}

static void letter_done(gpointer data, const GError *error) {
    Letter *letter = data;
    Warning *w = letter->warning;
    if (error != NULL)
        letter->error = g_strdup(error->message);
    g_mutex_lock(&w->lock);
    w->waiting--;
    g_cond_signal(&w->done);
    g_mutex_unlock(&w->lock);
}

/* Many share one flush: they are all handed over before any is waited for. */
static void send_letter(Warning *w, const char *to, guint at, guint end, const Buffer *text) {
    Letter *letter = g_new0(Letter, 1);
    *letter = (Letter){.warning = w, .at = at, .end = end, .to = g_strdup(to)};
    g_ptr_array_add(w->letters, letter);
    if (!text->overflow)
        letter->request = notice_prepare(to, buffer_bytes(text), w->instance);
    if (letter->request == NULL) {
        letter->error = g_strdup("cannot be prepared");
        return;
    }
    g_mutex_lock(&w->lock);
    w->waiting++;
    g_mutex_unlock(&w->lock);
    db_submit(w->instance->mail, commit_letter, letter_done, letter);
}

static void wait_for_letters(Warning *w) {
    g_mutex_lock(&w->lock);
    while (w->waiting > 0)
        g_cond_wait(&w->done, &w->lock);
    g_mutex_unlock(&w->lock);
    for (guint i = 0; i < w->letters->len; i++) {
        const Letter *letter = w->letters->pdata[i];
        if (letter->error != NULL) {
            w->out->failed++;
            log_event(LOG_LEVEL_WARNING, "idle.letter", "recipient", letter->to, "error",
                      letter->error, NULL);
            continue;
        }
        w->out->letters++;
        for (guint c = letter->at; c < letter->end; c++)
            ((Candidate *)w->candidates->pdata[c])->told = TRUE;
    }
}

static void write_to_person(Warning *w, guint at) {
    const Candidate *c = w->candidates->pdata[at];
    g_auto(Buffer) text;
    buffer_init(&text, LETTER_MAXIMUM);
    begin_letter(w, &text, c->address, c->name);
    buffer_printf(&text, "%s\r\n\r\n", c->text);
    end_letter(w, &text);
    send_letter(w, c->address, at, at + 1, &text);
}

/* Those of one unit, which lie side by side: candidates [at, end). */
static void write_to_unit(Warning *w, guint at, guint end) {
    const Candidate *first = w->candidates->pdata[at];
    g_auto(Buffer) text;
    buffer_init(&text, LETTER_MAXIMUM);
    begin_letter(w, &text, first->unit_address, first->unit_name);
    for (guint i = at; i < end; i++) {
        const Candidate *c = w->candidates->pdata[i];
        buffer_printf(&text, "%u. %s: %s\r\n\r\n", i - at + 1, c->name, c->text);
    }
    end_letter(w, &text);
    send_letter(w, first->unit_address, at, end, &text);
}

static void write_letters(Warning *w) {
    guint at = 0;
    while (at < w->candidates->len) {
        const Candidate *first = w->candidates->pdata[at];
        guint end = at;
        for (; end < w->candidates->len; end++) {
            const Candidate *c = w->candidates->pdata[end];
            if (!g_str_equal(c->unit_address, first->unit_address))
                break;
            if (c->kind == DIRECTORY_PERSON) /* a unit's own account reads the unit's letter */
                write_to_person(w, end);
        }
        if (*first->unit_address != '\0')
            write_to_unit(w, at, end);
        at = end;
    }
}

static gboolean put_on_record(Warning *w, const AuditAct *act, GError **error) {
    g_autoptr(GArray) told = g_array_new(FALSE, FALSE, sizeof(gint64));
    for (guint i = 0; i < w->candidates->len; i++) {
        const Candidate *c = w->candidates->pdata[i];
        if (c->told)
            g_array_append_val(told, c->account);
    }
    w->out->accounts = told->len;
    return told->len == 0 || directory_idle_warned(w->instance->directory, told, act, error);
}

gboolean idle_warn(Instance *instance, const DirectoryIdleFilter *filter, const AuditAct *act,
                   IdleWarned *out, GError **error) {
    *out = (IdleWarned){0};
    g_autoptr(Regulation) regulation = instance_regulation(instance);
    g_autoptr(GPtrArray) candidates = g_ptr_array_new_with_free_func(candidate_free);
    g_autoptr(GPtrArray) letters = g_ptr_array_new_with_free_func(letter_free);
    Warning w = {.instance = instance,
                 .regulation = regulation,
                 .candidates = candidates,
                 .letters = letters,
                 .answer = regulation_idle_answer(regulation, filter->today),
                 .out = out};
    if (!directory_activity_write(instance->directory, error) ||
        !directory_idle_each(instance->directory, regulation, filter, collect, &w, error))
        return FALSE;
    g_mutex_init(&w.lock);
    g_cond_init(&w.done);
    write_letters(&w);
    wait_for_letters(&w);
    g_mutex_clear(&w.lock);
    g_cond_clear(&w.done);
    return put_on_record(&w, act, error);
}
