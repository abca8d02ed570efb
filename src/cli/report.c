/* report annual | list | sent | staff: the yearly report [Điều 11.2, 10.2.e]. */
#include "cli/cli.h"

#include "base/clock.h"
#include "casework/report.h"
#include "cli/letter.h"
#include "directory/publication.h"
#include "serve/remind.h"

enum { JSON_MAXIMUM = 256 * 1024 * 1024 };

/* ---- Period ---- */

static CalendarDay today(void) {
    return calendar_day_of(clock_now());
}

static gboolean take_year(CliCall *call, const Regulation *regulation, const char *text,
                          gint64 *year) {
    guint64 number = 0;
    if (text == NULL) {
        *year = report_next_year(regulation, today());
        return TRUE;
    }
    if (!bytes_parse_u64(bytes_of_string(text), &number) || number < 2000 || number > 2199) {
        g_string_append(call->err, "congvu: --year là một năm; --year is a year like 2026\n");
        return FALSE;
    }
    *year = (gint64)number;
    return TRUE;
}

/* ---- annual ---- */

typedef struct {
    char *unit, *year, *from, *until, *to;
    gboolean docx, xlsx, csv;
    CliLetter letter;
    LetterHead head; /* what the letter's options say; checked before anything is counted */
    LetterSigner signer;
    CalendarDay first, last;
} Annual;

static gboolean take_period(CliCall *call, const Regulation *regulation, Annual *a) {
    gint64 year;
    if ((a->from == NULL) != (a->until == NULL) || (a->from != NULL && a->year != NULL)) {
        g_string_append(call->err, "congvu: nêu --year, hoặc --from cùng --until; give --year, or "
                                   "--from with --until\n");
        return FALSE;
    }
    if (a->from != NULL)
        return cli_letter_day(call, "--from", a->from, &a->first) &&
               cli_letter_day(call, "--until", a->until, &a->last);
    if (!take_year(call, regulation, a->year, &year))
        return FALSE;
    report_period(regulation, year, &a->first, &a->last);
    return TRUE;
}

/* By what was said, else by how the file is called. */
static gboolean take_format(CliCall *call, Annual *a) {
    guint said = (a->docx ? 1 : 0) + (a->xlsx ? 1 : 0) + (a->csv ? 1 : 0) + (call->json ? 1 : 0);
    if (said == 0 && a->to != NULL) {
        a->docx = g_str_has_suffix(a->to, ".docx");
        a->xlsx = g_str_has_suffix(a->to, ".xlsx");
        a->csv = g_str_has_suffix(a->to, ".csv");
        call->json = g_str_has_suffix(a->to, ".json");
        said = a->docx || a->xlsx || a->csv || call->json ? 1 : 0;
    }
    gboolean file = a->docx || a->xlsx || a->csv;
    if (said > 1 || (said == 0 && a->to != NULL) || (file && a->to == NULL)) {
        g_string_append(call->err,
                        "congvu: nêu một trong --docx, --xlsx, --csv, --json cùng với --to "
                        "TỆP; give one of them, with --to FILE\n");
        return FALSE;
    }
    return TRUE;
}

static GBytes *make_docx(CliCall *call, const Report *report, const Annual *a, GError **error) {
    LetterHead head;
    LetterSigner signer;
    report_heading(report, &head, &signer);
    cli_letter(call, &a->letter, &head, &signer);
    return report_docx(report, &head, &signer, error);
}

static void print_summary(CliCall *call, const Report *report) {
    const ReportFigures *f = &report->all;
    char from[11], until[11];
    calendar_format(report->from, from);
    calendar_format(report->until, until);
    g_autofree char *held = report_share(f->holders, f->staff);
    g_autofree char *regular =
        f->judged > 0 ? report_share(f->regular, f->officials) : g_strdup("chưa có số liệu");
    g_autofree char *used = report_size(f->used);
    cli_print(call, "%s, %s – %s\n", report->asked == NULL ? "toàn hệ thống" : report->asked->name,
              from, until);
    cli_print(call,
              "đã có tài khoản: %" G_GINT64_FORMAT "/%" G_GINT64_FORMAT " (%s)\n"
              "thường xuyên sử dụng: %s\n"
              "đang tạm khóa: %" G_GINT64_FORMAT "\n"
              "dung lượng: %s\n",
              f->holders, f->staff, held, regular, f->locked, used);
    if (report->asked != NULL)
        cli_print(call, "công khai danh bạ: %s\n",
                  report->asked->published != 0 ? "đã thực hiện" : "chưa thực hiện");
}

