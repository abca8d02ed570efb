/* The state machines of content.h. The long runs go through memchr and memmem, so that a message of
 * megabytes costs a few looks at each byte. */
#include "smtp/server/content.h"

static void emit_some(Bytes piece, gsize n, SmtpEmit emit, gpointer data) {
    if (n > 0)
        emit(bytes_slice(piece, 0, n), data);
}

/* How the state stands after a run of message bytes that ends here. */
static int state_after(Bytes run, int before) {
    if (run.n == 0)
        return before;
    guint8 last = run.p[run.n - 1];
    if (last == '\r')
        return SMTP_DOT_CR;
    if (last != '\n')
        return SMTP_DOT_MID;
    gboolean after_cr = run.n >= 2 ? run.p[run.n - 2] == '\r' : before == SMTP_DOT_CR;
    return after_cr ? SMTP_DOT_LINE : SMTP_DOT_MID;
}

/* A run that begins inside a line: all up to the next dot behind CRLF. */
static gsize take_run(SmtpDot *dot, Bytes rest, SmtpEmit emit, gpointer data) {
    gssize at = bytes_find(rest, BYTES_LITERAL("\r\n."));
    gsize n = at < 0 ? rest.n : (gsize)at + 2;
    emit_some(rest, n, emit, data);
    dot->state = state_after(bytes_slice(rest, 0, n), dot->state);
    return n;
}

/* A line of one dot ends the data (RFC 5321 4.1.1.4); of any other line that begins with a dot,
 * that dot is taken away (4.5.2). */
gboolean smtp_dot_take(SmtpDot *dot, Bytes piece, gsize *used, SmtpEmit emit, gpointer data) {
    gsize at = 0;
    while (at < piece.n) {
        Bytes rest = bytes_slice(piece, at, piece.n);
        guint8 c = rest.p[0];
        switch (dot->state) {
        case SMTP_DOT_LINE:
            dot->state = c == '.' ? SMTP_DOT_DOT : SMTP_DOT_MID;
            at += c == '.';
            break;
        case SMTP_DOT_DOT:
            dot->state = c == '\r' ? SMTP_DOT_DOT_CR : SMTP_DOT_MID;
            at += c == '\r';
            break;
        case SMTP_DOT_DOT_CR:
            if (c == '\n') {
                *used = at + 1;
                dot->state = SMTP_DOT_LINE;
                return TRUE;
            }
            emit(BYTES_LITERAL("\r"), data); /* it was no end: the CR belongs to the message */
            dot->state = SMTP_DOT_MID;
            break;
        case SMTP_DOT_CR:
            if (c == '\n') {
                emit_some(rest, 1, emit, data);
                dot->state = SMTP_DOT_LINE;
                at++;
                break;
            }
            dot->state = SMTP_DOT_MID;
            break;
        default:
            at += take_run(dot, rest, emit, data);
        }
    }
    *used = at;
    return FALSE;
}

void smtp_lines_take(SmtpLines *lines, Bytes piece) {
    if (bytes_has_nul(piece))
        lines->nul = TRUE;
    while (piece.n > 0) {
        if (lines->cr && piece.p[0] != '\n')
            lines->bare = TRUE;
        gssize lf = bytes_find_byte(piece, '\n');
        gsize n = lf < 0 ? piece.n : (gsize)lf;
        gssize cr = bytes_find_byte(bytes_slice(piece, 0, n), '\r');
        /* The only good place for a CR is right before the LF, or before what is still to come. */
        if (cr >= 0 && (gsize)cr + 1 != n)
            lines->bare = TRUE;
        gboolean ends_cr = n > 0 ? piece.p[n - 1] == '\r' : lines->cr;
        if (lf >= 0 && !ends_cr)
            lines->bare = TRUE;
        lines->line += n;
        if (lines->line > lines->line_maximum + (ends_cr ? 1 : 0))
            lines->too_long = TRUE;
        if (lf < 0) {
            lines->cr = ends_cr;
            return;
        }
        lines->line = 0;
        lines->cr = FALSE;
        piece = bytes_slice(piece, (gsize)lf + 1, piece.n);
    }
}

void smtp_lines_end(SmtpLines *lines) {
    if (lines->cr)
        lines->bare = TRUE;
}

/* Fields that are taken out. Return-Path is ours to write (RFC 5321 4.4). Bcc names people that the
 * others shall not see (RFC 5322 3.6.3); of a submission only: what other systems sent stays. */
