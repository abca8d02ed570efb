/* From a request to its papers: the facts that letter.h asks for. */
#include "casework/request_letter.h"

#include "base/clock.h"
#include "casework/internal.h"

/* What was asked for, in the words of the regulation; of a change also what changes. */
static char *content_of(const RequestLine *line) {
    static const char *const fields[] = {
        [REQUEST_FIELD_NAME] = "họ và tên",       [REQUEST_FIELD_TITLE] = "chức vụ",
        [REQUEST_FIELD_UNIT] = "đơn vị công tác", [REQUEST_FIELD_BIRTH] = "ngày sinh",
        [REQUEST_FIELD_SEX] = "giới tính",        [REQUEST_FIELD_IDENTITY] = "số CMT/CCCD",
    };
    RequestField field =
        line->act == REQUEST_ACT_CHANGE ? request_field_read(line->what) : REQUEST_FIELD_NONE;
    if (field == REQUEST_FIELD_NONE || field == REQUEST_FIELD_SEVERAL)
        return g_strdup(line->act == REQUEST_ACT_UNKNOWN ? line->said
                                                         : request_act_text(line->act));
    return g_strdup_printf("%s: %s", request_act_text(line->act), fields[field]);
}

/* The strings that the letter borrows, and its lines. */
typedef struct {
    GArray *lines;    /* LetterLine */
    GPtrArray *texts; /* char * */
    gboolean slips;
} Facts;

static void facts_clear(Facts *facts) {
    g_clear_pointer(&facts->lines, g_array_unref);
    g_clear_pointer(&facts->texts, g_ptr_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Facts, facts_clear)

static const char *keep(Facts *facts, char *text) {
    g_ptr_array_add(facts->texts, text);
    return text;
}

/* Form 2 does not say whose account it is by name: the registry does. */
static const char *name_of(Facts *facts, Directory *directory, const RequestLine *line) {
    if (*line->name != '\0')
        return line->name;
    g_autoptr(DirectoryAccount) account =
        line->account == 0 ? NULL : directory_account(directory, line->account, NULL);
    return keep(facts, g_strdup(account == NULL ? line->what : account->name));
}

static void take_line(Facts *facts, Directory *directory, const RequestLine *line) {
    gboolean done = line->state == REQUEST_LINE_DONE;
    gboolean password = line->act == REQUEST_ACT_NEW || line->act == REQUEST_ACT_RESET;
    LetterLine out = {.name = name_of(facts, directory, line),
                      .title = line->title,
                      .unit = line->unit_said,
                      .content = keep(facts, content_of(line)),
                      .done = done,
                      .address = done ? line->address : NULL,
                      .reason = done ? NULL : line->reason};
    if (done && line->act == REQUEST_ACT_CHANGE)
        out.reason = line->wanted;
    facts->slips = facts->slips || (done && password);
    g_array_append_val(facts->lines, out);
}

static CalendarDay day_of(const char *text) {
    CalendarDay day = CALENDAR_NONE;
    calendar_parse(bytes_of_string(text), &day);
    return day;
}

GBytes *request_letter(Directory *d, const Regulation *regulation, gint64 id,
                       const LetterHead *head, const LetterSigner *signer, GError **error) {
    g_autoptr(Request) request = request_find(d, regulation, id, error);
    g_autoptr(GPtrArray) lines = request == NULL ? NULL : request_lines(d, id, error);
    g_auto(Facts) facts = {g_array_new(FALSE, TRUE, sizeof(LetterLine)),
                           g_ptr_array_new_with_free_func(g_free), FALSE};
    if (lines == NULL)
        return NULL;
    if (request->state < REQUEST_DECIDED) {
        cv_fail(
            error, CV_ERROR_DENIED,
            "còn mục chưa thực hiện và chưa trả lại nên chưa có văn bản trả lời (điểm b khoản 2 "
            "Điều 4 Quy chế); lines are neither done nor returned yet");
        return NULL;
    }
    for (guint i = 0; i < lines->len; i++)
        take_line(&facts, d, lines->pdata[i]);
    LetterReply reply = {.head = *head,
                         .signer = *signer,
                         .to = request->unit_name,
                         .request_number = request->number,
                         .request_day = day_of(request->dated),
                         .received = calendar_day_of(request->received),
                         .subject = request->subject,
                         .lines = (const LetterLine *)(gpointer)facts.lines->data,
                         .count = facts.lines->len,
                         .slips = facts.slips};
    if (request->state == REQUEST_CLOSED && head->number == NULL) {
        gsize n = strcspn(request->reply_number, "/");
        reply.head.number = keep(&facts, g_strndup(request->reply_number, n));
        reply.head.sign = request->reply_number[n] == '\0' ? NULL : request->reply_number + n + 1;
        reply.head.day = day_of(request->reply_dated);
    }
    return letter_reply(regulation, &reply, error);
}

GBytes *request_slips_letter(Directory *d, const Regulation *regulation, const GPtrArray *slips,
                             GError **error) {
    LetterHead head = {.day = calendar_day_of(clock_now())};
    g_autofree char *where = g_strconcat("https://mail.", directory_domain(d), NULL);
    g_autofree LetterSlip *papers = g_new0(LetterSlip, slips->len + 1);
    for (guint i = 0; i < slips->len; i++) {
        const RequestSlip *slip = slips->pdata[i];
        papers[i] = (LetterSlip){.name = slip->name,
                                 .title = slip->title,
                                 .unit = slip->unit,
                                 .address = slip->address,
                                 .password = slip->password,
                                 .expires = slip->expires,
                                 .where = where,
                                 .reset = slip->reset};
    }
    return letter_slips(regulation, &head, papers, slips->len, error);
}
