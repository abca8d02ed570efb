/* Mailbox names: what a protocol sends becomes the one spelling that is stored, or is refused.
 * Names are UTF-8 in NFC with '/' between levels; two names are the same when their bytes are. */
#include "store/internal.h"

/* RFC 5198 2 warns of control characters; U+2028 and U+2029 end lines too. U+FEFF is
 * invisible and would make two names that look alike. */
static gboolean has_bad_character(const char *name) {
    for (const char *p = name; *p != '\0'; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        if (c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029 || c == 0xfeff)
            return TRUE;
    }
    return FALSE;
}

/* RFC 9051 5.1: "The case-insensitive mailbox name INBOX is a special name reserved to mean 'the
 * primary mailbox for this user on this server'". Its spelling as a first level is one too, else
 * "inbox/x" would have a parent that is not the INBOX. */
static void spell_inbox(char *name) {
    if (g_ascii_strncasecmp(name, "INBOX", 5) == 0 && (name[5] == '\0' || name[5] == '/'))
        memcpy(name, "INBOX", 5);
}

char *store_name_normalise(const char *name, GError **error) {
    gsize n = strlen(name);
    if (n > STORE_NAME_BYTES * 2) { /* composing shortens: decide on its result, but bound it */
        cv_fail(error, CV_ERROR_LIMIT, "a mailbox name may have %d bytes", STORE_NAME_BYTES);
        return NULL;
    }
    if (!g_utf8_validate(name, (gssize)n, NULL)) {
        cv_fail(error, CV_ERROR_INPUT, "a mailbox name must be UTF-8");
        return NULL;
    }
    if (has_bad_character(name)) {
        cv_fail(error, CV_ERROR_INPUT, "a mailbox name must not hold control characters");
        return NULL;
    }
    g_autofree char *composed = g_utf8_normalize(name, -1, G_NORMALIZE_NFC);
    gsize length = composed == NULL ? 0 : strlen(composed);
    if (length == 0 || composed[0] == '/' || composed[length - 1] == '/' ||
        strstr(composed, "//") != NULL) {
        cv_fail(error, CV_ERROR_INPUT, "a level of a mailbox name must not be empty");
        return NULL;
    }
    guint depth = 1;
    for (const char *p = composed; *p != '\0'; p++)
        depth += *p == '/';
    if (length > STORE_NAME_BYTES || depth > STORE_NAME_LEVELS) {
        cv_fail(error, CV_ERROR_LIMIT, "a mailbox name may have %d bytes and %d levels",
                STORE_NAME_BYTES, STORE_NAME_LEVELS);
        return NULL;
    }
    spell_inbox(composed);
    return g_steal_pointer(&composed);
}

char *store_name_parent(const char *name) {
    const char *slash = strrchr(name, '/');
    return slash == NULL ? NULL : g_strndup(name, (gsize)(slash - name));
}
