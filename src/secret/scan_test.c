/* Wherever in a message a stamp stands it is found, and nowhere else [R035]. */
#include "secret/scan.h"

#include "base/buffer.h"
#include "office/book.h"
#include "office/paper.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static Regulation *shipped;

static int load_shipped(void **state) {
    g_autofree char *path = regulation_find(NULL, NULL);
    shipped = path == NULL ? NULL : regulation_load(path, NULL);
    return shipped == NULL ? -1 : 0;
}

static int drop_shipped(void **state) {
    regulation_unref(shipped);
    return 0;
}

static void expect(const char *text, SecretPlace place) {
    Bytes all = bytes_of_string(text);
    g_autoptr(MessageParsed) parsed = message_parse(all);
    SecretFound found = secret_scan(shipped, all, parsed->structure, parsed->header_bytes);
    if (found.place != place)
        fail_msg("found in \"%s\", expected \"%s\": %.300s", secret_place_name(found.place),
                 secret_place_name(place), text);
}

#define PLAIN "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"

/* [R035] [Điều 6.1] */
static void subject_and_text_are_looked_at_in_their_encodings(void **state) {
    expect("Subject: chao\r\n\r\nXin chao\r\n", SECRET_NOWHERE);
    expect("Subject: =?utf-8?B?TeG6rFQ6IELDoW8gY8Ohbw==?=\r\n\r\nx\r\n", SECRET_IN_SUBJECT);
    expect("Subject: =?utf-8?B?TeG6rXQga2jhuql1IG3hu5tp?=\r\n\r\nx\r\n", SECRET_NOWHERE);
    expect("Subject: x\r\n" PLAIN "\r\nKinh gui\r\n\r\nT\xe1\xbb\x90I M\xe1\xba\xacT\r\n",
           SECRET_IN_TEXT);
    expect("Subject: x\r\n" PLAIN "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
           "=4D=E1=BA=ACT\r\n",
           SECRET_IN_TEXT);
    expect("Subject: x\r\n" PLAIN "Content-Transfer-Encoding: base64\r\n\r\n"
           "TeG6rFQK\r\n",
           SECRET_IN_TEXT);
    /* windows-1258 has the letter as Â and a dot. */
    expect("Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=windows-1258\r\n"
           "Content-Transfer-Encoding: quoted-printable\r\n\r\nM=C2=F2T\r\n",
           SECRET_IN_TEXT);
}

#define HTML "Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"

/* [R035] [Điều 6.1] */
static void in_html_a_block_is_a_line(void **state) {
    expect(HTML "<div>K\xc3\xadnh g\xe1\xbb\xadi</div><p><b>M\xe1\xba\xacT</b></p><p>x</p>",
           SECRET_IN_TEXT);
    expect(HTML "<table><tr><td>UBND</td><td>T\xe1\xbb\x90I\r\n M\xe1\xba\xacT</td></tr></table>",
           SECRET_IN_TEXT);
    expect(HTML "<p>T\xe1\xbb\x90I <b>M\xe1\xba\xacT</b></p>", SECRET_IN_TEXT);
    expect(HTML "<p>M\xe1\xba\xacT&nbsp;</p>", SECRET_IN_TEXT);
    expect(HTML "<p>B\xe1\xba\xa2O <b>M\xe1\xba\xacT</b></p>", SECRET_NOWHERE);
    expect(HTML "<p>B\xe1\xba\xa2O</p><p>M\xe1\xba\xacT</p>", SECRET_NOWHERE);
    expect(HTML "<td>M\xe1\xba\xacT</td><td>KH\xe1\xba\xa8U</td>", SECRET_NOWHERE);
    expect(HTML "<style>\r\nM\xe1\xba\xacT\r\n</style><p>x</p>", SECRET_NOWHERE);
}

#define MIXED                                                                                      \
    "Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"         \
    "--b\r\nContent-Type: text/plain\r\n\r\nxin xem tep\r\n--b\r\n"

/* [R035] [Điều 6.1] */
static void names_and_attached_messages_are_looked_at(void **state) {
    expect(MIXED "Content-Type: application/pdf\r\nContent-Disposition: attachment;"
                 " filename*=utf-8''M%E1%BA%ACT_BaoCao.pdf\r\n\r\nx\r\n--b--\r\n",
           SECRET_IN_NAME);
    expect(MIXED "Content-Type: application/pdf\r\nContent-Disposition: attachment;"
                 " filename*=utf-8''M%E1%BA%ACT%20KH%E1%BA%A8U.pdf\r\n\r\nx\r\n--b--\r\n",
           SECRET_NOWHERE);
    expect(MIXED "Content-Type: message/rfc822\r\n\r\nSubject: [M\xe1\xba\xacT] y\r\n\r\nz\r\n"
                 "--b--\r\n",
           SECRET_IN_ATTACHMENT);
    expect(MIXED "Content-Type: message/rfc822\r\n\r\nSubject: y\r\n" PLAIN "\r\nM\xe1\xba\xacT\r\n"
                 "--b--\r\n",
           SECRET_IN_TEXT);
}

