/* The report as a document: appendix 1 line by line, with the figures filled in and the free parts
 * left to write. The one of everything also has the table of all units. */
#include "casework/letter_internal.h"

#include "casework/report.h"

static const char unknown[] = "chưa có số liệu";

/* Thousands with dots, as they are written in Vietnamese; g_free. */
static char *number_text(gint64 value) {
    g_autofree char *digits = g_strdup_printf("%" G_GINT64_FORMAT, value < 0 ? -value : value);
    GString *out = g_string_new(value < 0 ? "-" : "");
    gsize n = strlen(digits);
    for (gsize i = 0; i < n; i++) {
        if (i > 0 && (n - i) % 3 == 0)
            g_string_append_c(out, '.');
        g_string_append_c(out, digits[i]);
    }
    return g_string_free(out, FALSE);
}

/* Hundredths rounded half up, so that no locale has a say. */
char *report_share(gint64 part, gint64 whole) {
    if (whole <= 0)
        return g_strdup(unknown);
    gint64 hundredths = (part * 20000 + whole) / (2 * whole);
    return g_strdup_printf("%" G_GINT64_FORMAT ",%02u%%", hundredths / 100,
                           (guint)(hundredths % 100));
}

char *report_size(gint64 bytes) {
    static const char *const units[] = {"KB", "MB", "GB", "TB"};
    gint64 tenths = bytes * 10 / 1024;
    guint unit = 0;
    while (tenths >= 10240 && unit + 1 < G_N_ELEMENTS(units)) {
        tenths /= 1024;
        unit++;
    }
    g_autofree char *whole = number_text(tenths / 10);
    return g_strdup_printf("%s,%u %s", whole, (guint)(tenths % 10), units[unit]);
}

/* ---- Part 1: the figures ---- */

static void write_holders(Paper *paper, const ReportFigures *f) {
    g_autofree char *holders = number_text(f->holders);
    g_autofree char *staff = number_text(f->staff);
    g_autofree char *share = report_share(f->holders, f->staff);
    paper_begin(paper, PAPER_ITEM);
    paper_run(
        paper, 0,
        "- Tỷ lệ cán bộ, công chức, viên chức và người lao động đã được cấp phát tài khoản thư "
        "điện tử công vụ: ");
    paper_run(paper, PAPER_BOLD, holders);
    paper_run(paper, 0, "/");
    paper_run(paper, PAPER_BOLD, staff);
    paper_run(paper, 0, ". Đạt tỷ lệ: ");
    paper_run(paper, PAPER_BOLD, share);
    paper_end(paper);
}

/* The definition, as the regulation's file has it; g_free. */
static char *definition(const Regulation *regulation) {
    GString *out = g_string_new(regulation_text(regulation, REGULATION_REGULAR_USE));
    char percent[24];
    g_snprintf(percent, sizeof percent, "%" G_GINT64_FORMAT,
               regulation_figure(regulation, FIGURE_REGULAR_PERCENT));
    g_string_replace(out, "{percent}", percent, 0);
    return g_string_free(out, FALSE);
}

static void write_regular(Paper *paper, const Report *report) {
    const ReportFigures *f = &report->all;
    gboolean known = f->judged > 0;
    g_autofree char *share = known ? report_share(f->regular, f->officials) : g_strdup(unknown);
    paper_begin(paper, PAPER_ITEM);
    paper_run(paper, 0,
              "- Tỷ lệ CBCCVC thường xuyên sử dụng hệ thống thư điện tử trong công việc: ");
    paper_run(paper, PAPER_BOLD, share);
    paper_end(paper);
    g_autofree char *words = definition(report->regulation);
    g_autofree char *officials = number_text(f->officials);
    g_autofree char *regular = number_text(f->regular);
    g_autofree char *of_holders = report_share(f->regular, f->official_holders);
    if (!known)
        paper_printf(paper, PAPER_NOTE,
                     "%s Hệ thống chưa ghi nhận dữ liệu sử dụng trong kỳ nên chưa tính được tỷ lệ.",
                     words);
    else
        paper_printf(paper, PAPER_NOTE,
                     "%s Tính trên %s cán bộ, công chức, viên chức: %s người. Trên số cán bộ, công "
                     "chức, viên chức đã có tài khoản: %s.",
                     words, officials, regular, of_holders);
    if (known && report->use_from > report->from) {
        g_autofree char *day = letter_day(report->use_from);
        paper_printf(paper, PAPER_NOTE, "Dữ liệu sử dụng được ghi nhận từ ngày %s.", day);
    }
    if (known && f->judged < f->official_holders) {
        g_autofree char *missing = number_text(f->official_holders - f->judged);
        paper_printf(paper, PAPER_NOTE, "Chưa có dữ liệu sử dụng của %s tài khoản.", missing);
    }
}