static int give(CliCall *call, const Report *report, const Annual *a) {
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) file = NULL;
    if (call->json) {
        g_auto(Buffer) document;
        buffer_init(&document, JSON_MAXIMUM);
        report_json(report, &document);
        if (document.overflow) {
            cv_fail(&error, CV_ERROR_LIMIT, "báo cáo quá lớn; the report is too large");
            return cli_refuse(call, g_steal_pointer(&error));
        }
        if (a->to == NULL) {
            cli_print_json(call, &document);
            return CLI_DONE;
        }
        Bytes text = buffer_bytes(&document);
        file = g_bytes_new(text.p, text.n);
    } else if (a->docx) {
        file = make_docx(call, report, a, &error);
    } else if (a->xlsx) {
        file = report_xlsx(report, &error);
    } else if (a->csv) {
        file = report_csv(report);
    } else {
        print_summary(call, report);
        return CLI_DONE;
    }
    if (file == NULL)
        return cli_refuse(call, g_steal_pointer(&error));
    cli_give(call, NULL, FALSE, file);
    if (!g_str_equal(a->to, "-"))
        cli_print(call, "%s\n", a->to);
    return CLI_DONE;
}

int cli_report_annual(CliCall *call) {
    Annual a = {0};
    const CliOption options[] = {
        {"unit", &a.unit, NULL, "of this unit and those below it; else of everything", FALSE},
        {"year", &a.year, NULL, "the report that is due in this year; else the next one", FALSE},
        {"from", &a.from, NULL, "first day of another period", FALSE},
        {"until", &a.until, NULL, "its last day", FALSE},
        {"docx", NULL, &a.docx, "as a document in the layout of appendix 1", FALSE},
        {"xlsx", NULL, &a.xlsx, "as a workbook", FALSE},
        {"csv", NULL, &a.csv, "a line a unit, for other systems", FALSE},
        {"to", &a.to, NULL, "the file; - is standard output", FALSE},
        CLI_LETTER_OPTIONS(a.letter),
        {NULL},
    };
    int status;
    if (!cli_options(call, options, 0, 0, &status))
        return status;
    g_autoptr(GError) error = NULL;
    g_autoptr(Regulation) regulation = instance_regulation(call->instance);
    if (!take_period(call, regulation, &a) || !take_format(call, &a) ||
        !cli_letter(call, &a.letter, &a.head, &a.signer))
        return CLI_USAGE;
    g_autoptr(Report) report = report_make(call->instance->directory, call->instance->mail,
                                           regulation, a.unit, a.first, a.last, &error);
    if (report == NULL)
        return cli_refuse(call, g_steal_pointer(&error));
    return give(call, report, &a);
}

static Report *of_everything(CliCall *call, const Regulation *regulation, gint64 year,
                             GError **error) {
    CalendarDay first, last;
    report_period(regulation, year, &first, &last);
    return report_make(call->instance->directory, call->instance->mail, regulation, NULL, first,
                       last, error);
}

/* ---- list ---- */

static const char *state_of(const ReportUnit *unit, CalendarDay deadline) {
    if (unit->sent_number != NULL)
        return "đã gửi";
    return today() > deadline ? "quá hạn" : "chưa gửi";
}

static void list_json(CliCall *call, const Report *report, CalendarDay remind) {
    char deadline[11], reminder[11];
    calendar_format(report->deadline, deadline);
    calendar_format(remind, reminder);
    g_auto(Buffer) document;
    buffer_init(&document, JSON_MAXIMUM);
    JsonWriter w = json_writer(&document);
    json_open(&w, NULL, '{');
    json_int(&w, "year", report->year);
    json_text(&w, "deadline", deadline);
    json_text(&w, "remind", reminder);
    json_open(&w, "units", '[');
    for (guint i = 0; i < report->units->len; i++) {
        const ReportUnit *unit = report->units->pdata[i];
        if (!unit->reports)
            continue;
        g_autofree char *address = g_strdup_printf("%s@%s", unit->address, report->domain);
        json_open(&w, NULL, '{');
        json_text(&w, "address", address);
        json_text(&w, "name", unit->name);
        json_bool(&w, "sent", unit->sent_number != NULL);
        json_bool(&w, "late", unit->sent_number == NULL && today() > report->deadline);
        json_text(&w, "number", unit->sent_number);
        json_text(&w, "dated", unit->sent_dated);
        json_bool(&w, "directory_published", unit->published != 0);
        json_close(&w, '}');
    }
    json_close(&w, ']');
    json_close(&w, '}');
    cli_print_json(call, &document);
}

