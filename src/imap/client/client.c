/* The user's folders and their messages; see client.h. */
#include "imap/client/internal.h"
#include "message/date.h"
#include "text/charset.h"
#include "text/utf7.h"

enum { FOLDERS_MOST = 20000 };

ImapClient *imap_client_open(const ImapClientOptions *options, GError **error) {
    g_autoptr(ImapClient) client = g_new0(ImapClient, 1);
    buffer_init(&client->in, 2 * CLIENT_LINE_BYTES);
    buffer_init(&client->line, CLIENT_LINE_BYTES);
    buffer_init(&client->small, CLIENT_LINE_BYTES);
    client->stream = net_stream_open(&options->stream, error);
    return client->stream != NULL && imap_client_sign_in(client, options, error)
               ? g_steal_pointer(&client)
               : NULL;
}

void imap_client_free(ImapClient *client) {
    if (client == NULL)
        return;
    net_stream_close(client->stream);
    buffer_release(&client->in);
    buffer_release(&client->line);
    buffer_release(&client->small);
    g_free(client);
}

/* ---- Folders ---- */

void imap_client_folder_free(ImapClientFolder *folder) {
    if (folder == NULL)
        return;
    g_free(folder->raw);
    g_free(folder->name);
    g_free(folder);
}

typedef struct {
    ImapNamespace space;
    GPtrArray *folders;
    GHashTable *by_raw;
} Listing;

static gboolean on_namespace(ImapClient *client, const ImapResponse *response, gpointer data,
                             GError **error G_GNUC_UNUSED) {
    Listing *listing = data;
    if (response->kind != IMAP_RESPONSE_NAMESPACE || listing->space.foreign != NULL)
        return TRUE;
    /* What cannot be read is no reason to end: everything is then in one namespace. */
    imap_namespace_parse(response->text, client->literals, client->literal_count, &listing->space);
    return TRUE;
}

static gboolean is_foreign(const Listing *listing, const char *raw) {
    for (guint i = 0; listing->space.foreign != NULL && i < listing->space.foreign->len; i++)
        if (g_str_has_prefix(raw, listing->space.foreign->pdata[i]))
            return TRUE;
    return FALSE;
}

/* One level, in modified UTF-7 or UTF-8; '/' cannot stand in a level here. */
static char *decode_level(const char *level) {
    g_auto(Buffer) utf8;
    buffer_init(&utf8, 8192);
    char *name = NULL;
    if (text_utf7_decode(bytes_of_string(level), &utf8) && text_is_utf8(buffer_bytes(&utf8)))
        name = buffer_steal_string(&utf8);
    else if (text_is_utf8(bytes_of_string(level)))
        name = g_strdup(level);
    if (name != NULL)
        g_strdelimit(name, "/", '_');
    return name;
}

static char *decode_name(const Listing *listing, const char *raw, int delimiter) {
    const char *prefix = listing->space.prefix;
    gsize skipped = prefix == NULL ? 0 : strlen(prefix);
    gboolean below = skipped > 0 && g_ascii_strncasecmp(raw, prefix, skipped) == 0 && raw[skipped];
    const char *rest = below ? raw + skipped : raw;
    char separator[2] = {delimiter < 0 ? '\0' : (char)delimiter, '\0'};
    g_auto(GStrv) levels =
        delimiter < 0 ? g_strsplit(rest, "\n", 1) : g_strsplit(rest, separator, -1);
    g_autoptr(GString) name = g_string_new(NULL);
    for (gsize i = 0; levels[i] != NULL; i++) {
        g_autofree char *level = decode_level(levels[i]);
        if (level == NULL || *level == '\0')
            return NULL;
        g_string_append_printf(name, "%s%s", i == 0 ? "" : "/", level);
    }
    return name->len == 0 ? NULL : g_string_free(g_steal_pointer(&name), FALSE);
}

static gboolean on_list(ImapClient *client G_GNUC_UNUSED, const ImapResponse *response,
                        gpointer data, GError **error) {
    Listing *listing = data;
    if (response->kind != IMAP_RESPONSE_LIST || *response->name == '\0')
        return TRUE;
    ImapClientFolder *known = g_hash_table_lookup(listing->by_raw, response->name);
    if (known != NULL) {
        known->subscribed |= response->subscribed;
        known->list |= response->list;
        return TRUE;
    }
    /* LSUB names what does not exist, too. */
    if (response->subscribed || is_foreign(listing, response->name))
        return TRUE;
    if (listing->folders->len >= FOLDERS_MOST)
        return cv_fail(error, CV_ERROR_LIMIT,
                       "máy chủ nguồn có quá nhiều thư mục; the other server "
                       "lists too many folders");
    ImapClientFolder *folder = g_new0(ImapClientFolder, 1);
    *folder = (ImapClientFolder){g_strdup(response->name),
                                 decode_name(listing, response->name, response->delimiter),
                                 response->list, FALSE};
    g_ptr_array_add(listing->folders, folder);
    g_hash_table_insert(listing->by_raw, folder->raw, folder);
    return TRUE;
}

static int by_name(gconstpointer a, gconstpointer b) {
    const ImapClientFolder *one = *(ImapClientFolder *const *)a;
    const ImapClientFolder *other = *(ImapClientFolder *const *)b;
    int inbox = (g_ascii_strcasecmp(other->raw, "INBOX") == 0) -
                (g_ascii_strcasecmp(one->raw, "INBOX") == 0);
    return inbox != 0 ? inbox : strcmp(one->raw, other->raw);
}

