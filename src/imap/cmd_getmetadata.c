/* GETMETADATA (RFC 5464 4.2). All of a mailbox's entries are few; they are read and chosen from. */
#include "imap/metadata.h"

enum { MAXIMUM_ENTRIES = 100, DEPTH_INFINITY = G_MAXINT32 };

typedef struct {
    gboolean bounded;
    guint32 size; /* of values, when bounded */
    guint depth;
} Options;

typedef struct {
    Options options;
    Bytes mailbox;
    GArray *entries; /* ImapEntry */
} Request;

typedef struct {
    ImapSession *session;
    const Request *request;
    gboolean *seen; /* beside the entries: it was found */

    gboolean begun;
    gsize longest; /* of the values that are too long */
} Answer;

static void entry_clear(gpointer data) {
    g_free(((ImapEntry *)data)->name);
}

/* ---- Arguments ---- */

static gboolean take_option(ImapParser *args, Options *options) {
    if (imap_try_word(args, "MAXSIZE")) {
        options->bounded = TRUE;
        return imap_take_space(args) && imap_take_number(args, &options->size);
    }
    if (!imap_try_word(args, "DEPTH"))
        return imap_parser_fail(args, "An option of GETMETADATA is MAXSIZE or DEPTH");
    if (!imap_take_space(args))
        return FALSE;
    if (imap_try_word(args, "0"))
        options->depth = 0;
    else if (imap_try_word(args, "1"))
        options->depth = 1;
    else if (imap_try_word(args, "infinity"))
        options->depth = DEPTH_INFINITY;
    else
        return imap_parser_fail(args, "DEPTH is 0, 1 or infinity");
    return TRUE;
}

static gboolean take_options(ImapParser *args, Options *options) {
    if (!imap_take_open(args))
        return FALSE;
    do {
        if (!take_option(args, options))
            return FALSE;
    } while (imap_try_byte(args, ' '));
    return imap_try_byte(args, ')') || imap_parser_fail(args, "The options do not end");
}

/* The syntax has the options before the mailbox, the examples of the same RFC behind it. */
static gboolean options_follow(const ImapParser *args) {
    ImapParser ahead = *args;
    return imap_try_byte(&ahead, '(') &&
           (imap_try_word(&ahead, "MAXSIZE") || imap_try_word(&ahead, "DEPTH"));
}

static gboolean take_entries(ImapParser *args, GArray *entries) {
    gboolean list = imap_try_byte(args, '(');
    do {
        ImapEntry entry;
        if (entries->len >= MAXIMUM_ENTRIES)
            return imap_parser_fail(args, "Too many entries");
        if (!imap_take_entry(args, TRUE, &entry))
            return FALSE;
        g_array_append_val(entries, entry);
    } while (imap_try_byte(args, ' '));
    return (!list || imap_try_byte(args, ')') ||
            imap_parser_fail(args, "The entries do not end")) &&
           imap_take_end(args);
}

static gboolean take_request(ImapParser *args, Request *request) {
    if (!imap_take_space(args))
        return FALSE;
    if (options_follow(args) && (!take_options(args, &request->options) || !imap_take_space(args)))
        return FALSE;
    if (!imap_take_astring(args, &request->mailbox) || !imap_take_space(args))
        return FALSE;
    if (options_follow(args) && (!take_options(args, &request->options) || !imap_take_space(args)))
        return FALSE;
    return take_entries(args, request->entries);
}

/* ---- Answer ---- */

/* Is `name` the entry, or as near below it as was asked for? */
static gboolean is_within(const char *name, const char *entry, guint depth) {
    gsize n = strlen(entry);
    if (strncmp(name, entry, n) != 0 || (name[n] != '\0' && name[n] != '/'))
        return FALSE;
    guint below = 0;
    for (const char *c = name + n; *c != '\0'; c++)
        below += *c == '/';
    return below <= depth;
}

