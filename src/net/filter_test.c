/* The DEFLATE filter against the library itself as the peer: what goes in comes out, however often
 * the session rests in between, and no more memory is filled than there is room for. */
#include "net/internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>
#include <zlib.h>

enum { ROOM = 4096 };

typedef struct {
    z_stream out, in; /* the peer's */
    NetFilter *filter;
    Buffer input, output;
} Place;

static void place_open(Place *place, Bytes plain) {
    *place = (Place){.filter = net_filter_new(plain)};
    assert_int_equal(deflateInit2(&place->out, 9, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(inflateInit2(&place->in, -15), Z_OK);
    buffer_init(&place->input, ROOM);
    buffer_init(&place->output, 1 << 20);
}

static void place_close(Place *place) {
    deflateEnd(&place->out);
    inflateEnd(&place->in);
    net_filter_free(place->filter);
    buffer_release(&place->input);
    buffer_release(&place->output);
}

/* What the peer makes of these bytes, on the wire. */
static void pack(Place *place, Bytes bytes, Buffer *wire) {
    place->out.next_in = (guint8 *)bytes.p;
    place->out.avail_in = (guint)bytes.n;
    do {
        place->out.next_out = buffer_reserve(wire, 1000);
        place->out.avail_out = 1000;
        assert_int_not_equal(deflate(&place->out, Z_SYNC_FLUSH), Z_STREAM_ERROR);
        buffer_commit(wire, 1000 - place->out.avail_out);
    } while (place->out.avail_out == 0);
}

/* Lets the filter take the wire in pieces; all that it gives is added to `to`. */
static gboolean receive(Place *place, Buffer *wire, gsize piece, gboolean rest, Buffer *to) {
    while (wire->n > 0 || net_filter_has_input(place->filter)) {
        gboolean got = FALSE;
        if (!net_filter_has_input(place->filter)) {
            Bytes next = bytes_slice(buffer_bytes(wire), 0, piece);
            assert_true(buffer_append_bytes(net_filter_raw(place->filter), next));
            buffer_consume(wire, next.n);
        }
        if (!net_filter_inflate(place->filter, &place->input, &got))
            return FALSE;
        assert_true(place->input.n <= ROOM);
        assert_true(got == (place->input.n > 0));
        if (to != NULL)
            buffer_append_bytes(to, buffer_bytes(&place->input));
        buffer_clear(&place->input);
        if (rest)
            net_filter_rest(place->filter);
    }
    return TRUE;
}

/* What the filter has for the wire, as the peer reads it. */
static void send_all(Place *place, Buffer *to) {
    Buffer *packed = net_filter_packed(place->filter);
    while (packed->n > 0 || net_filter_has_output(place->filter, &place->output)) {
        if (packed->n == 0)
            assert_true(net_filter_deflate(place->filter, &place->output));
        place->in.next_in = (guint8 *)buffer_bytes(packed).p;
        place->in.avail_in = (guint)packed->n;
        do {
            place->in.next_out = buffer_reserve(to, 1000);
            place->in.avail_out = 1000;
            int result = inflate(&place->in, Z_SYNC_FLUSH);
            assert_true(result == Z_OK || result == Z_BUF_ERROR);
            buffer_commit(to, 1000 - place->in.avail_out);
        } while (place->in.avail_out == 0);
        assert_int_equal(place->in.avail_in, 0);
        buffer_clear(packed);
    }
}

static char *speech(guint n) {
    GString *text = g_string_new(NULL);
    while (text->len < n)
        g_string_append_printf(text, "a%u UID FETCH %u:%u (FLAGS)\r\n", n, n * 7u,
                               (guint)(text->len % 977));
    return g_string_free(text, FALSE);
}

/* RFC 4978 3 */
static void test_what_is_said_is_understood_in_both_directions(void **state) {
    for (guint rest = 0; rest < 2; rest++) {
        Place place;
        g_auto(Buffer) said;
        g_auto(Buffer) heard;
        g_auto(Buffer) wire;
        buffer_init(&said, 1 << 24);
        buffer_init(&heard, 1 << 24);
        buffer_init(&wire, 1 << 24);
        place_open(&place, (Bytes){NULL, 0});
        for (guint i = 1; i < 60; i++) {
            g_autofree char *words = speech(i * i * 20);
            buffer_append_string(&said, words);
            pack(&place, bytes_of_string(words), &wire);
            assert_true(receive(&place, &wire, i * 37, rest == 1, &heard));
        }
        assert_true(bytes_equal(buffer_bytes(&said), buffer_bytes(&heard)));
        buffer_clear(&said);
        buffer_clear(&heard);
        for (guint i = 1; i < 60; i++) {
            g_autofree char *words = speech(i * i * 20);
            buffer_append_string(&said, words);
            buffer_append_string(&place.output, words);
            send_all(&place, &heard);
            assert_true(bytes_equal(buffer_bytes(&said), buffer_bytes(&heard)));
            if (rest == 1)
                net_filter_rest(place.filter);
        }
        place_close(&place);
    }
}

static void test_what_was_said_before_leaves_as_it_was(void **state) {
    Place place;
    place_open(&place, BYTES_LITERAL("c1 OK DEFLATE active\r\n"));
    Buffer *packed = net_filter_packed(place.filter);
    assert_true(bytes_is(buffer_bytes(packed), "c1 OK DEFLATE active\r\n"));
    assert_false(net_filter_has_output(place.filter, &place.output));
    place_close(&place);
}

static void test_a_bomb_fills_no_more_than_there_is_room_for(void **state) {
    Place place;
    g_auto(Buffer) wire;
    g_autofree guint8 *zeros = g_malloc0(50 << 20);
    buffer_init(&wire, 1 << 24);
    place_open(&place, (Bytes){NULL, 0});
    pack(&place, bytes_of(zeros, 50 << 20), &wire);
    assert_true(wire.n < 100 * 1024);
    assert_true(receive(&place, &wire, NET_READ_PIECE, FALSE, NULL));
    place_close(&place);
}

static void test_what_is_no_deflate_is_refused(void **state) {
    static const char *const lines[] = {"a1 NOOP\r\n", "\x1f\x8b\x08", "\x78\x9c\x03",
                                        "\xff\xff\xff"};
    for (gsize i = 0; i < G_N_ELEMENTS(lines); i++) {
        Place place;
        g_auto(Buffer) wire;
        gboolean good;
        buffer_init(&wire, 1000);
        buffer_append_string(&wire, lines[i]);
        place_open(&place, (Bytes){NULL, 0});
        good = receive(&place, &wire, 1000, TRUE, NULL);
        if (good) /* not decided yet: the rest of the line decides */
            buffer_append_string(&wire, "a2 NOOP a3 NOOP a4 NOOP a5 NOOP\r\n\xff\xff\xff\xff");
        good = good && receive(&place, &wire, 1000, TRUE, NULL);
        assert_false(good);
        place_close(&place);
    }
}

static void test_an_end_of_the_stream_is_refused(void **state) {
    Place place;
    guint8 wire[100];
    gboolean got = FALSE;
    place_open(&place, (Bytes){NULL, 0});
    place.out.next_in = (guint8 *)"a1 NOOP\r\n";
    place.out.avail_in = 9;
    place.out.next_out = wire;
    place.out.avail_out = sizeof wire;
    assert_int_equal(deflate(&place.out, Z_FINISH), Z_STREAM_END);
    buffer_append(net_filter_raw(place.filter), wire, sizeof wire - place.out.avail_out);
    assert_false(net_filter_inflate(place.filter, &place.input, &got));
    place_close(&place);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_said_is_understood_in_both_directions),
        cmocka_unit_test(test_what_was_said_before_leaves_as_it_was),
        cmocka_unit_test(test_a_bomb_fills_no_more_than_there_is_room_for),
        cmocka_unit_test(test_what_is_no_deflate_is_refused),
        cmocka_unit_test(test_an_end_of_the_stream_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
