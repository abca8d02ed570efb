/* What the mailboxes of other programs look like, and that what is written is read back. */
#include "moving/batch.h"
#include "moving/mbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

typedef struct {
    int fd;
    Mbox *mbox;
    Buffer content;
    MovingMessage message;
} Reading;

static int file_of(Bytes bytes) {
    int fd = memfd_create("mbox", MFD_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes.p, bytes.n), bytes.n);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

static void reading_begin(Reading *r, Bytes bytes) {
    *r = (Reading){.fd = file_of(bytes)};
    buffer_init(&r->content, MOVING_MESSAGE_BYTES);
    r->message.keywords = g_ptr_array_new_with_free_func(g_free);
    r->mbox = mbox_open(r->fd, NULL);
    assert_non_null(r->mbox);
}

static void reading_end(Reading *r) {
    mbox_free(r->mbox);
    g_ptr_array_unref(r->message.keywords);
    buffer_release(&r->content);
    close(r->fd);
}

static MboxNext next(Reading *r) {
    return mbox_next(r->mbox, &r->content, &r->message, NULL);
}

static void expect(Reading *r, const char *content) {
    assert_int_equal(next(r), MBOX_MESSAGE);
    g_autofree char *got = bytes_dup_string(r->message.content);
    assert_string_equal(got, content);
}

#define MARK "From a@b.vn Tue Nov 24 08:05:00 2026\n"
#define AT   (G_GINT64_CONSTANT(1795507500) * 1000000)

static void messages_end_where_the_next_begins(void **state) {
    Reading r;
    reading_begin(&r, BYTES_LITERAL(MARK "A: 1\n\none\n\n" MARK "A: 2\n\ntwo\nFrom me to you\n\n"
                                         "From here on 5 Jan 2020\n\n" MARK "A: 3\n\n" MARK
                                         "A: 4\n\nfour"));
    expect(&r, "A: 1\r\n\r\none\r\n");
    assert_int_equal(r.message.received, AT);
    expect(&r, "A: 2\r\n\r\ntwo\r\nFrom me to you\r\n\r\nFrom here on 5 Jan 2020\r\n");
    expect(&r, "A: 3\r\n\r\n");
    assert_int_equal(mbox_number(r.mbox), 3);
    expect(&r, "A: 4\r\n\r\nfour");
    assert_int_equal(next(&r), MBOX_END);
    reading_end(&r);
}

static void line_ends_of_both_kinds_become_crlf(void **state) {
    Reading r;
    reading_begin(&r, BYTES_LITERAL("From a Tue Nov 24 15:05:00 2026 +0700\r\nA: 1\r\n\r\none\ntwo"
                                    "\r\n\r\nFrom - Tue Nov 24 08:05:00 2026\r\nA: 2\r\n\r\n\xff"
                                    "\r\n"));
    expect(&r, "A: 1\r\n\r\none\r\ntwo\r\n");
    assert_int_equal(r.message.received, AT);
    expect(&r, "A: 2\r\n\r\n\xff\r\n");
    assert_int_equal(r.message.received, AT);
    reading_end(&r);
}

static void quoted_lines_lose_one_sign(void **state) {
    Reading r;
    reading_begin(&r, BYTES_LITERAL(MARK "A: 1\n\n>From a\n>>From b\n> From c\n>Fromage\n"));
    expect(&r, "A: 1\r\n\r\nFrom a\r\n>From b\r\n> From c\r\n>Fromage\r\n");
    reading_end(&r);
}

static void a_content_length_counts_when_it_leads_to_a_message(void **state) {
    Reading r;
    reading_begin(&r, BYTES_LITERAL(MARK "Content-Length: 46\n\n>From a\n\n" MARK "\n" MARK
                                         "Content-Length: 4\n\nlonger\n\n" MARK
                                         "Content-Length: 99999999999999999999\n\nx\n"));
    expect(&r, "\r\n>From a\r\n\r\nFrom a@b.vn Tue Nov 24 08:05:00 2026\r\n");
    expect(&r, "\r\nlonger\r\n");
    expect(&r, "\r\nx\r\n");
    assert_int_equal(next(&r), MBOX_END);
    reading_end(&r);
}

