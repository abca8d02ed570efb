/* One message over one connection: MAIL, RCPT for each recipient, DATA, and what the other server
 * says to each (RFC 5321 3.3, RFC 2920). Where it takes them all at once the commands leave in one
 * piece and the replies are taken in order, whatever they say. */
#include "base/clock.h"
#include "smtp/client/internal.h"

enum {
    BATCH_MOST =
        100, /* recipients of a transaction: RFC 5321 4.5.3.1.8 lets a server take no more */
    PIECE = 32 * 1024,
};

/* ---- Beginning ---- */

static gboolean is_ascii(const char *text) {
    for (; *text != '\0'; text++)
        if ((guint8)*text >= 0x80)
            return FALSE;
    return TRUE;
}

static Bytes header_of(Bytes message) {
    gssize end = bytes_find(message, BYTES_LITERAL("\r\n\r\n"));
    return end < 0 ? message : bytes_slice(message, 0, (gsize)end);
}

static gboolean bytes_are_ascii(Bytes b) {
    for (gsize i = 0; i < b.n; i++)
        if (b.p[i] >= 0x80)
            return FALSE;
    return TRUE;
}

/* RFC 6531 3.4: only a server that says SMTPUTF8 gets a message that needs it. */
static gboolean needs_utf8(const Job *job) {
    if (!job->smtputf8)
        return FALSE;
    if (!is_ascii(job->from) || !bytes_are_ascii(header_of(blob_reader_bytes(job->blob))))
        return TRUE;
    for (guint i = 0; i < job->count; i++)
        if (!is_ascii(job->rcpts[i].address))
            return TRUE;
    return FALSE;
}

static gboolean needs_8bit(const Job *job) {
    return !bytes_are_ascii(blob_reader_bytes(job->blob));
}

/* NULL, or why this server cannot have the message; *status says it in RFC 3463's numbers. */
static const char *cannot(const Client *client, const char **status) {
    const Job *job = client->job;
    gboolean utf8 = (client->features & FEATURE_SMTPUTF8) != 0;
    *status = "5.3.4";
    if (client->size_maximum > 0 && job->size + job->prefix.n > client->size_maximum)
        return "the message is larger than that server takes";
    *status = "5.6.7";
    if (!utf8 && needs_utf8(job))
        return "the message needs SMTPUTF8, which that server does not know";
    *status = "5.6.3";
    if (!utf8 && !(client->features & FEATURE_8BITMIME) && needs_8bit(job))
        return "the message has 8-bit text, which that server does not take";
    return NULL;
}

static void say_mail(Client *client) {
    const Job *job = client->job;
    g_autoptr(GString) line = g_string_new(NULL);
    g_string_append_printf(line, "MAIL FROM:<%s>", job->from);
    if (client->features & FEATURE_SIZE)
        g_string_append_printf(line, " SIZE=%" G_GUINT64_FORMAT, job->size + job->prefix.n);
    if ((client->features & FEATURE_8BITMIME) && needs_8bit(job))
        g_string_append(line, " BODY=8BITMIME");
    if ((client->features & FEATURE_SMTPUTF8) && needs_utf8(job))
        g_string_append(line, " SMTPUTF8");
    if ((client->features & FEATURE_DSN) && *job->parameters != '\0')
        g_string_append_printf(line, " %s", job->parameters);
    client_say(client, "%s", line->str);
}

static void say_rcpt(Client *client, guint at) {
    const Rcpt *rcpt = &client->job->rcpts[client->batch[at]];
    gboolean dsn = (client->features & FEATURE_DSN) && *rcpt->parameters != '\0';
    client_say(client, "RCPT TO:<%s>%s%s", rcpt->address, dsn ? " " : "",
               dsn ? rcpt->parameters : "");
}

/* The recipients of the next transaction; FALSE: none is left. */
static gboolean fill_batch(Client *client) {
    const Job *job = client->job;
    guint most = MIN(client->rcpt_maximum == 0 ? BATCH_MOST : client->rcpt_maximum, BATCH_MOST);
    if (client->batch == NULL)
        client->batch = g_new(guint, BATCH_MOST);
    client->batch_count = 0;
    for (guint i = 0; i < job->count && client->batch_count < most; i++)
        if (job->rcpts[i].state == RCPT_OPEN)
            client->batch[client->batch_count++] = i;
    return client->batch_count > 0;
}

