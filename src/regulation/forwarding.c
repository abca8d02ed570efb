/* Automatic forwarding [Điều 8.5]: both ends must be accounts given by state bodies. The domain is
 * compared as ASCII after IDNA (case and the trailing dot do not matter), whole label by whole
 * label, so that evilgov.vn is not gov.vn. An address must be plain: source routes, the percent
 * hack, bang paths and quoted names can carry another destination inside and are refused. */
#include "regulation/data.h"

#include "text/charset.h"
#include "text/latin.h"

#include <idn2.h>
#include <utf8proc.h>

enum { ADDRESS_MAXIMUM = 254, LOCAL_MAXIMUM = 64 };

/* RFC 5321 4.1.2 Dot-string with the atext that cannot name a further hop, and RFC 6531 text. */
static gboolean is_plain_local(Bytes local) {
    gboolean dot = TRUE; /* a dot may not come first, last or twice */
    for (gsize i = 0; i < local.n; i++) {
        guint8 c = local.p[i];
        if (c == '.') {
            if (dot)
                return FALSE;
            dot = TRUE;
            continue;
        }
        dot = FALSE;
        if (c < 0x80 && !g_ascii_isalnum((char)c) && strchr("#$&'*+-/=?^_`{|}~", c) == NULL)
            return FALSE;
    }
    return local.n > 0 && local.n <= LOCAL_MAXIMUM && !dot;
}

/* No white space, control or invisible character hides in the address. */
static gboolean is_visible(Bytes address) {
    if (!text_is_utf8(address) || bytes_has_nul(address))
        return FALSE;
    for (gsize i = 0; i < address.n;) {
        utf8proc_int32_t c;
        utf8proc_ssize_t n =
            utf8proc_iterate(address.p + i, (utf8proc_ssize_t)MIN(address.n - i, 4), &c);
        if (n <= 0)
            return FALSE;
        LatinKind kind = (LatinKind)latin_of(c).kind;
        if (kind == LATIN_SPACE || kind == LATIN_CONTROL || kind == LATIN_INVISIBLE ||
            kind == LATIN_ZERO_SPACE)
            return FALSE;
        i += (gsize)n;
    }
    return TRUE;
}

/* The address's two halves at its only @. */
static gboolean split_address(Bytes address, Bytes *local, Bytes *domain) {
    gssize at = bytes_find_byte(address, '@');
    if (at < 0 || address.n > ADDRESS_MAXIMUM || !is_visible(address))
        return FALSE;
    *local = bytes_slice(address, 0, (gsize)at);
    *domain = bytes_slice(address, (gsize)at + 1, address.n);
    return is_plain_local(*local) && domain->n > 0 && bytes_find_byte(*domain, '@') < 0;
}

/* The domain as ASCII in small letters without a trailing dot; NULL when IDNA refuses it. */
static char *ascii_domain(Bytes domain) {
    if (domain.n > 1 && domain.p[domain.n - 1] == '.')
        domain.n--;
    g_autofree char *text = bytes_dup_string(domain);
    char *ascii = NULL;
    if (strpbrk(text, "[]:") != NULL ||
        idn2_to_ascii_8z(text, &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) != IDN2_OK)
        return NULL;
    char *lower = g_ascii_strdown(ascii, -1);
    idn2_free(ascii);
    gboolean good = lower[0] != 0 && lower[0] != '.' && lower[strlen(lower) - 1] != '.' &&
                    strstr(lower, "..") == NULL &&
                    strspn(lower, "abcdefghijklmnopqrstuvwxyz0123456789-.") == strlen(lower);
    if (good)
        return lower;
    g_free(lower);
    return NULL;
}

/* Letters of more than one script; every letter that is not Latin counts as another one. The
 * domain is looked at as people see it, so an xn-- label cannot hide its script. */
