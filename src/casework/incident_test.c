/* Cases: their states, what each act needs, what the trail opens, what waits in mail.db
 * [Điều 8, 12.3, 13.2]. */
#include "casework/incident.h"

#include "base/clock.h"
#include "directory/fixture.h"
#include "directory/forward.h"
#include "directory/transact.h"

static const AuditAct by = {"ltcuc.stttt@bacninh.gov.vn (api)", "Điều 12.3"};

#define ANH "tvanh.stttt@bacninh.gov.vn"

static gint64 open_case(Fixture *f, const char *kind, const char *account) {
    const NewIncident new = {
        .kind = kind, .what = "gửi thư rác", .account = account, .source = INCIDENT_OPERATOR};
    g_autoptr(GError) error = NULL;
    g_autoptr(Incident) made = incident_report(f->directory, f->regulation, &new, &by, &error);
    if (made == NULL)
        fail_msg("%s", error->message);
    return made->id;
}

static Incident *now(Fixture *f, gint64 id) {
    Incident *found = incident_find(f->directory, f->regulation, id, NULL);
    assert_non_null(found);
    return found;
}

static void take(Fixture *f, gint64 id) {
    const IncidentTake how = {0};
    assert_true(incident_take(f->directory, f->regulation, id, &how, &by, NULL));
}

static gboolean try_measure(Fixture *f, gint64 id, const NewMeasure *measure, GError **error) {
    return incident_measure(f->directory, f->regulation, id, measure, &by, error);
}

static const NewMeasure warning = {.kind = MEASURE_WARNING, .text = "nhắc nhở"};

typedef struct {
    const char *act;
    guint found;
} Acts;

static gboolean count_act(const AuditRecord *record, gpointer data) {
    Acts *acts = data;
    acts->found += g_str_equal(record->change.act, acts->act);
    return TRUE;
}

static guint acts_of(Fixture *f, const char *subject, const char *wanted) {
    Acts acts = {wanted, 0};
    g_autoptr(DbConn) conn = db_read_begin(f->db, NULL);
    assert_true(audit_each(conn, subject, 0, count_act, &acts, NULL));
    return acts.found;
}

/* [R041] [R075] */
static void a_case_goes_from_new_to_closed_with_every_step_on_record(void **state) {
    Fixture *f = *state;
    department(f);
    gint64 anh = person(f, "stttt", "Trần Văn Anh", ANH);
    gint64 id = open_case(f, "spam", ANH);
    {
        g_autoptr(Incident) i = now(f, id);
        assert_int_equal(i->state, INCIDENT_NEW);
        assert_int_equal(i->account, anh);
        assert_string_equal(i->address, ANH);
        assert_string_equal(i->person, "Trần Văn Anh");
        assert_string_equal(i->unit_address, "stttt");
        assert_string_equal(i->article, "Điều 8.3");
        assert_string_equal(i->kind_text, "thư rác");
        assert_string_equal(i->name, "SC-1");
    }
    take(f, id);
    const NewMeasure measure = {.kind = MEASURE_DISCIPLINE,
                                .text = "khiển trách",
                                .decided_by = "Nguyễn Văn Hùng, Giám đốc",
                                .document = "Số 12/QĐ-STTTT ngày 06/7/2026"};
    assert_true(try_measure(f, id, &measure, NULL));
    assert_true(incident_close(f->directory, id, INCIDENT_VIOLATION, "đã rõ", &by, NULL));
    g_autoptr(Incident) i = now(f, id);
    assert_int_equal(i->state, INCIDENT_CLOSED);
    assert_int_equal(i->result, INCIDENT_VIOLATION);
    assert_string_equal(i->handler, by.who);
    assert_string_equal(i->closed_by, by.who);
    assert_string_equal(i->closed_why, "đã rõ");
    assert_int_equal(i->measures, 1);
    static const char *const acts[] = {"incident.open", "incident.take", "incident.measure",
                                       "incident.close"};
    for (gsize n = 0; n < G_N_ELEMENTS(acts); n++)
        assert_int_equal(acts_of(f, "SC-1", acts[n]), 1);
    g_autoptr(GPtrArray) rows = incident_measures(f->directory, 0, 0, 0, NULL);
    assert_int_equal(rows->len, 1);
    const IncidentMeasureRow *row = rows->pdata[0];
    assert_string_equal(row->person, "Trần Văn Anh");
    assert_string_equal(row->decided_by, "Nguyễn Văn Hùng, Giám đốc");
    assert_string_equal(row->document, "Số 12/QĐ-STTTT ngày 06/7/2026");
    assert_string_equal(row->article, "8.3");
}

