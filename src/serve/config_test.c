#include "serve/config.h"

#include <glib/gstdio.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

static Config *load_text(const char *text, GError **error) {
    g_autofree char *path = NULL;
    int fd = g_file_open_tmp("congvu-config-XXXXXX", &path, NULL);
    assert_true(fd >= 0);
    close(fd);
    assert_true(g_file_set_contents(path, text, -1, NULL));
    Config *config = config_load(path, error);
    g_unlink(path);
    return config;
}

static void a_new_file_is_read_back_with_the_values_given(void **state) {
    g_auto(Buffer) out;
    buffer_init(&out, 1 << 20);
    config_write_new(&out, "bacninh.gov.vn", "a \"quoted\\name\"", 10000);
    g_autofree char *text = buffer_steal_string(&out);
    g_autoptr(GError) error = NULL;
    g_autoptr(Config) config = load_text(text, &error);
    assert_null(error);
    assert_string_equal(config->domain, "bacninh.gov.vn");
    assert_string_equal(config->regulation, "a \"quoted\\name\"");
    assert_string_equal(config->hostname, "mail.bacninh.gov.vn");
    assert_string_equal(config->cleartext, "loopback");
    assert_string_equal(config->listen, "127.0.0.1,::1");
    assert_int_equal(config_port(config, 25), 10025);
    assert_int_equal(config->smtp_size, 36 * 1024 * 1024);
}

static void without_an_offset_passwords_never_travel_in_the_clear(void **state) {
    g_auto(Buffer) out;
    buffer_init(&out, 1 << 20);
    config_write_new(&out, "bacninh.gov.vn", "bacninh-06-2022", 0);
    g_autofree char *text = buffer_steal_string(&out);
    g_autoptr(Config) config = load_text(text, NULL);
    assert_string_equal(config->cleartext, "never");
}

static void assert_refused(const char *text, const char *part) {
    g_autoptr(GError) error = NULL;
    assert_null(load_text(text, &error));
    assert_non_null(error);
    assert_non_null(strstr(error->message, part));
}

static void mistakes_are_told_with_their_line(void **state) {
    assert_refused("domain = \"a.vn\";\nsmpt = { size = 1; };\n",
                   ":2: unknown setting \"smpt.size\"");
    assert_refused("domain = \"a.vn\";\n\nsmtp = {\n size = 1;\n};\n", ":4: \"smtp.size\" is 1");
    assert_refused("domain = \"a.vn\";\nlimits = { workers = \"two\"; };\n", "whole number");
    assert_refused("domain = \"a.vn\"\nport_offset = ;\n", ":2:");
    assert_refused("port_offset = 1;\n", "\"domain\" is missing");
    assert_refused("domain = \"a.vn\"; auth = { cleartext = \"always\"; };", "never or loopback");
    assert_refused("domain = \"a.vn\"; version = 2;", "\"version\" is 2");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_file_is_read_back_with_the_values_given),
        cmocka_unit_test(without_an_offset_passwords_never_travel_in_the_clear),
        cmocka_unit_test(mistakes_are_told_with_their_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
