/* Names of annotations and what they are on; see metadata.h. */
#include "imap/metadata.h"

static gboolean is_well_formed(Bytes name) {
    for (gsize i = 0; i < name.n; i++) {
        guint8 c = name.p[i];
        if (c < 0x20 || c > 0x7e || c == '*' || c == '%' ||
            (c == '/' && (i + 1 == name.n || name.p[i + 1] == '/')))
            return FALSE;
    }
    return name.n > 0 && *name.p == '/' && name.n <= STORE_METADATA_NAME;
}

static guint components(const char *name) {
    guint n = 0;
    for (; *name != '\0'; name++)
        n += *name == '/';
    return n;
}

gboolean imap_take_entry(ImapParser *args, gboolean scopes, ImapEntry *out) {
    Bytes raw;
    if (!imap_take_astring(args, &raw))
        return FALSE;
    gboolean shared = bytes_starts_nocase(raw, "/shared");
    gsize scope = shared ? strlen("/shared") : strlen("/private");
    if (!is_well_formed(raw) || (!shared && !bytes_starts_nocase(raw, "/private")) ||
        (raw.n > scope && raw.p[scope] != '/') || (raw.n == scope && !scopes))
        return imap_parser_fail(args, "An entry is named like /shared/comment or /private/comment");
    /* RFC 5464 3.2: under /vendor the vendor and a name of its own are part of it. */
    g_autofree char *given = bytes_dup_string(bytes_slice(raw, scope, raw.n));
    g_autofree char *name = g_ascii_strdown(given, -1);
    if (!scopes && (g_str_equal(name, "/vendor") || g_str_has_prefix(name, "/vendor/")) &&
        components(name) < 3)
        return imap_parser_fail(args, "An entry of a vendor is named like /shared/vendor/who/what");
    *out = (ImapEntry){shared, g_steal_pointer(&name)};
    return TRUE;
}

void imap_annotated_clear(ImapAnnotated *annotated) {
    g_clear_pointer(&annotated->full, g_free);
}

gboolean imap_annotated_find(ImapSession *session, Bytes raw, ImapAnnotated *out) {
    /* RFC 5464 3.3: "l" and one of those that have to do with messages. */
    const StoreRights any = STORE_RIGHT_READ | STORE_RIGHT_SEEN | STORE_RIGHT_WRITE |
                            STORE_RIGHT_INSERT | STORE_RIGHT_POST;
    g_auto(ImapName) name = {0};
    g_autoptr(GError) error = NULL;
    if (raw.n == 0) {
        *out = (ImapAnnotated){.full = g_strdup("")};
        return TRUE;
    }
    StoreRights rights = 0;
    g_autofree char *full = imap_name_decode(session, raw, &error);
    g_autoptr(StoreMailbox) mailbox = NULL;
    if (full != NULL && imap_name_of(session, full, &name, &error))
        mailbox = imap_name_find(session, &name, STORE_RIGHT_LOOKUP, &rights, &error);
    if (mailbox == NULL) {
        imap_fail(session, error);
        return FALSE;
    }
    if (!(rights & any)) {
        imap_no(session, "NOPERM", "The annotations of this mailbox are not for you");
        return FALSE;
    }
    *out = (ImapAnnotated){g_steal_pointer(&full), mailbox->id, mailbox->account, rights};
    return TRUE;
}
