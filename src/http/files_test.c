/* The interface's files as a browser asks for them. */
#include "http/files.h"

#include "base/crypto.h"
#include "net/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const HttpFile files[] = {
    {"/index.html",
     "text/html; charset=utf-8",
     "11aa",
     {(const guint8 *)"<html>", 6},
     {0},
     {0},
     FALSE},
    {"/assets/app-1a2b3c4d.js",
     "text/javascript; charset=utf-8",
     "22bb",
     {(const guint8 *)"plain", 5},
     {(const guint8 *)"zip", 3},
     {(const guint8 *)"b", 1},
     TRUE},
    {"/khung.html",
     "text/html; charset=utf-8",
     "33cc",
     {(const guint8 *)"<p>", 3},
     {0},
     {0},
     FALSE},
    {"/khung-hinh.html",
     "text/html; charset=utf-8",
     "44dd",
     {(const guint8 *)"<p>", 3},
     {0},
     {0},
     FALSE},
};
static const char *const pages[] = {"/thu", "/thu/*", NULL};
static const HttpFiles all = {files, G_N_ELEMENTS(files), pages};

/* The answer to GET (or another method) of this path with these fields. */
static char *ask(const char *method, const char *path, const char *fields) {
    g_autofree HttpRoute *routes = http_files_routes(&all);
    const HttpRoute *tables[] = {routes};
    HttpService service = {.routes = tables, .routes_count = 1, .hostname = "mail.bacninh.gov.vn"};
    NetMemoryOptions options = {.secure = TRUE};
    NetSession *session = net_memory_new(&http_protocol, &service, &options);
    g_autofree char *request = g_strconcat(
        method, " ", path, " HTTP/1.1\r\nHost: mail.bacninh.gov.vn\r\n", fields, "\r\n", NULL);
    net_memory_feed(session, bytes_of_string(request));
    char *text = buffer_steal_string(net_memory_output(session));
    net_memory_free(session);
    return text;
}

static void has(const char *text, const char *part) {
    if (strstr(text, part) == NULL)
        fail_msg("\"%s\" is not in:\n%s", part, text);
}

static void has_not(const char *text, const char *part) {
    if (strstr(text, part) != NULL)
        fail_msg("\"%s\" is in:\n%s", part, text);
}

#define SCRIPT "/assets/app-1a2b3c4d.js"

static void a_browser_gets_the_smallest_form_that_it_takes(void **state) {
    static const char *const cases[][3] = {
        {"", "plain", NULL},
        {"Accept-Encoding: identity\r\n", "plain", NULL},
        {"Accept-Encoding: gzip, deflate\r\n", "zip", "gzip"},
        {"Accept-Encoding: gzip, deflate, br, zstd\r\n", "b", "br"},
        {"Accept-Encoding: GZIP;q=0.5,br;q=0\r\n", "zip", "gzip"},
        {"Accept-Encoding: br;q=0.000, gzip ; q=0\r\n", "plain", NULL},
        {"Accept-Encoding: *\r\n", "plain", NULL},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = ask("GET", SCRIPT, cases[i][0]);
        g_autofree char *end = g_strconcat("\r\n\r\n", cases[i][1], NULL);
        has(text, "HTTP/1.1 200 ");
        has(text, "Vary: Accept-Encoding\r\n");
        has(text, "Content-Type: text/javascript; charset=utf-8\r\n");
        if (!g_str_has_suffix(text, end))
            fail_msg("%s does not end with %s", text, cases[i][1]);
        g_autofree char *coding =
            g_strdup_printf("Content-Encoding: %s\r\n", cases[i][2] == NULL ? "" : cases[i][2]);
        if (cases[i][2] == NULL)
            has_not(text, "Content-Encoding");
        else
            has(text, coding);
    }
}

