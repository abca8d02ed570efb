/* GMime as a second opinion: generated messages are taken apart by both, and the trees, the types
 * and every leaf's bytes (found by our offsets, decoded by our decoder) must agree. The generator
 * makes well-formed MIME of random shape from a fixed seed. */
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

#include "message/message.h"

#if __has_include(<gmime/gmime.h>)
#include <gmime/gmime.h>

enum { MESSAGES = 400, DEEPEST = 5 };

static void put_base64(GRand *r, GString *m) {
    guint8 raw[600];
    gsize n = (gsize)g_rand_int_range(r, 0, sizeof raw);
    for (gsize i = 0; i < n; i++)
        raw[i] = (guint8)g_rand_int(r);
    g_autofree char *text = g_base64_encode(raw, n);
    gsize length = strlen(text);
    for (gsize i = 0; i < length; i += 76) {
        g_string_append_len(m, text + i, (gssize)MIN((gsize)76, length - i));
        g_string_append(m, "\r\n");
    }
}

static void put_lines(GRand *r, GString *m) {
    static const char *const lines[] = {"Kính gửi các đồng chí",
                                        "",
                                        "--",
                                        "--not-a-boundary",
                                        "a=3Db =C4=90=E1=BB=8Bnh",
                                        "soft=",
                                        "  indented: text",
                                        "From here",
                                        "-- b0x"};
    for (gint i = g_rand_int_range(r, 0, 8); i > 0; i--)
        g_string_append_printf(m, "%s\r\n",
                               lines[g_rand_int_range(r, 0, (gint)G_N_ELEMENTS(lines))]);
}

static void put_entity(GRand *r, GString *m, guint depth, guint *serial);

static void put_multipart(GRand *r, GString *m, guint depth, guint *serial) {
    static const char *const kinds[] = {"mixed", "alternative", "related", "digest"};
    guint id = ++*serial;
    const char *kind = kinds[g_rand_int_range(r, 0, 4)];
    g_string_append_printf(m, "Content-Type: multipart/%s;\r\n\tboundary=\"b%u=_x\"\r\n\r\n", kind,
                           id);
    if (g_rand_boolean(r))
        g_string_append(m, "preamble\r\n");
    for (gint i = g_rand_int_range(r, 1, 4); i > 0; i--) {
        g_string_append_printf(m, "--b%u=_x%s\r\n", id, g_rand_boolean(r) ? "" : "  ");
        put_entity(r, m, depth + 1, serial);
        g_string_append(m, "\r\n");
    }
    g_string_append_printf(m, "--b%u=_x--\r\n", id);
    if (g_rand_boolean(r))
        g_string_append(m, "epilogue\r\n");
}

static void put_entity(GRand *r, GString *m, guint depth, guint *serial) {
    gint choice = g_rand_int_range(r, 0, depth >= DEEPEST ? 3 : 6);
    if (choice == 0) {
        g_string_append(m, "Content-Type: text/plain; charset=utf-8\r\n\r\n");
        put_lines(r, m);
    } else if (choice == 1) {
        g_string_append(m, "Content-Type: text/html\r\nContent-Transfer-Encoding: "
                           "quoted-printable\r\n\r\n");
        put_lines(r, m);
    } else if (choice == 2) {
        g_string_append(m, "Content-Type: application/pdf; name=a.pdf\r\n"
                           "Content-Transfer-Encoding: base64\r\n"
                           "Content-Disposition: attachment; filename=a.pdf\r\n\r\n");
        put_base64(r, m);
    } else if (choice == 3) {
        g_string_append_printf(m, "Content-Type: message/rfc822\r\n\r\nSubject: inner %u\r\n",
                               *serial);
        put_entity(r, m, depth + 1, serial);
    } else {
        put_multipart(r, m, depth, serial);
    }
}

/* --- comparison --- */

typedef struct {
    Bytes message;
    MessagePartIter iter;
} Walk;

