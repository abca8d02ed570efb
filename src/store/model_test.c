/* A long random history, run on the store and on a plain model of it (arrays in memory). After each
 * step the counts must be the same, every now and then everything must: messages, flags, quota,
 * what clients that were away for a while learn from the log, and what the doctor says. Slices are
 * made small, so that every operation takes several. */
#include "store/fixture.h"

enum {
    ACCOUNTS = 3,
    BOXES = 9,
    CLIENTS = 6,
    NAMES = 4,
    SLICE = 5,
    STEPS = 4000,
    QUOTA = 2500, /* of the last account */
};

static const char *const keyword_names[NAMES] = {"$Forwarded", "work", "later", "$Junk"};

typedef struct {
    guint32 uid;
    StoreFlags flags; /* system flags */
    guint keywords;   /* bit i: keyword_names[i] */
    gint64 size;
    char *body;
} Mail;

typedef struct {
    gint64 id; /* 0: the place is free */
    gint64 account;
    char name[32];
    guint32 uidnext;
    GPtrArray *mails; /* Mail *, by UID */
} Box;

/* Somebody who knew the mailbox as it was at `modseq`. */
typedef struct {
    gint64 mailbox;
    guint64 modseq;
    GHashTable *flags; /* uid → flags as the store numbers them */
    StoreUids *uids;
} Client;

typedef struct {
    Place *place;
    GRand *random;
    Box boxes[BOXES];
    Client clients[CLIENTS];
    guint fresh;                         /* for names */
    guint refused, vanished, incomplete; /* how often what is rare was tried */
} Model;

static guint dice(Model *model, guint sides) {
    return (guint)g_rand_int_range(model->random, 0, (gint32)sides);
}

static void mail_free(gpointer data) {
    Mail *mail = data;
    g_free(mail->body);
    g_free(mail);
}

static Box *any_box(Model *model) {
    for (;;) {
        Box *box = &model->boxes[dice(model, BOXES)];
        if (box->id != 0)
            return box;
    }
}

static void box_open(Model *model, Box *box, gint64 account, const char *name) {
    g_strlcpy(box->name, name, sizeof box->name);
    box->account = account;
    box->id = mailbox_id(model->place, account, name);
    assert_true(box->id > 0);
    box->uidnext = 1;
    box->mails = g_ptr_array_new_with_free_func(mail_free);
}

static gint64 used_by(const Model *model, gint64 account) {
    gint64 used = 0;
    for (guint i = 0; i < BOXES; i++)
        for (guint j = 0; model->boxes[i].id != 0 && model->boxes[i].account == account &&
                          j < model->boxes[i].mails->len;
             j++)
            used += ((Mail *)model->boxes[i].mails->pdata[j])->size;
    return used;
}

static gint64 limit_of(gint64 account) {
    return account == ACCOUNTS ? QUOTA : 0;
}

/* ---- What a message's flags are called in its account ---- */

static StoreFlags stored_flags(Model *model, DbConn *conn, gint64 account, const Mail *mail) {
    g_autoptr(GPtrArray) names = store_keyword_list(model->place->store, conn, account, NULL);
    StoreFlags flags = mail->flags;
    for (guint i = 0; i < NAMES; i++) {
        if ((mail->keywords & (1u << i)) == 0)
            continue;
        guint bit = 0;
        while (bit < names->len && g_strcmp0(names->pdata[bit], keyword_names[i]) != 0)
            bit++;
        assert_true(bit < names->len);
        flags |= G_GUINT64_CONSTANT(1) << (bit + STORE_KEYWORD_FIRST);
    }
    return flags;
}

/* ---- Comparing ---- */

typedef struct {
    Model *model;
    DbConn *conn;
    const Box *box;
    guint at;
} Compare;