static gboolean is_dropped(const SmtpHeader *header, Bytes name) {
    return bytes_is(name, "return-path") ||
           (header->submission && (bytes_is(name, "bcc") || bytes_is(name, "resent-bcc")));
}

/* Worth a look at the whole header: delivery/origin.c. */
static gboolean tells_of_forwarding(Bytes name) {
    return bytes_is(name, "auto-submitted") || bytes_is(name, "resent-from") ||
           bytes_is(name, "x-forwarded-for") || bytes_is(name, "x-forwarded-to") ||
           bytes_is(name, "x-ms-exchange-inbox-rules-loop");
}

static void note_name(SmtpHeader *header, Bytes name) {
    if (bytes_is(name, "received"))
        header->received++;
    else if (bytes_is(name, "date"))
        header->has_date = TRUE;
    else if (bytes_is(name, "message-id"))
        header->has_message_id = TRUE;
    else if (tells_of_forwarding(name))
        header->forwarded = TRUE;
}

/* The name is known, or is none that we look for: what was kept of the line goes its way. */
static void end_name(SmtpHeader *header, gboolean whole, SmtpEmit emit, gpointer data) {
    char folded[SMTP_FIELD_NAME];
    gsize n = 0;
    for (gsize i = 0; whole && i < header->kept_length; i++)
        if (header->kept[i] != ' ' && header->kept[i] != '\t') /* RFC 5322 4.5 allows "Name :" */
            folded[n++] = g_ascii_tolower(header->kept[i]);
    header->naming = FALSE;
    note_name(header, bytes_of(folded, n));
    header->dropping = is_dropped(header, bytes_of(folded, n));
    if (!header->dropping && header->kept_length > 0)
        emit(bytes_of(header->kept, header->kept_length), data);
    header->kept_length = 0;
}

void smtp_header_end(SmtpHeader *header, SmtpEmit emit, gpointer data) {
    if (header->naming)
        end_name(header, FALSE, emit, data);
}

/* At the beginning of a line. TRUE: the header's fields end before this byte. */
static gboolean begin_line(SmtpHeader *header, Bytes rest, gboolean *ends) {
    if (rest.p[0] == '\r') {
        header->held = rest.n == 1;
        *ends = rest.n > 1 && rest.p[1] == '\n';
        if (header->held || *ends)
            return TRUE;
    }
    gboolean folded = rest.p[0] == ' ' || rest.p[0] == '\t';
    header->mid_line = TRUE;
    header->naming = !folded;
    header->dropping &= folded;
    return FALSE;
}

/* One byte of a name. */
static void take_name(SmtpHeader *header, guint8 c, SmtpEmit emit, gpointer data) {
    if (c == ':')
        end_name(header, TRUE, emit, data);
    else if (header->kept_length == sizeof header->kept)
        end_name(header, FALSE, emit, data); /* longer than any name that we look for */
    if (header->naming)
        header->kept[header->kept_length++] = (char)c;
}

/* The rest of a line, or as much of it as there is. */
static gsize take_line(SmtpHeader *header, Bytes rest, SmtpEmit emit, gpointer data) {
    gssize lf = bytes_find_byte(rest, '\n');
    gsize n = lf < 0 ? rest.n : (gsize)lf + 1;
    if (!header->dropping)
        emit_some(rest, n, emit, data);
    if (lf >= 0)
        header->mid_line = FALSE;
    return n;
}

gsize smtp_header_take(SmtpHeader *header, Bytes piece, gboolean *ends, SmtpEmit emit,
                       gpointer data) {
    gsize at = 0;
    *ends = FALSE;
    if (header->held && piece.n > 0) {
        header->held = FALSE;
        if (piece.p[0] == '\n') {
            *ends = header->done = TRUE;
            return 0;
        }
        header->mid_line = TRUE; /* a bare CR; the message will be refused */
        emit(BYTES_LITERAL("\r"), data);
    }
    while (at < piece.n) {
        Bytes rest = bytes_slice(piece, at, piece.n);
        if (!header->mid_line && begin_line(header, rest, ends)) {
            header->done = *ends;
            return at;
        }
        if (header->naming && rest.p[0] != '\n') {
            take_name(header, rest.p[0], emit, data);
            if (header->naming)
                at++;
            continue;
        }
        smtp_header_end(header, emit, data);
        at += take_line(header, rest, emit, data);
    }
    return at;
}
