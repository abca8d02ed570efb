/* One connection to another server, from its greeting to QUIT: who is there, whether it can speak
 * TLS, and then one message after the other (transaction.c) as long as there are any. Straight
 * lines: run() takes whole replies and acts on each by the step it belongs to. */
#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "smtp/client/internal.h"

METRIC_GAUGE(open_sessions, "congvu_net_sessions{protocol=\"smtp-client\"}", "Open sessions");
METRIC_COUNTER(all_sessions, "congvu_net_sessions_total{protocol=\"smtp-client\"}",
               "Sessions since the start");
METRIC_COUNTER(tls_sessions, "congvu_sending_tls_total", "Connections to others under TLS");

enum { INPUT_MAXIMUM = 16 * 1024, QUIT_SECONDS = 5, TARGET_BAD_SECONDS = 60, LOSSES_MOST = 3 };

void client_say(Client *client, const char *format, ...) {
    Buffer *out = net_output(client->net);
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *line = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    buffer_append_string(out, line);
    buffer_append_string(out, "\r\n");
    net_set_deadline(client->net, client->sender->options.reply_time);
}

/* ---- The end of a connection ---- */

/* lock held */
static void uncount_locked(Client *client) {
    if (!client->counted)
        return;
    client->counted = FALSE;
    client->destination->opening--;
}

static void leave_idle_locked(Client *client) {
    if (!client->in_idle)
        return;
    client->in_idle = FALSE;
    g_queue_remove(&client->destination->idle, client);
}

/* This server is of no use now: the next one, or in the clear where TLS was what failed. */
static void try_next(Client *client, const char *status, const char *why, gboolean plain) {
    Sender *sender = client->sender;
    Destination *d = client->destination;
    log_event(LOG_LEVEL_INFO, "sending.next-server", "destination", d->key, "remote",
              client->remote, "why", why, "plain", plain ? "yes" : NULL, NULL);
    g_mutex_lock(&sender->lock);
    uncount_locked(client);
    g_free(d->failure);
    g_free(d->failure_status);
    d->failure = g_strdup_printf("%s: %s", client->remote, why);
    d->failure_status = g_strdup(status);
    if (!plain && client->target < d->targets->len)
        g_array_index(d->targets, Target, client->target).bad_until =
            clock_now() + TARGET_BAD_SECONDS * CLOCK_SECOND;
    if (!sender->stop && client->target < d->targets->len)
        destination_connect_locked(d, client->target + !plain, plain);
    g_mutex_unlock(&sender->lock);
}

/* Once for each connection, however it ends. */
static void end(Client *client, const char *status, const char *why) {
    if (client->ended)
        return;
    client->ended = TRUE;
    if (client->step < STEP_IDLE) {
        try_next(client, status, why, FALSE);
        return;
    }
    if (client->job == NULL)
        return;
    transaction_lost(client, why);
    Sender *sender = client->sender;
    Destination *d = client->destination;
    g_mutex_lock(&sender->lock);
    d->limit = MAX(1, d->limit / 2);
    if (client->sent == 0 && ++d->losses >= LOSSES_MOST) {
        g_autofree char *text = g_strdup_printf("%s: %s", client->remote, why);
        if (client->ready) {
            client->ready = FALSE;
            d->open--;
        }
        destination_failed_locked(d, "4.4.2", text);
    }
    g_mutex_unlock(&sender->lock);
}

static void starving_pump_locked(Sender *sender) {
    for (guint left = sender->starving.length; left > 0; left--) {
        if (sender->clients >= sender->options.connections_all)
            return;
        Destination *d = g_queue_pop_head(&sender->starving);
        d->starving = FALSE;
        destination_pump_locked(d);
    }
}