static gboolean compare_message(const StoreMessage *message, gpointer data) {
    Compare *compare = data;
    assert_true(compare->at < compare->box->mails->len);
    const Mail *mail = compare->box->mails->pdata[compare->at++];
    assert_int_equal(message->uid, mail->uid);
    assert_true(message->size == (guint64)mail->size);
    assert_true(message->flags ==
                stored_flags(compare->model, compare->conn, compare->box->account, mail));
    g_auto(Buffer) bytes;
    buffer_init(&bytes, 10000);
    assert_ok(store_message_read(compare->model->place->store, compare->conn, message, 0, 10000,
                                 &bytes, &error));
    assert_true(bytes_is(buffer_bytes(&bytes), mail->body));
    return TRUE;
}

static void compare_box(Model *model, const Box *box) {
    Compare compare = {model, db_read_begin(model->place->db, NULL), box, 0};
    assert_ok(store_message_each(model->place->store, compare.conn, box->id, 1, G_MAXUINT32,
                                 STORE_WANT_META, compare_message, &compare, &error));
    assert_int_equal(compare.at, box->mails->len);
    g_autoptr(StoreUids) uids = store_uids_load(model->place->store, compare.conn, box->id, NULL);
    db_read_end(compare.conn);
    assert_int_equal(store_uids_count(uids), box->mails->len);
    for (guint i = 0; i < box->mails->len; i++)
        assert_int_equal(store_uids_at(uids, i + 1), ((Mail *)box->mails->pdata[i])->uid);
}

static void compare_counts(Model *model, const Box *box) {
    g_autoptr(StoreMailbox) mailbox = mailbox_now(model->place, box->id);
    guint unseen = 0, deleted = 0;
    gint64 size = 0;
    for (guint i = 0; i < box->mails->len; i++) {
        const Mail *mail = box->mails->pdata[i];
        unseen += (mail->flags & STORE_SEEN) == 0;
        deleted += (mail->flags & STORE_DELETED) != 0;
        size += mail->size;
    }
    assert_string_equal(mailbox->name, box->name);
    assert_int_equal(mailbox->exists, box->mails->len);
    assert_int_equal(mailbox->uidnext, box->uidnext);
    assert_int_equal(mailbox->unseen, unseen);
    assert_int_equal(mailbox->deleted, deleted);
    assert_true(mailbox->size == size);
}

static void compare_all(Model *model, gboolean deep) {
    for (guint i = 0; i < BOXES; i++) {
        if (model->boxes[i].id == 0)
            continue;
        compare_counts(model, &model->boxes[i]);
        if (deep)
            compare_box(model, &model->boxes[i]);
    }
    for (gint64 account = 1; account <= ACCOUNTS; account++)
        assert_true(account_now(model->place, account).quota_used == used_by(model, account));
    if (deep)
        assert_clean(model->place);
}

/* ---- Clients that keep in step ---- */

static void client_forget(Client *client) {
    g_clear_pointer(&client->flags, g_hash_table_unref);
    g_clear_pointer(&client->uids, store_uids_free);
}

static void client_apply(Client *client, const StoreChanges *changes) {
    guint32 first, last;
    for (guint32 i = 0; store_uids_run(changes->vanished, i, &first, &last); i++)
        for (guint64 uid = first; uid <= last; uid++)
            g_hash_table_remove(client->flags, GUINT_TO_POINTER((guint)uid));
    guint32 before = 0;
    for (guint i = 0; i < changes->changed->len; i++) {
        const StoreChange *change = &g_array_index(changes->changed, StoreChange, i);
        assert_true(change->uid > before && change->modseq > client->modseq &&
                    change->modseq <= changes->modseq);
        before = change->uid;
        g_hash_table_insert(client->flags, GUINT_TO_POINTER(change->uid),
                            GSIZE_TO_POINTER(change->flags));
    }
    client->modseq = changes->modseq;
}

