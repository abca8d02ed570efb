/* Charset names are looked up in one table that gives the name iconv knows the charset by: what
 * is not in the table is unknown, so that a message can never choose one of iconv's internal or
 * stateful oddities. US-ASCII and UTF-8, nearly all of today's mail, take a path of their own that
 * copies runs of good bytes; everything else goes through iconv, one bad byte becoming one U+FFFD.
 */
#include "text/charset.h"

#include "base/buffer.h"

#include <errno.h>
#include <iconv.h>
#include <utf8proc.h>

#define REPLACEMENT "\xEF\xBF\xBD"

typedef struct {
    const char *mime;  /* lower case */
    const char *iconv; /* NULL: decoded here, as UTF-8 */
} Charset;

/* US-ASCII is decoded by iconv's ASCII only in name: see decode_ascii. */
static const Charset charsets[] = {
    {"utf-8", NULL},
    {"utf8", NULL},
    {"us-ascii", "ASCII"},
    {"ascii", "ASCII"},
    {"ansi_x3.4-1968", "ASCII"},
    {"iso-8859-1", "ISO-8859-1"},
    {"latin1", "ISO-8859-1"},
    {"iso-8859-2", "ISO-8859-2"},
    {"iso-8859-3", "ISO-8859-3"},
    {"iso-8859-4", "ISO-8859-4"},
    {"iso-8859-5", "ISO-8859-5"},
    {"iso-8859-6", "ISO-8859-6"},
    {"iso-8859-7", "ISO-8859-7"},
    {"iso-8859-8", "ISO-8859-8"},
    {"iso-8859-8-i", "ISO-8859-8"},
    {"iso-8859-9", "ISO-8859-9"},
    {"iso-8859-10", "ISO-8859-10"},
    {"iso-8859-11", "ISO-8859-11"},
    {"iso-8859-13", "ISO-8859-13"},
    {"iso-8859-14", "ISO-8859-14"},
    {"iso-8859-15", "ISO-8859-15"},
    {"iso-8859-16", "ISO-8859-16"},
    {"windows-1250", "CP1250"},
    {"windows-1251", "CP1251"},
    {"windows-1252", "CP1252"},
    {"windows-1253", "CP1253"},
    {"windows-1254", "CP1254"},
    {"windows-1255", "CP1255"},
    {"windows-1256", "CP1256"},
    {"windows-1257", "CP1257"},
    {"windows-1258", "CP1258"},
    {"cp1250", "CP1250"},
    {"cp1251", "CP1251"},
    {"cp1252", "CP1252"},
    {"cp1258", "CP1258"},
    {"windows-874", "CP874"},
    {"tis-620", "TIS-620"},
    {"koi8-r", "KOI8-R"},
    {"koi8-u", "KOI8-U"},
    {"gb2312", "GBK"}, /* mail labelled gb2312 uses GBK's characters */
    {"gbk", "GBK"},
    {"gb18030", "GB18030"},
    {"big5", "BIG5"},
    {"shift_jis", "CP932"},
    {"shift-jis", "CP932"},
    {"euc-jp", "EUC-JP"},
    {"iso-2022-jp", "ISO-2022-JP"},
    {"euc-kr", "CP949"},
    {"ks_c_5601-1987", "CP949"},
    {"utf-16", "UTF-16"},
    {"utf-16be", "UTF-16BE"},
    {"utf-16le", "UTF-16LE"},
    {"utf-32", "UTF-32"},
    {"utf-7", "UTF-7"},
    {"macintosh", "MACINTOSH"},
    {"viscii", "VISCII"}, /* RFC 1456 */
    {"csviscii", "VISCII"},
    {"tcvn", "TCVN5712-1"},
    {"tcvn-5712", "TCVN5712-1"},
    {"tcvn5712", "TCVN5712-1"},
    {"tcvn5712-1", "TCVN5712-1"},
    {"x-viet-tcvn", "TCVN5712-1"},
    {"x-viet-tcvn5712", "TCVN5712-1"},
    /* Its third set has the same letters in the same places. */
    {"tcvn3", "TCVN5712-1"},
    {"x-tcvn3", "TCVN5712-1"},
    {"x-viet-vni", "CP1252"}, /* told by message/texts.h */
};

static const Charset *find_charset(const char *name) {
    if (name == NULL)
        return NULL;
    for (gsize i = 0; i < G_N_ELEMENTS(charsets); i++)
        if (g_ascii_strcasecmp(charsets[i].mime, name) == 0)
            return &charsets[i];
    return NULL;
}