static void say_all(Client *client) {
    client->step = STEP_MAIL;
    client->batch_at = client->accepted = 0;
    client->mail_taken = FALSE;
    say_mail(client);
    if ((client->features & FEATURE_PIPELINING) == 0)
        return;
    for (guint i = 0; i < client->batch_count; i++)
        say_rcpt(client, i);
    client_say(client, "DATA");
}

static void settle(Client *client) {
    client->step = STEP_IDLE;
    job_settle(g_steal_pointer(&client->job));
}

gboolean transaction_begin(Client *client) {
    const char *status;
    const char *why = cannot(client, &status);
    if (why != NULL || !fill_batch(client)) {
        job_set(client->job, RCPT_OPEN, RCPT_FAILED, status, why == NULL ? "" : why,
                client->remote);
        settle(client);
        return FALSE;
    }
    say_all(client);
    return TRUE;
}

/* ---- The replies ---- */

static RcptState state_of(const SmtpReply *reply) {
    return smtp_reply_class(reply) == 5 ? RCPT_FAILED : RCPT_DEFERRED;
}

/* Those of the batch that are in this state get what the server said. */
static void set_batch(Client *client, RcptState from, RcptState to) {
    g_autofree char *answer = smtp_reply_answer(&client->reply);
    for (guint i = 0; i < client->batch_count; i++) {
        Rcpt *rcpt = &client->job->rcpts[client->batch[i]];
        if (rcpt->state == from)
            rcpt_set(rcpt, to, smtp_reply_status(&client->reply), answer, client->remote);
    }
}

/* After a transaction: the next one with the recipients that are left, or the end of the job. */
static TransactionResult finish(Client *client) {
    if (fill_batch(client)) {
        say_all(client);
        return TRANSACTION_GOES_ON;
    }
    settle(client);
    return TRANSACTION_OVER;
}

/* RFC 5321 4.1.1.5: after something that failed half way the server forgets it. */
static TransactionResult reset(Client *client) {
    client->step = STEP_RSET;
    client_say(client, "RSET");
    return TRANSACTION_GOES_ON;
}

static TransactionResult on_mail(Client *client) {
    client->mail_taken = smtp_reply_class(&client->reply) == 2;
    if (!client->mail_taken)
        set_batch(client, RCPT_OPEN, state_of(&client->reply));
    client->step = STEP_RCPT;
    if (client->features & FEATURE_PIPELINING)
        return TRANSACTION_GOES_ON;
    if (!client->mail_taken)
        return reset(client);
    say_rcpt(client, 0);
    return TRANSACTION_GOES_ON;
}

/* RFC 5321 4.5.3.1.10: so many recipients at once are too many; the others come in the next
 * transaction, if this one has any. 552 is an old server's word for it. */
static gboolean is_too_many(const Client *client) {
    return client->accepted > 0 &&
           ((client->reply.code == 452 &&
             (client->reply.status[0] == '\0' || g_str_equal(client->reply.status, "4.5.3"))) ||
            (client->reply.code == 552 && client->reply.status[0] == '\0'));
}

static void take_rcpt(Client *client, Rcpt *rcpt) {
    g_autofree char *answer = smtp_reply_answer(&client->reply);
    const char *status = smtp_reply_status(&client->reply);
    if (smtp_reply_class(&client->reply) == 2) {
        client->accepted++;
        rcpt_set(rcpt, RCPT_ACCEPTED, status, answer, client->remote);
    } else if (!is_too_many(client)) {
        rcpt_set(rcpt, state_of(&client->reply), status, answer, client->remote);
    }
}

static TransactionResult on_rcpt(Client *client) {
    Rcpt *rcpt = &client->job->rcpts[client->batch[client->batch_at++]];
    if (client->mail_taken)
        take_rcpt(client, rcpt);
    gboolean last = client->batch_at == client->batch_count;
    if (last)
        client->step = STEP_DATA;
    if (client->features & FEATURE_PIPELINING)
        return TRANSACTION_GOES_ON;
    if (!last)
        say_rcpt(client, client->batch_at);
    else if (client->accepted == 0)
        return reset(client);
    else
        client_say(client, "DATA");
    return TRANSACTION_GOES_ON;
}

