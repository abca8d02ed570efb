#include "delivery/delivery.h"

#include "base/clock.h"

#include <glib/gstdio.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

typedef struct {
    char *directory;
    Db *mail;
    BlobStore *blobs;
    Store *store;
    Delivery *delivery;
} Fixture;

static int set_up(void **state) {
    crypto_init();
    Fixture *f = g_new0(Fixture, 1);
    f->directory = g_dir_make_tmp("congvu-delivery-XXXXXX", NULL);
    g_autofree char *mail = g_build_filename(f->directory, "mail.db", NULL);
    g_autofree char *blobs = g_build_filename(f->directory, "blob", NULL);
    f->mail = db_open(mail, &store_schema, DB_OPEN_CREATE, NULL);
    f->blobs = blob_store_open(blobs, f->mail, NULL);
    f->store = store_open(f->mail, f->blobs, NULL);
    f->delivery = delivery_new(f->store);
    for (gint64 account = 1; account <= 3; account++)
        assert_true(store_account_ensure(f->store, account, account == 3 ? 2000 : 0, NULL));
    *state = f;
    return 0;
}

static void remove_tree(const char *path) {
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    for (const char *name; dir != NULL && (name = g_dir_read_name(dir)) != NULL;) {
        g_autofree char *child = g_build_filename(path, name, NULL);
        remove_tree(child);
    }
    g_remove(path);
}

static int tear_down(void **state) {
    Fixture *f = *state;
    delivery_free(f->delivery);
    store_close(f->store);
    blob_store_close(f->blobs);
    db_close(f->mail);
    remove_tree(f->directory);
    g_free(f->directory);
    g_free(f);
    return 0;
}

typedef struct {
    GMutex lock;
    GCond cond;
    gboolean done;
} Wait;

static void told(gpointer data) {
    Wait *wait = data;
    g_mutex_lock(&wait->lock);
    wait->done = TRUE;
    g_cond_signal(&wait->cond);
    g_mutex_unlock(&wait->lock);
}

static void submit(DeliveryRequest *request) {
    Wait wait = {.done = FALSE};
    g_mutex_init(&wait.lock);
    g_cond_init(&wait.cond);
    delivery_submit(request, told, &wait);
    g_mutex_lock(&wait.lock);
    while (!wait.done)
        g_cond_wait(&wait.cond, &wait.lock);
    g_mutex_unlock(&wait.lock);
    g_mutex_clear(&wait.lock);
    g_cond_clear(&wait.cond);
}

static DeliveryRequest *request_of(Fixture *f, const char *text) {
    BlobWriter *writer = blob_writer_new(f->blobs);
    assert_true(blob_writer_append(writer, bytes_of_string(text), NULL));
    DeliveryRequest *request = delivery_request_new(f->delivery, writer);
    delivery_request_set_session(request, "s1", "smtp", 0);
    delivery_request_set_sender(request, "a@other.vn", NULL, "8BITMIME", FALSE);
    return request;
}

static guint32 inbox_count(Fixture *f, gint64 account, gint64 *id) {
    g_autoptr(DbConn) conn = db_read_begin(f->mail, NULL);
    g_autoptr(StoreMailbox) inbox = store_mailbox_find(f->store, conn, account, "INBOX", NULL);
    assert_non_null(inbox);
    *id = inbox->id;
    return inbox->exists;
}

typedef struct {
    Fixture *f;
    DbConn *conn;
    Buffer out;
} Read;

static gboolean read_one(const StoreMessage *message, gpointer data) {
    Read *read = data;
    StoreMessage copy = *message;
    assert_true(
        store_message_read(read->f->store, read->conn, &copy, 0, copy.size, &read->out, NULL));
    return TRUE;
}

static const char letter[] = "From: a@other.vn\r\nSubject: chao\r\n\r\nXin chao\r\n";

static void one_message_reaches_each_account_once_with_its_own_prefix(void **state) {
    Fixture *f = *state;
    g_autoptr(DeliveryRequest) request = request_of(f, letter);
    delivery_request_add(request, "mot@b.vn", 1, NULL);
    delivery_request_add(request, "hai+x@b.vn", 2, NULL);
    delivery_request_add(request, "bi-danh-hai@b.vn", 2, NULL);
    submit(request);
    assert_int_equal(delivery_code(request), 0);
    gint64 one, two;
    assert_int_equal(inbox_count(f, 1, &one), 1);
    assert_int_equal(inbox_count(f, 2, &two), 1);
    Read read = {.f = f, .conn = db_read_begin(f->mail, NULL)};
    buffer_init(&read.out, 100000);
    assert_true(store_message_each(f->store, read.conn, two, 1, G_MAXUINT32, STORE_WANT_META,
                                   read_one, &read, NULL));
    g_autofree char *expected =
        g_strconcat("Return-Path: <a@other.vn>\r\nDelivered-To: hai+x@b.vn\r\n", letter, NULL);
    assert_true(bytes_is(buffer_bytes(&read.out), expected));
    buffer_release(&read.out);
    db_read_end(read.conn);
}

static gboolean note_entry(const QueueEntry *entry, gpointer data) {
    GString *lines = data;
    g_string_append_printf(lines, "%s:%s:%s:%d ", entry->domain, entry->recipients, entry->dsn,
                           entry->intake > 0);
    return TRUE;
}

