/* request form | letter | slips: the forms of appendix 2 as documents, the reply to a request, and
 * the slips for first sign-ins [Điều 4.2.b, 5.2]. */
#include "cli/cli.h"

#include "casework/request_letter.h"
#include "directory/unit.h"

static gboolean take_form(CliCall *call, const char *said, LetterSign *form) {
    if (said == NULL || letter_sign_find(said, form))
        return TRUE;
    g_string_append(call->err,
                    "congvu: --form là một trong self, tm, q, kt, tl, tuq; --form is one "
                    "of them\n");
    return FALSE;
}

static gboolean take_day(CliCall *call, const char *said, CalendarDay *day) {
    if (said == NULL || calendar_parse(bytes_of_string(said), day))
        return TRUE;
    g_string_append_printf(
        call->err,
        "congvu: --date: \"%s\" không phải một ngày có thật dạng NĂM-THÁNG-NGÀY; "
        "it is no date as YYYY-MM-DD\n",
        said);
    return FALSE;
}

int cli_request_letter(CliCall *call) {
    char *to = NULL, *number = NULL, *sign = NULL, *date = NULL;
    char *form = NULL, *authority = NULL, *title = NULL, *name = NULL;
    const CliOption options[] = {
        {"to", &to, NULL, "the file (.docx); - is standard output", TRUE, NULL},
        {"number", &number, NULL, "of the reply; else left open", FALSE, NULL},
        {"sign", &sign, NULL, "behind the number, as TTCNTTTT-KT", FALSE, NULL},
        {"date", &date, NULL, "of the reply; else left open", FALSE, NULL},
        {"form", &form, NULL, "who signs: self, tm, q, kt, tl, tuq", FALSE, NULL},
        {"authority", &authority, NULL, "for whom, as \"Giám đốc\"", FALSE, NULL},
        {"title", &title, NULL, "the signer's own title", FALSE, NULL},
        {"signer", &name, NULL, "who signs", FALSE, NULL},
        {NULL},
    };
    int status;
    gint64 id;
    LetterHead head = {.day = CALENDAR_NONE};
    LetterSigner signer = {.form = LETTER_SIGN_SELF};
    if (!cli_options(call, options, 1, 1, &status))
        return status;
    if (!cli_request_number(call, &id) || !take_form(call, form, &signer.form) ||
        !take_day(call, date, &head.day))
        return CLI_USAGE;
    head.number = number;
    head.sign = sign;
    signer.authority = authority;
    signer.title = title;
    signer.name = name;
    g_autoptr(GError) error = NULL;
    g_autoptr(Regulation) regulation = instance_regulation(call->instance);
    g_autoptr(GBytes) letter =
        request_letter(call->instance->directory, regulation, id, &head, &signer, &error);
    if (letter == NULL)
        return cli_refuse(call, g_steal_pointer(&error));
    cli_give(call, NULL, FALSE, letter);
    return CLI_DONE;
}

int cli_request_slips(CliCall *call) {
    g_autoptr(GPtrArray) said = g_ptr_array_new();
    g_autoptr(GArray) lines = g_array_new(FALSE, FALSE, sizeof(guint));
    char *to = NULL;
    const CliOption options[] = {
        {"to", &to, NULL, "the file (.docx), readable by its owner alone; - is standard output",
         TRUE, NULL},
        {"line", NULL, NULL, "only this line (3, or 2,5-7), also several times", FALSE, said},
        {NULL},
    };
    int status;
    gint64 id;
    if (!cli_options(call, options, 1, 1, &status))
        return status;
    if (!cli_request_number(call, &id) || !cli_request_lines(call, said, lines))
        return CLI_USAGE;
    RequestChoice choice = {(const guint *)(gpointer)lines->data, lines->len, FALSE};
    AuditAct act = {call->who, ""};
    g_autoptr(GError) error = NULL;
    g_autoptr(Regulation) regulation = instance_regulation(call->instance);
    Directory *directory = call->instance->directory;
    g_autoptr(GPtrArray) slips = request_slips(directory, regulation, id, &choice, &act, &error);
    g_autoptr(GBytes) paper =
        slips == NULL ? NULL : request_slips_letter(directory, regulation, slips, &error);
    if (paper == NULL)
        return cli_refuse(call, g_steal_pointer(&error));
    cli_give(call, NULL, TRUE, paper);
    return cli_changed(call);
}

/* ---- form ---- */

static GBytes *blank_form(CliCall *call, const char *which, const char *key, GError **error) {
    g_autoptr(Regulation) regulation = instance_regulation(call->instance);
    g_autoptr(DirectoryUnit) unit =
        key == NULL ? NULL : directory_unit_find(call->instance->directory, key, error);
    if (key != NULL && unit == NULL)
        return NULL;
    return request_form_blank(regulation,
                              g_str_equal(which, "1") ? REQUEST_FORM_FIRST : REQUEST_FORM_SECOND,
                              unit == NULL ? NULL : unit->name, error);
}

int cli_request_form(CliCall *call) {
    char *to = NULL, *blank = NULL, *unit = NULL;
    const CliOption options[] = {
        {"to", &to, NULL, "the file (.docx); - is standard output", TRUE, NULL},
        {"blank", &blank, NULL, "1 or 2: that form, to be filled in", FALSE, NULL},
        {"unit", &unit, NULL, "of a blank form: the unit's name on it", FALSE, NULL},
        {NULL},
    };
    int status;
    gint64 id = 0;
    if (!cli_options(call, options, 0, 1, &status))
        return status;
    gboolean which = blank != NULL && (g_str_equal(blank, "1") || g_str_equal(blank, "2"));
    if ((blank == NULL) != (call->arguments[0] != NULL) || (blank != NULL && !which)) {
        g_string_append(call->err, "congvu: nêu số đề nghị, hoặc --blank 1, --blank 2; give a "
                                   "request's number, or --blank 1 or 2\n");
        return CLI_USAGE;
    }
    if (blank == NULL && !cli_request_number(call, &id))
        return CLI_USAGE;
    AuditAct act = {call->who, ""};
    g_autoptr(GError) error = NULL;
    g_autoptr(Regulation) regulation = instance_regulation(call->instance);
    g_autoptr(GBytes) form =
        blank != NULL ? blank_form(call, blank, unit, &error)
                      : request_form_docx(call->instance->directory, regulation, id, &act, &error);
    if (form == NULL)
        return cli_refuse(call, g_steal_pointer(&error));
    cli_give(call, NULL, blank == NULL, form);
    return CLI_DONE;
}
