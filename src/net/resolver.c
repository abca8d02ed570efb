/* Looking names up; see resolver.h. The library resolves on a thread of its own; ours waits for its
 * answers and passes them on. */
#include "net/resolver.h"

#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unbound.h>
#include <unistd.h>

enum { RECORDS_MOST = 256, CLASS_IN = 1, RCODE_NO_NAME = 3 };

struct NetResolver {
    struct ub_ctx *context;
    GThread *thread;
    int stop_fd;
    GMutex lock;
    GHashTable *pending; /* Lookup → itself */
};

typedef struct {
    NetResolver *resolver;
    NetDnsDone done;
    gpointer data;
} Lookup;

static void tell(Lookup *lookup, const NetDnsAnswer *answer) {
    lookup->done(answer, lookup->data);
    g_free(lookup);
}

static void tell_failed(Lookup *lookup, const char *why) {
    tell(lookup, &(NetDnsAnswer){.status = NET_DNS_FAILED, .why = why});
}

static void tell_result(Lookup *lookup, const struct ub_result *result) {
    Bytes records[RECORDS_MOST];
    NetDnsAnswer answer = {.records = records, .ttl = result->ttl > 0 ? (guint)result->ttl : 0};
    if (result->nxdomain || result->rcode == RCODE_NO_NAME)
        answer.status = NET_DNS_NO_NAME;
    else if (result->rcode != 0 || result->bogus)
        answer = (NetDnsAnswer){.status = NET_DNS_FAILED,
                                .why = result->bogus ? "the answer is not genuine (DNSSEC)"
                                                     : "the name servers do not answer (SERVFAIL)"};
    else if (!result->havedata)
        answer.status = NET_DNS_NO_DATA;
    for (; answer.status == NET_DNS_FOUND && answer.count < RECORDS_MOST &&
           result->data[answer.count] != NULL;
         answer.count++)
        records[answer.count] =
            bytes_of(result->data[answer.count], (gsize)result->len[answer.count]);
    tell(lookup, &answer);
}

/* The library's callback, on our thread. */
static void answered(void *data, int error, struct ub_result *result) {
    Lookup *lookup = data;
    NetResolver *resolver = lookup->resolver;
    g_mutex_lock(&resolver->lock);
    g_hash_table_remove(resolver->pending, lookup);
    g_mutex_unlock(&resolver->lock);
    if (error != 0 || result == NULL)
        tell_failed(lookup, ub_strerror(error));
    else
        tell_result(lookup, result);
    ub_resolve_free(result);
}

static gpointer resolver_main(gpointer data) {
    NetResolver *resolver = data;
    struct pollfd polled[2] = {{ub_fd(resolver->context), POLLIN, 0},
                               {resolver->stop_fd, POLLIN, 0}};
    for (;;) {
        if (poll(polled, 2, -1) < 0 && errno != EINTR)
            return NULL;
        if (polled[1].revents != 0)
            return NULL;
        if (polled[0].revents != 0)
            ub_process(resolver->context);
    }
}

static gboolean set_servers(struct ub_ctx *context, const char *servers, GError **error) {
    if (*servers == '\0') {
        int failed = ub_ctx_resolvconf(context, NULL);
        return failed == 0 || cv_fail(error, CV_ERROR_INPUT, "cannot use /etc/resolv.conf: %s",
                                      ub_strerror(failed));
    }
    g_auto(GStrv) each = g_strsplit(servers, ",", -1);
    for (char **server = each; *server != NULL; server++) {
        int failed = ub_ctx_set_fwd(context, g_strstrip(*server));
        if (failed != 0)
            return cv_fail(error, CV_ERROR_INPUT,
                           "\"%s\" is no resolver (%s); write ADDRESS or ADDRESS@PORT", *server,
                           ub_strerror(failed));
    }
    return TRUE;
}