static void expect_file(GBytes *file, SecretPlace place) {
    gsize n;
    const void *bytes = g_bytes_get_data(file, &n);
    g_autofree char *base64 = g_base64_encode(bytes, n);
    g_autoptr(GString) text =
        g_string_new(MIXED "Content-Type: application/octet-stream\r\n"
                           "Content-Disposition: attachment; filename=a.bin\r\n"
                           "Content-Transfer-Encoding: base64\r\n\r\n");
    for (const char *p = base64; *p != '\0'; p += strnlen(p, 76))
        g_string_append_printf(text, "%.76s\r\n", p);
    g_string_append(text, "--b--\r\n");
    expect(text->str, place);
}

static GBytes *document(const char *line) {
    g_autoptr(Paper) paper = paper_new("x", FALSE);
    paper_text(paper, PAPER_ISSUER, "ỦY BAN NHÂN DÂN");
    paper_text(paper, PAPER_BODY, line);
    paper_text(paper, PAPER_BODY, "Căn cứ …");
    return paper_finish(paper, NULL);
}

static GBytes *workbook(const char *cell) {
    static const BookColumn columns[] = {{"STT", 5}, {"Nội dung", 20}};
    g_autoptr(Book) book = book_new();
    book_sheet(book, "A", columns, 2);
    book_row(book);
    book_text(book, "1");
    book_text(book, cell);
    return book_finish(book, NULL);
}

/* [R035] [Điều 6.1] */
static void the_text_of_attached_documents_is_looked_at(void **state) {
    static const struct {
        const char *line;
        SecretPlace place;
    } cases[] = {
        {"MẬT", SECRET_IN_ATTACHMENT},
        {"TUYỆT MẬT", SECRET_IN_ATTACHMENT},
        {"Bảo mật, mật khẩu", SECRET_NOWHERE},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GBytes) docx = document(cases[i].line);
        g_autoptr(GBytes) xlsx = workbook(cases[i].line);
        expect_file(docx, cases[i].place);
        expect_file(xlsx, cases[i].place);
    }
}

/* A .doc keeps its text as UTF-16. [R035] */
static void the_text_of_an_old_word_file_is_looked_at(void **state) {
    static const char *const lines[] = {"UBND", "MẬT", "Báo cáo"};
    static const char *const harmless[] = {"UBND", "BẢO", "MẬT", "Báo cáo"};
    for (int i = 0; i < 2; i++) {
        g_autoptr(GByteArray) file = g_byte_array_new();
        guint8 head[512] = {0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1};
        g_byte_array_append(file, head, sizeof head);
        for (guint l = 0; l < (i == 0 ? G_N_ELEMENTS(lines) : G_N_ELEMENTS(harmless)); l++) {
            glong n;
            g_autofree gunichar2 *wide =
                g_utf8_to_utf16(i == 0 ? lines[l] : harmless[l], -1, NULL, &n, NULL);
            g_byte_array_append(file, (const guint8 *)wide, (guint)n * 2);
            g_byte_array_append(file, (const guint8 *)"\r\0", 2);
        }
        g_autoptr(GBytes) bytes = g_bytes_new(file->data, file->len);
        expect_file(bytes, i == 0 ? SECRET_IN_ATTACHMENT : SECRET_NOWHERE);
    }
}

static void what_is_broken_has_no_words(void **state) {
    g_autoptr(GBytes) cut = g_bytes_new("PK\3\4aaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 32);
    expect_file(cut, SECRET_NOWHERE);
    g_autoptr(GBytes) whole = document("MẬT");
    gsize n = g_bytes_get_size(whole);
    for (gsize keep = 4; keep < n; keep += n / 40) {
        g_autoptr(GBytes) part = g_bytes_new_from_bytes(whole, 0, keep);
        expect_file(part, SECRET_NOWHERE); /* the directory of the package is at its end */
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(subject_and_text_are_looked_at_in_their_encodings),
        cmocka_unit_test(in_html_a_block_is_a_line),
        cmocka_unit_test(names_and_attached_messages_are_looked_at),
        cmocka_unit_test(the_text_of_attached_documents_is_looked_at),
        cmocka_unit_test(the_text_of_an_old_word_file_is_looked_at),
        cmocka_unit_test(what_is_broken_has_no_words),
    };
    return cmocka_run_group_tests(tests, load_shipped, drop_shipped);
}
