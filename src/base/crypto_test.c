/* Sealing: what was sealed opens with its own key and context, unchanged, and not otherwise. */
#include "base/crypto.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const guint8 key[CRYPTO_SEAL_KEY_BYTES] = "0123456789abcdef0123456789abcde";

static Bytes contents(GBytes *sealed) {
    gsize n;
    const void *p = g_bytes_get_data(sealed, &n);
    return bytes_of(p, n);
}

static void what_was_sealed_opens(void **state) {
    static const char *const texts[] = {"", "001099012345", "07/03/1985"};
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(GBytes) sealed =
            crypto_seal(key, bytes_of_string("person 7"), bytes_of_string(texts[i]));
        g_autofree char *plain = crypto_unseal(key, bytes_of_string("person 7"), contents(sealed));
        assert_string_equal(plain, texts[i]);
        assert_true(*texts[i] == '\0' ||
                    bytes_find(contents(sealed), bytes_of_string(texts[i])) < 0);
    }
}

static void two_seals_of_one_text_differ(void **state) {
    g_autoptr(GBytes) one = crypto_seal(key, bytes_of_string("x"), bytes_of_string("same"));
    g_autoptr(GBytes) two = crypto_seal(key, bytes_of_string("x"), bytes_of_string("same"));
    assert_false(g_bytes_equal(one, two));
}

static void nothing_else_opens(void **state) {
    guint8 other[CRYPTO_SEAL_KEY_BYTES] = {0};
    g_autoptr(GBytes) sealed =
        crypto_seal(key, bytes_of_string("person 7"), bytes_of_string("001099012345"));
    assert_null(crypto_unseal(other, bytes_of_string("person 7"), contents(sealed)));
    assert_null(crypto_unseal(key, bytes_of_string("person 8"), contents(sealed)));
    Bytes whole = contents(sealed);
    for (gsize n = 0; n < whole.n; n++)
        assert_null(crypto_unseal(key, bytes_of_string("person 7"), bytes_of(whole.p, n)));
    for (gsize i = 0; i < whole.n; i++) {
        g_autofree guint8 *changed = g_memdup2(whole.p, whole.n);
        changed[i] ^= 1;
        assert_null(crypto_unseal(key, bytes_of_string("person 7"), bytes_of(changed, whole.n)));
    }
}

int main(void) {
    crypto_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_sealed_opens),
        cmocka_unit_test(two_seals_of_one_text_differ),
        cmocka_unit_test(nothing_else_opens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