static void flags_are_read_and_their_fields_left_out(void **state) {
    Reading r;
    reading_begin(&r,
                  BYTES_LITERAL(MARK "Status: RO\nSubject: a\nX-Status: AFT\nX-Keywords: viec (bad"
                                     " $Forwarded viec\n\tgap\nX-UID: 7\n b\nLast: c\n\nx\n\n" MARK
                                     "X-Mozilla-Status: 0005\nX-Mozilla-Keys: $label1\n\nx\n\n" MARK
                                     "X-Mozilla-Status: 0009\n\ngone\n\n" MARK
                                     "X-IMAP: 1 2\nSubject: internal\n\nx\n\n" MARK "\nlast\n"));
    expect(&r, "Subject: a\r\nLast: c\r\n\r\nx\r\n");
    assert_int_equal(r.message.flags, STORE_SEEN | STORE_ANSWERED | STORE_FLAGGED | STORE_DRAFT);
    assert_int_equal(r.message.keywords->len, 2);
    assert_string_equal(r.message.keywords->pdata[1], "$Forwarded");
    expect(&r, "\r\nx\r\n");
    assert_int_equal(r.message.flags, STORE_SEEN | STORE_FLAGGED);
    assert_string_equal(r.message.keywords->pdata[0], "$label1");
    assert_int_equal(next(&r), MBOX_GONE);
    assert_int_equal(next(&r), MBOX_GONE);
    expect(&r, "\r\nlast\r\n");
    assert_int_equal(r.message.keywords->len, 0);
    reading_end(&r);
}

static void without_a_date_on_top_the_header_tells(void **state) {
    Reading r;
    reading_begin(&r,
                  BYTES_LITERAL("From \nReceived: from x by y; Tue, 24 Nov 2026 15:05:00 +0700\n"
                                "Date: Mon, 1 Jan 2024 00:00:00 +0000\n\nx\n\nFrom -\nDate: Tue,"
                                " 24 Nov 2026 08:05:00 +0000\n\ny\n\nFrom \n\nz\n"));
    for (int i = 0; i < 2; i++) {
        assert_int_equal(next(&r), MBOX_MESSAGE);
        assert_int_equal(r.message.received, AT);
    }
    expect(&r, "\r\nz\r\n");
    assert_int_equal(r.message.received, 0);
    reading_end(&r);
}

static void lines_of_any_length_are_read(void **state) {
    GString *text = g_string_new(MARK "A: ");
    for (int i = 0; i < 64 * 1024 - 4; i++) /* the CR of the line's end is the last of a piece */
        g_string_append_c(text, 'x');
    g_string_append(text, "\r\n\r\n");
    for (int i = 0; i < 300 * 1024; i++)
        g_string_append_c(text, 'y');
    g_string_append(text, "\r\nend\r\n");
    Reading r;
    reading_begin(&r, bytes_of(text->str, text->len));
    assert_int_equal(next(&r), MBOX_MESSAGE);
    Bytes whole = bytes_of(text->str + strlen(MARK), text->len - strlen(MARK));
    assert_true(bytes_equal(r.message.content, whole));
    reading_end(&r);
    g_string_free(text, TRUE);
}

static void what_is_no_mbox_is_refused_and_an_empty_one_is_empty(void **state) {
    static const char *const wrong[] = {"hello\n", "From me to you\n", "\n\nSubject: a\n"};
    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autoptr(GError) error = NULL;
        int fd = file_of(bytes_of_string(wrong[i]));
        assert_null(mbox_open(fd, &error));
        assert_true(cv_error_is(error, CV_ERROR_INPUT));
        close(fd);
    }
    Reading r;
    reading_begin(&r, BYTES_LITERAL("\n\n"));
    assert_int_equal(next(&r), MBOX_END);
    reading_end(&r);
}

static void what_is_written_is_read_back(void **state) {
    static const char *const contents[] = {
        "",
        "\r\n",
        "A: b",
        "A: b\r\n",
        "A: b\r\n\r\n",
        "A: b\r\n\r\nx",
        "A: b\r\n\r\nx\r\n",
        "A: b\r\n\r\nx\r\n\r\n\r\n",
        "A: b\r\n\r\nFrom a@b.vn Tue Nov 24 08:05:00 2026\r\n>From c\r\n\r\nFrom \r\n",
        "From a@b.vn Tue Nov 24 08:05:00 2026\r\nA: b\r\n\r\nx\r\n",
        "Status: 5.1.1\r\nX-Status: F\r\nX-Keywords: a\r\nStatus: b\r\n\r\n\r\n",
        "A: b\n\nbare\rFrom x\n\r\r\n",
        "X-Congvu-Export: 1 5 n\r\n\r\nx\r\n",
        "Content-Length: 3\r\n\r\nabcdef\r\n",
        "A: b\n\n\n",
        "\n",
        "\r",
        "A: b\r\n \r\n\r\nx",
        " a line that looks folded\r\nA: b\r\n\r\nx\r\n",
    };
    g_auto(Buffer) out;
    buffer_init(&out, 1 << 20);
    g_autoptr(GPtrArray) words = g_ptr_array_new();
    g_ptr_array_add(words, (gpointer) "viec");
    g_ptr_array_add(words, (gpointer) "$Forwarded");
    for (gsize i = 0; i < G_N_ELEMENTS(contents); i++) {
        MovingMessage message = {.flags = i & STORE_SYSTEM_FLAGS,
                                 .keywords = i % 2 == 0 ? words : NULL,
                                 .received = AT + (gint64)i,
                                 .content = bytes_of_string(contents[i])};
        assert_true(mbox_write(&out, &message));
    }
    Reading r;
    reading_begin(&r, buffer_bytes(&out));
    for (gsize i = 0; i < G_N_ELEMENTS(contents); i++) {
        expect(&r, contents[i]);
        assert_int_equal(r.message.flags, i & STORE_SYSTEM_FLAGS);
        assert_int_equal(r.message.received, AT + (gint64)i);
        assert_int_equal(r.message.keywords->len, i % 2 == 0 ? 2 : 0);
    }
    assert_int_equal(next(&r), MBOX_END);
    reading_end(&r);
}