static void write_counting(Paper *paper, const ReportFigures *f) {
    if (f->told > 0)
        paper_printf(paper, PAPER_NOTE,
                     "Tổng số người do đơn vị cung cấp (%" G_GINT64_FORMAT
                     " đơn vị), không tính theo danh sách trong hệ thống.",
                     f->told);
    if (f->uncategorised > 0) {
        g_autofree char *people = number_text(f->uncategorised);
        paper_printf(
            paper, PAPER_NOTE,
            "%s người chưa ghi nhóm (cán bộ, công chức, viên chức, người lao động) được tính "
            "vào cán bộ, công chức, viên chức.",
            people);
    }
}

static guint count_published(const Report *report, guint *reporting) {
    guint published = 0;
    *reporting = 0;
    for (guint i = 0; i < report->units->len; i++) {
        const ReportUnit *unit = report->units->pdata[i];
        if (!unit->reports)
            continue;
        (*reporting)++;
        published += unit->published != 0 ? 1 : 0;
    }
    return published;
}

static void write_published(Paper *paper, const Report *report) {
    paper_keep(paper);
    paper_text(paper, PAPER_ITEM,
               "- Đã thực hiện công khai danh bạ thư điện tử công vụ lên Cổng thông tin điện tử:");
    if (report->asked == NULL) {
        guint all = 0, published = count_published(report, &all);
        paper_printf(paper, PAPER_ITEM, "Đã thực hiện: %u/%u cơ quan, đơn vị", published, all);
        return;
    }
    gboolean done = report->asked->published != 0;
    g_autofree char *day =
        done ? letter_day(calendar_day_of(report->asked->published)) : g_strdup("");
    paper_keep(paper);
    paper_printf(paper, PAPER_ITEM, "%s Đã thực hiện%s%s%s", done ? "☒" : "☐",
                 done ? " (lần gần nhất: " : "", day, done ? ")" : "");
    paper_printf(paper, PAPER_ITEM, "%s Chưa thực hiện", done ? "☐" : "☒");
}

/* [Điều 8, 12.3] How many cases, and of which kinds. */
static void write_incidents(Paper *paper, const Report *report) {
    const ReportFigures *f = &report->all;
    if (!report->has_incidents) {
        paper_printf(paper, PAPER_ITEM, "- Sự cố, vụ việc trong kỳ: %s.", unknown);
        return;
    }
    g_autoptr(GString) of = g_string_new(NULL);
    const RegulationIncident *kinds;
    gsize n = regulation_incidents(report->regulation, &kinds);
    for (gsize i = 0; i < n; i++)
        if (f->incident_kinds[i] > 0)
            g_string_append_printf(of, "%s%s: %" G_GINT64_FORMAT, of->len == 0 ? " (" : "; ",
                                   kinds[i].name, f->incident_kinds[i]);
    g_autofree char *incidents = number_text(f->incidents);
    g_autofree char *signups = number_text(f->signups);
    paper_printf(paper, PAPER_ITEM, "- Sự cố, vụ việc trong kỳ: %s%s%s.", incidents, of->str,
                 of->len == 0 ? "" : ")");
    paper_printf(
        paper, PAPER_ITEM,
        "- Tài khoản nhận thư xác nhận đăng ký mạng xã hội, sàn giao dịch và dịch vụ tương "
        "tự: %s.",
        signups);
    if (report->incidents_from > report->from) {
        g_autofree char *day = letter_day(report->incidents_from);
        paper_printf(paper, PAPER_NOTE, "Sự cố được ghi nhận từ ngày %s.", day);
    }
}