static void other_domains_get_one_entry_each_that_names_its_reception(void **state) {
    Fixture *f = *state;
    g_autoptr(DeliveryRequest) request = request_of(f, letter);
    delivery_request_set_session(request, "s2", "submission", 1);
    delivery_request_set_sender(request, "mot@b.vn", "RET=HDRS", "8BITMIME", FALSE);
    delivery_request_add(request, "x@Mot.vn", 0, "NOTIFY=NEVER");
    delivery_request_add(request, "y@hai.vn", 0, NULL);
    delivery_request_add(request, "z@mot.VN", 0, NULL);
    delivery_request_add(request, "hai@b.vn", 2, NULL);
    submit(request);
    assert_int_equal(delivery_code(request), 0);
    g_autoptr(GString) lines = g_string_new(NULL);
    DbConn *conn = db_read_begin(f->mail, NULL);
    assert_true(queue_each(conn, note_entry, lines, NULL));
    db_read_end(conn);
    assert_string_equal(lines->str, "mot.vn:x@Mot.vn\nz@mot.VN:RET=HDRS\nx@Mot.vn\tNOTIFY=NEVER:1 "
                                    "hai.vn:y@hai.vn:RET=HDRS:1 ");
    gint64 id;
    assert_int_equal(inbox_count(f, 2, &id), 1);
}

static gboolean follow(DbConn *conn, gpointer data, GError **error) {
    return queue_follow_account(conn, 1, *(gboolean *)data, error);
}

static gboolean note_state(const QueueEntry *entry, gpointer data) {
    g_string_append_c(data, "whs"[entry->state]);
    return TRUE;
}

static char *states(Fixture *f) {
    GString *text = g_string_new(NULL);
    g_autoptr(DbConn) conn = db_read_begin(f->mail, NULL);
    assert_true(queue_each(conn, note_state, text, NULL));
    return g_string_free(text, FALSE);
}

/* [Điều 4.2.c] */
static void a_lock_holds_what_waits_and_its_end_lets_only_that_go(void **state) {
    Fixture *f = *state;
    for (gint64 submitter = 1; submitter <= 2; submitter++) {
        g_autoptr(DeliveryRequest) request = request_of(f, letter);
        delivery_request_set_session(request, "s3", "submission", submitter);
        delivery_request_add(request, "x@mot.vn", 0, NULL);
        delivery_request_add(request, "x@hai.vn", 0, NULL);
        submit(request);
        assert_int_equal(delivery_code(request), 0);
    }
    assert_true(queue_hold(f->mail, 1, TRUE, "by hand", NULL));
    static const struct {
        gboolean may_send;
        const char *states;
    } turns[] = {{FALSE, "hhww"}, {FALSE, "hhww"}, {TRUE, "hwww"}, {TRUE, "hwww"}};
    for (gsize i = 0; i < G_N_ELEMENTS(turns); i++) {
        gboolean may_send = turns[i].may_send;
        assert_true(db_write(f->mail, follow, &may_send, NULL));
        g_autofree char *now = states(f);
        assert_string_equal(now, turns[i].states);
    }
}

static void an_admitted_recipient_passes_the_limit_by_one_message(void **state) {
    Fixture *f = *state;
    g_autofree char *filler = g_strnfill(3000, 'x');
    g_autofree char *large = g_strconcat(letter, filler, "\r\n", NULL);
    g_autoptr(DeliveryRequest) request = request_of(f, large);
    delivery_request_add(request, "ba@b.vn", 3, NULL);
    submit(request);
    assert_int_equal(delivery_code(request), 0);
    gint64 id;
    assert_int_equal(inbox_count(f, 3, &id), 1);
}

static void a_recipient_that_vanished_leaves_nothing_of_the_message(void **state) {
    Fixture *f = *state;
    g_autoptr(DeliveryRequest) request = request_of(f, letter);
    delivery_request_add(request, "mot@b.vn", 1, NULL);
    delivery_request_add(request, "ma@b.vn", 99, NULL);
    submit(request);
    assert_int_equal(delivery_code(request), 451);
    gint64 id;
    assert_int_equal(inbox_count(f, 1, &id), 0);
}

static void line_ends_in_an_address_do_not_reach_the_header(void **state) {
    Fixture *f = *state;
    g_autoptr(DeliveryRequest) request = request_of(f, letter);
    delivery_request_set_sender(request, "a\r\nX-Evil: 1@other.vn", NULL, "7BIT", FALSE);
    delivery_request_add(request, "mot@b.vn", 1, NULL);
    submit(request);
    gint64 one;
    inbox_count(f, 1, &one);
    Read read = {.f = f, .conn = db_read_begin(f->mail, NULL)};
    buffer_init(&read.out, 100000);
    assert_true(store_message_each(f->store, read.conn, one, 1, G_MAXUINT32, STORE_WANT_META,
                                   read_one, &read, NULL));
    assert_true(bytes_starts_nocase(buffer_bytes(&read.out),
                                    "Return-Path: <aX-Evil: 1@other.vn>\r\nDelivered-To: mot"));
    buffer_release(&read.out);
    db_read_end(read.conn);
}

int main(void) {
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(one_message_reaches_each_account_once_with_its_own_prefix),
        CASE(other_domains_get_one_entry_each_that_names_its_reception),
        CASE(a_lock_holds_what_waits_and_its_end_lets_only_that_go),
        CASE(an_admitted_recipient_passes_the_limit_by_one_message),
        CASE(a_recipient_that_vanished_leaves_nothing_of_the_message),
        CASE(line_ends_in_an_address_do_not_reach_the_header),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
