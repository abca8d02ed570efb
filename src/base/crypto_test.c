/* Sealing: what was sealed opens with its own key and context, unchanged, and not otherwise.
 * Password hashes in kept memory are the same hashes. */
#include "base/crypto.h"
#include "base/hash_memory.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/mman.h>

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

#if HASH_MEMORY_BUILT
/* Fails where libsodium takes its memory in another way: then src/base/hash_memory.c does nothing
 * and is to go, or to learn that way. */
static void a_thread_that_asks_keeps_the_memory_of_its_hashes(void **state) {
    assert_int_equal(hash_memory_kept(), 0);
    g_autofree char *first = crypto_password_hash(bytes_of_string("Mật khẩu@2022"));
    assert_int_equal(hash_memory_kept(), 0);
    hash_memory_keep();
    g_autofree char *second = crypto_password_hash(bytes_of_string("khác@2022"));
    assert_true(hash_memory_kept() >= 19 * 1024 * 1024);
    for (guint i = 0; i < 2; i++) { /* what the last hash left there changes nothing */
        assert_true(crypto_password_verify(first, bytes_of_string("Mật khẩu@2022")));
        assert_false(crypto_password_verify(first, bytes_of_string("khác@2022")));
        assert_true(crypto_password_verify(second, bytes_of_string("khác@2022")));
    }
    hash_memory_drop();
    assert_int_equal(hash_memory_kept(), 0);
    assert_true(crypto_password_verify(second, bytes_of_string("khác@2022")));
    assert_int_equal(hash_memory_kept(), 0);
}

static void other_memory_is_mapped_as_ever(void **state) {
    hash_memory_keep();
    gsize n = 3 * 1024 * 1024;
    char *ours = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(ours, MAP_FAILED);
    ours[0] = ours[n - 1] = 'x';
    g_autofree char *hash = crypto_password_hash(bytes_of_string("Mật khẩu@2022"));
    assert_non_null(hash);
    assert_int_equal(ours[n - 1], 'x');
    assert_int_equal(munmap(ours, n), 0);
    assert_ptr_equal(mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), MAP_FAILED);
    assert_int_equal(errno, EINVAL);
    hash_memory_drop();
}
#endif

int main(void) {
    crypto_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_sealed_opens),
        cmocka_unit_test(two_seals_of_one_text_differ),
        cmocka_unit_test(nothing_else_opens),
#if HASH_MEMORY_BUILT
        cmocka_unit_test(a_thread_that_asks_keeps_the_memory_of_its_hashes),
        cmocka_unit_test(other_memory_is_mapped_as_ever),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