static TransactionResult on_data(Client *client) {
    if (client->reply.code == 354 && client->accepted > 0) {
        client->step = STEP_BODY;
        client->poured = 0;
        client->dot_at_line = TRUE;
        net_set_deadline(client->net, client->sender->options.data_time);
        return TRANSACTION_GOES_ON;
    }
    if (client->reply.code == 354) { /* RFC 2920 3.1: nobody is to get it, so nothing is sent */
        client->step = STEP_VOID;
        client_say(client, ".");
        return TRANSACTION_GOES_ON;
    }
    set_batch(client, RCPT_ACCEPTED, state_of(&client->reply));
    return reset(client);
}

/* Whether no more will be heard of a recipient whose sender wants to hear (RFC 3461 5.2.1). */
static void note_relayed(Client *client) {
    for (guint i = 0; i < client->batch_count; i++) {
        Rcpt *rcpt = &client->job->rcpts[client->batch[i]];
        if (rcpt->state == RCPT_DELIVERED)
            rcpt->relayed = (client->features & FEATURE_DSN) == 0;
    }
}

static TransactionResult on_end(Client *client) {
    gboolean taken = smtp_reply_class(&client->reply) == 2;
    set_batch(client, RCPT_ACCEPTED, taken ? RCPT_DELIVERED : state_of(&client->reply));
    note_relayed(client);
    return finish(client);
}

/* RFC 5321 3.8: the server is going, whatever it was asked. What it did not answer is put off. */
static TransactionResult on_421(Client *client) {
    g_autofree char *answer = smtp_reply_answer(&client->reply);
    const char *status = smtp_reply_status(&client->reply);
    job_set(client->job, RCPT_OPEN, RCPT_DEFERRED, status, answer, client->remote);
    job_set(client->job, RCPT_ACCEPTED, RCPT_DEFERRED, status, answer, client->remote);
    settle(client);
    return TRANSACTION_CLOSE;
}

TransactionResult transaction_reply(Client *client) {
    if (client->reply.code == 421)
        return on_421(client);
    switch (client->step) {
    case STEP_MAIL:
        return on_mail(client);
    case STEP_RCPT:
        return on_rcpt(client);
    case STEP_DATA:
        return on_data(client);
    case STEP_END:
        return on_end(client);
    default: /* STEP_VOID, STEP_RSET: whatever it says */
        return finish(client);
    }
}

void transaction_lost(Client *client, const char *why) {
    Job *job = client->job;
    job_set(job, RCPT_OPEN, RCPT_DEFERRED, "4.4.2", why, client->remote);
    job_set(job, RCPT_ACCEPTED, RCPT_DEFERRED, "4.4.2", why, client->remote);
    settle(client);
}

/* ---- The message ---- */

/* RFC 5321 4.5.2: a dot that begins a line is doubled. */
static void stuff(Client *client, Bytes piece) {
    Buffer *out = net_output(client->net);
    gsize from = 0;
    for (gsize at = 0; at < piece.n;) {
        if (client->dot_at_line && piece.p[at] == '.') {
            buffer_append_bytes(out, bytes_slice(piece, from, at - from));
            buffer_append_byte(out, '.');
            from = at;
        }
        gssize end = bytes_find_byte(bytes_slice(piece, at, piece.n), '\n');
        client->dot_at_line = end >= 0;
        at = end < 0 ? piece.n : at + (gsize)end + 1;
    }
    buffer_append_bytes(out, bytes_slice(piece, from, piece.n - from));
}

static Bytes piece_at(const Job *job, guint64 at) {
    if (at < job->prefix.n)
        return bytes_slice(buffer_bytes(&job->prefix), (gsize)at, PIECE);
    return bytes_slice(blob_reader_bytes(job->blob), (gsize)(at - job->prefix.n), PIECE);
}

gboolean transaction_pour(Client *client) {
    const SenderOptions *o = &client->sender->options;
    for (;;) {
        Bytes piece = piece_at(client->job, client->poured);
        if (piece.n == 0)
            break;
        if (net_output_full(client->net) && !net_flush(client->net) &&
            net_output_full(client->net)) {
            net_set_deadline(client->net, o->data_time);
            return FALSE;
        }
        stuff(client, piece);
        client->poured += piece.n;
    }
    /* A message always ends with a line end here; the data's end needs one of its own otherwise. */
    buffer_append_string(net_output(client->net), client->dot_at_line ? ".\r\n" : "\r\n.\r\n");
    client->step = STEP_END;
    net_set_deadline(client->net, o->data_time);
    return TRUE;
}