/* NetProtocol.free */
static void client_free(gpointer state) {
    Client *client = *(Client **)state;
    if (client == NULL)
        return;
    end(client, "4.4.2", "the connection was lost");
    Sender *sender = client->sender;
    Destination *d = client->destination;
    g_mutex_lock(&sender->lock);
    leave_idle_locked(client);
    uncount_locked(client);
    if (client->ready)
        d->open--;
    d->clients--;
    d->used = clock_now();
    sender->clients--;
    destination_pump_locked(d);
    starving_pump_locked(sender);
    g_mutex_unlock(&sender->lock);
    smtp_reply_clear(&client->reply);
    g_free(client->batch);
    g_free(client->host);
    g_free(client->remote);
    g_free(client);
}

/* ---- Getting ready ---- */

static void become_ready(Client *client) {
    Sender *sender = client->sender;
    Destination *d = client->destination;
    client->step = STEP_IDLE;
    if (net_session_is_secure(client->net))
        metric_add(&tls_sessions, 1);
    log_event(LOG_LEVEL_INFO, "sending.connected", "session", net_session_id(client->net),
              "destination", d->key, "remote", client->remote, "tls",
              net_session_is_secure(client->net) ? net_session_cipher(client->net) : NULL,
              "resumed", net_session_is_resumed(client->net) ? "yes" : NULL, NULL);
    g_mutex_lock(&sender->lock);
    uncount_locked(client);
    client->ready = TRUE;
    d->open++;
    d->failures = 0;
    if (client->target < d->targets->len)
        g_array_index(d->targets, Target, client->target).bad_until = 0;
    destination_unblock_locked(d);
    g_mutex_unlock(&sender->lock);
}

static gboolean is_secure(const Client *client) {
    return net_session_is_secure(client->net);
}

static void say_ehlo(Client *client) {
    client->step = STEP_EHLO;
    client->features = 0;
    client_say(client, "EHLO %s", client->sender->hostname);
}

static void say_auth(Client *client) {
    const Rule *rule = client->destination->rule;
    g_auto(Buffer) plain;
    buffer_init(&plain, 8192);
    buffer_append_byte(&plain, 0);
    buffer_append_string(&plain, rule->user);
    buffer_append_byte(&plain, 0);
    buffer_append_string(&plain, rule->password);
    Bytes raw = buffer_bytes(&plain);
    g_autofree char *text = g_base64_encode(raw.p, raw.n);
    client->step = STEP_AUTH;
    client_say(client, "AUTH PLAIN %s", text);
}

static NetVerdict give_up(Client *client, const char *status, const char *why) {
    end(client, status, why);
    buffer_append_string(net_output(client->net), "QUIT\r\n");
    return NET_CLOSE;
}

/* NET_AGAIN: go on with the next reply. */
static NetVerdict after_hello(Client *client) {
    const Rule *rule = client->destination->rule;
    gboolean wanted = !is_secure(client) && !client->plain && rule->tls != TLS_NEVER;
    if (wanted && (client->features & FEATURE_STARTTLS)) {
        client->step = STEP_STARTTLS;
        client_say(client, "STARTTLS");
        return NET_AGAIN;
    }
    if (!is_secure(client) && rule->tls >= TLS_REQUIRE)
        return give_up(client, "4.7.4", "the server offers no TLS, and the route wants it");
    if (rule->user != NULL) {
        if (!(client->features & FEATURE_AUTH_PLAIN))
            return give_up(client, "4.7.0", "the server offers no AUTH PLAIN");
        say_auth(client);
        return NET_AGAIN;
    }
    become_ready(client);
    return NET_AGAIN;
}

static NetVerdict refused(Client *client) {
    g_autofree char *why = smtp_reply_answer(&client->reply);
    g_autofree char *status = g_strdup(smtp_reply_status(&client->reply));
    status[0] = '4'; /* this server refuses, another one or another day may not */
    return give_up(client, status, why);
}

/* A server greets with its name (RFC 5321 4.2): with ours, mail for others would go round. */
static gboolean is_ourselves(const Client *client) {
    const char *hostname = client->sender->hostname;
    const char *text = client->reply.text->str;
    gsize n = strlen(hostname);
    return g_ascii_strncasecmp(text, hostname, n) == 0 && (text[n] == ' ' || text[n] == '\0');
}