/* Learns what changed since it looked last; then it must know what there is. */
static void client_sync(Model *model, Client *client, const Box *box) {
    DbConn *conn = db_read_begin(model->place->db, NULL);
    g_auto(StoreChanges) changes = {0};
    assert_ok(store_changes(model->place->store, conn, box->id, client->modseq, &changes, &error));
    model->vanished += store_uids_count(changes.vanished) > 0 && changes.complete;
    model->incomplete += !changes.complete;
    client_apply(client, &changes);
    assert_int_equal(g_hash_table_size(client->flags), box->mails->len);
    for (guint i = 0; i < box->mails->len; i++) {
        const Mail *mail = box->mails->pdata[i];
        gpointer flags = NULL;
        assert_true(
            g_hash_table_lookup_extended(client->flags, GUINT_TO_POINTER(mail->uid), NULL, &flags));
        assert_true(GPOINTER_TO_SIZE(flags) == stored_flags(model, conn, box->account, mail));
    }
    db_read_end(conn);
}

static void do_client(Model *model) {
    Client *client = &model->clients[dice(model, CLIENTS)];
    for (guint i = 0; client->flags != NULL && i < BOXES; i++) {
        if (model->boxes[i].id != client->mailbox)
            continue;
        client_sync(model, client, &model->boxes[i]);
        return;
    }
    client_forget(client); /* its mailbox is gone: choose another, begin with nothing */
    *client = (Client){any_box(model)->id, 0, g_hash_table_new(NULL, NULL), NULL};
}

/* ---- The operations ---- */

static void do_insert(Model *model) {
    Box *box = any_box(model);
    Mail *mail = g_new0(Mail, 1);
    mail->flags = dice(model, 32);
    g_autofree char *prefix = g_strnfill(dice(model, 30), 'p');
    g_autofree char *body = g_strnfill(dice(model, 100), (gchar)('a' + dice(model, 26)));
    mail->body = g_strconcat(prefix, body, NULL);
    mail->size = (gint64)strlen(mail->body);
    gint64 limit = limit_of(box->account), used = used_by(model, box->account);
    Put put = {.place = model->place,
               .mailboxes = (gint64[]){box->id, 0},
               .prefix = prefix,
               .flags = mail->flags,
               .strict = dice(model, 2) == 0};
    if (limit != 0 && (put.strict ? used + mail->size > limit : used >= limit)) {
        assert_refused(put_run(&put, body, &error), CV_ERROR_QUOTA);
        mail_free(mail);
        model->refused++;
        return;
    }
    assert_ok(put_run(&put, body, &error));
    assert_int_equal(put.uid, box->uidnext);
    mail->uid = box->uidnext++;
    g_ptr_array_add(box->mails, mail);
}

/* Some UIDs, existing and others. */
static StoreUids *some_uids(Model *model, const Box *box) {
    StoreUids *uids = store_uids_new();
    guint runs = 1 + dice(model, 4);
    for (guint i = 0; i < runs; i++) {
        guint32 first = 1 + dice(model, box->uidnext + 2);
        store_uids_add_run(uids, first, first + dice(model, 12));
    }
    return uids;
}

static gboolean is_in(const StoreUids *uids, guint32 uid) {
    return store_uids_sequence(uids, uid) != 0;
}

static void apply_flags(Mail *mail, const StoreFlagsChange *change, guint keywords) {
    StoreFlags given = change->flags & change->settable;
    /* Either all keywords may be set or none. */
    gboolean may = (change->settable & ~STORE_SYSTEM_FLAGS) != 0;
    keywords = may ? keywords : 0;
    switch (change->mode) {
    case STORE_FLAGS_SET:
        mail->flags = (mail->flags & ~change->settable) | given;
        mail->keywords = may ? keywords : mail->keywords;
        break;
    case STORE_FLAGS_ADD:
        mail->flags |= given;
        mail->keywords |= keywords;
        break;
    case STORE_FLAGS_REMOVE:
        mail->flags &= ~given;
        mail->keywords &= ~keywords;
        break;
    }
}

static void check_told(guint32 uid, StoreFlags flags, guint64 modseq, gboolean changed,
                       gpointer data) {
    guint32 *last = data;
    assert_true(uid > *last);
    *last = uid;
}