static void a_batch_is_read_as_it_was_written(void **state) {
    g_auto(Buffer) out;
    buffer_init(&out, BATCH_BYTES_MAXIMUM);
    g_autoptr(GPtrArray) words = g_ptr_array_new();
    g_ptr_array_add(words, (gpointer) "viec");
    BatchMessage message = {.message = {.flags = STORE_SEEN,
                                        .keywords = words,
                                        .received = AT,
                                        .uid = G_MAXUINT32,
                                        .content = BYTES_LITERAL("A: b\r\n\r\n")},
                            .seen = 300,
                            .digest = "0123456789abcde"};
    assert_true(batch_begin(&out));
    assert_true(batch_add_mailbox(&out, &(BatchMailbox){STORE_USE_SENT, TRUE, "Thư đã gửi"}));
    assert_true(batch_add_source(&out, &(BatchSource){"imap:x", 77, TRUE}));
    assert_true(batch_add_content(&out, "=Sent"));
    assert_true(batch_add_message(&out, &message));
    Reader r;
    BatchRecord record;
    assert_true(batch_open(buffer_bytes(&out), &r));
    g_autofree char *name = NULL;
    g_autofree char *source_name = NULL;
    BatchMailbox mailbox;
    BatchSource source;
    assert_true(batch_next(&r, &record) && record.kind == 'B');
    assert_true(batch_read_mailbox(record.payload, &mailbox, &name));
    assert_true(mailbox.use == STORE_USE_SENT && mailbox.subscribed);
    assert_string_equal(name, "Thư đã gửi");
    assert_true(batch_next(&r, &record) && record.kind == 'S');
    assert_true(batch_read_source(record.payload, &source, &source_name));
    assert_true(source.uidvalidity == 77 && source.by_uid);
    assert_true(batch_next(&r, &record) && record.kind == 'C');
    assert_true(bytes_is(record.payload, "=Sent"));
    assert_true(batch_next(&r, &record) && record.kind == 'M');
    BatchMessage read;
    assert_true(batch_read_message(record.payload, &read));
    assert_int_equal(read.seen, 300);
    assert_int_equal(read.message.uid, G_MAXUINT32);
    assert_memory_equal(read.digest, message.digest, MOVING_DIGEST_BYTES);
    assert_true(bytes_is(read.message.content, "A: b\r\n\r\n"));
    assert_string_equal(read.message.keywords->pdata[0], "viec");
    g_ptr_array_unref(read.message.keywords);
    assert_true(!batch_next(&r, &record) && reader_done(&r));
    for (gsize n = 0; n + 1 < out.n; n++) { /* cut anywhere it is broken, never wrong */
        if (!batch_open(bytes_slice(buffer_bytes(&out), 0, n), &r))
            continue;
        while (batch_next(&r, &record))
            ;
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_end_where_the_next_begins),
        cmocka_unit_test(line_ends_of_both_kinds_become_crlf),
        cmocka_unit_test(quoted_lines_lose_one_sign),
        cmocka_unit_test(a_content_length_counts_when_it_leads_to_a_message),
        cmocka_unit_test(flags_are_read_and_their_fields_left_out),
        cmocka_unit_test(without_a_date_on_top_the_header_tells),
        cmocka_unit_test(lines_of_any_length_are_read),
        cmocka_unit_test(what_is_no_mbox_is_refused_and_an_empty_one_is_empty),
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(a_batch_is_read_as_it_was_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