static void list_text(CliCall *call, const Report *report, CalendarDay remind) {
    char deadline[11], reminder[11];
    calendar_format(report->deadline, deadline);
    calendar_format(remind, reminder);
    guint sent = 0, all = 0;
    for (guint i = 0; i < report->units->len; i++) {
        const ReportUnit *unit = report->units->pdata[i];
        if (!unit->reports)
            continue;
        all++;
        sent += unit->sent_number != NULL ? 1 : 0;
        cli_print(call, "%s\t%s@%s\t%s\t%s\t%s\n", state_of(unit, report->deadline), unit->address,
                  report->domain, unit->name, unit->sent_number == NULL ? "-" : unit->sent_number,
                  unit->sent_dated == NULL ? "-" : unit->sent_dated);
    }
    cli_print(call, "năm %" G_GINT64_FORMAT ": %u/%u đã gửi; hạn hết ngày %s, nhắc từ ngày %s\n",
              report->year, sent, all, deadline, reminder);
}

int cli_report_list(CliCall *call) {
    char *year_text = NULL;
    const CliOption options[] = {
        {"year", &year_text, NULL, "the reports that are due in this year; else the next ones",
         FALSE},
        {NULL},
    };
    int status;
    if (!cli_options(call, options, 0, 0, &status))
        return status;
    g_autoptr(GError) error = NULL;
    g_autoptr(Regulation) regulation = instance_regulation(call->instance);
    gint64 year;
    if (!take_year(call, regulation, year_text, &year))
        return CLI_USAGE;
    g_autoptr(Report) report = of_everything(call, regulation, year, &error);
    if (report == NULL)
        return cli_refuse(call, g_steal_pointer(&error));
    CalendarDay remind =
        report->deadline - (CalendarDay)regulation_figure(regulation, FIGURE_REMIND_DAYS);
    if (call->json)
        list_json(call, report, remind);
    else
        list_text(call, report, remind);
    return CLI_DONE;
}

/* ---- remind ---- */

static gboolean record_reminder(CliCall *call, const Report *report, const Reminded *reminded,
                                GError **error) {
    g_autofree char *after = g_strdup_printf("{\"year\":%" G_GINT64_FORMAT ",\"letters\":%u}",
                                             report->year, reminded->letters);
    return cli_record(call, "report.remind", report->domain, NULL, after, error);
}

int cli_report_remind(CliCall *call) {
    char *year_text = NULL;
    const CliOption options[] = {
        {"year", &year_text, NULL, "the reports that are due in this year; else the next ones",
         FALSE},
        {NULL},
    };
    int status;
    if (!cli_options(call, options, 0, 0, &status))
        return status;
    g_autoptr(GError) error = NULL;
    g_autoptr(Regulation) regulation = instance_regulation(call->instance);
    gint64 year;
    Reminded reminded;
    if (!take_year(call, regulation, year_text, &year))
        return CLI_USAGE;
    g_autoptr(Report) report = of_everything(call, regulation, year, &error);
    if (report == NULL || !remind_units(call->instance, report, &reminded, &error) ||
        !record_reminder(call, report, &reminded, &error))
        return cli_refuse(call, g_steal_pointer(&error));
    cli_print(call, "đã nhắc %u đơn vị; %u đơn vị đã gửi báo cáo năm %" G_GINT64_FORMAT "\n",
              reminded.letters, reminded.sent, year);
    if (reminded.failed == 0)
        return CLI_DONE;
    g_string_append_printf(call->err,
                           "congvu: %u thư không vào được hộp thư; so many letters did not reach "
                           "their mailbox: see report.remind in the log\n",
                           reminded.failed);
    return CLI_REFUSED;
}

