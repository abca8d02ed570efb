/* SETMETADATA (RFC 5464 4.3): all entries of the command in one transaction, or none. */
#include "imap/metadata.h"
#include "imap/notify.h"

enum { MAXIMUM_ENTRIES = 100 };

static void metadata_clear(gpointer data) {
    g_free((char *)((StoreMetadata *)data)->entry);
}

/* nstring or literal8, which may hold NUL. A value that is NIL has no address. */
static gboolean take_value(ImapParser *args, Bytes *out) {
    gboolean nil = FALSE;
    if (imap_try_byte(args, '~'))
        return imap_take_literal8(args, out);
    if (reader_peek(&args->in) != '"' && reader_peek(&args->in) != '{') {
        nil = imap_try_word(args, "NIL");
        *out = (Bytes){NULL, 0};
        return nil || imap_parser_fail(args, "A value is a string or NIL");
    }
    if (!imap_take_string(args, out))
        return FALSE;
    if (out->p == NULL)
        out->p = (const guint8 *)"";
    return TRUE;
}

static gboolean take_entries(ImapParser *args, GArray *entries) {
    if (!imap_take_open(args))
        return FALSE;
    do {
        ImapEntry entry;
        StoreMetadata metadata = {0};
        if (entries->len >= MAXIMUM_ENTRIES)
            return imap_parser_fail(args, "Too many entries");
        if (!imap_take_entry(args, FALSE, &entry))
            return FALSE;
        metadata.shared = entry.shared;
        metadata.entry = entry.name;
        g_array_append_val(entries, metadata);
        if (!imap_take_space(args) ||
            !take_value(args, &g_array_index(entries, StoreMetadata, entries->len - 1).value))
            return FALSE;
    } while (imap_try_byte(args, ' '));
    return (imap_try_byte(args, ')') || imap_parser_fail(args, "The entries do not end")) &&
           imap_take_end(args);
}

/* FALSE: the command has ended. */
static gboolean may_set(ImapSession *session, const ImapAnnotated *what, GArray *entries) {
    for (guint i = 0; i < entries->len; i++) {
        StoreMetadata *metadata = &g_array_index(entries, StoreMetadata, i);
        metadata->mailbox = what->mailbox;
        if (metadata->value.p != NULL && metadata->value.n > STORE_METADATA_VALUE) {
            g_autofree char *code = g_strdup_printf("METADATA MAXSIZE %d", STORE_METADATA_VALUE);
            imap_no(session, code, "The value is too long");
            return FALSE;
        }
        /* What others see takes the right to change what they see. */
        if (metadata->shared && (what->mailbox == 0 || !(what->rights & STORE_RIGHT_WRITE))) {
            imap_no(session, "NOPERM",
                    what->mailbox == 0 ? "Annotations of the server are read only"
                                       : "Shared annotations of this mailbox are not yours to set");
            return FALSE;
        }
    }
    return TRUE;
}

static void set_all(ImapSession *session, const GArray *entries) {
    g_autoptr(GError) error = NULL;
    const char *low;
    guint64 sequence = 0;
    if (imap_disk_low(session, &low)) {
        imap_no(session, "UNAVAILABLE", low);
    } else if (store_metadata_set(session->service->store, session->account,
                                  (const StoreMetadata *)(gpointer)entries->data, entries->len,
                                  &sequence, &error)) {
        imap_notify_own_metadata(session, sequence, entries->len);
        imap_completed(session, NULL);
    } else if (cv_error_is(error, CV_ERROR_LIMIT)) {
        imap_no(session, "METADATA TOOMANY", error->message);
    } else {
        imap_fail(session, error);
    }
}

void imap_cmd_setmetadata(ImapSession *session, ImapParser *args) {
    g_auto(ImapAnnotated) what = {0};
    g_autoptr(GArray) entries = g_array_new(FALSE, FALSE, sizeof(StoreMetadata));
    Bytes mailbox;
    g_array_set_clear_func(entries, metadata_clear);
    if (!imap_take_space(args) || !imap_take_astring(args, &mailbox) || !imap_take_space(args) ||
        !take_entries(args, entries))
        imap_bad_args(session, args);
    else if (imap_annotated_find(session, mailbox, &what) && may_set(session, &what, entries))
        set_all(session, entries);
}
