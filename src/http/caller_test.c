/* Whom a request is from: by cookie or by Basic; and that a cookie that another site's page makes a
 * browser send does nothing. */
#include "http/caller.h"

#include "base/clock.h"
#include "directory/account.h"
#include "directory/session.h"
#include "directory/unit.h"
#include "net/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib/gstdio.h>

#define ADDRESS  "tvanh.stttt@bacninh.gov.vn"
#define PASSWORD "Matkhau@2022"
#define HOST     "Host: mail.bacninh.gov.vn\r\n"
#define OWN      "Origin: https://mail.bacninh.gov.vn\r\n"

typedef struct {
    char *folder, *path;
    Db *db;
    Directory *directory;
    Auth *auth;
    char *token;
} Fixture;

static const AuditAct act = {"test (uid 0)", "test"};

static void attempt_free(gpointer attempt) {
    auth_attempt_free(attempt);
}

static HttpVerdict who(HttpCall *call) {
    AuthAttempt *attempt = http_kept(call);
    if (attempt == NULL &&
        (attempt = http_caller_begin(call, http_service_data(call), "api")) != NULL)
        http_keep(call, attempt, attempt_free);
    HttpVerdict verdict;
    if (!http_caller_ready(call, attempt, 0, &verdict))
        return verdict;
    g_autofree char *text = g_strdup_printf("%s by %s", auth_owner(attempt)->address,
                                            auth_session(attempt) != 0 ? "cookie" : "password");
    http_answer(call, 200, "text/plain", bytes_of_string(text));
    return HTTP_DONE;
}

static const HttpRoute routes[] = {
    {HTTP_GET, "/who", 0, who, NULL},
    {HTTP_POST, "/who", 100, who, NULL},
    {HTTP_DELETE, "/who", 0, who, NULL},
    {0},
};

static int set_up(void **state) {
    crypto_init();
    Fixture *f = g_new0(Fixture, 1);
    f->folder = g_dir_make_tmp("caller-XXXXXX", NULL);
    f->path = g_build_filename(f->folder, "admin.db", NULL);
    f->db = db_open(f->path, &directory_schema, DB_OPEN_CREATE, NULL);
    f->directory = directory_open(f->db, "bacninh.gov.vn", NULL);
    g_autofree char *file =
        g_build_filename(g_getenv("CV_SOURCE_ROOT"), "regulations", "bacninh-06-2022.conf", NULL);
    g_autoptr(Regulation) regulation = regulation_load(file, NULL);
    DirectoryNewUnit unit = {
        .kind = "department", .name = "Sở Thông tin và Truyền thông", .abbreviation = "stttt"};
    directory_unit_free(directory_unit_add(f->directory, regulation, &unit, &act, NULL));
    DirectoryNewAccount person = {
        .unit = "stttt", .name = "Trần Văn Anh", .password = BYTES_LITERAL(PASSWORD)};
    g_autoptr(DirectoryAccount) account =
        directory_account_create(f->directory, regulation, &person, &act, NULL);
    assert_non_null(account);
    AuthOptions options;
    auth_options_init(&options);
    f->auth = auth_new(f->directory, &options);
    DirectoryNewSession new = {.account = account->id,
                               .peer = "192.0.2.1",
                               .idle = options.session_idle,
                               .lifetime = options.session_lifetime};
    DirectorySession made;
    assert_true(directory_session_begin(f->directory, &new, &f->token, &made, NULL));
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    Fixture *f = *state;
    auth_free(f->auth);
    directory_close(f->directory);
    db_close(f->db);
    static const char *const ends[] = {"", "-wal", "-shm"};
    for (gsize i = 0; i < G_N_ELEMENTS(ends); i++) {
        g_autofree char *file = g_strconcat(f->path, ends[i], NULL);
        g_unlink(file);
    }
    g_rmdir(f->folder);
    g_free(f->folder);
    g_free(f->path);
    g_free(f->token);
    g_free(f);
    return 0;
}

/* The answer to a request with these fields; cookie NULL: none is sent. */
static char *ask(Fixture *f, const char *method, const char *cookie, const char *fields) {
    static const HttpRoute *const tables[] = {routes};
    HttpService service = {
        .routes = tables, .routes_count = 1, .hostname = "mail.bacninh.gov.vn", .data = f->auth};
    NetMemoryOptions options = {.secure = TRUE};
    NetSession *session = net_memory_new(&http_protocol, &service, &options);
    g_autofree char *shown =
        cookie == NULL ? g_strdup("")
                       : g_strconcat("Cookie: a=b; " AUTH_COOKIE "=", cookie, "; c=d\r\n", NULL);
    g_autofree char *request =
        g_strconcat(method, " /who HTTP/1.1\r\n", HOST, shown, fields, "\r\n", NULL);
    net_memory_feed(session, bytes_of_string(request));
    while (net_memory_output(session)->n == 0 && net_memory_run(session))
        g_usleep(1000); /* the lane hashes */
    char *text = buffer_steal_string(net_memory_output(session));
    net_memory_free(session);
    return text;
}