static gboolean list_all(ImapClient *client, Listing *listing, GError **error) {
    const char *list = client->special_use && client->list_extended
                           ? "LIST \"\" \"*\" RETURN (SPECIAL-USE)"
                           : "LIST \"\" \"*\"";
    return (!client->name_space ||
            imap_client_command(client, "NAMESPACE", NULL, on_namespace, listing, error)) &&
           imap_client_command(client, list, NULL, on_list, listing, error) &&
           imap_client_command(client, "LSUB \"\" \"*\"", NULL, on_list, listing, error);
}

GPtrArray *imap_client_folders(ImapClient *client, GError **error) {
    g_autoptr(GPtrArray) folders =
        g_ptr_array_new_with_free_func((GDestroyNotify)imap_client_folder_free);
    Listing listing = {.folders = folders, .by_raw = g_hash_table_new(g_str_hash, g_str_equal)};
    gboolean listed = list_all(client, &listing, error);
    g_hash_table_unref(listing.by_raw);
    imap_namespace_clear(&listing.space);
    if (!listed)
        return NULL;
    g_ptr_array_sort(folders, by_name);
    return g_steal_pointer(&folders);
}

/* ---- One folder ---- */

typedef struct {
    guint32 uidvalidity, exists;
} Examined;

static gboolean on_examine(ImapClient *client G_GNUC_UNUSED, const ImapResponse *response,
                           gpointer data, GError **error G_GNUC_UNUSED) {
    Examined *examined = data;
    if (response->kind == IMAP_RESPONSE_EXISTS)
        examined->exists = response->number;
    Reader code = reader_of(response->code);
    guint64 number;
    if (response->kind == IMAP_RESPONSE_STATUS && reader_skip_nocase(&code, "UIDVALIDITY ") &&
        reader_u64(&code, &number) && number <= G_MAXUINT32)
        examined->uidvalidity = (guint32)number;
    return TRUE;
}

gboolean imap_client_examine(ImapClient *client, const char *raw, guint32 *uidvalidity,
                             guint32 *exists, GError **error) {
    g_autoptr(GString) command = g_string_new("EXAMINE ");
    Examined examined = {0};
    if (!imap_client_append_string(command, raw, error) ||
        !imap_client_command(client, command->str, NULL, on_examine, &examined, error))
        return FALSE;
    *uidvalidity = examined.uidvalidity;
    *exists = examined.exists;
    return TRUE;
}

static gboolean on_uid(ImapClient *client G_GNUC_UNUSED, const ImapResponse *response,
                       gpointer data, GError **error G_GNUC_UNUSED) {
    GArray *uids = data;
    if (response->kind == IMAP_RESPONSE_FETCH && response->uid != 0)
        g_array_append_val(uids, response->uid);
    return TRUE;
}

static int by_number(gconstpointer a, gconstpointer b) {
    guint32 one = *(const guint32 *)a, other = *(const guint32 *)b;
    return (one > other) - (one < other);
}

gboolean imap_client_uids(ImapClient *client, GArray *uids, GError **error) {
    g_array_set_size(uids, 0);
    if (!imap_client_command(client, "UID FETCH 1:* (UID)", NULL, on_uid, uids, error))
        return FALSE;
    g_array_sort(uids, by_number);
    guint kept = 0;
    for (guint i = 0; i < uids->len; i++)
        if (i == 0 || g_array_index(uids, guint32, i) != g_array_index(uids, guint32, kept - 1))
            g_array_index(uids, guint32, kept++) = g_array_index(uids, guint32, i);
    g_array_set_size(uids, kept);
    return TRUE;
}

/* ---- Messages ---- */

typedef struct {
    const guint32 *uids;
    guint count;
    gboolean sizes;
    ImapClientEach each;
    gpointer data;
} Fetch;

/* Servers tell of other messages, too, whenever their flags change. */
static gboolean was_asked(const Fetch *fetch, guint32 uid) {
    for (guint i = 0; i < fetch->count; i++)
        if (fetch->uids[i] == uid)
            return TRUE;
    return FALSE;
}

static gboolean on_message(ImapClient *client G_GNUC_UNUSED, const ImapResponse *response,
                           gpointer data, GError **error) {
    const Fetch *fetch = data;
    gint64 received = 0;
    gint zone;
    if (response->kind != IMAP_RESPONSE_FETCH || !was_asked(fetch, response->uid) ||
        (fetch->sizes ? !response->has_size : !response->has_body))
        return TRUE;
    message_date_parse(response->date, &received, &zone);
    const ImapClientMessage message = {
        .uid = response->uid,
        .size = response->size,
        .flags = response->flags,
        .received = MAX(received, 0),
        .content = response->body,
    };
    return fetch->each(&message, fetch->data, error);
}

static gboolean fetch_items(ImapClient *client, const Fetch *fetch, const char *items, Buffer *body,
                            GError **error) {
    g_autoptr(GString) command = g_string_new("UID FETCH ");
    for (guint i = 0; i < fetch->count; i++)
        g_string_append_printf(command, "%s%u", i == 0 ? "" : ",", fetch->uids[i]);
    g_string_append(command, items);
    return imap_client_command(client, command->str, body, on_message, (gpointer)fetch, error);
}

gboolean imap_client_sizes(ImapClient *client, const guint32 *uids, guint count,
                           ImapClientEach each, gpointer data, GError **error) {
    Fetch fetch = {uids, count, TRUE, each, data};
    return fetch_items(client, &fetch, " (UID RFC822.SIZE)", NULL, error);
}

gboolean imap_client_fetch(ImapClient *client, const guint32 *uids, guint count, Buffer *body,
                           ImapClientEach each, gpointer data, GError **error) {
    Fetch fetch = {uids, count, FALSE, each, data};
    return fetch_items(client, &fetch, " (UID FLAGS INTERNALDATE BODY.PEEK[])", body, error);
}