static void do_flags(Model *model) {
    Box *box = any_box(model);
    g_autoptr(StoreUids) uids = some_uids(model, box);
    guint keywords = dice(model, 1u << NAMES), n = 0;
    const char *names[NAMES + 1] = {NULL};
    for (guint i = 0; i < NAMES; i++)
        if ((keywords & (1u << i)) != 0)
            names[n++] = keyword_names[i];
    guint32 told = 0;
    StoreFlagsChange change = {
        .mailbox = box->id,
        .uids = uids,
        .mode = (StoreFlagsMode)dice(model, 3),
        .flags = dice(model, 32),
        .keywords = names,
        .settable = dice(model, 4) == 0 ? STORE_SEEN | STORE_FLAGGED : ~(StoreFlags)0,
        .each = check_told,
        .data = &told,
    };
    assert_ok(store_flags_change(model->place->store, &change, &error));
    for (guint i = 0; i < box->mails->len; i++) {
        Mail *mail = box->mails->pdata[i];
        if (is_in(uids, mail->uid))
            apply_flags(mail, &change, keywords);
    }
}

static void do_expunge(Model *model) {
    Box *box = any_box(model);
    g_autoptr(StoreUids) some = dice(model, 2) == 0 ? NULL : some_uids(model, box);
    g_autoptr(StoreUids) gone = store_uids_new();
    guint64 modseq;
    assert_ok(store_expunge(model->place->store, box->id, some, gone, &modseq, &error));
    for (guint i = 0; i < box->mails->len;) {
        const Mail *mail = box->mails->pdata[i];
        gboolean goes =
            (mail->flags & STORE_DELETED) != 0 && (some == NULL || is_in(some, mail->uid));
        assert_int_equal(is_in(gone, mail->uid), goes);
        if (goes)
            g_ptr_array_remove_index(box->mails, i);
        else
            i++;
    }
}

static Mail *mail_copy(const Mail *mail, guint32 uid) {
    Mail *copy = g_memdup2(mail, sizeof *mail);
    copy->uid = uid;
    copy->body = g_strdup(mail->body);
    return copy;
}

/* The mails of the box that are to be copied; not owned. */
static GPtrArray *chosen(const Box *box, const StoreUids *uids, gint64 *bytes) {
    GPtrArray *mails = g_ptr_array_new();
    *bytes = 0;
    for (guint i = 0; i < box->mails->len; i++) {
        Mail *mail = box->mails->pdata[i];
        if (!is_in(uids, mail->uid))
            continue;
        g_ptr_array_add(mails, mail);
        *bytes += mail->size;
    }
    return mails;
}

static void do_copy(Model *model) {
    Box *from = any_box(model), *to = any_box(model);
    gboolean move = dice(model, 2) == 0;
    g_autoptr(StoreUids) uids = some_uids(model, from);
    gint64 bytes, limit = limit_of(to->account);
    g_autoptr(GPtrArray) mails = chosen(from, uids, &bytes);
    g_autoptr(GArray) was = g_array_new(FALSE, FALSE, sizeof(guint32));
    g_autoptr(GArray) is = g_array_new(FALSE, FALSE, sizeof(guint32));
    guint32 uidvalidity;
    if (limit != 0 && !(move && from->account == to->account) &&
        used_by(model, to->account) + bytes > limit) {
        assert_refused(store_copy(model->place->store, from->id, uids, to->id, move, ~(StoreFlags)0,
                                  &uidvalidity, was, is, &error),
                       CV_ERROR_QUOTA);
        assert_int_equal(is->len, 0);
        model->refused++;
        return;
    }
    assert_ok(store_copy(model->place->store, from->id, uids, to->id, move, ~(StoreFlags)0,
                         &uidvalidity, was, is, &error));
    assert_int_equal(was->len, mails->len);
    assert_int_equal(is->len, mails->len);
    for (guint i = 0; i < mails->len; i++) {
        Mail *mail = mails->pdata[i];
        assert_int_equal(g_array_index(was, guint32, i), mail->uid);
        assert_int_equal(g_array_index(is, guint32, i), to->uidnext);
        g_ptr_array_add(to->mails, mail_copy(mail, to->uidnext++));
        if (move)
            g_ptr_array_remove(from->mails, mail);
    }
}

