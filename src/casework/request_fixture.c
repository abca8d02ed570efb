/* See request_fixture.h. */
#include "casework/request_fixture.h"

#include "base/clock.h"
#include "regulation/calendar.h"

static gint64 day_at(const char *text) {
    CalendarDay day = 0;
    assert_true(calendar_parse(bytes_of_string(text), &day));
    return ((gint64)day * 24 - 7 + 9) * 3600 * CLOCK_SECOND;
}

/* The clock stands at nine in the morning of this day. */
void today_is(const char *day) {
    clock_set_offset(0);
    clock_set_offset(day_at(day) - clock_now());
}

Request *take(Fixture *f, const char *csv, const char *number, GPtrArray **lines, GError **error) {
    RequestDocument document = {.unit = "stttt",
                                .number = number,
                                .dated = "2022-06-15",
                                .signer = "Nguyễn Văn Hùng",
                                .signer_title = "Giám đốc"};
    return request_import(f->directory, f->regulation, bytes_of_string(csv), &document, &act, lines,
                          error);
}

gint64 taken(Fixture *f, const char *csv, const char *number) {
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) lines = NULL;
    g_autoptr(Request) request = take(f, csv, number, &lines, &error);
    if (request == NULL)
        fail_msg("%s", error->message);
    return request->id;
}

gboolean approve(Fixture *f, gint64 id, guint line, gboolean return_wrong, GError **error) {
    RequestChoice choice = {&line, line == 0 ? 0 : 1, return_wrong};
    return request_approve(f->directory, f->regulation, id, &choice, &act, error);
}

void approved(Fixture *f, gint64 id) {
    g_autoptr(GError) error = NULL;
    if (!approve(f, id, 0, FALSE, &error))
        fail_msg("%s", error->message);
}

void rejected(Fixture *f, gint64 id, guint line, const char *reason) {
    RequestChoice choice = {&line, 1, FALSE};
    g_autoptr(GError) error = NULL;
    if (!request_reject(f->directory, f->regulation, id, &choice, reason, &act, &error))
        fail_msg("%s", error->message);
}

RequestState state_of(Fixture *f, gint64 id) {
    g_autoptr(Request) request = request_find(f->directory, f->regulation, id, NULL);
    assert_non_null(request);
    return request->state;
}

/* The line's finding has this text; "" for none. */
void found(Fixture *f, gint64 id, guint line, const char *text) {
    g_autoptr(GPtrArray) lines = request_lines(f->directory, id, NULL);
    assert_non_null(lines);
    const RequestLine *l = lines->pdata[line - 1];
    if (*text == '\0' ? *l->finding != '\0' : strstr(l->finding, text) == NULL)
        fail_msg("line %u: \"%s\" is not in: %s", line, text, l->finding);
}

void addressed(Fixture *f, gint64 id, guint line, const char *address) {
    g_autoptr(GPtrArray) lines = request_lines(f->directory, id, NULL);
    const RequestLine *l = lines->pdata[line - 1];
    assert_string_equal(l->address, address);
}

void body(Fixture *f) {
    today_is("2022-06-16");
    department(f);
    unit_named(f, "office", "Phòng Hành chính", "phc", "stttt", "phc.stttt");
    unit_named(f, "department", "Sở Nội vụ", "snv", NULL, "snv");
    unit_named(f, "district", "huyện Yên Phong", "yp", NULL, "yenphong");
    unit_named(f, "commune", "xã Tam Giang", NULL, "yenphong", "tamgiang.yenphong");
}

DirectoryState state_at(Fixture *f, const char *address) {
    g_autoptr(DirectoryAccount) account = directory_account_find(f->directory, address, NULL);
    assert_non_null(account);
    return account->state;
}
