/* What people are told of a stop: mail, line of a client, document. */
#include "casework/notice.h"

#include "casework/letter_internal.h"
#include "text/latin.h"

char *notice_name(gint64 id) {
    return g_strdup_printf("TB-%" G_GINT64_FORMAT, id);
}

static gboolean is_emergency(const Notice *n) {
    return *n->emergency != '\0';
}

char *notice_subject(const Notice *n, gboolean end) {
    g_autofree char *from = letter_moment(n->from);
    if (!end)
        return g_strdup_printf("Thông báo tạm ngừng%s hệ thống thư điện tử công vụ từ %s",
                               is_emergency(n) ? " khẩn cấp" : "", from);
    if (n->state == NOTICE_CANCELLED)
        return g_strdup_printf("Không tạm ngừng hệ thống thư điện tử công vụ từ %s nữa", from);
    return g_strdup("Hệ thống thư điện tử công vụ đã hoạt động trở lại");
}

static LetterStop stop_of(const Notice *n) {
    return (LetterStop){
        .from = n->from, .until = n->until, .why = n->reason, .emergency = is_emergency(n)};
}

static void write_end(const Regulation *regulation, const Notice *n, Buffer *out) {
    const char *centre = regulation_text(regulation, REGULATION_OPERATOR);
    g_autofree char *from = letter_moment(n->from);
    g_autofree char *until = letter_moment(n->until);
    if (n->state == NOTICE_CANCELLED) {
        g_autofree char *why = letter_clause(n->ended_why);
        buffer_printf(out,
                      "%s thông báo: không tạm ngừng hệ thống thư điện tử công vụ từ %s đến %s như "
                      "đã thông báo.\r\n\r\nLý do: %s.\r\n\r\n",
                      centre, from, until, why);
        return;
    }
    g_autofree char *ended = letter_moment(n->ended);
    buffer_printf(out,
                  "%s thông báo: hệ thống thư điện tử công vụ, tạm ngừng từ %s, đã hoạt động trở "
                  "lại bình thường từ %s.\r\n\r\n",
                  centre, from, ended);
}

void notice_write(const Regulation *regulation, const Notice *n, gboolean end, Buffer *out) {
    if (end) {
        write_end(regulation, n, out);
        return;
    }
    LetterStop stop = stop_of(n);
    g_autoptr(GPtrArray) text = letter_stop_text(regulation, &stop);
    for (guint i = 0; i < text->len; i++) {
        buffer_append_string(out, text->pdata[i]);
        buffer_append_string(out, "\r\n\r\n");
    }
}

/* RFC 9051 7.1, 9: before a client has said that it takes UTF-8, text is ASCII. */
static char *in_ascii(const char *text) {
    GString *out = g_string_new(NULL);
    for (const char *p = text; *p != '\0'; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        Latin latin = latin_of((gint32)c);
        if (c < 0x80)
            g_string_append_c(out, (char)c);
        else if (latin.kind == LATIN_SPACE)
            g_string_append_c(out, ' ');
        else if (latin.n == 0 && latin.kind != LATIN_MARK)
            g_string_append_c(out, '?');
        for (guint i = 0; c >= 0x80 && i < latin.n; i++)
            g_string_append_c(out, latin.capital && i == 0 ? g_ascii_toupper(latin.letters[i])
                                                           : latin.letters[i]);
    }
    return g_string_free(out, FALSE);
}

char *notice_line(const Notice *n, gboolean ascii) {
    g_autofree char *from = letter_moment(n->from);
    g_autofree char *until = letter_moment(n->until);
    g_autofree char *why = letter_clause(n->reason);
    char *text =
        g_strdup_printf("Hệ thống thư điện tử công vụ tạm ngừng%s từ %s đến %s. Lý do: %s.",
                        is_emergency(n) ? " khẩn cấp" : "", from, until, why);
    if (!ascii)
        return text;
    char *plain = in_ascii(text);
    g_free(text);
    return plain;
}

GBytes *notice_document(const Regulation *regulation, const Notice *n, const LetterHead *head,
                        const LetterSigner *signer, GError **error) {
    LetterStop stop = stop_of(n);
    stop.head = *head;
    stop.signer = *signer;
    return letter_stop(regulation, &stop, error);
}
