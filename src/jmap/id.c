/* Ids as text; see account.h. */
#include "jmap/account.h"

#include <string.h>

void jmap_account_id(gint64 account, char out[JMAP_ID_BYTES]) {
    g_snprintf(out, JMAP_ID_BYTES, "a%" G_GINT64_FORMAT, account);
}

void jmap_mailbox_id(guint32 uidvalidity, char out[JMAP_ID_BYTES]) {
    g_snprintf(out, JMAP_ID_BYTES, "F%08x", uidvalidity);
}

static void put(char letter, guint64 number, char out[JMAP_ID_BYTES]) {
    g_snprintf(out, JMAP_ID_BYTES, "%c%016" G_GINT64_MODIFIER "x", letter, number);
}

void jmap_email_id(StoreBirth birth, char out[JMAP_ID_BYTES]) {
    put('M', birth, out);
}

void jmap_email_blob(StoreBirth birth, char out[JMAP_ID_BYTES]) {
    put('B', birth, out);
}

void jmap_thread_id(guint64 thread, StoreBirth birth, char out[JMAP_ID_BYTES]) {
    put(thread != 0 ? 'T' : 'U', thread != 0 ? thread : birth, out);
}

/* Exactly `digits` lower-case hexadecimal digits behind the letter: one number, one id. */
static gboolean take(const char *id, char letter, gsize digits, guint64 *number) {
    if (id[0] != letter || strlen(id) != digits + 1)
        return FALSE;
    guint64 value = 0;
    for (const char *p = id + 1; *p != '\0'; p++) {
        if (!g_ascii_isxdigit(*p) || g_ascii_isupper(*p))
            return FALSE;
        value = value << 4 | (guint64)g_ascii_xdigit_value(*p);
    }
    *number = value;
    return TRUE;
}

gboolean jmap_account_of(const char *id, gint64 *account) {
    guint64 number;
    if (id[0] != 'a' || id[1] == '0' || !bytes_parse_u64(bytes_of_string(id + 1), &number) ||
        number > G_MAXINT64)
        return FALSE;
    *account = (gint64)number;
    return TRUE;
}

gboolean jmap_mailbox_of(const char *id, guint32 *uidvalidity) {
    guint64 number;
    if (!take(id, 'F', 8, &number))
        return FALSE;
    *uidvalidity = (guint32)number;
    return TRUE;
}

gboolean jmap_email_of(const char *id, StoreBirth *birth) {
    return take(id, 'M', 16, birth);
}

gboolean jmap_email_of_blob(const char *id, StoreBirth *birth) {
    return take(id, 'B', 16, birth);
}

gboolean jmap_thread_of(const char *id, guint64 *thread, StoreBirth *birth) {
    *thread = *birth = 0;
    return take(id, 'T', 16, thread) || take(id, 'U', 16, birth);
}
