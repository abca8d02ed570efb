/* One account of another server, folder by folder. Connections break: then another is made and the
 * folder goes on with the messages that have not come. A message that breaks them three times is
 * left, and named. */
#include "cli/import_imap.h"

enum {
    FETCH_MESSAGES = 50, /* asked for in one command */
    TRIES = 10,          /* connections in a row without a message */
    MESSAGE_TRIES = 3,   /* that one message may break */
    PAUSE_MOST = 15,     /* seconds between two of them */
};

typedef struct {
    CliCall *call;
    Mover *mover;
    const ImapClientOptions *options;
    ImapClient *client; /* NULL: to be opened */
    guint failures;     /* in a row */
    gboolean connected; /* once at least */
    Buffer body;
    GPtrArray *keywords;
    gint64 done, all; /* messages */
    /* The folder in hand. */
    const ImapClientFolder *folder;
    const char *target;
    gboolean open; /* EXAMINE was answered on this connection */
    guint32 uidvalidity;
    GArray *pending; /* guint32, rising; from `first` on: not had yet */
    guint first;
    GHashTable *broke; /* UID → how often a connection broke at it */
    guint came;        /* of the last fetch */
} Run;

/* Another connection is worth a try. */
static gboolean may_retry(Run *run, const GError *error) {
    if (!cv_error_is(error, CV_ERROR_NETWORK) || run->failures >= TRIES || !run->connected)
        return FALSE;
    g_clear_pointer(&run->client, imap_client_free);
    run->open = FALSE;
    guint seconds = run->failures == 0 ? 0 : 1u << MIN(run->failures - 1, 4u);
    g_usleep((gulong)MIN(seconds, (guint)PAUSE_MOST) * G_USEC_PER_SEC);
    run->failures++;
    return TRUE;
}

static gboolean connect(Run *run, GError **error) {
    while (run->client == NULL) {
        g_autoptr(GError) failed = NULL;
        run->client = imap_client_open(run->options, &failed);
        if (run->client == NULL && !may_retry(run, failed)) {
            g_propagate_error(error, g_steal_pointer(&failed));
            return FALSE;
        }
        run->connected |= run->client != NULL;
    }
    return TRUE;
}

/* ---- Messages ---- */

static guint pending_count(const Run *run) {
    return run->pending->len - run->first;
}

static guint32 *pending_at(const Run *run, guint i) {
    return &g_array_index(run->pending, guint32, run->first + i);
}

/* Where it stands among them; FALSE: it is not one. */
static gboolean find_pending(const Run *run, guint32 uid, guint *at) {
    guint low = 0, high = pending_count(run);
    while (low < high) {
        guint middle = low + (high - low) / 2;
        if (*pending_at(run, middle) < uid)
            low = middle + 1;
        else
            high = middle;
    }
    *at = low;
    return low < pending_count(run) && *pending_at(run, low) == uid;
}

static void forget_pending(Run *run, guint32 uid) {
    guint at;
    if (!find_pending(run, uid, &at))
        return;
    /* What comes is near the beginning: the few before it make room. */
    memmove(pending_at(run, 1), pending_at(run, 0), at * sizeof(guint32));
    run->first++;
    run->done++;
    cli_progress(run->call, run->done, run->all);
}

static void leave(Run *run, guint32 uid, const char *why) {
    g_autofree char *label = g_strdup_printf("%s, UID %u", run->target, uid);
    mover_left(run->mover, label, why);
    forget_pending(run, uid);
}

static void read_flags(Run *run, Bytes flags, MovingMessage *out) {
    static const struct {
        const char *name;
        StoreFlags flag;
    } known[] = {{"\\Seen", STORE_SEEN},
                 {"\\Answered", STORE_ANSWERED},
                 {"\\Flagged", STORE_FLAGGED},
                 {"\\Deleted", STORE_DELETED},
                 {"\\Draft", STORE_DRAFT}};
    Reader r = reader_of(flags);
    Bytes flag;
    g_ptr_array_set_size(run->keywords, 0);
    while (imap_response_next_flag(&r, &flag)) {
        for (gsize i = 0; i < G_N_ELEMENTS(known); i++)
            if (bytes_is_nocase(flag, known[i].name))
                out->flags |= known[i].flag;
        if (flag.p[0] != '\\')
            moving_add_keyword(run->keywords, flag);
    }
    out->keywords = run->keywords;
}

