/* Talking with the SMTP server in its tests. */
#include "smtp/server/talk.h"

void begin(Talk *t, SmtpDoor door, const NetMemoryOptions *options) {
    t->fake = fake_new(door);
    t->session = net_memory_new(smtp_protocol(door), &t->fake->service, options);
}

char *ask(Talk *t, const char *text) {
    net_memory_feed(t->session, bytes_of_string(text));
    return buffer_steal_string(net_memory_output(t->session));
}

void expect(Talk *t, const char *text, const char *expected) {
    g_autofree char *answer = ask(t, text);
    g_auto(GStrv) got = g_strsplit(answer, "\r\n", -1), want = g_strsplit(expected, "\n", -1);
    gboolean same = g_strv_length(got) == g_strv_length(want) + (expected[0] != '\0');
    for (guint i = 0; same && want[i] != NULL; i++)
        same = g_str_has_prefix(got[i], want[i]);
    if (!same)
        fail_msg("to %s\nexpected:\n%s\ngot:\n%s", text, expected, answer);
}

void end(Talk *t) {
    net_memory_free(t->session);
    assert_int_equal(t->fake->open, 0);
    fake_free(t->fake);
}

void begin_mx(Talk *t) {
    begin(t, SMTP_DOOR_MX, &(NetMemoryOptions){.local_port = 25});
    expect(t, "", "220 mail.bn.vn ESMTP");
    expect(t, "HELO [192.0.2.7]\r\n", "250 mail.bn.vn");
}

void begin_submission(Talk *t) {
    begin(t, SMTP_DOOR_SUBMISSIONS, &(NetMemoryOptions){.secure = TRUE});
    expect(t, "", "220 ");
    g_autofree char *hello = ask(t, "EHLO client.bn.vn\r\n");
    assert_non_null(strstr(hello, "250-AUTH PLAIN LOGIN\r\n"));
    expect(t, "AUTH PLAIN AGFuaEBibi52bgBtYXQta2hhdQ==\r\n", "235 2.7.0");
}