/* [R041] */
static void no_act_may_come_before_its_time(void **state) {
    Fixture *f = *state;
    department(f);
    person(f, "stttt", "Trần Văn Anh", ANH);
    gint64 id = open_case(f, "spam", ANH);
    assert_refused(try_measure(f, id, &warning, error), CV_ERROR_REFUSED, "take it first");
    assert_refused(incident_close(f->directory, id, INCIDENT_UNFOUNDED, "x", &by, error),
                   CV_ERROR_REFUSED, "nobody has taken");
    take(f, id);
    assert_refused(incident_close(f->directory, id, INCIDENT_VIOLATION, "x", &by, error),
                   CV_ERROR_REFUSED, "needs a measure");
    assert_true(incident_close(f->directory, id, INCIDENT_UNFOUNDED, "thư bình thường", &by, NULL));
    assert_refused(incident_close(f->directory, id, INCIDENT_UNFOUNDED, "x", &by, error),
                   CV_ERROR_REFUSED, "closed already");
    assert_refused(try_measure(f, id, &warning, error), CV_ERROR_REFUSED, "đã kết thúc");
    IncidentTake again = {0};
    assert_refused(incident_take(f->directory, f->regulation, id, &again, &by, error),
                   CV_ERROR_REFUSED, "give a reason");
    again.reason = "có chứng cứ mới";
    assert_true(incident_take(f->directory, f->regulation, id, &again, &by, NULL));
    g_autoptr(Incident) i = now(f, id);
    assert_int_equal(i->state, INCIDENT_TAKEN);
    assert_int_equal(i->result, INCIDENT_OPEN);
    assert_int_equal(i->closed, 0);
    assert_int_equal(acts_of(f, "SC-1", "incident.reopen"), 1);
}

static gboolean try_report(Fixture *f, const NewIncident *new, GError **error) {
    g_autoptr(Incident) made = incident_report(f->directory, f->regulation, new, &by, error);
    return made != NULL;
}

