/* SMTP's paths and parameters; see grammar.h. Each taker looks once at each byte. */
#include "smtp/grammar.h"

static gboolean is_alnum(guint8 c) {
    return g_ascii_isalnum((gchar)c);
}

/* RFC 5322 3.2.3 atext, and RFC 6531 3.3: UTF-8 beyond ASCII. */
static gboolean is_atext(guint8 c) {
    return is_alnum(c) || c >= 0x80 || (c != 0 && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

static gboolean is_printable(guint8 c) {
    return c > ' ' && c != 0x7f;
}

static gboolean is_label_byte(guint8 c) {
    return is_alnum(c) || c == '-' || c == '_' || c >= 0x80;
}

static gboolean is_literal(Bytes b) {
    if (b.n < 3 || b.p[0] != '[' || b.p[b.n - 1] != ']')
        return FALSE;
    for (gsize i = 1; i + 1 < b.n; i++)
        if (!is_printable(b.p[i]) || b.p[i] >= 0x80 || strchr("[]\\<>()@,;", b.p[i]) != NULL)
            return FALSE;
    return TRUE;
}

gboolean smtp_is_domain(Bytes b) {
    if (b.n == 0 || b.n > SMTP_DOMAIN_LIMIT)
        return FALSE;
    if (b.p[0] == '[')
        return is_literal(b);
    gsize label = 0;
    for (gsize i = 0; i < b.n; i++) {
        if (b.p[i] == '.') {
            if (label == 0)
                return FALSE;
            label = 0;
        } else if (is_label_byte(b.p[i])) {
            label++;
        } else {
            return FALSE;
        }
    }
    return label > 0;
}

gboolean smtp_is_greeting_name(Bytes b) {
    if (b.n == 0 || b.n > SMTP_DOMAIN_LIMIT)
        return FALSE;
    for (gsize i = 0; i < b.n; i++)
        if (!is_printable(b.p[i]) || strchr("()<>\"\\;,@", b.p[i]) != NULL)
            return FALSE;
    return g_utf8_validate((const char *)b.p, (gssize)b.n, NULL);
}

/* Dot-string or Quoted-string up to '@' or '>'; empty: neither. */
static Bytes take_local_part(Reader *r) {
    Reader at = *r;
    Bytes from = reader_rest(r);
    if (reader_skip_byte(&at, '"')) {
        for (;;) {
            int c = reader_byte(&at);
            if (c == '\\')
                c = reader_byte(&at) < ' ' ? -1 : 'x';
            else if (c == '"')
                break;
            if (c < ' ' || c == 0x7f)
                return (Bytes){0};
        }
    } else {
        gsize atom = 0;
        for (; reader_peek(&at) >= 0; at.at++) {
            guint8 c = *at.at;
            if (c == '.' ? atom == 0 : !is_atext(c))
                break;
            atom = c == '.' ? 0 : atom + 1;
        }
        if (atom == 0)
            return (Bytes){0};
    }
    Bytes local = bytes_slice(from, 0, (gsize)(at.at - from.p));
    if (local.n > SMTP_LOCAL_PART_LIMIT)
        return (Bytes){0};
    r->at = at.at;
    return local;
}

/* A source route is read and has no effect (RFC 5321 4.1.2, A-d-l). */
static gboolean skip_route(Reader *r) {
    if (reader_peek(r) != '@')
        return TRUE;
    Bytes route;
    if (!reader_until(r, ':', &route))
        return FALSE;
    r->at++;
    for (Reader hops = reader_of(route); !reader_done(&hops);) {
        Bytes hop;
        if (!reader_until(&hops, ',', &hop)) {
            hop = reader_rest(&hops);
            hops.at = hops.end;
        } else {
            hops.at++;
        }
        if (hop.n < 2 || hop.p[0] != '@' || !smtp_is_domain(bytes_slice(hop, 1, hop.n)))
            return FALSE;
    }
    return TRUE;
}

static gboolean take_mailbox(Reader *r, SmtpPath *out) {
    const guint8 *from = r->at;
    out->local = take_local_part(r);
    if (out->local.n == 0)
        return FALSE;
    out->domain = (Bytes){0};
    if (reader_skip_byte(r, '@')) {
        if (!reader_until(r, '>', &out->domain) || !smtp_is_domain(out->domain))
            return FALSE;
    }
    out->address = bytes_of(from, (gsize)(r->at - from));
    if (out->address.n > SMTP_PATH_LIMIT)
        return FALSE;
    for (gsize i = 0; i < out->address.n; i++)
        out->utf8 |= out->address.p[i] >= 0x80;
    return !out->utf8 ||
           g_utf8_validate((const char *)out->address.p, (gssize)out->address.n, NULL);
}

gboolean smtp_take_path(Reader *r, SmtpPath *out) {
    Reader at = *r;
    SmtpPath path = {0};
    while (reader_skip_byte(&at, ' ')) {
    }
    if (!reader_skip_byte(&at, '<'))
        return FALSE;
    if (reader_peek(&at) != '>' && (!skip_route(&at) || !take_mailbox(&at, &path)))
        return FALSE;
    if (!reader_skip_byte(&at, '>'))
        return FALSE;
    *r = at;
    *out = path;
    return TRUE;
}

SmtpTake smtp_take_parameter(Reader *r, SmtpParameter *out) {
    Reader at = *r;
    gboolean blank = FALSE;
    while (reader_skip_byte(&at, ' '))
        blank = TRUE;
    if (reader_done(&at)) {
        *r = at;
        return SMTP_PARAMETERS_END;
    }
    if (!blank)
        return SMTP_PARAMETERS_BAD;
    SmtpParameter parameter = {0};
    const guint8 *from = at.at;
    while (reader_peek(&at) >= 0 && (is_alnum(*at.at) || (*at.at == '-' && at.at > from)))
        at.at++;
    parameter.name = bytes_of(from, (gsize)(at.at - from));
    if (parameter.name.n == 0)
        return SMTP_PARAMETERS_BAD;
    if (reader_skip_byte(&at, '=')) {
        parameter.has_value = TRUE;
        from = at.at;
        while (reader_peek(&at) >= 0 && is_printable(*at.at) && *at.at != '=')
            at.at++;
        parameter.value = bytes_of(from, (gsize)(at.at - from));
        if (parameter.value.n == 0)
            return SMTP_PARAMETERS_BAD;
    }
    if (!reader_done(&at) && reader_peek(&at) != ' ')
        return SMTP_PARAMETERS_BAD;
    *r = at;
    *out = parameter;
    return SMTP_PARAMETER;
}

static gboolean is_capital_hex(int c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F');
}

gboolean smtp_is_xtext(Bytes b) {
    Reader r = reader_of(b);
    for (int c = reader_byte(&r); c >= 0; c = reader_byte(&r)) {
        if (c < '!' || c > '~' || c == '=')
            return FALSE;
        if (c == '+' && !(is_capital_hex(reader_byte(&r)) && is_capital_hex(reader_byte(&r))))
            return FALSE;
    }
    return TRUE;
}
