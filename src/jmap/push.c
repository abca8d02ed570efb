/* Push by EventSource (RFC 8620 7.1, 7.3): what state each account's data are in, told when they
 * change. A wake only says that something may be new; what is told is what the states are then, so
 * a slow reader misses nothing but intermediate ones. */
#include "jmap/api.h"
#include "jmap/identity.h"
#include "jmap/submission.h"

#include "auth/web.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "http/stream.h"

#include <string.h>

enum { PING_LEAST = 30, PING_MOST = 300, LOOK = 30 }; /* seconds */

typedef struct {
    const JmapService *service;
    JmapWho who;
    NetSession *session;
    char **types; /* NULL: all */
    gboolean once, begun;
    gint64 ping;      /* seconds; 0: none */
    gint64 next_ping; /* monotonic */
    json_t *told;     /* {account: {type: state}} */
    GArray *accounts; /* gint64: those that are watched */
    GPtrArray *watches;
} Push;

static void unwatch(Push *push) {
    for (guint i = 0; push->watches != NULL && i < push->watches->len; i++)
        store_unwatch_account(push->service->store, push->watches->pdata[i]);
    g_clear_pointer(&push->watches, g_ptr_array_unref);
    g_clear_pointer(&push->accounts, g_array_unref);
}

static void push_free(gpointer data) {
    Push *push = data;
    unwatch(push);
    json_decref(push->told);
    g_strfreev(push->types);
    jmap_who_clear(&push->who);
    g_free(push);
}

/* ---- States ---- */

static gboolean is_wanted(const Push *push, const char *type) {
    return push->types == NULL || g_strv_contains((const char *const *)push->types, type);
}

static void add_state(const Push *push, json_t *states, const char *type, json_t *state) {
    if (is_wanted(push, type) && state != NULL)
        json_object_set(states, type, state);
    json_decref(state);
}

/* NULL: the account is not there (any more). */
static json_t *states_of(const Push *push, DbConn *conn, gint64 id) {
    static const char *const data[] = {"Mailbox", "Thread", "Email"};
    static const char *const kept[] = {JMAP_KIND_IDENTITY, JMAP_KIND_SUBMISSION,
                                       "VacationResponse"};
    g_auto(JmapAccount) account = {0};
    if (!jmap_account_open(push->service->store, conn, jmap_who_account(&push->who)->id, id,
                           &account, NULL))
        return NULL;
    json_t *states = json_object();
    for (gsize i = 0; i < G_N_ELEMENTS(data); i++)
        add_state(push, states, data[i], jmap_state(&account));
    for (gsize i = 0; i < G_N_ELEMENTS(kept); i++)
        add_state(push, states, kept[i], jmap_kept_state(conn, &account, kept[i], NULL));
    return states;
}

static GArray *accounts_of(const Push *push, GError **error) {
    gint64 own = jmap_who_account(&push->who)->id;
    g_autoptr(GArray) shared = jmap_accounts_shared(push->service->store, own, error);
    if (shared == NULL)
        return NULL;
    GArray *all = g_array_new(FALSE, FALSE, sizeof(gint64));
    g_array_append_val(all, own);
    for (guint i = 0; i < shared->len; i++)
        g_array_append_val(all, g_array_index(shared, JmapShared, i).account);
    return all;
}

static void on_change(gint64 account, guint64 modseq, StoreEvents events, gpointer data) {
    net_wake(data);
}

/* Watches before it looks, so that no change falls between. */
static gboolean watch(Push *push, GError **error) {
    g_autoptr(GArray) all = accounts_of(push, error);
    if (all == NULL)
        return FALSE;
    if (push->accounts != NULL && push->accounts->len == all->len &&
        memcmp(push->accounts->data, all->data, all->len * sizeof(gint64)) == 0)
        return TRUE;
    unwatch(push);
    push->watches = g_ptr_array_new();
    push->accounts = g_steal_pointer(&all);
    for (guint i = 0; i < push->accounts->len; i++)
        g_ptr_array_add(push->watches, store_watch_account(push->service->store,
                                                           g_array_index(push->accounts, gint64, i),
                                                           on_change, push->session));
    return TRUE;
}

static json_t *all_states(Push *push, GError **error) {
    if (!watch(push, error))
        return NULL;
    g_autoptr(DbConn) conn = db_read_begin(store_db(push->service->store), error);
    if (conn == NULL)
        return NULL;
    json_t *all = json_object();
    for (guint i = 0; i < push->accounts->len; i++) {
        char id[JMAP_ID_BYTES];
        gint64 account = g_array_index(push->accounts, gint64, i);
        json_t *states = states_of(push, conn, account);
        jmap_account_id(account, id);
        if (states != NULL)
            json_object_set_new(all, id, states);
    }
    return all;
}

/* ---- Events ---- */

/* Names the states: a client that comes again with it (Last-Event-ID) is told if they are others.
 */