static void put_entry(Answer *answer, gboolean shared, const char *name, const Bytes *value) {
    Buffer *out = imap_output(answer->session);
    g_autofree char *full = g_strconcat(shared ? "/shared" : "/private", name, NULL);
    buffer_append_byte(out, answer->begun ? ' ' : '(');
    answer->begun = TRUE;
    imap_put_string(out, bytes_of_string(full), FALSE);
    buffer_append_byte(out, ' ');
    if (value == NULL) {
        buffer_append_string(out, "NIL");
    } else if (bytes_has_nul(*value)) {
        buffer_printf(out, "~{%" G_GSIZE_FORMAT "}\r\n", value->n);
        buffer_append_bytes(out, *value);
    } else {
        imap_put_string(out, *value, imap_is_rev2(answer->session));
    }
}

static gboolean add(const StoreMetadata *metadata, gpointer data) {
    Answer *answer = data;
    const Request *request = answer->request;
    gboolean wanted = FALSE;
    for (guint i = 0; i < request->entries->len; i++) {
        const ImapEntry *entry = &g_array_index(request->entries, ImapEntry, i);
        if (entry->shared != metadata->shared ||
            !is_within(metadata->entry, entry->name, request->options.depth))
            continue;
        answer->seen[i] = wanted = TRUE;
    }
    if (!wanted)
        return TRUE;
    if (request->options.bounded && metadata->value.n > request->options.size)
        answer->longest = MAX(answer->longest, metadata->value.n);
    else
        put_entry(answer, metadata->shared, metadata->entry, &metadata->value);
    return TRUE;
}

/* What the server says of itself: whom to write to. */
static void add_admin(Answer *answer) {
    const char *at = strrchr(answer->session->address, '@');
    if (at == NULL)
        return;
    g_autofree char *uri = g_strconcat("mailto:postmaster", at, NULL);
    add(&(StoreMetadata){.shared = TRUE, .entry = IMAP_ENTRY_ADMIN, .value = bytes_of_string(uri)},
        answer);
}

static gboolean add_all(Answer *answer, const ImapAnnotated *what, GError **error) {
    ImapSession *session = answer->session;
    if (what->mailbox == 0)
        add_admin(answer);
    g_autoptr(DbConn) conn = db_read_begin(store_db(session->service->store), error);
    return conn != NULL &&
           store_metadata_each(conn, session->account, what->mailbox, FALSE, add, answer, error) &&
           (what->mailbox == 0 ||
            store_metadata_each(conn, what->owner, what->mailbox, TRUE, add, answer, error));
}

/* An entry that was asked for by its own name and has no value is NIL. */
static void add_missing(Answer *answer) {
    const Request *request = answer->request;
    for (guint i = 0; i < request->entries->len; i++) {
        const ImapEntry *entry = &g_array_index(request->entries, ImapEntry, i);
        if (!answer->seen[i] && request->options.depth == 0 && *entry->name != '\0')
            put_entry(answer, entry->shared, entry->name, NULL);
    }
}

static void tell(ImapSession *session, const Request *request, const ImapAnnotated *what) {
    g_autoptr(GError) error = NULL;
    g_autofree gboolean *seen = g_new0(gboolean, request->entries->len);
    Answer answer = {.session = session, .request = request, .seen = seen};
    Buffer *out = imap_output(session);
    gsize before = out->n;
    buffer_append_string(out, "* METADATA ");
    imap_put_mailbox(out, what->full, imap_is_rev2(session));
    buffer_append_byte(out, ' ');
    gboolean read = add_all(&answer, what, &error);
    if (read)
        add_missing(&answer);
    if (answer.begun)
        buffer_append_string(out, ")\r\n");
    if (!read || !answer.begun)
        buffer_truncate(out, before);
    g_autofree char *code =
        answer.longest == 0
            ? NULL
            : g_strdup_printf("METADATA LONGENTRIES %" G_GSIZE_FORMAT, answer.longest);
    if (read)
        imap_completed(session, code);
    else
        imap_fail(session, error);
}

void imap_cmd_getmetadata(ImapSession *session, ImapParser *args) {
    g_auto(ImapAnnotated) what = {0};
    Request request = {.entries = g_array_new(FALSE, FALSE, sizeof(ImapEntry))};
    g_array_set_clear_func(request.entries, entry_clear);
    if (!take_request(args, &request))
        imap_bad_args(session, args);
    else if (imap_annotated_find(session, request.mailbox, &what))
        tell(session, &request, &what);
    g_array_unref(request.entries);
}