static void write_running(Paper *paper, const Report *report) {
    const ReportFigures *f = &report->all;
    g_autofree char *units = number_text(f->unit_accounts);
    g_autofree char *locked = number_text(f->locked);
    g_autofree char *used = report_size(f->used);
    paper_printf(
        paper, PAPER_ITEM,
        "- Tài khoản của cơ quan, đơn vị: %s. Tài khoản đang tạm khóa: %s. Dung lượng đã sử "
        "dụng: %s.",
        units, locked, used);
    paper_printf(paper, PAPER_ITEM,
                 "- Đề nghị đã tiếp nhận trong kỳ: cấp mới %" G_GINT64_FORMAT
                 ", thay đổi thông tin %" G_GINT64_FORMAT ", tạm khóa %" G_GINT64_FORMAT
                 ", hủy bỏ %" G_GINT64_FORMAT ", khác %" G_GINT64_FORMAT ".",
                 f->requests[REPORT_NEW], f->requests[REPORT_CHANGE], f->requests[REPORT_LOCK],
                 f->requests[REPORT_CANCEL], f->requests[REPORT_OTHER]);
    write_incidents(paper, report);
}

/* ---- The rest ---- */

/* keep: the signature stays on one page with them. */
static void write_open(Paper *paper, guint lines, gboolean keep) {
    for (guint i = 0; i < lines; i++) {
        if (keep)
            paper_keep(paper);
        paper_blank(paper, PAPER_ITEM);
    }
}

static void write_proposals(Paper *paper) {
    paper_text(paper, PAPER_HEADING, "2. Tồn tại, vướng mắc");
    write_open(paper, 3, FALSE);
    paper_text(paper, PAPER_HEADING, "3. Đề xuất, kiến nghị");
    paper_text(paper, PAPER_ITEM,
               "- Cấp mới, thay đổi thông tin, tạm khóa và hủy bỏ tài khoản thư điện tử công vụ.");
    write_open(paper, 2, FALSE);
    paper_keep(paper);
    paper_text(paper, PAPER_ITEM, "- Các đề xuất, kiến nghị khác.");
    write_open(paper, 2, TRUE);
}

static void write_unit_row(Paper *paper, const ReportUnit *unit, guint place) {
    const ReportFigures *f = &unit->figures;
    char number[12];
    g_snprintf(number, sizeof number, "%u", place);
    g_autofree char *holders = number_text(f->holders);
    g_autofree char *staff = number_text(f->staff);
    g_autofree char *both = g_strdup_printf("%s/%s", holders, staff);
    g_autofree char *share = f->staff > 0 ? report_share(f->holders, f->staff) : g_strdup("–");
    g_autofree char *regular =
        f->judged > 0 ? report_share(f->regular, f->officials) : g_strdup("–");
    g_autofree char *used = report_size(f->used);
    paper_row(paper);
    paper_cell_text(paper, PAPER_CELL_CENTRED, number);
    paper_cell_text(paper, PAPER_CELL, unit->name);
    paper_cell_text(paper, PAPER_CELL_CENTRED, both);
    paper_cell_text(paper, PAPER_CELL_CENTRED, share);
    paper_cell_text(paper, PAPER_CELL_CENTRED, regular);
    paper_cell_text(paper, PAPER_CELL_CENTRED, unit->published != 0 ? "Đã" : "Chưa");
    paper_cell_text(paper, PAPER_CELL_CENTRED, used);
    paper_cell_text(paper, PAPER_CELL_CENTRED, unit->sent_number != NULL ? "Đã" : "Chưa");
}