static NetVerdict loops(Client *client) {
    Sender *sender = client->sender;
    client->ended = TRUE;
    g_mutex_lock(&sender->lock);
    uncount_locked(client);
    destination_refused_locked(client->destination, "5.4.6",
                               "the domain's mail leads back to this server");
    g_mutex_unlock(&sender->lock);
    buffer_append_string(net_output(client->net), "QUIT\r\n");
    return NET_CLOSE;
}

static NetVerdict on_greeting(Client *client) {
    if (smtp_reply_class(&client->reply) != 2)
        return refused(client);
    if (is_ourselves(client))
        return loops(client);
    say_ehlo(client);
    return NET_AGAIN;
}

static NetVerdict on_ehlo(Client *client) {
    if (smtp_reply_class(&client->reply) == 2) {
        client_take_features(client);
        return after_hello(client);
    }
    if (smtp_reply_class(&client->reply) != 5)
        return refused(client);
    client->step = STEP_HELO;
    client_say(client, "HELO %s", client->sender->hostname);
    return NET_AGAIN;
}

static NetVerdict on_helo(Client *client) {
    return smtp_reply_class(&client->reply) == 2 ? after_hello(client) : refused(client);
}

static NetVerdict on_starttls(Client *client) {
    if (smtp_reply_class(&client->reply) == 2) {
        client->step = STEP_HANDSHAKE;
        return NET_STARTTLS;
    }
    client->plain = TRUE;
    return after_hello(client);
}

static NetVerdict on_auth(Client *client) {
    if (smtp_reply_class(&client->reply) != 2)
        return refused(client);
    become_ready(client);
    return NET_AGAIN;
}

/* ---- Messages ---- */

/* The next entry in turn; NULL: none, the session waits for one. */
static Entry *next_entry(Client *client) {
    Sender *sender = client->sender;
    Destination *d = client->destination;
    g_mutex_lock(&sender->lock);
    leave_idle_locked(client);
    uncount_locked(client);
    Entry *entry = client->stopping ? NULL : destination_take_locked(d);
    if (entry == NULL && !client->stopping && !sender->stop) {
        client->in_idle = TRUE;
        g_queue_push_tail(&d->idle, client);
    }
    g_mutex_unlock(&sender->lock);
    return entry;
}

static NetVerdict say_quit(Client *client) {
    client->step = STEP_QUIT;
    client->stopping = TRUE;
    buffer_append_string(net_output(client->net), "QUIT\r\n");
    net_set_deadline(client->net, QUIT_SECONDS * CLOCK_SECOND);
    return client->shutdown ? NET_CLOSE : NET_WAIT_INPUT;
}

/* NET_AGAIN: a transaction was begun. */
static NetVerdict take_work(Client *client) {
    if (client->sent >= client->sender->options.messages)
        client->stopping = TRUE;
    for (;;) {
        Entry *entry = next_entry(client);
        if (entry == NULL)
            break;
        Job *job = job_load(entry);
        if (job == NULL)
            continue;
        client->job = job;
        if (!job_sign(job)) {
            client->job = NULL;
            job_settle(job);
            continue;
        }
        if (transaction_begin(client))
            return NET_AGAIN;
    }
    if (client->stopping)
        return say_quit(client);
    net_set_deadline(client->net, client->sender->options.idle_time);
    return NET_WAIT_INPUT;
}

/* After a message was taken there may be room for one more connection. */
static void after_message(Client *client, gboolean taken) {
    Sender *sender = client->sender;
    Destination *d = client->destination;
    g_mutex_lock(&sender->lock);
    if (taken) {
        client->sent++;
        d->proven = TRUE;
        d->losses = 0;
        d->limit = MIN(d->limit + 1, sender->options.connections);
    }
    destination_pump_locked(d);
    g_mutex_unlock(&sender->lock);
}

static NetVerdict on_transaction(Client *client) {
    gboolean was_end = client->step == STEP_END;
    gboolean taken = was_end && smtp_reply_class(&client->reply) == 2;
    TransactionResult result = transaction_reply(client);
    if (was_end || result != TRANSACTION_GOES_ON)
        after_message(client, taken);
    if (result == TRANSACTION_CLOSE) {
        client->ended = TRUE;
        return say_quit(client);
    }
    return NET_AGAIN;
}

