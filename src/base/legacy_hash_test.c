/* Vectors of one password, 'Matkhau@2022', made by Python's hashlib and by Dovecot's doveadm pw. */
#include "base/legacy_hash.h"

#include "base/crypto.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const char *const known[] = {
    "{SHA}mvULEFfsp7Qd6CU7Is44/gxybNQ=",
    "{SSHA}QknJaCPVBZNGpQyPUL5DMlgCnQVzYWx0c2FsdA==",
    "{ssha}QknJaCPVBZNGpQyPUL5DMlgCnQVzYWx0c2FsdA==",
    "{SSHA256}bZSEcXaeio7dAL0Qo2b1vN9C32xQUA9k4SOTq4QCFg4xMjM0NTY3OA==",
    "{SHA512}EPHs7NIWGhclpT1J2AlktKwxaRzlVYasucViTd9j9AXMT1rQKv2OyxtGaXZesyKB6D6pyPkkisbghAJ8fQF6Xg"
    "==",
    "{SSHA512}lo1MWa90dqlow0eUUOkrmv7WH0tpl8TBiGaxsqCWaD6MLyrHdAsS1FSQlVTBJm7D5pWB8+"
    "r8odh9FGnGARLUTmFiY2RlZmdo",
    "{SSHA512}9imlF5j3uHm3KabjAoV4J3P34Tkex2xuXzIpLHNzNKhvVn/qRVOXo1lmFj80snjpPV4CG0eaHw8rAxfq/"
    "S0bWY3vk0g=",
    "{PBKDF2}$1$pepper$5000$513a25caf41b1a67b0252b1b254960a53aeedd65",
    "{PBKDF2}$1$SBCpxfUvmB9Tw1nk$5000$fe2f29765ece7c0a3d79d4d617aaa68b8d47391d",
    "pbkdf2_sha256$6000$pepper$SWKMZ/jQTbO14LU/VyhX3RD+evb3OQPF9N0vq8c14Gw=",
    "{BLF-CRYPT}$2y$05$9bUfAySLf85ULT1s0FechuNP1EgTBmBF0VB6.H2./pe44XCeIacRK",
    "$2y$05$9bUfAySLf85ULT1s0FechuNP1EgTBmBF0VB6.H2./pe44XCeIacRK",
    "{CRYPT}$2y$05$9bUfAySLf85ULT1s0FechuNP1EgTBmBF0VB6.H2./pe44XCeIacRK",
    "{SHA512-CRYPT}$6$kgrfEMLVfa6kD9Ew$eB/lsqkjtDl14mIsL78ijY0jDIW1q6Rs1rPHjkgDUFChh9XkLoTRUp/"
    "UeBH8kRumNbMV3AA5yJ/f6QZGGAZvf0",
    "{SHA256-CRYPT}$5$LwI2iTvMQBsXPGtn$YURgjbUAd7/QhPkb/Pp9yR1o3o3ddmwkLjPxwM6IprB",
    "{ARGON2ID}$argon2id$v=19$m=65536,t=3,p=1$cSbNcD9h8kcp2Z5o5PNYiA$"
    "S0s1UMYOvPgcKXwCBH0hou9XmbEKaXcWtqCva/Vvcac",
};

static void the_right_password_and_no_other(void **state) {
    for (gsize i = 0; i < G_N_ELEMENTS(known); i++) {
        g_autoptr(GError) error = NULL;
        assert_true(legacy_hash_check(known[i], &error));
        assert_true(legacy_hash_verify(known[i], bytes_of_string("Matkhau@2022")));
        assert_false(legacy_hash_verify(known[i], bytes_of_string("Matkhau@2023")));
        assert_false(legacy_hash_verify(known[i], bytes_of_string("")));
        assert_false(legacy_hash_verify(known[i], bytes_of("Matkhau@2022\0x", 14)));
    }
}

static const struct {
    const char *hash;
    const char *why;
} refused[] = {
    {"", "not a known form"},
    {"Matkhau@2022", "not a known form"},
    {"{PLAIN}Matkhau@2022", "not a known form"},
    {"{MD5}mvULEFfsp7Qd6CU7Is44", "not a known form"},
    {"$1$abcdefgh$yVXrzUmHPk9eJeQqzWl9J.", "not a known form"},
    {"{SSHA}", "incomplete"},
    {"{SSHA}mvULEFfsp7Qd6CU7Is44/gxybNQ=", "incomplete"}, /* no salt in it */
    {"{SSHA}QknJaCPVBZNGpQyPUL5DMlgCnQVz YWx0c2FsdA==", "incomplete"},
    {"{SSHA512}QknJaCPVBZNGpQyPUL5DMlgCnQVzYWx0c2FsdA==", "incomplete"},
    {"{PBKDF2}$1$pepper$2000001$513a25caf41b1a67b0252b1b254960a53aeedd65", "too costly"},
    {"{PBKDF2}$1$pepper$5000$513a25caf41b1a67b0252b1b254960a53aeedd6z", "incomplete"},
    {"{PBKDF2}$1$pepper$-1$513a25caf41b1a67b0252b1b254960a53aeedd65", "incomplete"},
    {"pbkdf2_sha256$6000$pepper$SWKMZ", "incomplete"},
    {"pbkdf2_sha256$6000$$SWKMZ/jQTbO14LU/VyhX3RD+evb3OQPF9N0vq8c14Gw=", "incomplete"},
    {"$2y$31$9bUfAySLf85ULT1s0FechuNP1EgTBmBF0VB6.H2./pe44XCeIacRK", "too costly"},
    {"$2y$05$9bUfAySLf85ULT1s0FechuNP1EgTBmBF0VB6", "incomplete"},
    {"$6$rounds=999999999$salt$eB/lsqkjtDl14mIsL78ijY0jDIW1q6Rs1rPHjkgDUFChh9XkLoTRUp/"
     "UeBH8kRumNbMV3AA5yJ/f6QZGGAZvf0",
     "too costly"},
    {"$6$", "incomplete"},
    {"$argon2id$v=19$m=4194304,t=3,p=1$cSbNcD9h8kcp2Z5o5PNYiA$S0s1UMYO", "too costly"},
    {"$argon2id$v=19$m=65536,t=3$cSbNcD9h8kcp2Z5o5PNYiA$S0s1UMYO", "incomplete"},
};

static void others_are_refused_with_the_reason(void **state) {
    for (gsize i = 0; i < G_N_ELEMENTS(refused); i++) {
        g_autoptr(GError) error = NULL;
        assert_false(legacy_hash_check(refused[i].hash, &error));
        assert_true(cv_error_is(error, CV_ERROR_INPUT));
        assert_non_null(strstr(error->message, refused[i].why));
        assert_true(*refused[i].hash == '\0' || strstr(error->message, refused[i].hash) == NULL);
        assert_false(legacy_hash_verify(refused[i].hash, bytes_of_string("Matkhau@2022")));
    }
}

int main(void) {
    crypto_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_right_password_and_no_other),
        cmocka_unit_test(others_are_refused_with_the_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