static void write_units(Paper *paper, const Report *report) {
    static const char *const heads[] = {"STT",        "Cơ quan, đơn vị",      "Tài khoản/ số người",
                                        "Tỷ lệ",      "Thường xuyên sử dụng", "Công khai danh bạ",
                                        "Dung lượng", "Gửi báo cáo"};
    const PaperTable table = {.columns = G_N_ELEMENTS(heads),
                              .widths = {PAPER_MM(13), PAPER_MM(41), PAPER_MM(24), PAPER_MM(20),
                                         PAPER_MM(20), PAPER_MM(15), PAPER_MM(18), PAPER_MM(14)},
                              .lines = TRUE,
                              .headings = 1};
    guint place = 0;
    paper_new_page(paper);
    paper_text(paper, PAPER_NAME, "PHỤ LỤC");
    paper_text(paper, PAPER_TITLE, "Số liệu theo cơ quan, đơn vị gửi báo cáo");
    paper_text(paper, PAPER_TITLE, "");
    paper_table_begin(paper, &table);
    paper_row(paper);
    for (guint i = 0; i < G_N_ELEMENTS(heads); i++)
        paper_cell_text(paper, PAPER_CELL_HEAD, heads[i]);
    for (guint i = 0; i < report->units->len; i++)
        if (((const ReportUnit *)report->units->pdata[i])->reports)
            write_unit_row(paper, report->units->pdata[i], ++place);
    paper_table_end(paper);
}

static void write_title(Paper *paper, const Report *report) {
    g_autofree char *from = letter_day(report->from);
    g_autofree char *until = letter_day(report->until);
    paper_text(paper, PAPER_NAME, "BÁO CÁO");
    paper_text(paper, PAPER_TITLE,
               letter_or(regulation_text(report->regulation, REGULATION_REPORT_SUBJECT),
                         "Tình hình quản lý và sử dụng hệ thống thư điện tử công vụ"));
    paper_room(paper, 6 * 20);
    paper_line(paper, PAPER_WIDTH, PAPER_MM(55));
    paper_room(paper, 6 * 20);
    paper_printf(paper, PAPER_SIGNER_NOTE, "(Số liệu từ ngày %s đến hết ngày %s)", from, until);
}

void report_heading(const Report *report, LetterHead *head, LetterSigner *signer) {
    const Regulation *r = report->regulation;
    *head = (LetterHead){.superior = report->above != NULL ? report->above
                                                           : regulation_text(r, REGULATION_BODY),
                         .issuer = report->asked == NULL ? regulation_text(r, REGULATION_SUPERVISOR)
                                                         : report->asked->name,
                         .day = CALENDAR_NONE};
    *signer = (LetterSigner){.authority = report->asked == NULL ? NULL : "Thủ trưởng đơn vị"};
}

GBytes *report_docx(const Report *report, const LetterHead *head, const LetterSigner *signer,
                    GError **error) {
    g_autoptr(Paper) paper = paper_new("Báo cáo", TRUE);
    letter_head(paper, report->regulation, head, NULL, "BC");
    write_title(paper, report);
    paper_room(paper, 12 * 20);
    paper_text(paper, PAPER_HEADING, "1. Tình hình quản lý và sử dụng thư điện tử công vụ");
    write_holders(paper, &report->all);
    write_regular(paper, report);
    write_counting(paper, &report->all);
    write_published(paper, report);
    write_running(paper, report);
    write_proposals(paper);
    static const char *const rest[] = {"……………", NULL};
    g_autofree char *first = g_strdup(
        report->asked == NULL ? regulation_text(report->regulation, REGULATION_BODY)
                              : regulation_text(report->regulation, REGULATION_SUPERVISOR));
    letter_close(paper, report->regulation, signer, letter_or(first, "……………"), rest,
                 letter_given(signer->name) ? NULL : "(Ký tên, đóng dấu)");
    if (report->asked == NULL)
        write_units(paper, report);
    return paper_finish(paper, error);
}