static NetVerdict on_reply(Client *client) {
    switch (client->step) {
    case STEP_GREETING:
        return on_greeting(client);
    case STEP_EHLO:
        return on_ehlo(client);
    case STEP_HELO:
        return on_helo(client);
    case STEP_STARTTLS:
        return on_starttls(client);
    case STEP_AUTH:
        return on_auth(client);
    case STEP_IDLE: /* it says good-bye, mostly */
    case STEP_QUIT:
    case STEP_HANDSHAKE:
        client->ended = client->step != STEP_HANDSHAKE;
        return NET_CLOSE;
    default:
        return on_transaction(client);
    }
}

static NetVerdict broken(Client *client, const char *why) {
    end(client, "4.4.2", why);
    return NET_CLOSE;
}

static NetVerdict on_deadline(Client *client) {
    if (client->step == STEP_QUIT)
        return NET_CLOSE;
    if (client->step != STEP_IDLE)
        return broken(client, "the server did not answer in time");
    g_mutex_lock(&client->sender->lock);
    gboolean idle = client->in_idle;
    leave_idle_locked(client);
    g_mutex_unlock(&client->sender->lock);
    if (!idle)
        return NET_AGAIN; /* work came at this moment */
    return say_quit(client);
}

static NetVerdict talk(Client *client, NetEvents events) {
    for (;;) {
        if (client->step == STEP_BODY && !transaction_pour(client))
            return NET_WAIT_OUTPUT;
        if (client->step == STEP_IDLE && net_input(client->net)->n == 0) {
            if (events & NET_EVENT_EOF) {
                client->ended = TRUE;
                return NET_CLOSE;
            }
            NetVerdict verdict = take_work(client);
            if (verdict != NET_AGAIN)
                return verdict;
            continue;
        }
        switch (smtp_reply_take(&client->reply, net_input(client->net))) {
        case SMTP_REPLY_MORE:
            if (events & NET_EVENT_EOF)
                return broken(client, "the server closed the connection");
            return NET_WAIT_INPUT;
        case SMTP_REPLY_BAD:
            return broken(client, "the server answered with something that is not SMTP");
        case SMTP_REPLY_WHOLE:
            break;
        }
        NetVerdict verdict = on_reply(client);
        if (verdict != NET_AGAIN)
            return verdict;
    }
}

static NetVerdict failed(Client *client) {
    const char *why = net_session_failure(client->net);
    const Rule *rule = client->destination->rule;
    client->ended = TRUE;
    gboolean tls = client->step == STEP_HANDSHAKE && rule->tls == TLS_MAY;
    try_next(client, tls ? "4.7.5" : "4.4.1", why, tls);
    return NET_CLOSE;
}

static NetVerdict client_run(NetSession *net, gpointer state, NetEvents events) {
    Client *client = *(Client **)state;
    client->net = net;
    if (events & NET_EVENT_FAILED)
        return failed(client);
    if (events & NET_EVENT_START)
        net_set_deadline(net, client->sender->options.reply_time);
    if (events & NET_EVENT_SHUTDOWN)
        client->stopping = client->shutdown = TRUE;
    if (client->stopping && client->step < STEP_IDLE) {
        client->ended = TRUE; /* nothing is in hand */
        return NET_CLOSE;
    }
    if (events & NET_EVENT_DEADLINE) {
        NetVerdict verdict = on_deadline(client);
        if (verdict != NET_AGAIN)
            return verdict;
    }
    if (events & NET_EVENT_SECURED)
        say_ehlo(client);
    return talk(client, events);
}

const NetProtocol smtp_client_protocol = {
    .name = "smtp-client",
    .open_sessions = &open_sessions,
    .all_sessions = &all_sessions,
    .state_size = sizeof(Client *),
    .input_maximum = INPUT_MAXIMUM,
    .greeting_time = 300 * CLOCK_SECOND,
    .run = client_run,
    .free = client_free,
};
