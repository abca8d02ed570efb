/* What a peer sends as DEFLATE, in pieces (the first byte says how long) and with rests in between:
 * the room is never passed, and the same bytes come out however they are cut. */
#include "net/internal.h"

int LLVMFuzzerTestOneInput(const guint8 *data, size_t size);

enum { ROOM = 1000, MOST = 1 << 20 };

/* What came out in all, as one number. FALSE in *good: refused. */
static guint32 inflated(Bytes wire, gsize piece, gboolean rest, gboolean *good) {
    NetFilter *filter = net_filter_new((Bytes){NULL, 0});
    g_auto(Buffer) input;
    guint32 seen = 5381;
    gsize all = 0;
    buffer_init(&input, ROOM);
    *good = TRUE;
    while (*good && all < MOST && (wire.n > 0 || net_filter_has_input(filter))) {
        gboolean got = FALSE;
        if (!net_filter_has_input(filter)) {
            Bytes next = bytes_slice(wire, 0, MIN(piece, NET_READ_PIECE));
            buffer_append_bytes(net_filter_raw(filter), next);
            wire = bytes_slice(wire, next.n, wire.n);
        }
        *good = net_filter_inflate(filter, &input, &got);
        if (input.n > ROOM || got != (input.n > 0))
            abort();
        Bytes came = buffer_bytes(&input);
        for (gsize i = 0; i < came.n && all < MOST; i++, all++)
            seen = seen * 33 + came.p[i];
        buffer_clear(&input);
        if (rest)
            net_filter_rest(filter);
    }
    net_filter_free(filter);
    if (all >= MOST) /* whether an error follows was not looked at */
        *good = TRUE;
    return seen;
}

int LLVMFuzzerTestOneInput(const guint8 *data, size_t size) {
    if (size < 2)
        return 0;
    Bytes wire = bytes_of(data + 1, size - 1);
    gboolean whole, cut, rested;
    guint32 one = inflated(wire, NET_READ_PIECE, FALSE, &whole);
    guint32 two = inflated(wire, 1 + data[0] % 50, FALSE, &cut);
    guint32 three = inflated(wire, 1 + data[0] % 50, TRUE, &rested);
    if (whole != cut || cut != rested || one != two || two != three)
        abort();
    return 0;
}