static void names_with_a_hash_are_kept_and_the_page_is_asked_after(void **state) {
    g_autofree char *script = ask("GET", SCRIPT, "");
    has(script, "Cache-Control: public, max-age=31536000, immutable\r\n");
    has(script, "ETag: \"22bb\"\r\n");
    g_autofree char *page = ask("GET", "/", "");
    has(page, "Cache-Control: no-cache\r\n");
    static const char *const same[] = {"\"11aa\"", "W/\"11aa\"", "\"0\", \"11aa\"", "*"};
    for (gsize i = 0; i < G_N_ELEMENTS(same); i++) {
        g_autofree char *fields = g_strconcat("If-None-Match: ", same[i], "\r\n", NULL);
        g_autofree char *text = ask("GET", "/", fields);
        has(text, "HTTP/1.1 304 ");
        has(text, "ETag: \"11aa\"\r\n");
        has(text, "script-src 'self'"); /* a browser takes the policy of the 304 */
        assert_true(g_str_has_suffix(text, "\r\n\r\n"));
    }
    g_autofree char *other = ask("GET", "/", "If-None-Match: \"22bb\"\r\n");
    has(other, "HTTP/1.1 200 ");
    /* Another form is another thing. */
    g_autofree char *form =
        ask("GET", SCRIPT, "Accept-Encoding: br\r\nIf-None-Match: \"22bb\"\r\n");
    has(form, "ETag: \"22bb-br\"\r\n");
    has(form, "HTTP/1.1 200 ");
}

static void every_address_of_the_interface_is_its_page_and_no_other_is(void **state) {
    static const char *const paths[] = {"/", "/index.html", "/thu", "/thu/hop-thu-den",
                                        "/thu/hop-thu-den/123/?a=b"};
    for (gsize i = 0; i < G_N_ELEMENTS(paths); i++) {
        g_autofree char *text = ask("GET", paths[i], "");
        has(text, "HTTP/1.1 200 ");
        assert_true(g_str_has_suffix(text, "\r\n\r\n<html>"));
    }
    static const char *const none[] = {"/thuong", "/assets/", "/assets/app.js", "/api/v1/none"};
    for (gsize i = 0; i < G_N_ELEMENTS(none); i++) {
        g_autofree char *text = ask("GET", none[i], "");
        has(text, "HTTP/1.1 404 ");
    }
}

static void pages_run_no_code_but_their_own(void **state) {
    g_autofree char *text = ask("GET", "/thu/a", "");
    static const char *const wanted[] = {
        "default-src 'none'; script-src 'self'; style-src 'self';",
        "img-src 'self' blob: data:;",
        "frame-ancestors 'none';",
        "base-uri 'none';",
        "require-trusted-types-for 'script';",
        "X-Content-Type-Options: nosniff\r\n",
        "Referrer-Policy: same-origin\r\n",
        "Cross-Origin-Opener-Policy: same-origin\r\n",
        "Strict-Transport-Security: max-age=31536000\r\n",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(wanted); i++)
        has(text, wanted[i]);
    has_not(text, "unsafe-");
    has_not(text, "https:");
    has_not(text, "script-src 'self' '");
}

static void the_frames_of_mail_run_nothing_and_load_pictures_only_when_asked(void **state) {
    g_autofree char *frame = ask("GET", "/khung.html", "");
    g_autofree char *pictures = ask("GET", "/khung-hinh.html", "");
    has(frame, "img-src 'self' blob: data:; ");
    has(pictures, "img-src 'self' blob: data: https: http:; ");
    const char *both[] = {frame, pictures};
    for (gsize i = 0; i < G_N_ELEMENTS(both); i++) {
        has(both[i], "default-src 'none'; style-src 'self' 'unsafe-inline'; ");
        has(both[i], "frame-ancestors 'self'");
        has(both[i], "Referrer-Policy: no-referrer\r\n");
        has_not(both[i], "script-src");
    }
}

static void head_and_other_methods(void **state) {
    g_autofree char *head = ask("HEAD", SCRIPT, "");
    has(head, "Content-Length: 5\r\n");
    assert_true(g_str_has_suffix(head, "\r\n\r\n"));
    g_autofree char *post = ask("POST", "/thu", "Content-Length: 0\r\n");
    has(post, "HTTP/1.1 405 ");
}

static void without_files_there_is_nothing(void **state) {
    HttpFiles none = {files, 0, pages};
    g_autofree HttpRoute *routes = http_files_routes(&none);
    assert_null(routes[0].pattern);
}

int main(void) {
    crypto_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_browser_gets_the_smallest_form_that_it_takes),
        cmocka_unit_test(names_with_a_hash_are_kept_and_the_page_is_asked_after),
        cmocka_unit_test(every_address_of_the_interface_is_its_page_and_no_other_is),
        cmocka_unit_test(pages_run_no_code_but_their_own),
        cmocka_unit_test(the_frames_of_mail_run_nothing_and_load_pictures_only_when_asked),
        cmocka_unit_test(head_and_other_methods),
        cmocka_unit_test(without_files_there_is_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