static char *name_of(json_t *states) {
    guint8 digest[CRYPTO_DIGEST_BYTES];
    g_autofree char *text = json_dumps(states, JSON_COMPACT | JSON_SORT_KEYS);
    GString *name = g_string_new(NULL);
    crypto_digest(bytes_of_string(text), digest);
    for (guint i = 0; i < 8; i++)
        g_string_append_printf(name, "%02x", digest[i]);
    return g_string_free(name, FALSE);
}

/* RFC 8620 7.1: only what changed. */
static json_t *difference(json_t *before, json_t *now) {
    json_t *changed = json_object(), *states, *state;
    const char *account, *type;
    json_object_foreach(now, account, states) {
        json_t *had = json_object_get(before, account), *some = json_object();
        json_object_foreach(states, type, state) if (!json_equal(state, json_object_get(had, type)))
            json_object_set(some, type, state);
        if (json_object_size(some) > 0)
            json_object_set(changed, account, some);
        json_decref(some);
    }
    return changed;
}

/* TRUE: something was told. */
static gboolean tell(HttpCall *call, Push *push, json_t *now) {
    json_t *changed = difference(push->told, now);
    gboolean any = json_object_size(changed) > 0;
    if (any) {
        g_autoptr(json_t) change = json_pack("{sssO}", "@type", "StateChange", "changed", changed);
        g_autofree char *text = json_dumps(change, JSON_COMPACT);
        g_autofree char *name = name_of(now);
        http_event_write(call, "state", name, bytes_of_string(text));
    }
    json_decref(changed);
    json_decref(push->told);
    push->told = json_incref(now);
    return any;
}

static void ping(HttpCall *call, Push *push) {
    gint64 now = clock_monotonic();
    if (push->ping == 0 || now < push->next_ping)
        return;
    push->next_ping = now + push->ping * CLOCK_SECOND;
    g_autofree char *text = g_strdup_printf("{\"interval\":%" G_GINT64_FORMAT "}", push->ping);
    http_event_write(call, "ping", NULL, bytes_of_string(text));
}

/* ---- The resource ---- */

static HttpVerdict refuse(HttpCall *call, const char *what) {
    g_autofree char *text = g_strdup_printf("Tham số \"%s\" không đúng; it is malformed", what);
    http_answer_problem(call, 400, text);
    return HTTP_DONE;
}

static gboolean read_query(HttpCall *call, Push *push, const char **wrong) {
    const char *types = http_query(call, "types"), *after = http_query(call, "closeafter");
    const char *interval = http_query(call, "ping");
    if (types != NULL && !g_str_equal(types, "*"))
        push->types = g_strsplit(types, ",", 50);
    *wrong = "closeafter";
    if (after != NULL && !g_str_equal(after, "state") && !g_str_equal(after, "no"))
        return FALSE;
    push->once = g_strcmp0(after, "state") == 0;
    *wrong = "ping";
    if (interval != NULL &&
        !g_ascii_string_to_signed(interval, 10, 0, G_MAXINT32, &push->ping, NULL))
        return FALSE;
    if (push->ping != 0)
        push->ping = CLAMP(push->ping, PING_LEAST, PING_MOST);
    return TRUE;
}

static HttpVerdict begin(HttpCall *call, Push *push) {
    g_autoptr(GError) error = NULL;
    const char *wrong;
    if (!read_query(call, push, &wrong))
        return refuse(call, wrong);
    g_autoptr(json_t) now = all_states(push, &error);
    if (now == NULL) {
        http_answer_problem(call, 500, "Lỗi của hệ thống. Hãy báo đơn vị quản trị, vận hành.");
        return HTTP_DONE;
    }
    if (!http_stream_begin(call, HTTP_EVENTS, LOOK * CLOCK_SECOND,
                           jmap_who_account(&push->who)->id))
        return HTTP_DONE;
    push->begun = TRUE;
    push->next_ping = clock_monotonic() + push->ping * CLOCK_SECOND;
    g_autofree char *name = name_of(now),
                    *last = bytes_dup_string(http_field(call, "last-event-id"));
    gboolean missed = *last != '\0' && !g_str_equal(last, name);
    if (!missed)
        push->told = json_incref(now);
    return missed && tell(call, push, now) && push->once ? HTTP_DONE : HTTP_STREAM;
}

HttpVerdict jmap_push_handle(HttpCall *call) {
    Push *push = http_kept(call);
    g_autoptr(GError) error = NULL;
    gboolean known = FALSE;
    if (push == NULL) {
        push = g_new0(Push, 1);
        push->service = http_route_data(call);
        push->session = http_session(call);
        http_keep(call, push, push_free);
    }
    if (!push->begun) {
        HttpVerdict verdict = jmap_who(&push->who, call, push->service, &known);
        return verdict == HTTP_LATER || !known ? verdict : begin(call, push);
    }
    if (!auth_still_good(push->service->auth, push->who.attempt))
        return HTTP_DONE;
    g_autoptr(json_t) now = all_states(push, &error);
    if (now == NULL) /* storage trouble ends nobody's stream */
        return HTTP_STREAM;
    gboolean told = tell(call, push, now);
    ping(call, push);
    return told && push->once ? HTTP_DONE : HTTP_STREAM;
}