gboolean text_charset_is_known(const char *charset) {
    return find_charset(charset) != NULL;
}

/* Length of the well-formed sequence at p (never NUL's), or 0. */
static gsize sequence_length(const guint8 *p, gsize left) {
    if (p[0] < 0x80)
        return p[0] != 0;
    utf8proc_int32_t c;
    utf8proc_ssize_t n = utf8proc_iterate(p, (utf8proc_ssize_t)MIN(left, 4), &c);
    return n > 0 ? (gsize)n : 0;
}

gboolean text_is_utf8(Bytes in) {
    for (gsize i = 0; i < in.n;) {
        gsize n = in.p[i] == 0 ? 1 : sequence_length(in.p + i, in.n - i);
        if (n == 0)
            return FALSE;
        i += n;
    }
    return TRUE;
}

/* Runs of good sequences are copied whole. A broken sequence is replaced byte by byte but for its
 * continuation bytes, which are swallowed with it: "one character lost, one mark". */
static void decode_utf8(Bytes in, gboolean ascii_only, Buffer *out) {
    gsize i = 0;
    while (i < in.n && !out->overflow) {
        gsize start = i;
        gsize room = out->maximum - out->n;
        while (i < in.n) {
            gsize n = ascii_only && in.p[i] >= 0x80 ? 0 : sequence_length(in.p + i, in.n - i);
            if (n == 0 || i + n - start > room)
                break;
            i += n;
        }
        if (!buffer_append(out, in.p + start, i - start) || i == in.n)
            return;
        gboolean good =
            !(ascii_only && in.p[i] >= 0x80) && sequence_length(in.p + i, in.n - i) != 0;
        if (good || !buffer_append(out, REPLACEMENT, 3))
            return; /* full */
        gboolean lead = in.p[i] >= 0xC0 && !ascii_only;
        i++;
        while (lead && i < in.n && (in.p[i] & 0xC0) == 0x80)
            i++;
    }
}

/* Appends decoded UTF-8, NUL replaced; FALSE when the output is full. The cut is at a character:
 * iconv hands over whole characters only. */
static gboolean append_decoded(Buffer *out, const char *p, gsize n) {
    decode_utf8(bytes_of(p, n), FALSE, out);
    return !out->overflow && out->n < out->maximum;
}

static void decode_iconv(iconv_t cd, Bytes in, Buffer *out) {
    char piece[4096];
    char *from = (char *)in.p;
    gsize left = in.n;
    gboolean more = TRUE;
    while (more) {
        char *to = piece;
        gsize room = sizeof piece;
        gsize r = iconv(cd, &from, &left, &to, &room);
        int code = r == (gsize)-1 ? errno : 0;
        if (!append_decoded(out, piece, (gsize)(to - piece)))
            return;
        if (code == E2BIG)
            continue;
        if (code == EILSEQ && left > 0) {
            from++;
            left--;
            more = left > 0;
            if (!append_decoded(out, REPLACEMENT, 3))
                return;
        } else {
            if (code != 0) /* the last character is incomplete */
                append_decoded(out, REPLACEMENT, 3);
            more = FALSE;
        }
    }
    /* Stateful charsets hold back what may still combine (windows-1258: a letter before its tone).
     */
    char *to = piece;
    gsize room = sizeof piece;
    iconv(cd, NULL, NULL, &to, &room);
    append_decoded(out, piece, (gsize)(to - piece));
}

char *text_to_utf8(const char *charset, Bytes in, gsize maximum, gsize *out_length) {
    const Charset *found = find_charset(charset);
    if (found == NULL)
        return NULL;
    g_auto(Buffer) out;
    buffer_init(&out, MIN(maximum, G_MAXSSIZE / 4));
    if (found->iconv == NULL || strcmp(found->iconv, "ASCII") == 0) {
        decode_utf8(in, found->iconv != NULL, &out);
    } else if (in.n > 0) {
        iconv_t cd = iconv_open("UTF-8", found->iconv);
        if (cd == (iconv_t)-1) /* the machine lacks this converter: show what is ASCII */
            decode_utf8(in, TRUE, &out);
        else {
            decode_iconv(cd, in, &out);
            iconv_close(cd);
        }
    }
    if (out_length != NULL)
        *out_length = out.n;
    return buffer_steal_string(&out);
}

char *text_make_valid(Bytes in, gsize *out_length) {
    gsize maximum;
    if (__builtin_mul_overflow(in.n, 3, &maximum))
        maximum = G_MAXSSIZE;
    return text_to_utf8("utf-8", in, maximum, out_length);
}