static void do_mailbox(Model *model) {
    Box *box = &model->boxes[ACCOUNTS + dice(model, BOXES - ACCOUNTS)];
    g_autofree char *name = g_strdup_printf("box%u", model->fresh++);
    if (box->id == 0) {
        gint64 account = 1 + dice(model, ACCOUNTS), id;
        assert_ok(
            store_mailbox_create(model->place->store, account, name, STORE_USE_NONE, &id, &error));
        box_open(model, box, account, name);
    } else if (dice(model, 2) == 0) {
        assert_ok(store_mailbox_delete(model->place->store, box->account, box->name, &error));
        g_ptr_array_unref(box->mails);
        *box = (Box){0};
    } else {
        assert_ok(store_mailbox_rename(model->place->store, box->account, box->name, name, &error));
        g_strlcpy(box->name, name, sizeof box->name);
    }
}

static void do_sweep(Model *model) {
    clock_set_offset((gint64)model->fresh++ * 1800 * CLOCK_SECOND);
    assert_ok(store_sweep(model->place->store, 2 * 3600 * CLOCK_SECOND, &error));
}

static void do_compare(Model *model) {
    compare_all(model, TRUE);
}

static void (*const operations[])(Model *model) = {
    do_insert, do_insert, do_insert,  do_insert,  do_insert, do_insert, do_insert, do_insert,
    do_flags,  do_flags,  do_flags,   do_flags,   do_flags,  do_copy,   do_copy,   do_copy,
    do_client, do_client, do_expunge, do_expunge, do_client, do_client, do_client, do_client,
};
static void (*const rare[])(Model *model) = {do_mailbox, do_mailbox, do_sweep, do_compare};

static void run_history(Place *place, guint32 seed, guint steps) {
    Model model = {.place = place, .random = g_rand_new_with_seed(seed)};
    place->store->slice = SLICE;
    for (gint64 account = 1; account <= ACCOUNTS; account++) {
        assert_ok(store_account_ensure(place->store, account, limit_of(account), &error));
        box_open(&model, &model.boxes[account - 1], account, "INBOX");
    }
    for (guint step = 0; step < steps; step++) {
        if (dice(&model, 25) == 0)
            rare[dice(&model, G_N_ELEMENTS(rare))](&model);
        else
            operations[dice(&model, G_N_ELEMENTS(operations))](&model);
        compare_all(&model, FALSE);
    }
    compare_all(&model, TRUE);
    assert_true(model.refused > 0 && model.vanished > 0 && model.incomplete > 0);
    for (guint i = 0; i < CLIENTS; i++)
        client_forget(&model.clients[i]);
    for (guint i = 0; i < BOXES; i++)
        g_clear_pointer(&model.boxes[i].mails, g_ptr_array_unref);
    g_rand_free(model.random);
}

static void store_and_model_agree_through_a_random_history(void **state) {
    run_history(*state, 20221, STEPS);
}

/* What is left in the end must not need anything that the first process knew. */
static void they_agree_with_another_history_after_a_restart_too(void **state) {
    Place *place = *state;
    run_history(place, 62022, STEPS / 4);
    place_close(place);
    place_open(place);
    assert_clean(place);
    clock_set_offset(G_GINT64_CONSTANT(400) * 86400 * CLOCK_SECOND);
    assert_ok(store_sweep(place->store, 0, &error));
    assert_clean(place);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(store_and_model_agree_through_a_random_history,
                                        place_set_up, place_tear_down),
        cmocka_unit_test_setup_teardown(they_agree_with_another_history_after_a_restart_too,
                                        place_set_up, place_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
