/* Finding; see search_walk.h. */
#include "imap/search_walk.h"

#include "base/clock.h"
#include "imap/progress.h"

enum { WALK = 2000 }; /* messages in one statement */

void imap_walk_clear(ImapWalk *walk) {
    imap_program_clear(&walk->program);
    store_uids_free(walk->among);
    store_uids_free(walk->doubt);
    store_uids_free(walk->found);
}

/* Sets of numbers that stand at the top narrow the walk itself. */
static StoreUids *candidates(const ImapProgram *program, ImapSession *session) {
    StoreUids *among = NULL;
    const GArray *nodes = program->nodes;
    for (gint32 i = g_array_index(nodes, ImapKey, 0).first; i >= 0;
         i = g_array_index(nodes, ImapKey, i).next) {
        const ImapKey *key = &g_array_index(nodes, ImapKey, i);
        if (key->op != IMAP_KEY_UIDS)
            continue;
        StoreUids *narrower =
            imap_uids_filter(key->uids, among == NULL ? session->view->uids : among, TRUE);
        store_uids_free(among);
        among = narrower;
    }
    return among != NULL ? among : imap_uids_filter(session->view->uids, NULL, FALSE);
}

void imap_walk_begin(ImapWalk *walk, ImapSession *session) {
    walk->found = store_uids_new();
    walk->doubt = store_uids_new();
    walk->doubt_next = 1;
    walk->among = candidates(&walk->program, session);
    walk->next = 1;
}

/* Hits of one stretch come in two walks: not always in order. */
static void found(ImapWalk *walk, const StoreMessage *message) {
    guint32 count = store_uids_count(walk->found);
    if (count == 0 || message->uid < store_uids_at(walk->found, 1))
        walk->modseq_first = message->modseq;
    if (message->uid > store_uids_last(walk->found))
        walk->modseq_last = message->modseq;
    walk->modseq = MAX(walk->modseq, message->modseq);
    store_uids_add(walk->found, message->uid);
}

static gboolean on_row(const StoreMessage *message, gpointer data) {
    ImapWalk *walk = data;
    guint32 place = store_uids_sequence(walk->among, message->uid);
    if (place == 0)
        return TRUE;
    ImapCandidate candidate = {.view = walk->session->view, .message = message};
    ImapTri got = imap_program_glance(&walk->program, &candidate);
    if (got == IMAP_YES)
        found(walk, message);
    else if (got == IMAP_PERHAPS)
        store_uids_append(walk->doubt, message->uid);
    walk->next = place + 1;
    return clock_monotonic() < walk->until;
}

static gboolean on_message(const StoreMessage *message, gpointer data) {
    ImapWalk *walk = data;
    guint32 place = store_uids_sequence(walk->doubt, message->uid);
    if (place == 0)
        return TRUE;
    ImapCandidate candidate = {.store = walk->session->service->store,
                               .conn = walk->conn,
                               .view = walk->session->view,
                               .message = message};
    buffer_init(&candidate.bytes, G_MAXUINT32);
    if (imap_program_matches(&walk->program, &candidate))
        found(walk, message);
    buffer_release(&candidate.bytes);
    walk->doubt_next = place + 1;
    return clock_monotonic() < walk->until;
}

/* One stretch of `uids` from *next on. */
static gboolean walk_stretch(ImapSession *session, DbConn *conn, const StoreUids *uids,
                             guint32 *next, StoreWant want, gint64 until, StoreEach each,
                             gpointer data, GError **error) {
    guint32 last = imap_uids_stretch(uids, *next, MIN(store_uids_count(uids), *next + WALK));
    if (!store_message_each(session->service->store, conn, session->view->mailbox,
                            store_uids_at(uids, *next), store_uids_at(uids, last), want, each, data,
                            error))
        return FALSE;
    if (clock_monotonic() < until)
        *next = MAX(*next, last + 1); /* the rest of the stretch is expunged */
    return TRUE;
}

gboolean imap_walk_uids(ImapSession *session, DbConn *conn, const StoreUids *uids, guint32 *next,
                        StoreWant want, gint64 until, StoreEach each, gpointer data,
                        GError **error) {
    while (*next <= store_uids_count(uids) && clock_monotonic() < until)
        if (!walk_stretch(session, conn, uids, next, want, until, each, data, error))
            return FALSE;
    return TRUE;
}

static gboolean walk_once(ImapWalk *walk, GError **error) {
    if (walk->doubt_next <= store_uids_count(walk->doubt))
        return walk_stretch(walk->session, walk->conn, walk->doubt, &walk->doubt_next,
                            STORE_WANT_META, walk->until, on_message, walk, error);
    g_clear_pointer(&walk->doubt, store_uids_free);
    walk->doubt = store_uids_new();
    walk->doubt_next = 1;
    walk->enough = walk->first_only && store_uids_count(walk->found) > 0;
    return walk->enough || walk->next > store_uids_count(walk->among) ||
           walk_stretch(walk->session, walk->conn, walk->among, &walk->next, STORE_WANT_FLAGS,
                        walk->until, on_row, walk, error);
}

static gboolean finished(const ImapWalk *walk) {
    return walk->enough || (walk->next > store_uids_count(walk->among) &&
                            walk->doubt_next > store_uids_count(walk->doubt));
}

/* FALSE: the index wants more time. */
static gboolean ask(ImapWalk *walk, ImapSession *session) {
    if (walk->asked)
        return TRUE;
    if (!imap_program_ask(&walk->program, session, walk->until))
        return FALSE;
    StoreUids *among = imap_program_narrow(&walk->program, walk->among);
    store_uids_free(walk->among);
    walk->among = among;
    walk->asked = TRUE;
    return TRUE;
}

gboolean imap_walk_step(ImapWalk *walk, ImapSession *session, gboolean *done, GError **error) {
    walk->session = session;
    walk->until = clock_monotonic() + IMAP_SLICE_TIME;
    *done = FALSE;
    if (!ask(walk, session))
        return TRUE;
    g_autoptr(DbConn) conn = db_read_begin(store_db(session->service->store), error);
    walk->conn = conn;
    gboolean good = conn != NULL;
    while (good && !finished(walk) && clock_monotonic() < walk->until)
        good = walk_once(walk, error);
    walk->conn = NULL;
    *done = good && finished(walk);
    return good;
}

void imap_walk_progress(const ImapWalk *walk, ImapSession *session) {
    imap_progress(session, walk->next - 1, store_uids_count(walk->among));
}