static gboolean mixes_scripts(const char *ascii) {
    char *shown = NULL;
    if (idn2_to_unicode_8z8z(ascii, &shown, 0) != IDN2_OK)
        return strstr(ascii, "xn--") != NULL; /* what cannot be shown cannot be judged */
    gboolean latin = FALSE, other = FALSE;
    for (const char *p = shown; *p != 0; p = g_utf8_next_char(p)) {
        LatinKind kind = (LatinKind)latin_of((gint32)g_utf8_get_char(p)).kind;
        latin |= kind == LATIN_LETTER;
        other |= kind == LATIN_FOREIGN;
    }
    idn2_free(shown);
    return latin && other;
}

static gboolean is_under(const char *domain, const char *parent) {
    gsize n = strlen(domain), p = strlen(parent);
    if (n < p || g_ascii_strcasecmp(domain + n - p, parent) != 0)
        return FALSE;
    return n == p || domain[n - p - 1] == '.';
}

static gboolean is_state_domain(const Regulation *r, const char *domain, const char *own) {
    if (g_ascii_strcasecmp(domain, own) == 0)
        return TRUE;
    const List *listed = &r->lists[LIST_FORWARD_DOMAINS];
    for (gsize i = 0; i < listed->n; i++)
        if (is_under(domain, listed->items[i]))
            return TRUE;
    for (gsize i = 0; r->decided != NULL && r->decided[i] != NULL; i++)
        if (is_under(domain, r->decided[i]))
            return TRUE;
    return FALSE;
}

/* What the reader of a refusal sees of the address: valid and not endless. */
static char *show_address(Bytes address) {
    return text_to_utf8("utf-8", address, ADDRESS_MAXIMUM, NULL);
}

/* NULL: a state body's account. */
static Verdict *check_end(const Regulation *r, Bytes address, RuleId refusal, const char *own) {
    g_autofree char *shown = show_address(address);
    Bytes local, domain;
    if (!split_address(address, &local, &domain))
        return verdict_refuse(r, RULE_FORWARD_ADDRESS, "address", shown, NULL);
    g_autofree char *ascii = ascii_domain(domain);
    if (ascii == NULL)
        return verdict_refuse(r, RULE_FORWARD_ADDRESS, "address", shown, NULL);
    if (mixes_scripts(ascii))
        return verdict_refuse(r, RULE_FORWARD_SCRIPT, "address", shown, NULL);
    if (!is_state_domain(r, ascii, own))
        return verdict_refuse(r, refusal, "address", shown, NULL);
    return NULL;
}

Verdict *regulation_check_forward(const Regulation *regulation, Bytes from, Bytes to,
                                  const char *own_domain) {
    const char *own = own_domain != NULL ? own_domain : regulation->texts[REGULATION_DOMAIN];
    Verdict *verdict = check_end(regulation, to, RULE_FORWARD_OUT, own);
    if (verdict == NULL)
        verdict = check_end(regulation, from, RULE_FORWARD_IN, own);
    return verdict != NULL
               ? verdict
               : verdict_allow("forward", regulation->lists[LIST_FORWARD_DOMAINS].article);
}

Verdict *regulation_check_forwarded(const Regulation *regulation, Bytes from,
                                    const char *own_domain) {
    const char *own = own_domain != NULL ? own_domain : regulation->texts[REGULATION_DOMAIN];
    g_autoptr(Verdict) verdict = check_end(regulation, from, RULE_FORWARD_IN, own);
    if (verdict == NULL)
        return verdict_allow("forward", regulation->lists[LIST_FORWARD_DOMAINS].article);
    g_autofree char *shown = show_address(from);
    return verdict_refuse(regulation, RULE_FORWARD_IN, "address", shown, NULL);
}

char *regulation_plain_address(Bytes address) {
    Bytes local, domain;
    if (!split_address(address, &local, &domain))
        return NULL;
    g_autofree char *ascii = ascii_domain(domain);
    g_autofree char *name = bytes_dup_string(local);
    return ascii == NULL ? NULL : g_strconcat(name, "@", ascii, NULL);
}