static void compare_leaf(Walk *w, const MessagePart *part, GMimePart *theirs) {
    GMimeDataWrapper *content = g_mime_part_get_content(theirs);
    GMimeStream *stream = g_mime_stream_mem_new();
    if (content != NULL)
        g_mime_data_wrapper_write_to_stream(content, stream);
    GByteArray *wanted = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream));
    GByteArray *got = g_byte_array_new();
    MessageDecoder d;
    message_decoder_init(
        &d, part->encoding,
        bytes_slice(w->message, part->body_start, part->body_end - part->body_start));
    guint8 piece[100];
    for (gsize n; (n = message_decoder_read(&d, piece, sizeof piece)) > 0;)
        g_byte_array_append(got, piece, (guint)n);
    assert_true(bytes_equal(bytes_of(got->data, got->len), bytes_of(wanted->data, wanted->len)));
    assert_int_equal(part->decoded_bytes, wanted->len);
    g_byte_array_unref(got);
    g_object_unref(stream);
}

static void compare(Walk *w, GMimeObject *theirs) {
    MessagePart part;
    assert_true(message_part_next(&w->iter, &part));
    GMimeContentType *type = g_mime_object_get_content_type(theirs);
    assert_true(bytes_is_nocase(part.type, g_mime_content_type_get_media_type(type)));
    assert_true(bytes_is_nocase(part.subtype, g_mime_content_type_get_media_subtype(type)));
    if (GMIME_IS_MULTIPART(theirs)) {
        assert_int_equal(part.kind, MESSAGE_PART_MULTIPART);
        gint count = g_mime_multipart_get_count(GMIME_MULTIPART(theirs));
        assert_int_equal(part.children, count);
        for (gint i = 0; i < count; i++)
            compare(w, g_mime_multipart_get_part(GMIME_MULTIPART(theirs), i));
    } else if (GMIME_IS_MESSAGE_PART(theirs)) {
        assert_int_equal(part.kind, MESSAGE_PART_MESSAGE);
        compare(w, g_mime_message_get_mime_part(
                       g_mime_message_part_get_message(GMIME_MESSAGE_PART(theirs))));
    } else {
        assert_int_equal(part.kind, MESSAGE_PART_LEAF);
        compare_leaf(w, &part, GMIME_PART(theirs));
    }
}

static void compare_message(const GString *m) {
    GMimeStream *stream = g_mime_stream_mem_new_with_buffer(m->str, m->len);
    GMimeParser *parser = g_mime_parser_new_with_stream(stream);
    GMimeMessage *theirs = g_mime_parser_construct_message(parser, NULL);
    g_autoptr(MessageParsed) ours = message_parse(bytes_of(m->str, m->len));
    Walk w = {.message = bytes_of(m->str, m->len)};
    assert_true(message_part_iter_init(&w.iter, ours->structure));
    compare(&w, g_mime_message_get_mime_part(theirs));
    assert_int_equal(w.iter.left, 0);
    g_object_unref(theirs);
    g_object_unref(parser);
    g_object_unref(stream);
}

static void gmime_sees_the_same_parts_with_the_same_bytes(void **state) {
    g_mime_init();
    GRand *r = g_rand_new_with_seed(20261124);
    for (guint i = 0; i < MESSAGES; i++) {
        GString *m = g_string_new("Subject: generated\r\nMIME-Version: 1.0\r\n");
        guint serial = 0;
        put_entity(r, m, 0, &serial);
        if (g_getenv("GMIME_TEST_SHOW") != NULL)
            g_printerr("=== %u\n%s\n", i, m->str);
        compare_message(m);
        g_string_free(m, TRUE);
    }
    g_rand_free(r);
}
#else
static void gmime_sees_the_same_parts_with_the_same_bytes(void **state) {
    skip(); /* libgmime-3.0-dev is not installed */
}
#endif

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gmime_sees_the_same_parts_with_the_same_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
