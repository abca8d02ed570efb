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

static void end_name(SmtpHeader *header) {
    Bytes name = bytes_of(header->name, header->name_length);
    header->naming = FALSE;
    if (bytes_is(name, "received"))
        header->received++;
    else if (bytes_is(name, "date"))
        header->has_date = TRUE;
    else if (bytes_is(name, "message-id"))
        header->has_message_id = TRUE;
}

static void name_byte(SmtpHeader *header, guint8 c) {
    if (c == ':')
        end_name(header);
    else if (c != ' ' && c != '\t') { /* RFC 5322 4.5: blanks before the colon are obsolete */
        if (header->name_length < sizeof header->name)
            header->name[header->name_length++] = g_ascii_tolower((char)c);
        else
            header->naming = FALSE; /* longer than any name that we look for */
    }
}

/* At the beginning of a line. TRUE: the header's fields end before this byte. */
static gboolean begin_line(SmtpHeader *header, Bytes rest, gboolean *ends) {
    if (rest.p[0] == '\r') {
        header->held = rest.n == 1;
        *ends = rest.n > 1 && rest.p[1] == '\n';
        if (header->held || *ends)
            return TRUE;
    }
    header->mid_line = TRUE;
    header->naming = rest.p[0] != ' ' && rest.p[0] != '\t';
    header->name_length = 0;
    return FALSE;
}

gsize smtp_header_take(SmtpHeader *header, Bytes piece, gboolean *ends) {
    gsize at = 0;
    *ends = FALSE;
    if (header->held && piece.n > 0) {
        header->held = FALSE;
        if (piece.p[0] == '\n') {
            *ends = header->done = TRUE;
            return 0;
        }
        header->mid_line = TRUE; /* a bare CR; the message will be refused */
        header->naming = FALSE;
    }
    while (at < piece.n) {
        Bytes rest = bytes_slice(piece, at, piece.n);
        if (!header->mid_line && begin_line(header, rest, ends)) {
            header->done = *ends;
            return at;
        }
        if (header->naming && rest.p[0] != '\n') {
            name_byte(header, rest.p[0]);
            at++;
            continue;
        }
        gssize lf = bytes_find_byte(rest, '\n');
        at = lf < 0 ? piece.n : at + (gsize)lf + 1;
        if (lf >= 0)
            header->mid_line = header->naming = FALSE;
    }
    return at;
}
