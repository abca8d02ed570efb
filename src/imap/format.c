/* Pieces of answers; see format.h. */
#include "imap/format.h"

#include "text/utf7.h"

static const struct {
    const char *name;
    StoreFlags bit;
} system_flags[] = {
    {"\\Seen", STORE_SEEN},       {"\\Answered", STORE_ANSWERED}, {"\\Flagged", STORE_FLAGGED},
    {"\\Deleted", STORE_DELETED}, {"\\Draft", STORE_DRAFT},
};

StoreFlags imap_system_flag(Bytes name) {
    for (gsize i = 0; i < G_N_ELEMENTS(system_flags); i++)
        if (bytes_is_nocase(name, system_flags[i].name))
            return system_flags[i].bit;
    return 0;
}

static gboolean fits_quotes(Bytes text, gboolean utf8) {
    if (text.n > 4096)
        return FALSE;
    for (gsize i = 0; i < text.n; i++) {
        guint8 c = text.p[i];
        if (c == 0 || c == '\r' || c == '\n' || (c >= 0x80 && !utf8))
            return FALSE;
    }
    return TRUE;
}

static void put_quoted(Buffer *out, Bytes text) {
    buffer_append_byte(out, '"');
    for (gsize i = 0; i < text.n; i++) {
        if (text.p[i] == '"' || text.p[i] == '\\')
            buffer_append_byte(out, '\\');
        buffer_append_byte(out, text.p[i]);
    }
    buffer_append_byte(out, '"');
}

void imap_put_string(Buffer *out, Bytes text, gboolean utf8) {
    if (fits_quotes(text, utf8)) {
        put_quoted(out, text);
        return;
    }
    buffer_append_byte(out, '{');
    buffer_append_u64(out, text.n);
    buffer_append_string(out, "}\r\n");
    buffer_append_bytes(out, text);
}

void imap_put_mailbox(Buffer *out, const char *name, gboolean utf8) {
    Bytes text = bytes_of_string(name);
    if (utf8) {
        imap_put_string(out, text, TRUE);
        return;
    }
    g_auto(Buffer) encoded;
    buffer_init(&encoded, 64 * 1024);
    text_utf7_encode(text, &encoded);
    imap_put_string(out, buffer_bytes(&encoded), FALSE);
}

static void put_word(Buffer *out, const char *word, gboolean *first) {
    if (!*first)
        buffer_append_byte(out, ' ');
    *first = FALSE;
    buffer_append_string(out, word);
}

void imap_put_flag_names(Buffer *out, StoreFlags flags, const GPtrArray *keywords,
                         gboolean *first) {
    for (gsize i = 0; i < G_N_ELEMENTS(system_flags); i++)
        if (flags & system_flags[i].bit)
            put_word(out, system_flags[i].name, first);
    StoreFlags words = flags >> STORE_KEYWORD_FIRST;
    for (guint i = 0; words != 0 && keywords != NULL && i < keywords->len; i++, words >>= 1)
        if ((words & 1) && keywords->pdata[i] != NULL)
            put_word(out, keywords->pdata[i], first);
}

void imap_put_flags(Buffer *out, StoreFlags flags, const GPtrArray *keywords, gboolean recent) {
    gboolean first = TRUE;
    buffer_append_byte(out, '(');
    imap_put_flag_names(out, flags, keywords, &first);
    if (recent)
        put_word(out, "\\Recent", &first);
    buffer_append_byte(out, ')');
}

static void put_two(char *to, gint value) {
    to[0] = (char)('0' + value / 10 % 10);
    to[1] = (char)('0' + value % 10);
}

/* Days since 1970 to year, month, day (proleptic Gregorian; the era of 400 years is the unit). */
static void civil(gint64 days, gint *year, gint *month, gint *day) {
    gint64 z = days + 719468;
    gint64 era = (z >= 0 ? z : z - 146096) / 146097;
    gint64 doe = z - era * 146097;
    gint64 yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    gint64 doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    gint64 mp = (5 * doy + 2) / 153;
    *day = (gint)(doy - (153 * mp + 2) / 5 + 1);
    *month = (gint)(mp < 10 ? mp + 3 : mp - 9);
    *year = (gint)(yoe + era * 400 + (*month <= 2));
}

void imap_put_date_time(Buffer *out, gint64 microseconds) {
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    gint64 seconds = microseconds / G_USEC_PER_SEC + IMAP_ZONE_SECONDS;
    gint64 days = seconds / 86400, rest = seconds % 86400;
    if (rest < 0) {
        rest += 86400;
        days--;
    }
    gint year, month, day;
    civil(days, &year, &month, &day);
    year = CLAMP(year, 0, 9999);
    char text[] = "\"00-Jan-0000 00:00:00 +0700\"";
    put_two(text + 1, day);
    if (day < 10) /* date-day-fixed = (SP DIGIT) / 2DIGIT */
        text[1] = ' ';
    memcpy(text + 4, months + (month - 1) * 3, 3);
    put_two(text + 8, year / 100);
    put_two(text + 10, year);
    put_two(text + 13, (gint)(rest / 3600));
    put_two(text + 16, (gint)(rest / 60 % 60));
    put_two(text + 19, (gint)(rest % 60));
    buffer_append(out, text, sizeof text - 1);
}

void imap_put_text(Buffer *out, const char *text) {
    for (; *text != '\0'; text++)
        buffer_append_byte(out, (guint8)*text < 0x20 || *text == 0x7f ? ' ' : (guint8)*text);
}

void imap_put_rights(Buffer *out, StoreRights rights) {
    static const char letters[] = STORE_RIGHT_LETTERS;
    buffer_append_byte(out, '"');
    for (guint i = 0; letters[i] != '\0'; i++)
        if (rights & 1u << i)
            buffer_append_byte(out, (guint8)letters[i]);
    /* For clients of RFC 2086: "c" stands for k or x, "d" for t or e (RFC 4314 2.1.1). */
    if (rights & (STORE_RIGHT_CREATE | STORE_RIGHT_DELETE))
        buffer_append_byte(out, 'c');
    if (rights & (STORE_RIGHT_TRASH | STORE_RIGHT_EXPUNGE))
        buffer_append_byte(out, 'd');
    buffer_append_byte(out, '"');
}
