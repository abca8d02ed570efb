/* The letter about a case to the unit concerned [Điều 12.3]. */
#include "casework/incident_internal.h"
#include "casework/letter_internal.h"

/* "tạm khóa tài khoản; nhắc nhở, cảnh báo: …"; g_free. "": none. */
static char *measures_text(const GPtrArray *measures) {
    GString *out = g_string_new(NULL);
    for (guint i = 0; i < measures->len; i++) {
        const IncidentMeasureRow *m = measures->pdata[i];
        /* What was done with mail, and whatever else, its own words say best. */
        gboolean own = *m->text != '\0' && (m->kind == MEASURE_MAIL || m->kind == MEASURE_OTHER);
        g_autofree char *text = letter_clause(m->text);
        g_string_append_printf(out, "%s%s", out->len == 0 ? "" : "; ",
                               own ? text : incident_measure_text(m->kind));
        if (*text != '\0' && !own)
            g_string_append_printf(out, ": %s", text);
        if (*m->document != '\0')
            g_string_append_printf(out, " (%s)", m->document);
    }
    return g_string_free(out, FALSE);
}

/* What the unit is asked where nobody is said to have done anything. */
static const char *const asks_of_report[] = {
    "Thông báo đến người sử dụng trong cơ quan, đơn vị: không mở tệp gửi kèm, không bấm liên kết "
    "trong thư có nội dung tương tự",
    "Rà soát máy tính của người đã mở thư (nếu có) và đổi mật khẩu tài khoản",
    "Tiếp tục báo cáo khi phát hiện thư tương tự", NULL};

GBytes *incident_letter(Directory *directory, const Regulation *regulation, gint64 id,
                        const IncidentLetter *letter, GError **error) {
    g_autoptr(Incident) incident = incident_find(directory, regulation, id, error);
    g_autoptr(GPtrArray) measures =
        incident == NULL ? NULL : incident_measures(directory, id, 0, 0, error);
    if (measures == NULL)
        return NULL;
    if (*incident->unit_name == '\0') {
        cv_fail(error, CV_ERROR_REFUSED,
                "hồ sơ %s không thuộc đơn vị nào; the case is of no unit: name the account with "
                "incident take --account",
                incident->name);
        return NULL;
    }
    g_autofree char *measure = measures_text(measures);
    gboolean concerns = incident->account != 0;
    const RegulationIncident *kind = regulation_incident(regulation, incident->kind);
    const LetterIncident facts = {.head = letter->head,
                                  .signer = letter->signer,
                                  .to = incident->unit_name,
                                  .number = incident->name,
                                  .address = concerns ? incident->address : NULL,
                                  .name = concerns ? incident->person : NULL,
                                  .what = incident->what,
                                  .when = incident->happened,
                                  /* What is no forbidden act is not said to be against anything. */
                                  .article = kind != NULL &&
                                                     regulation_incident_forbidden(regulation, kind)
                                                 ? incident->article
                                                 : NULL,
                                  .measure = measure,
                                  .asks = letter->asks != NULL ? letter->asks
                                          : concerns           ? NULL
                                                               : asks_of_report,
                                  .answer = letter->answer};
    return letter_incident(regulation, &facts, error);
}
