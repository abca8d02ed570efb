/* Resource records' data; see dns.h. */
#include "net/dns.h"

#include <arpa/inet.h>

enum { TEXT_MOST = 16 * 1024 };

static gboolean is_host_byte(guint8 c) {
    return g_ascii_isalnum((char)c) || c == '-' || c == '_';
}

gboolean net_dns_name(Reader *r, char out[NET_DNS_NAME]) {
    Reader at = *r;
    char name[NET_DNS_NAME];
    gsize n = 0;
    for (;;) {
        int length = reader_byte(&at);
        Bytes label;
        if (length < 0 || length > 63 || !reader_take(&at, (gsize)length, &label))
            return FALSE;
        if (length == 0)
            break;
        if (n + (n > 0) + label.n >= sizeof name)
            return FALSE;
        if (n > 0)
            name[n++] = '.';
        for (gsize i = 0; i < label.n; i++) {
            if (!is_host_byte(label.p[i]))
                return FALSE;
            name[n++] = g_ascii_tolower((char)label.p[i]);
        }
    }
    name[n] = '\0';
    memcpy(out, name, n + 1);
    *r = at;
    return TRUE;
}

gboolean net_dns_mx(Bytes data, guint16 *preference, char host[NET_DNS_NAME]) {
    Reader r = reader_of(data);
    guint16 number;
    char name[NET_DNS_NAME];
    if (!reader_be16(&r, &number) || !net_dns_name(&r, name) || !reader_done(&r))
        return FALSE;
    *preference = number;
    memcpy(host, name, sizeof name);
    return TRUE;
}

gboolean net_dns_address(Bytes data, char out[46]) {
    if (data.n != 4 && data.n != 16)
        return FALSE;
    return inet_ntop(data.n == 4 ? AF_INET : AF_INET6, data.p, out, 46) != NULL;
}

char *net_dns_text(Bytes data) {
    Reader r = reader_of(data);
    g_autoptr(GString) text = g_string_new(NULL);
    while (!reader_done(&r)) {
        int length = reader_byte(&r);
        Bytes piece;
        if (length < 0 || !reader_take(&r, (gsize)length, &piece) || bytes_has_nul(piece) ||
            text->len + piece.n > TEXT_MOST)
            return NULL;
        g_string_append_len(text, (const char *)piece.p, (gssize)piece.n);
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}
