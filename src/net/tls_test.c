/* TLS over loopback: both ways to begin it, what is refused, a certificate that changes. */
#include "net/test_line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/x509v3.h>
#include <unistd.h>

static void starttls_secures_and_drops_what_was_pipelined(void **state) {
    Fixture *f = *state;
    int fd = dial(f->port);
    hear(fd, "hello\n");
    say(fd, "tls\n");
    hear(fd, "go\n");
    SSL *ssl = dial_tls(fd);
    assert_non_null(ssl);
    hear_tls(ssl, "secured\n");
    assert_true(net_session_is_secure(f->seen.last));
    assert_non_null(strstr(net_session_cipher(f->seen.last), "TLSv1.3 TLS_"));
    SSL_write(ssl, "inside\nquit\n", 12);
    hear_tls(ssl, "inside\n");
    assert_true(SSL_read(ssl, &(char[1]){0}, 1) <= 0);
    SSL_free(ssl);
    close(fd);

    /* RFC 3207 6: the injected line must have no effect. */
    fd = dial(f->port);
    hear(fd, "hello\n");
    say(fd, "tls\ninjected\n");
    hear(fd, "go\n");
    ssl = dial_tls(fd);
    assert_non_null(ssl);
    hear_tls(ssl, "secured\n");
    SSL_write(ssl, "quit\n", 5);
    char c;
    assert_true(SSL_read(ssl, &c, 1) <= 0);
    SSL_free(ssl);
    close(fd);
}

static void implicit_tls_carries_large_transfers_both_ways(void **state) {
    Fixture *f = *state;
    int fd = dial(f->tls_port);
    SSL *ssl = dial_tls(fd);
    assert_non_null(ssl);
    hear_tls(ssl, "hello\n");
    char line[201];
    memset(line, 'x', 199);
    line[199] = '\n';
    line[200] = '\0';
    for (int i = 0; i < 500; i++) {
        for (int k = 0; k < 20; k++)
            assert_int_equal(SSL_write(ssl, line, 200), 200);
        for (int k = 0; k < 20; k++)
            hear_tls(ssl, line);
    }
    SSL_write(ssl, "flood 8192000\n", 14);
    static guint8 piece[65536];
    for (gsize got = 0; got < 8192000;) {
        int n = SSL_read(ssl, piece, sizeof piece);
        assert_true(n > 0);
        got += (gsize)n;
    }
    SSL_free(ssl);
    close(fd);
}

static void old_tls_and_weak_ciphers_are_refused(void **state) {
    Fixture *f = *state;
    SSL_CTX *old = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_security_level(old, 0);
    SSL_CTX_set_min_proto_version(old, TLS1_VERSION);
    SSL_CTX_set_max_proto_version(old, TLS1_1_VERSION);
    SSL_CTX *weak = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_max_proto_version(weak, TLS1_2_VERSION);
    SSL_CTX_set_cipher_list(weak, "ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA384");
    SSL_CTX *tries[] = {old, weak};
    for (gsize i = 0; i < G_N_ELEMENTS(tries); i++) {
        int fd = dial(f->tls_port);
        SSL *ssl = SSL_new(tries[i]);
        SSL_set_fd(ssl, fd);
        assert_int_not_equal(SSL_connect(ssl), 1);
        SSL_free(ssl);
        close(fd);
        SSL_CTX_free(tries[i]);
    }
}

static void a_new_certificate_serves_new_sessions_only(void **state) {
    Fixture *f = *state;
    int first = dial(f->tls_port);
    SSL *before = dial_tls(first);
    assert_non_null(before);
    const char *names[] = {"mail.bacninh.gov.vn", NULL};
    GError *error = NULL;
    assert_true(net_make_certificate(f->certificate, f->key, names, &error));
    assert_true(net_server_set_certificate(f->server, f->certificate, f->key, &error));
    int second = dial(f->tls_port);
    SSL *after = dial_tls(second);
    X509 *x = SSL_get1_peer_certificate(after);
    assert_int_equal(X509_check_host(x, "mail.bacninh.gov.vn", 0, 0, NULL), 1);
    X509_free(x);
    SSL_write(before, "old\n", 4);
    hear_tls(before, "hello\nold\n");
    SSL_free(before);
    SSL_free(after);
    close(first);
    close(second);
    assert_false(net_server_set_certificate(f->server, "/nowhere", f->key, &error));
    assert_true(cv_error_is(error, CV_ERROR_INPUT));
    g_clear_error(&error);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        NET_TEST(starttls_secures_and_drops_what_was_pipelined),
        NET_TEST(implicit_tls_carries_large_transfers_both_ways),
        NET_TEST(old_tls_and_weak_ciphers_are_refused),
        NET_TEST(a_new_certificate_serves_new_sessions_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
