/* Roles: the whole matrix, role by action, within the own units and outside of them. */
#include "directory/role.h"

#include "directory/fixture.h"

/* Which roles may do it: within their unit; the two that reach everything, everywhere. */
static const struct {
    DirectoryAction action;
    const char *roles; /* first letters: d c f h p */
} matrix[] = {
    {ACTION_OWN_READ, "dcfhp"},        {ACTION_OWN_CHANGE, "dcfhp"},  {ACTION_UNIT_READ, "dcfhp"},
    {ACTION_UNIT_CHANGE, "c"},         {ACTION_ACCOUNT_READ, "dcfh"}, {ACTION_ACCOUNT_CHANGE, "c"},
    {ACTION_ACCOUNT_DELEGATE, "ch"},   {ACTION_REQUEST_READ, "dcfh"}, {ACTION_REQUEST_FILE, "cf"},
    {ACTION_REQUEST_DECIDE, "c"},      {ACTION_AUDIT_READ, "dc"},     {ACTION_ROLE_READ, "dc"},
    {ACTION_ROLE_CHANGE, "c"},         {ACTION_REPORT_READ, "dcfh"},  {ACTION_REPORT_RECORD, "dc"},
    {ACTION_DIRECTORY_EXCEPT, "ch"},   {ACTION_NOTICE_READ, "dcfhp"}, {ACTION_NOTICE_CHANGE, "c"},
    {ACTION_INCIDENT_REPORT, "dcfhp"}, {ACTION_INCIDENT_READ, "dch"}, {ACTION_INCIDENT_HANDLE, "c"},
    {ACTION_INCIDENT_EXPORT, "c"},     {ACTION_MESSAGE_FIND, "dc"},   {ACTION_MESSAGE_TAKE, "c"},
    {ACTION_HOLD_READ, "dc"},          {ACTION_HOLD_CHANGE, "c"},     {ACTION_ACCESS_READ, "dch"},
    {ACTION_ACCESS_ASK, "ch"},         {ACTION_ACCESS_DECIDE, "dh"},  {ACTION_AUDIT_EXPORT, "dc"},
};

typedef struct {
    gint64 above, below, other; /* units: stttt, an office of it, another department */
    gint64 people[ROLES];
} Body;

static gint64 unit_id(Fixture *f, const char *key) {
    g_autoptr(DirectoryUnit) unit = directory_unit_find(f->directory, key, NULL);
    assert_non_null(unit);
    return unit->id;
}

static void grant(Fixture *f, const char *account, DirectoryRole role, const char *unit) {
    DirectoryNewRole new = {account, role, unit, "Số 7/QĐ"};
    g_autoptr(GError) error = NULL;
    if (!directory_role_grant(f->directory, &new, &act, &error))
        fail_msg("%s", error->message);
}

static Body body_of(Fixture *f) {
    department(f);
    unit_named(f, "office", "Phòng Hành chính", "phc", "stttt", "phc.stttt");
    unit_named(f, "department", "Sở Nội vụ", "snv", NULL, "snv");
    Body body = {unit_id(f, "stttt"), unit_id(f, "phc.stttt"), unit_id(f, "snv"), {0}};
    static const char *const names[ROLES] = {"Trần Văn Dũng", "Trần Văn Cường", "Trần Văn Phong",
                                             "Trần Văn Hùng", "Trần Văn Anh"};
    static const char *const locals[ROLES] = {"tvdung.stttt", "tvcuong.stttt", "tvphong.stttt",
                                              "tvhung.stttt", "tvanh.stttt"};
    for (int role = 0; role < ROLES; role++) {
        g_autofree char *address = g_strconcat(locals[role], "@bacninh.gov.vn", NULL);
        body.people[role] = person(f, "stttt", names[role], address);
        if (role != ROLE_PERSON)
            grant(f, address, (DirectoryRole)role, role < ROLE_FOCAL ? NULL : "stttt");
    }
    return body;
}