/* What our own side refuses ends the run: it is no NO of the other server. */
static gboolean ours(gboolean good, const GError *failed, GError **error) {
    return good ||
           cv_fail(error, cv_error_is(failed, CV_ERROR_QUOTA) ? CV_ERROR_QUOTA : CV_ERROR_BUSY,
                   "%s", failed->message);
}

static gboolean take_message(const ImapClientMessage *message, gpointer data, GError **error) {
    Run *run = data;
    MovingMessage taken = {.received = message->received, .uid = message->uid};
    g_autofree char *label = g_strdup_printf("%s, UID %u", run->target, message->uid);
    read_flags(run, message->flags, &taken);
    if (message->content.p != buffer_bytes(&run->body).p && message->content.n > 0)
        return cv_fail(error, CV_ERROR_INTERNAL, "a message lies elsewhere");
    if (message->content.n == 0)
        buffer_clear(&run->body);
    g_autoptr(GError) failed = NULL;
    if (!ours(mover_add(run->mover, &run->body, &taken, label, &failed), failed, error))
        return FALSE;
    if (run->body.capacity > 2 * MOVING_BATCH_BYTES)
        buffer_release(&run->body);
    forget_pending(run, message->uid);
    run->came++;
    run->failures = 0;
    return TRUE;
}

static gboolean judge_size(const ImapClientMessage *message, gpointer data,
                           GError **error G_GNUC_UNUSED) {
    if (message->size > MOVING_MESSAGE_BYTES)
        leave(data, message->uid, "thư lớn hơn 128 MB; the message is larger than 128 MB");
    return TRUE;
}

/* The first of the pending ones, as many as may be asked for at once. */
static guint choose(const Run *run, guint32 uids[FETCH_MESSAGES]) {
    guint most = MIN(pending_count(run), (guint)FETCH_MESSAGES);
    /* After a break without a message the one that broke it is found alone. */
    if (g_hash_table_size(run->broke) > 0 && run->failures > 0)
        most = MIN(most, 1);
    for (guint i = 0; i < most; i++)
        uids[i] = *pending_at(run, i);
    return most;
}

/* Asked for, and the server said that all was well, but it did not come: once more alone, where its
 * NO can be heard, then it is left. */
static gboolean settle_missing(Run *run, const guint32 *uids, guint count, GError **error) {
    for (guint i = 0; i < count; i++) {
        guint at;
        if (!find_pending(run, uids[i], &at))
            continue;
        g_autoptr(GError) refused = NULL;
        guint before = run->came;
        if (!imap_client_fetch(run->client, &uids[i], 1, &run->body, take_message, run, &refused) &&
            !cv_error_is(refused, CV_ERROR_REFUSED)) {
            g_propagate_error(error, g_steal_pointer(&refused));
            return FALSE;
        }
        if (run->came == before)
            leave(run, uids[i],
                  refused != NULL ? refused->message
                                  : "máy chủ nguồn không đưa nội dung thư; the other server does "
                                    "not give it");
    }
    return TRUE;
}

static gboolean fetch_some(Run *run, GError **error) {
    guint32 uids[FETCH_MESSAGES];
    g_autoptr(GError) refused = NULL;
    run->came = 0;
    guint count = choose(run, uids);
    if (!imap_client_sizes(run->client, uids, count, judge_size, run, &refused) &&
        !cv_error_is(refused, CV_ERROR_REFUSED)) {
        g_propagate_error(error, g_steal_pointer(&refused));
        return FALSE;
    }
    count = choose(run, uids); /* without those that are too large */
    g_clear_error(&refused);
    if (count > 0 &&
        !imap_client_fetch(run->client, uids, count, &run->body, take_message, run, &refused) &&
        !cv_error_is(refused, CV_ERROR_REFUSED)) {
        g_propagate_error(error, g_steal_pointer(&refused));
        return FALSE;
    }
    return settle_missing(run, uids, count, error);
}

