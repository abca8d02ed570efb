/* The steps of RFC 5256 2.1 in their order, each a cut at one end of the text. Blobs ("[list]") in
 * front are looked at as one run: when no "re:" stands behind the run, none stands behind a part of
 * it, so each byte is looked at a few times at most. */
#include "message/base_subject.h"

static Bytes skip_blanks(Bytes text) {
    gsize i = 0;
    while (i < text.n && text.p[i] == ' ')
        i++;
    return bytes_slice(text, i, text.n);
}

/* subj-blob: "[" without brackets inside "]" and blanks; FALSE: none in front. */
static gboolean skip_blob(Bytes *text) {
    if (text->n == 0 || text->p[0] != '[')
        return FALSE;
    for (gsize i = 1; i < text->n && text->p[i] != '['; i++)
        if (text->p[i] == ']') {
            *text = skip_blanks(bytes_slice(*text, i + 1, text->n));
            return TRUE;
        }
    return FALSE;
}

/* subj-refwd: "re", "fw" or "fwd", perhaps a blob, a colon. */
static gboolean skip_refwd(Bytes *text) {
    Bytes rest;
    if (bytes_starts_nocase(*text, "re"))
        rest = bytes_slice(*text, 2, text->n);
    else if (bytes_starts_nocase(*text, "fwd"))
        rest = bytes_slice(*text, 3, text->n);
    else if (bytes_starts_nocase(*text, "fw"))
        rest = bytes_slice(*text, 2, text->n);
    else
        return FALSE;
    rest = skip_blanks(rest);
    skip_blob(&rest);
    if (rest.n == 0 || rest.p[0] != ':')
        return FALSE;
    *text = bytes_slice(rest, 1, rest.n);
    return TRUE;
}

/* Step 2: blanks and "(fwd)" at the end. */
static Bytes without_trailers(Bytes text, gboolean *reply) {
    for (;;) {
        while (text.n > 0 && text.p[text.n - 1] == ' ')
            text.n--;
        if (text.n < 5 || !bytes_is_nocase(bytes_slice(text, text.n - 5, 5), "(fwd)"))
            return text;
        text.n -= 5;
        *reply = TRUE;
    }
}

/* Steps 3 to 5: everything in front that is no subject. */
static Bytes without_leaders(Bytes text, gboolean *reply) {
    for (;;) {
        text = skip_blanks(text);
        Bytes behind = text, last = text;
        while (TRUE) {
            Bytes here = behind;
            if (!skip_blob(&behind))
                break;
            last = here;
        }
        if (skip_refwd(&behind)) {
            *reply = TRUE;
            text = behind;
            continue;
        }
        /* Blobs go unless nothing would be left: then the last one is the subject. */
        return behind.n > 0 ? behind : last;
    }
}

char *message_base_subject(const char *subject, gboolean *reply) {
    gsize n = 0;
    g_autofree char *line = g_malloc(strlen(subject) + 1);
    for (const char *c = subject; *c != '\0'; c++) { /* step 1 */
        char byte = (guint8)*c < ' ' ? ' ' : *c;
        if (byte != ' ' || n == 0 || line[n - 1] != ' ')
            line[n++] = byte;
    }
    Bytes text = bytes_of(line, n);
    *reply = FALSE;
    for (;;) {
        text = without_leaders(without_trailers(text, reply), reply);
        /* Step 6. */
        if (text.n < 6 || !bytes_starts_nocase(text, "[fwd:") || text.p[text.n - 1] != ']')
            return bytes_dup_string(text);
        text = bytes_slice(text, 5, text.n - 6);
        *reply = TRUE;
    }
}
