#include "http/chunks.h"

enum { SIZE_LINE_MAXIMUM = 256, TRAILERS_MAXIMUM = 4096 };
enum { PHASE_SIZE, PHASE_BYTES, PHASE_AFTER, PHASE_TRAILER };

/* A line up to its CRLF; 0: not whole yet, -1: no line, or too long. */
static int take_line(Reader *r, gsize maximum, Bytes *line) {
    Reader ahead = *r;
    if (!reader_until(&ahead, '\n', line))
        return reader_left(r) > maximum ? -1 : 0;
    if (line->n > maximum || line->n == 0 || line->p[line->n - 1] != '\r')
        return -1;
    line->n--;
    r->at = ahead.at + 1;
    return bytes_find_byte(*line, '\r') < 0 ? 1 : -1;
}

/* Hexadecimal digits, then nothing or ";extension". */
static gboolean take_size(Bytes line, guint64 *size) {
    gsize i = 0;
    *size = 0;
    for (; i < line.n && g_ascii_isxdigit((char)line.p[i]); i++) {
        if (i == 15)
            return FALSE;
        *size = *size * 16 + (guint64)g_ascii_xdigit_value((char)line.p[i]);
    }
    if (i == 0)
        return FALSE;
    Bytes rest = bytes_strip(bytes_slice(line, i, line.n));
    return rest.n == 0 || rest.p[0] == ';';
}

static ChunksState take_bytes(Chunks *chunks, Reader *r, Buffer *content) {
    gsize n = MIN(reader_left(r), chunks->left);
    Bytes piece;
    reader_take(r, n, &piece);
    if (!buffer_append_bytes(content, piece))
        return CHUNKS_FULL;
    chunks->left -= n;
    if (chunks->left == 0)
        chunks->phase = PHASE_AFTER;
    return CHUNKS_MORE;
}

/* One step; *stuck: it needs more input. */
static ChunksState step(Chunks *chunks, Reader *r, Buffer *content, gboolean *stuck) {
    Bytes line;
    int got;
    switch (chunks->phase) {
    case PHASE_BYTES:
        *stuck = reader_done(r);
        return *stuck ? CHUNKS_MORE : take_bytes(chunks, r, content);
    case PHASE_SIZE:
        if ((got = take_line(r, SIZE_LINE_MAXIMUM, &line)) <= 0)
            break;
        if (!take_size(line, &chunks->left))
            return CHUNKS_BAD;
        chunks->phase = chunks->left == 0 ? PHASE_TRAILER : PHASE_BYTES;
        return CHUNKS_MORE;
    case PHASE_AFTER:
        if ((got = take_line(r, 2, &line)) <= 0)
            break;
        chunks->phase = PHASE_SIZE;
        return line.n == 0 ? CHUNKS_MORE : CHUNKS_BAD;
    default:
        if ((got = take_line(r, TRAILERS_MAXIMUM, &line)) <= 0)
            break;
        chunks->trailers += line.n + 2;
        if (line.n == 0)
            return CHUNKS_END;
        return chunks->trailers > TRAILERS_MAXIMUM ? CHUNKS_BAD : CHUNKS_MORE;
    }
    *stuck = got == 0;
    return got == 0 ? CHUNKS_MORE : CHUNKS_BAD;
}

ChunksState http_chunks_read(Chunks *chunks, Bytes input, Buffer *content, gsize *taken) {
    Reader r = reader_of(input);
    gboolean stuck = FALSE;
    ChunksState state = CHUNKS_MORE;
    while (state == CHUNKS_MORE && !stuck)
        state = step(chunks, &r, content, &stuck);
    *taken = input.n - reader_left(&r);
    return state;
}