/* Counts a break against the message that was to come next. */
static void blame(Run *run, const GError *error) {
    if (pending_count(run) == 0 || run->came > 0 || !run->open)
        return; /* the connection was lost, not a message */
    guint32 uid = *pending_at(run, 0);
    gpointer key = GUINT_TO_POINTER(uid);
    guint times = GPOINTER_TO_UINT(g_hash_table_lookup(run->broke, key)) + 1;
    g_hash_table_insert(run->broke, key, GUINT_TO_POINTER(times));
    if (times >= MESSAGE_TRIES) {
        leave(run, uid, error->message);
        run->failures = 0;
    }
}

/* ---- A folder ---- */

static char *source_of(const Run *run) {
    const ImapClientOptions *o = run->options;
    g_autofree char *host = g_ascii_strdown(o->stream.host, -1);
    return g_strdup_printf("imap:%s@%s/%s", o->authzid != NULL ? o->authzid : o->user, host,
                           run->folder->raw);
}

static StoreUse use_of(const ImapClientFolder *folder) {
    static const struct {
        guint flag;
        StoreUse use;
    } uses[] = {{IMAP_LIST_SENT, STORE_USE_SENT},
                {IMAP_LIST_DRAFTS, STORE_USE_DRAFTS},
                {IMAP_LIST_JUNK, STORE_USE_JUNK},
                {IMAP_LIST_TRASH, STORE_USE_TRASH},
                {IMAP_LIST_ARCHIVE, STORE_USE_ARCHIVE}};
    for (gsize i = 0; i < G_N_ELEMENTS(uses); i++)
        if ((folder->list & uses[i].flag) != 0)
            return uses[i].use;
    return import_use_of_name(folder->name);
}

/* Which of the folder's messages are still to come. */
static gboolean list_pending(Run *run, const char *source, gboolean *known, GError **error) {
    g_autoptr(StoreUids) taken = store_uids_new();
    *known = FALSE;
    if (!imap_client_uids(run->client, run->pending, error) ||
        (run->uidvalidity != 0 &&
         !mover_taken(run->mover, source, run->uidvalidity, known, taken, error)))
        return FALSE;
    guint kept = 0;
    for (guint i = 0; i < run->pending->len; i++) {
        guint32 uid = g_array_index(run->pending, guint32, i);
        if (!*known || store_uids_sequence(taken, uid) == 0)
            g_array_index(run->pending, guint32, kept++) = uid;
    }
    mover_had(run->mover, run->pending->len - kept);
    run->done += run->pending->len - kept;
    g_array_set_size(run->pending, kept);
    return TRUE;
}

static gboolean examine(Run *run, guint32 *exists, GError **error) {
    guint32 uidvalidity;
    if (!imap_client_examine(run->client, run->folder->raw, &uidvalidity, exists, error))
        return FALSE;
    if (run->uidvalidity != 0 && uidvalidity != run->uidvalidity)
        return cv_fail(
            error, CV_ERROR_REFUSED,
            "thư mục nguồn đổi UIDVALIDITY giữa chừng; the folder was renewed meanwhile: "
            "run the command again");
    run->uidvalidity = uidvalidity;
    run->open = TRUE;
    return TRUE;
}

/* The first look; a break in it begins it again. */
static gboolean begin_folder(Run *run, GError **error) {
    guint32 exists;
    gboolean known = FALSE;
    g_autofree char *source = source_of(run);
    if (!examine(run, &exists, error))
        return FALSE;
    g_array_set_size(run->pending, 0);
    run->first = 0;
    run->all = run->done + exists;
    if (exists > 0 && !list_pending(run, source, &known, error))
        return FALSE;
    const MoverFolder folder = {.target = run->target,
                                .use = use_of(run->folder),
                                .subscribed = run->folder->subscribed,
                                .source = run->uidvalidity == 0 ? NULL : source,
                                .uidvalidity = run->uidvalidity,
                                .by_uid = known};
    g_autoptr(GError) failed = NULL;
    return ours(mover_send(run->mover, &failed), failed, error) &&
           mover_folder(run->mover, &folder, error);
}