static void what_is_no_report_is_refused_and_leaves_nothing(void **state) {
    Fixture *f = *state;
    department(f);
    g_autofree char *long_text = g_strnfill(INCIDENT_TEXT_CHARACTERS + 1, 'a');
    const struct {
        NewIncident new;
        CvErrorKind kind;
        const char *text;
    } wrong[] = {
        {{.kind = "khong-co", .what = "x"}, CV_ERROR_INPUT, "one of content, virus"},
        {{.what = "x"}, CV_ERROR_INPUT, "no such kind"},
        {{.kind = "spam"}, CV_ERROR_INPUT, "one line"},
        {{.kind = "spam", .what = " "}, CV_ERROR_INPUT, "one line"},
        {{.kind = "spam", .what = "a\nb"}, CV_ERROR_INPUT, "one line"},
        {{.kind = "spam", .what = "\xff"}, CV_ERROR_INPUT, "one line"},
        {{.kind = "spam", .what = long_text}, CV_ERROR_INPUT, "one line"},
        {{.kind = "spam", .what = "x", .account = "khong.co"}, CV_ERROR_NOT_FOUND, "khong.co"},
        {{.kind = "spam", .what = "x", .unit = "khongco"}, CV_ERROR_NOT_FOUND, "khongco"},
        {{.kind = "spam", .what = "x", .happened = G_MAXINT64}, CV_ERROR_INPUT, "in the future"},
        {{.kind = "spam", .what = "x", .happened = -1}, CV_ERROR_INPUT, "in the future"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++)
        assert_refused(try_report(f, &wrong[i].new, error), wrong[i].kind, wrong[i].text);
    const IncidentFilter all = {.state = INCIDENT_STATES};
    g_autoptr(GPtrArray) list = incident_list(f->directory, f->regulation, &all, NULL);
    assert_int_equal(list->len, 0);
}

static void what_is_no_act_is_refused(void **state) {
    Fixture *f = *state;
    department(f);
    person(f, "stttt", "Trần Văn Anh", ANH);
    gint64 id = open_case(f, "spam", NULL);
    take(f, id);
    const struct {
        NewMeasure measure;
        CvErrorKind kind;
        const char *text;
    } wrong[] = {
        {{.kind = MEASURE_WARNING}, CV_ERROR_INPUT, "one line"},
        {{.kind = MEASURE_WARNING, .text = "a\r\nb"}, CV_ERROR_INPUT, "one line"},
        {{.kind = MEASURE_LOCK}, CV_ERROR_INPUT, "names no account"},
        {{.kind = MEASURE_LOCK, .account = "khong.co"}, CV_ERROR_NOT_FOUND, "khong.co"},
        {{.kind = MEASURE_LOCK, .account = ANH, .article = "9.9"}, CV_ERROR_REFUSED, "8.1"},
        {{.kind = MEASURE_DISCIPLINE, .text = "x"}, CV_ERROR_INPUT, "who decided"},
        {{.kind = MEASURE_DISCIPLINE, .text = "x", .decided_by = "A"}, CV_ERROR_INPUT, "document"},
        {{.kind = MEASURE_WARNING, .text = "x", .decided_by = "a\nb"}, CV_ERROR_INPUT, "one line"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++)
        assert_refused(try_measure(f, id, &wrong[i].measure, error), wrong[i].kind, wrong[i].text);
    {
        g_autoptr(Incident) i = now(f, id);
        assert_int_equal(i->state, INCIDENT_TAKEN); /* nothing half done */
        assert_int_equal(i->measures, 0);
    }
    const IncidentTake bad = {.kind = "khong-co"}, nobody = {.account = "khong.co"};
    assert_refused(incident_take(f->directory, f->regulation, id, &bad, &by, error), CV_ERROR_INPUT,
                   "no such kind");
    assert_refused(incident_take(f->directory, f->regulation, id, &nobody, &by, error),
                   CV_ERROR_NOT_FOUND, "khong.co");
    assert_refused(incident_take(f->directory, f->regulation, 99, &nobody, &by, error),
                   CV_ERROR_NOT_FOUND, "SC-99");
    assert_refused(incident_close(f->directory, id, INCIDENT_OPEN, "x", &by, error), CV_ERROR_INPUT,
                   "one of them");
    assert_refused(incident_close(f->directory, id, INCIDENT_NO_BLAME, "", &by, error),
                   CV_ERROR_INPUT, "one line");
    gint64 number;
    static const char *const names[] = {
        "", "SC-", "SC-0", "0", "-1", "SC-1x", "9223372036854775808"};
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        assert_false(incident_parse(names[i], &number));
    assert_true(incident_parse("sc-12", &number) && number == 12);
}

/* [R041] [Điều 4.2.c] */
static void a_lock_is_done_by_its_measure_with_the_case_as_evidence(void **state) {
    Fixture *f = *state;
    department(f);
    person(f, "stttt", "Trần Văn Anh", ANH);
    gint64 spam = open_case(f, "spam", ANH);
    take(f, spam);
    const NewMeasure lock = {.kind = MEASURE_LOCK};
    g_autoptr(GError) failure = NULL;
    if (!try_measure(f, spam, &lock, &failure))
        fail_msg("%s", failure->message);
    g_autoptr(DirectoryAccount) account = directory_account_find(f->directory, ANH, NULL);
    assert_int_equal(account->state, DIRECTORY_LOCKED);
    assert_refused(try_measure(f, spam, &lock, error), CV_ERROR_EXISTS, "already");
    {
        g_autoptr(Incident) i = now(f, spam);
        assert_int_equal(i->measures, 1); /* the second left nothing */
        assert_int_equal(i->state, INCIDENT_MEASURED);
    }
    /* The lock is this case's: the trail opens no other. */
    assert_true(incident_scan(f->directory, f->regulation, NULL));
    const IncidentFilter all = {.state = INCIDENT_STATES};
    g_autoptr(GPtrArray) list = incident_list(f->directory, f->regulation, &all, NULL);
    assert_int_equal(list->len, 1);
}

/* ---- The trail ---- */

static GPtrArray *scanned(Fixture *f) {
    const IncidentFilter all = {.state = INCIDENT_STATES};
    assert_true(incident_scan(f->directory, f->regulation, NULL));
    GPtrArray *list = incident_list(f->directory, f->regulation, &all, NULL);
    assert_non_null(list);
    return list;
}

static void forward(Fixture *f) {
    const DirectoryNewForward out = {.account = ANH, .target = "anh@gmail.com"};
    assert_false(directory_forward_set(f->directory, f->regulation, &out, &act, NULL));
}

/* [R041] [Điều 8.5] */
static void attempts_to_forward_become_one_case_while_it_is_open(void **state) {
    Fixture *f = *state;
    department(f);
    person(f, "stttt", "Trần Văn Anh", ANH);
    forward(f);
    forward(f);
    g_autoptr(GPtrArray) list = scanned(f);
    assert_int_equal(list->len, 1);
    const Incident *i = list->pdata[0];
    assert_string_equal(i->kind, "forwarding");
    assert_string_equal(i->address, ANH);
    assert_int_equal(i->source, INCIDENT_SYSTEM);
    assert_int_equal(i->events, 2);
    assert_non_null(strstr(i->what, "anh@gmail.com"));
    g_autoptr(GPtrArray) again = scanned(f); /* nothing twice */
    assert_int_equal(again->len, 1);
    assert_int_equal(((const Incident *)again->pdata[0])->events, 2);
    take(f, i->id);
    assert_true(incident_close(f->directory, i->id, INCIDENT_NO_BLAME, "đã nhắc", &by, NULL));
    forward(f);
    g_autoptr(GPtrArray) later = scanned(f);
    assert_int_equal(later->len, 2);
}

/* [R041] [Điều 4.2.c] */
static void a_lock_without_a_case_opens_one(void **state) {
    Fixture *f = *state;
    department(f);
    person(f, "stttt", "Trần Văn Anh", ANH);
    person(f, "stttt", "Nguyễn Thị Bình", "ntbinh.stttt@bacninh.gov.vn");
    const DirectoryLock takeover = {
        .address = ANH, .cause = LOCK_TAKEOVER, .evidence = "đăng nhập từ nước ngoài"};
    const DirectoryLock forbidden = {.address = "ntbinh.stttt",
                                     .cause = LOCK_FORBIDDEN,
                                     .clause = "8.1",
                                     .evidence = "thư \"x\""};
    assert_true(directory_account_lock(f->directory, f->regulation, &takeover, &act, NULL));
    assert_true(directory_account_lock(f->directory, f->regulation, &forbidden, &act, NULL));
    assert_true(directory_account_set_state(f->directory, ANH, DIRECTORY_ACTIVE, &act, NULL));
    assert_true(directory_account_set_state(f->directory, ANH, DIRECTORY_LOCKED, &act, NULL));
    g_autoptr(GPtrArray) list = scanned(f);
    assert_int_equal(list->len, 2); /* the request's lock is no case */
    assert_string_equal(((const Incident *)list->pdata[0])->kind, "content");
    assert_string_equal(((const Incident *)list->pdata[1])->kind, "takeover");
}

/* ---- Evidence ---- */

/* What waits, as store_evidence_read gives it. */
static StoreEvidenceRead waiting(gint64 id, gint64 reporter, const char *message) {
    StoreEvidenceRead read = {
        .address = g_strdup(reporter == 0 ? "" : ANH), .kind = g_strdup(""), .what = g_strdup("")};
    buffer_init(&read.bytes, 1 << 20);
    buffer_append_string(&read.bytes, message);
    read.row = (StoreEvidence){.id = id,
                               .size = read.bytes.n,
                               .reporter = reporter,
                               .address = read.address,
                               .kind = read.kind,
                               .what = read.what,
                               .received = clock_now()};
    return read;
}

#define REPORT(id)                                                                                 \
    "From: Tran Van Anh <" ANH ">\r\nSubject: Fwd: thu rac\r\nMessage-ID: <report" id "@x>\r\n"    \
    "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nxem "        \
    "giup\r\n"                                                                                     \
    "--b\r\nContent-Type: message/rfc822\r\n\r\nFrom: ke.xau@example.com\r\nSubject: Trung thuong" \
    "\r\nMessage-ID: <bad@example.com>\r\n\r\nbam vao day\r\n--b--\r\n"

static gint64 take_report(Fixture *f, gint64 row, gint64 reporter, const char *message,
                          gboolean opened) {
    g_auto(StoreEvidenceRead) read = waiting(row, reporter, message);
    g_auto(IncidentTaken) taken = {0};
    g_autoptr(GError) error = NULL;
    if (!incident_take_evidence(f->directory, f->regulation, &read, &taken, &error))
        fail_msg("%s", error->message);
    assert_true(taken.opened == opened);
    return taken.incident->id;
}

/* [R072] */
static void reports_of_one_message_are_one_case_and_a_report_that_is_tried_again_too(void **state) {
    Fixture *f = *state;
    department(f);
    gint64 anh = person(f, "stttt", "Trần Văn Anh", ANH);
    gint64 binh = person(f, "stttt", "Nguyễn Thị Bình", "ntbinh.stttt@bacninh.gov.vn");
    gint64 first = take_report(f, 1, anh, REPORT("1"), TRUE);
    assert_int_equal(take_report(f, 1, anh, REPORT("1"), FALSE), first); /* a crash came */
    assert_int_equal(take_report(f, 2, binh, REPORT("2"), FALSE), first);
    g_autoptr(Incident) i = now(f, first);
    assert_string_equal(i->kind, "spam");
    assert_string_equal(i->about, "bad@example.com");
    assert_string_equal(i->reporter_address, ANH);
    assert_non_null(strstr(i->what, "ke.xau@example.com"));
    assert_int_equal(i->source, INCIDENT_MAIL);
    assert_int_equal(i->evidence, 2);
    assert_int_equal(i->events, 1);
    take(f, first);
    assert_true(incident_close(f->directory, first, INCIDENT_NO_BLAME, "đã xong", &by, NULL));
    assert_true(take_report(f, 3, binh, REPORT("3"), TRUE) != first);
    g_autoptr(GPtrArray) evidence = incident_evidence(f->directory, first, NULL);
    const IncidentEvidence *e = evidence->pdata[0];
    g_autofree char *sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, REPORT("1"), -1);
    assert_string_equal(e->sha256, sum);
    assert_string_equal(e->subject, "Trung thuong");
    assert_string_equal(e->sender, "ke.xau@example.com");
}

/* [R072] */
static void one_person_opens_no_more_than_so_many_cases_a_day(void **state) {
    Fixture *f = *state;
    department(f);
    gint64 anh = person(f, "stttt", "Trần Văn Anh", ANH);
    gint64 last = 0;
    for (gint64 n = 1; n <= INCIDENT_REPORTER_MOST; n++)
        last = take_report(f, n, anh, "Subject: spam\r\n\r\n", TRUE);
    assert_int_equal(take_report(f, 1000, anh, "Subject: spam\r\n\r\n", FALSE), last);
    const NewIncident more = {.kind = "spam", .what = "x", .reporter = anh};
    assert_refused(try_report(f, &more, error), CV_ERROR_LIMIT, "50 vụ việc");
    gint64 binh = person(f, "stttt", "Nguyễn Thị Bình", "ntbinh.stttt@bacninh.gov.vn");
    take_report(f, 1001, binh, "Subject: spam\r\n\r\n", TRUE);
    clock_set_offset(G_GINT64_CONSTANT(90000) * CLOCK_SECOND);
    take_report(f, 1002, anh, "Subject: spam\r\n\r\n", TRUE);
}

static void any_bytes_are_evidence(void **state) {
    Fixture *f = *state;
    department(f);
    gint64 anh = person(f, "stttt", "Trần Văn Anh", ANH);
    static const char *const messages[] = {"",
                                           "\r\n",
                                           "Subject: \xff\xfe\r\n\r\n",
                                           "Subject: =?x?q?",
                                           "From: @\r\nSubject: a\tb\r\n\r\n",
                                           "Content-Type: message/rfc822\r\n\r\n",
                                           "References: <a@b> <c@d>\r\nSubject: Fwd\r\n\r\nx"};
    for (gsize n = 0; n < G_N_ELEMENTS(messages); n++) {
        gint64 id = take_report(f, (gint64)n + 1, anh, messages[n], TRUE);
        g_autoptr(Incident) i = now(f, id);
        assert_true(*i->what != '\0' && g_utf8_validate(i->what, -1, NULL));
        assert_int_equal(strcspn(i->what, "\r\n\t"), strlen(i->what));
    }
    g_autoptr(Incident) last = now(f, (gint64)G_N_ELEMENTS(messages));
    assert_string_equal(last->about, "c@d"); /* what a forward inside of the text refers to */
}

static void an_attached_message_is_found_as_it_stands(void **state) {
    (void)state;
    Bytes attached = incident_attached(bytes_of_string(REPORT("1")));
    assert_true(bytes_starts_nocase(attached, "From: ke.xau@example.com"));
    assert_int_equal(incident_attached(BYTES_LITERAL("Subject: x\r\n\r\ny")).n, 0);
    assert_int_equal(incident_attached(BYTES_LITERAL("")).n, 0);
}

/* ---- Counting ---- */

static void add_count(gint64 unit, const char *kind, gint64 count, gpointer data) {
    (void)unit;
    g_string_append_printf(data, "%s %d;", kind, (int)count);
}

/* [R075] [Điều 11.2] */
static void unfounded_cases_are_not_counted(void **state) {
    Fixture *f = *state;
    department(f);
    person(f, "stttt", "Trần Văn Anh", ANH);
    open_case(f, "virus", ANH);
    gint64 id = open_case(f, "spam", ANH);
    open_case(f, "spam", NULL);
    take(f, id);
    assert_true(incident_close(f->directory, id, INCIDENT_UNFOUNDED, "nhầm", &by, NULL));
    g_autoptr(GString) all = g_string_new(NULL), none = g_string_new(NULL);
    gint64 began = 0;
    assert_true(incident_count(f->directory, 0, G_MAXINT64, &began, add_count, all, NULL));
    assert_string_equal(all->str, "spam 1;virus 1;");
    assert_true(began > 0 && began <= clock_now());
    assert_true(incident_count(f->directory, 0, 1, &began, add_count, none, NULL));
    assert_string_equal(none->str, "");
}

/* [R068] */
static void a_letter_needs_a_unit(void **state) {
    Fixture *f = *state;
    department(f);
    person(f, "stttt", "Trần Văn Anh", ANH);
    const IncidentLetter letter = {.head = {.day = CALENDAR_NONE}, .answer = CALENDAR_NONE};
    gint64 with = open_case(f, "spam", ANH), without = open_case(f, "stop", NULL);
    g_autoptr(GBytes) file = incident_letter(f->directory, f->regulation, with, &letter, NULL);
    assert_non_null(file);
    g_autoptr(GError) failure = NULL;
    assert_null(incident_letter(f->directory, f->regulation, without, &letter, &failure));
    assert_true(cv_error_is(failure, CV_ERROR_REFUSED));
    assert_true(incident_letter_sent(f->directory, with, "5/TTCNTTTT", 20000, &by, NULL));
    assert_refused(incident_letter_sent(f->directory, with, "", 20000, &by, error), CV_ERROR_INPUT,
                   "one line");
    assert_refused(incident_letter_sent(f->directory, with, "5", CALENDAR_NONE, &by, error),
                   CV_ERROR_INPUT, "date");
    g_autoptr(Incident) i = now(f, with);
    assert_string_equal(i->letter_number, "5/TTCNTTTT");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_case_goes_from_new_to_closed_with_every_step_on_record),
        TEST(no_act_may_come_before_its_time),
        TEST(what_is_no_report_is_refused_and_leaves_nothing),
        TEST(what_is_no_act_is_refused),
        TEST(a_lock_is_done_by_its_measure_with_the_case_as_evidence),
        TEST(attempts_to_forward_become_one_case_while_it_is_open),
        TEST(a_lock_without_a_case_opens_one),
        TEST(reports_of_one_message_are_one_case_and_a_report_that_is_tried_again_too),
        TEST(one_person_opens_no_more_than_so_many_cases_a_day),
        TEST(any_bytes_are_evidence),
        TEST(an_attached_message_is_found_as_it_stands),
        TEST(unfounded_cases_are_not_counted),
        TEST(a_letter_needs_a_unit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