NetResolver *net_resolver_new(const char *servers, GError **error) {
    g_autoptr(NetResolver) resolver = g_new0(NetResolver, 1);
    g_mutex_init(&resolver->lock);
    resolver->pending = g_hash_table_new(NULL, NULL);
    resolver->stop_fd = eventfd(0, EFD_CLOEXEC);
    resolver->context = ub_ctx_create();
    if (resolver->context == NULL || resolver->stop_fd < 0) {
        cv_fail_errno(error, CV_ERROR_NETWORK, "the resolver does not start");
        return NULL;
    }
    /* A resolver on this machine is a usual one. The library's own words go nowhere: every failed
     * lookup is told by whoever asked. */
    ub_ctx_set_option(resolver->context, "do-not-query-localhost:", "no");
    ub_ctx_set_option(resolver->context, "use-syslog:", "no");
    ub_ctx_set_option(resolver->context, "verbosity:", "0");
    ub_ctx_debuglevel(resolver->context, 0);
    if (!set_servers(resolver->context, servers, error))
        return NULL;
    if (ub_ctx_async(resolver->context, 1) != 0) {
        cv_fail(error, CV_ERROR_NETWORK, "the resolver cannot have a thread");
        return NULL;
    }
    resolver->thread = g_thread_new("resolver", resolver_main, resolver);
    return g_steal_pointer(&resolver);
}

static void stop_thread(NetResolver *resolver) {
    guint64 one = 1;
    if (resolver->thread == NULL)
        return;
    gssize n = write(resolver->stop_fd, &one, sizeof one);
    (void)n;
    g_thread_join(resolver->thread);
}

void net_resolver_free(NetResolver *resolver) {
    if (resolver == NULL)
        return;
    stop_thread(resolver);
    if (resolver->context != NULL)
        ub_ctx_delete(resolver->context);
    GHashTableIter iter;
    gpointer lookup;
    g_hash_table_iter_init(&iter, resolver->pending);
    while (g_hash_table_iter_next(&iter, &lookup, NULL))
        tell_failed(lookup, "stopping");
    g_hash_table_unref(resolver->pending);
    if (resolver->stop_fd >= 0)
        close(resolver->stop_fd);
    g_mutex_clear(&resolver->lock);
    g_free(resolver);
}

gboolean net_resolve(NetResolver *resolver, const char *name, int type, NetDnsDone done,
                     gpointer data) {
    Lookup *lookup = g_new0(Lookup, 1);
    *lookup = (Lookup){resolver, done, data};
    g_mutex_lock(&resolver->lock);
    g_hash_table_add(resolver->pending, lookup);
    g_mutex_unlock(&resolver->lock);
    if (ub_resolve_async(resolver->context, name, type, CLASS_IN, lookup, answered, NULL) == 0)
        return TRUE;
    g_mutex_lock(&resolver->lock);
    g_hash_table_remove(resolver->pending, lookup);
    g_mutex_unlock(&resolver->lock);
    g_free(lookup);
    return FALSE;
}

/* ---- Waiting ---- */

typedef struct {
    NetDnsDone done;
    gpointer data;
    GMutex lock;
    GCond told;
    gboolean over;
} Wait;

static void wait_over(const NetDnsAnswer *answer, gpointer data) {
    Wait *wait = data;
    wait->done(answer, wait->data);
    g_mutex_lock(&wait->lock);
    wait->over = TRUE;
    g_cond_signal(&wait->told);
    g_mutex_unlock(&wait->lock);
}

void net_resolve_wait(NetResolver *resolver, const char *name, int type, NetDnsDone done,
                      gpointer data) {
    Wait wait = {.done = done, .data = data};
    g_mutex_init(&wait.lock);
    g_cond_init(&wait.told);
    if (net_resolve(resolver, name, type, wait_over, &wait)) {
        g_mutex_lock(&wait.lock);
        while (!wait.over)
            g_cond_wait(&wait.told, &wait.lock);
        g_mutex_unlock(&wait.lock);
    } else {
        done(&(NetDnsAnswer){.status = NET_DNS_FAILED, .why = "the name cannot be asked for"},
             data);
    }
    g_mutex_clear(&wait.lock);
    g_cond_clear(&wait.told);
}