static void answers(const char *text, const char *status, const char *part) {
    g_autofree char *begin = g_strconcat("HTTP/1.1 ", status, " ", NULL);
    if (!g_str_has_prefix(text, begin) || strstr(text, part) == NULL)
        fail_msg("not %s with \"%s\":\n%s", status, part, text);
}

static void a_cookie_and_a_password_name_the_same_person(void **state) {
    Fixture *f = *state;
    g_autofree char *cookie = ask(f, "GET", f->token, "");
    answers(cookie, "200", ADDRESS " by cookie");
    g_autofree char *pair =
        g_base64_encode((const guchar *)ADDRESS ":" PASSWORD, sizeof ADDRESS ":" PASSWORD - 1);
    g_autofree char *basic = g_strconcat("Authorization: Basic ", pair, "\r\n", NULL);
    g_autofree char *password = ask(f, "GET", NULL, basic);
    answers(password, "200", ADDRESS " by password");
    g_autofree char *both = ask(f, "GET", "0", basic); /* Authorization counts */
    answers(both, "200", ADDRESS " by password");
}

static void who_shows_nothing_is_asked_to_sign_in(void **state) {
    Fixture *f = *state;
    g_autofree char *nothing = ask(f, "GET", NULL, "");
    answers(nothing, "401", "WWW-Authenticate: Basic ");
    g_autofree char *wrong = ask(f, "GET", "0", "");
    answers(wrong, "401", "Phiên đăng nhập đã hết hạn");
    g_autofree char *other = ask(f, "GET", NULL, "Authorization: Bearer 0\r\n");
    answers(other, "401", "Cần đăng nhập");
    /* In a page of ours the browser must not ask by a window of its own. */
    g_autofree char *page = ask(f, "GET", NULL, "Sec-Fetch-Mode: cors\r\n");
    answers(page, "401", "Cần đăng nhập");
    assert_null(strstr(page, "WWW-Authenticate"));
}

static const struct {
    const char *method, *fields;
    gboolean taken;
} requests[] = {
    {"GET", "", TRUE},
    {"GET", "Sec-Fetch-Site: same-origin\r\n", TRUE},
    {"GET", "Sec-Fetch-Site: none\r\n", TRUE}, /* typed in */
    {"GET", "Sec-Fetch-Site: cross-site\r\n", FALSE},
    {"GET", "Sec-Fetch-Site: same-site\r\n", FALSE},    /* another host below gov.vn */
    {"GET", "Origin: https://evil.example\r\n", FALSE}, /* as a WebSocket is opened */
    {"POST", OWN, TRUE},
    {"POST", "Sec-Fetch-Site: same-origin\r\n", TRUE},
    {"POST", "", FALSE}, /* nothing shows where it comes from */
    {"POST", "Sec-Fetch-Site: none\r\n", FALSE},
    {"POST", "Sec-Fetch-Site: cross-site\r\n", FALSE},
    {"POST", "Origin: null\r\n", FALSE},
    {"POST", "Origin: https://evil.example\r\n", FALSE},
    {"POST", "Origin: http://mail.bacninh.gov.vn\r\n", FALSE},
    {"POST", "Origin: https://mail.bacninh.gov.vn:8443\r\n", FALSE},
    {"POST", "Origin: https://mail.bacninh.gov.vn.evil.example\r\n", FALSE},
    {"POST", OWN OWN, FALSE},
    {"DELETE", OWN, TRUE},
    {"DELETE", "", FALSE},
};

static void a_cookie_does_nothing_on_behalf_of_another_sites_page(void **state) {
    Fixture *f = *state;
    for (gsize i = 0; i < G_N_ELEMENTS(requests); i++) {
        g_autofree char *text = ask(f, requests[i].method, f->token, requests[i].fields);
        const char *begin = requests[i].taken ? "HTTP/1.1 200 " : "HTTP/1.1 403 ";
        if (!g_str_has_prefix(text, begin))
            fail_msg("%s with \"%s\":\n%s", requests[i].method, requests[i].fields, text);
    }
}

static void a_session_that_was_ended_is_nobodys(void **state) {
    Fixture *f = *state;
    g_autoptr(DirectoryAccount) account = directory_account_find(f->directory, ADDRESS, NULL);
    assert_true(directory_session_end(f->directory, account, 0, 0, NULL, NULL, NULL));
    g_autofree char *text = ask(f, "GET", f->token, "");
    answers(text, "401", "Phiên đăng nhập đã hết hạn");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_cookie_and_a_password_name_the_same_person),
        TEST(who_shows_nothing_is_asked_to_sign_in),
        TEST(a_cookie_does_nothing_on_behalf_of_another_sites_page),
        TEST(a_session_that_was_ended_is_nobodys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