/* ---- sent, staff ---- */

int cli_report_sent(CliCall *call) {
    char *number = NULL, *date = NULL, *year_text = NULL;
    gboolean undo = FALSE;
    CliGround ground = {0};
    const CliOption options[] = {
        {"number", &number, NULL, "number and sign of the unit's report", FALSE},
        {"date", &date, NULL, "its day", FALSE},
        {"year", &year_text, NULL, "in which it was due; else the next one", FALSE},
        {"undo", NULL, &undo, "it did not come in", FALSE},
        CLI_GROUND_OPTIONS(ground),
        {NULL},
    };
    int status;
    AuditAct act;
    if (!cli_options(call, options, 1, 1, &status) || !cli_act(call, &ground, FALSE, &act, &status))
        return status;
    g_autoptr(GError) error = NULL;
    g_autoptr(Regulation) regulation = instance_regulation(call->instance);
    gint64 year;
    CalendarDay day;
    if (undo == (number != NULL && date != NULL)) {
        g_string_append(call->err,
                        "congvu: nêu --number cùng --date, hoặc --undo; give --number with "
                        "--date, or --undo\n");
        return CLI_USAGE;
    }
    if (!take_year(call, regulation, year_text, &year) ||
        (!undo && !cli_letter_day(call, "--date", date, &day)))
        return CLI_USAGE;
    if (!directory_report_sent(call->instance->directory, call->arguments[0], year,
                               undo ? NULL : number, date, &act, &error))
        return cli_refuse(call, g_steal_pointer(&error));
    cli_print(call,
              undo ? "%s: chưa gửi báo cáo năm %" G_GINT64_FORMAT "\n"
                   : "%s: đã gửi báo cáo năm %" G_GINT64_FORMAT "\n",
              call->arguments[0], year);
    return CLI_DONE;
}

static gboolean take_count(CliCall *call, const char *option, const char *text, gint64 *count) {
    guint64 number;
    if (text != NULL && bytes_parse_u64(bytes_of_string(text), &number) && number <= 10000000) {
        *count = (gint64)number;
        return TRUE;
    }
    g_string_append_printf(call->err, "congvu: %s là số người; %s is a number of people\n", option,
                           option);
    return FALSE;
}

int cli_report_staff(CliCall *call) {
    char *staff = NULL, *officials = NULL, *document = NULL, *year_text = NULL;
    gboolean undo = FALSE;
    CliGround ground = {0};
    const CliOption options[] = {
        {"staff", &staff, NULL, "cán bộ, công chức, viên chức và người lao động", FALSE},
        {"officials", &officials, NULL, "of them, without người lao động", FALSE},
        {"document", &document, NULL, "by which the unit told it", FALSE},
        {"year", &year_text, NULL, "of the report; else the next one", FALSE},
        {"undo", NULL, &undo, "count by the registry again", FALSE},
        CLI_GROUND_OPTIONS(ground),
        {NULL},
    };
    int status;
    AuditAct act;
    if (!cli_options(call, options, 1, 1, &status) || !cli_act(call, &ground, FALSE, &act, &status))
        return status;
    g_autoptr(GError) error = NULL;
    g_autoptr(Regulation) regulation = instance_regulation(call->instance);
    DirectoryStaff told = {-1, -1, document == NULL ? "" : document};
    gint64 year;
    if (!take_year(call, regulation, year_text, &year) ||
        (!undo && (!take_count(call, "--staff", staff, &told.staff) ||
                   !take_count(call, "--officials", officials, &told.officials))))
        return CLI_USAGE;
    if (!undo && *told.document == '\0') {
        g_string_append(call->err, "congvu: chưa nêu văn bản của đơn vị (--document); say by which "
                                   "document the unit told it\n");
        return CLI_USAGE;
    }
    if (!directory_report_staff(call->instance->directory, call->arguments[0], year, &told, &act,
                                &error))
        return cli_refuse(call, g_steal_pointer(&error));
    cli_print(call, undo ? "%s: tính theo danh sách trong hệ thống\n" : "%s: đã ghi số người\n",
              call->arguments[0]);
    return CLI_DONE;
}