static void every_role_may_do_what_the_matrix_says_and_no_more(void **state) {
    Fixture *f = *state;
    Body body = body_of(f);
    assert_int_equal(G_N_ELEMENTS(matrix), ACTIONS);
    for (int i = 0; i < ACTIONS; i++) {
        for (int role = 0; role < ROLES; role++) {
            DirectoryAction action = matrix[i].action;
            gint64 who = body.people[role];
            gboolean allowed =
                strchr(matrix[i].roles, directory_role_name((DirectoryRole)role)[0]) != NULL;
            gboolean everywhere = role < ROLE_FOCAL || strchr(matrix[i].roles, 'p') != NULL;
            const struct {
                gint64 unit;
                gboolean expected;
            } cases[] = {
                {body.above, allowed},
                {body.below, allowed},
                {body.other, allowed && everywhere},
                {0, allowed && everywhere},
            };
            for (gsize n = 0; n < G_N_ELEMENTS(cases); n++)
                if (directory_may(f->directory, who, action, cases[n].unit, NULL) !=
                    cases[n].expected)
                    fail_msg("%s, %s, case %zu", directory_role_name((DirectoryRole)role),
                             directory_action_name(action), n);
            assert_int_equal(directory_may_somewhere(f->directory, who, action, NULL), allowed);
        }
    }
}

static void a_refusal_says_whose_it_is_and_by_which_article(void **state) {
    Fixture *f = *state;
    Body body = body_of(f);
    assert_refused(directory_may(f->directory, body.people[ROLE_HEAD], ACTION_ACCOUNT_CHANGE,
                                 body.above, error),
                   CV_ERROR_DENIED,
                   "đơn vị quản trị, vận hành, trong phạm vi được giao (Điều 4.1)");
}

static void a_role_ends_when_it_is_revoked_and_rests_while_the_account_is_locked(void **state) {
    Fixture *f = *state;
    Body body = body_of(f);
    gint64 who = body.people[ROLE_HEAD];
    assert_true(
        directory_account_set_state(f->directory, "tvhung.stttt", DIRECTORY_LOCKED, &act, NULL));
    assert_false(directory_may(f->directory, who, ACTION_ACCOUNT_READ, body.above, NULL));
    assert_true(
        directory_account_set_state(f->directory, "tvhung.stttt", DIRECTORY_ACTIVE, &act, NULL));
    assert_true(directory_may(f->directory, who, ACTION_ACCOUNT_READ, body.above, NULL));
    DirectoryNewRole role = {"tvhung.stttt", ROLE_HEAD, "stttt", NULL};
    assert_true(directory_role_revoke(f->directory, &role, &act, NULL));
    assert_false(directory_may(f->directory, who, ACTION_ACCOUNT_READ, body.above, NULL));
    assert_refused(directory_role_revoke(f->directory, &role, &act, error), CV_ERROR_NOT_FOUND,
                   "has no such role");
}

static void what_is_no_grant_is_refused(void **state) {
    Fixture *f = *state;
    body_of(f);
    static const struct {
        DirectoryNewRole role;
        CvErrorKind kind;
        const char *text;
    } wrong[] = {
        {{"tvanh.stttt", ROLE_HEAD, NULL, "Số 7"}, CV_ERROR_INPUT, "needs a unit"},
        {{"tvanh.stttt", ROLE_CENTRE, "stttt", "Số 7"}, CV_ERROR_INPUT, "give no unit"},
        {{"tvanh.stttt", ROLE_HEAD, "stttt", ""}, CV_ERROR_INPUT, "decision's number"},
        {{"tvanh.stttt", ROLE_PERSON, NULL, "Số 7"}, CV_ERROR_INPUT, "needs a unit"},
        {{"stttt", ROLE_HEAD, "stttt", "Số 7"}, CV_ERROR_INPUT, "only a person"},
        {{"khongco", ROLE_HEAD, "stttt", "Số 7"}, CV_ERROR_NOT_FOUND, "khongco"},
        {{"tvanh.stttt", ROLE_HEAD, "khongco", "Số 7"}, CV_ERROR_NOT_FOUND, "khongco"},
        {{"tvhung.stttt", ROLE_HEAD, "stttt", "Số 7"}, CV_ERROR_EXISTS, "has this role already"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++)
        assert_refused(directory_role_grant(f->directory, &wrong[i].role, &act, error),
                       wrong[i].kind, wrong[i].text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(every_role_may_do_what_the_matrix_says_and_no_more),
        TEST(a_refusal_says_whose_it_is_and_by_which_article),
        TEST(a_role_ends_when_it_is_revoked_and_rests_while_the_account_is_locked),
        TEST(what_is_no_grant_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