static gboolean go_on(Run *run, gboolean *begun, GError **error) {
    guint32 unused;
    if (!*begun) {
        *begun = begin_folder(run, error);
        return *begun;
    }
    return (run->open || examine(run, &unused, error)) && fetch_some(run, error);
}

static gboolean take_folder(Run *run, GError **error) {
    gboolean begun = FALSE;
    run->uidvalidity = 0;
    run->open = FALSE;
    g_hash_table_remove_all(run->broke);
    while (!begun || pending_count(run) > 0) {
        g_autoptr(GError) failed = NULL;
        if (!connect(run, error))
            return FALSE;
        if (go_on(run, &begun, &failed))
            continue;
        if (cv_error_is(failed, CV_ERROR_NETWORK)) {
            if (begun)
                blame(run, failed);
            if (may_retry(run, failed))
                continue;
        }
        g_propagate_error(error, g_steal_pointer(&failed));
        return FALSE;
    }
    return TRUE;
}

/* ---- All of them ---- */

static const char *why_skipped(const ImapClientFolder *folder) {
    if (folder->name == NULL)
        return "tên thư mục không đọc được; its name cannot be read";
    if ((folder->list & (IMAP_LIST_ALL | IMAP_LIST_FLAGGED)) != 0)
        return "thư mục ảo, thư của nó nằm ở thư mục khác (chuyển riêng bằng --only); a view of "
               "messages that lie elsewhere: take it with --only if it must be";
    return NULL;
}

static gboolean take_or_leave(Run *run, const ImapClientFolder *folder, const char *only,
                              GError **error) {
    const char *name = folder->name == NULL ? folder->raw : folder->name;
    const char *why = only == NULL ? why_skipped(folder) : NULL;
    if ((folder->list & IMAP_LIST_NOSELECT) != 0 || (only != NULL && !g_str_equal(only, name)))
        return TRUE;
    if (why != NULL) {
        mover_left_all(run->mover, folder->name == NULL, name, why);
        return TRUE;
    }
    g_autoptr(GError) failed = NULL;
    run->folder = folder;
    run->target = g_ascii_strcasecmp(name, "INBOX") == 0 ? "INBOX" : name;
    if (take_folder(run, &failed))
        return TRUE;
    if (!cv_error_is(failed, CV_ERROR_REFUSED)) {
        g_propagate_error(error, g_steal_pointer(&failed));
        return FALSE;
    }
    mover_left(run->mover, name, failed->message); /* this folder alone */
    return TRUE;
}

static GPtrArray *list_folders(Run *run, GError **error) {
    for (;;) {
        g_autoptr(GError) failed = NULL;
        if (!connect(run, error))
            return NULL;
        GPtrArray *folders = imap_client_folders(run->client, &failed);
        if (folders != NULL)
            return folders;
        if (!may_retry(run, failed)) {
            g_propagate_error(error, g_steal_pointer(&failed));
            return NULL;
        }
    }
}

gboolean import_account(CliCall *call, Mover *mover, const ImapClientOptions *options,
                        const char *only, GError **error) {
    Run run = {.call = call, .mover = mover, .options = options};
    buffer_init(&run.body, MOVING_MESSAGE_BYTES);
    run.keywords = g_ptr_array_new_with_free_func(g_free);
    run.pending = g_array_new(FALSE, FALSE, sizeof(guint32));
    run.broke = g_hash_table_new(g_direct_hash, g_direct_equal);
    g_autoptr(GPtrArray) folders = list_folders(&run, error);
    gboolean good = folders != NULL;
    for (guint i = 0; good && i < folders->len; i++)
        good = take_or_leave(&run, folders->pdata[i], only, error);
    good = mover_send(mover, good ? error : NULL) && good; /* what came before it failed, too */
    imap_client_free(run.client);
    buffer_release(&run.body);
    g_ptr_array_unref(run.keywords);
    g_array_unref(run.pending);
    g_hash_table_unref(run.broke);
    return good;
}
