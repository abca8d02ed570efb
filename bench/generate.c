/* Fills an installation for the rows that ask for a large one, through the program's own calls, so
 * that what stands there afterwards is what service would have left:
 *
 *   bench_generate DIR ACCOUNTS MESSAGES PASSWORD KNOWN
 *
 * The people work in department stttt. The first KNOWN are called Trần Văn Anh, so that their
 * addresses are tvanh.stttt, tvanh1.stttt, tvanh2.stttt …, and have the password; the others share
 * some hundred names and have none.
 * A message has four recipients, as inside an administration. They come in ROUNDS rounds over all
 * accounts, so that a mailbox's rows grow between those of others and are not laid down in one
 * go. With ACCOUNTS 0 messages are added to those that are there. No server may be running. */
#include "base/clock.h"
#include "base/log.h"
#include "directory/account.h"
#include "serve/instance.h"

#include <stdio.h>

enum { ROUNDS = 10, COPIES = 4, THREADS = 4, IN_ONE_WORK = 500, BODY = 600 };

static Instance *instance;
static gint64 account_count, known, per_round; /* per_round: messages of one account in a round */
static gint next_person;
static const char *password;
static gint64 *mailboxes; /* INBOX of each account */
static gint64 made;

static void stop(const GError *error) {
    g_printerr("bench_generate: %s\n", error->message);
    exit(1);
}

/* ---- Accounts ---- */

static char *name_of(int number) {
    static const char *const families[] = {"Nguyễn", "Lê",  "Phạm", "Hoàng", "Vũ",
                                           "Đặng",   "Bùi", "Đỗ",   "Ngô",   "Dương"};
    static const char *const given[] = {"Bình", "Châu", "Dũng", "Giang", "Hà",    "Khánh",
                                        "Lan",  "Minh", "Oanh", "Phúc",  "Quang", "Sơn",
                                        "Tâm",  "Uyên", "Vinh", "Xuân",  "Yến",   "Hương"};
    if (number < known)
        return g_strdup("Trần Văn Anh");
    return g_strdup_printf("%s Thị %s", families[number % (int)G_N_ELEMENTS(families)],
                           given[number / 10 % (int)G_N_ELEMENTS(given)]);
}

static gpointer make_people(gpointer regulation) {
    AuditAct act = {"bench", "bench"};
    int number;
    while ((number = g_atomic_int_add(&next_person, 1)) < account_count) {
        g_autoptr(GError) error = NULL;
        g_autofree char *name = name_of(number);
        DirectoryNewAccount person = {.unit = "stttt", .name = name};
        if (number < known)
            person.password = bytes_of_string(password);
        g_autoptr(DirectoryAccount) account =
            directory_account_create(instance->directory, regulation, &person, &act, &error);
        if (account == NULL)
            stop(error);
    }
    return NULL;
}

static void make_accounts(void) {
    GThread *threads[THREADS];
    g_autoptr(GError) error = NULL;
    if (account_count == 0)
        return;
    for (int i = 0; i < THREADS; i++)
        threads[i] = g_thread_new("people", make_people, instance->regulation);
    for (int i = 0; i < THREADS; i++)
        g_thread_join(threads[i]);
    if (!instance_apply_pending(instance, &error))
        stop(error);
}

/* ---- Messages ---- */

typedef struct {
    gint64 first, end; /* places of accounts */
} Piece;

static char *make_text(gint64 number) {
    GString *text = g_string_new(NULL);
    g_string_printf(text,
                    "From: \"Van thu\" <vanthu@bacninh.gov.vn>\r\nTo: <tvanh1.stttt@bacninh.gov.vn>"
                    "\r\nSubject: Cong van so %" G_GINT64_FORMAT "\r\n"
                    "Date: Wed, 01 Jun 2022 08:05:00 +0700\r\n"
                    "Message-ID: <%" G_GINT64_FORMAT "@bench.bacninh.gov.vn>\r\n\r\n",
                    number, number);
    while (text->len < BODY)
        g_string_append(text,
                        "Kinh gui cac don vi, de nghi thuc hien theo quy dinh hien hanh.\r\n");
    return g_string_free(text, FALSE);
}

static gboolean add_message(DbConn *conn, gint64 account, GError **error) {
    g_autofree char *text = make_text(made++);
    Bytes bytes = bytes_of_string(text);
    g_autoptr(MessageParsed) parsed = message_parse(bytes);
    g_autoptr(BlobWriter) writer = blob_writer_new(instance->blobs);
    StoreNewMessage message = {.parsed = parsed,
                               .blob_size = bytes.n,
                               .received = clock_now(),
                               .prefix = BYTES_LITERAL("Return-Path: <vanthu@bacninh.gov.vn>\r\n")};
    StoreIntake intake = {.session = "bench",
                          .door = "smtp",
                          .sender = "vanthu@bacninh.gov.vn",
                          .recipients = "four recipients",
                          .message_id = parsed->message_id,
                          .outcome = "four copies",
                          .size = bytes.n,
                          .received = message.received};
    gint64 id;
    if (!blob_writer_append(writer, bytes, error) || !blob_writer_finish(writer, error) ||
        !blob_insert(conn, writer, bytes_slice(bytes, 0, parsed->header_bytes), COPIES,
                     &message.blob, error))
        return FALSE;
    for (gint64 i = 0; i < COPIES; i++) {
        guint32 uid;
        message.mailbox = mailboxes[(account + i) % account_count];
        if (!store_message_insert(instance->store, conn, &message, &uid, error))
            return FALSE;
    }
    return store_intake_add(instance->store, conn, &intake, &id, error);
}

/* Four neighbours share what comes to them in one round, so every account gets per_round. */
static gboolean add_messages(DbConn *conn, gpointer data, GError **error) {
    const Piece *piece = data;
    for (gint64 account = piece->first; account < piece->end; account += COPIES)
        for (gint64 i = 0; i < per_round; i++)
            if (!add_message(conn, account, error))
                return FALSE;
    return TRUE;
}

static void make_round(void) {
    gint64 step = MAX(1, IN_ONE_WORK / per_round) * COPIES;
    for (gint64 first = 0; first < account_count; first += step) {
        g_autoptr(GError) error = NULL;
        Piece piece = {first, MIN(first + step, account_count)};
        if (!db_write(instance->mail, add_messages, &piece, &error))
            stop(error);
    }
}

static void note_inbox(gint64 account, gint64 quota, gpointer data) {
    GArray *accounts = data;
    g_array_append_val(accounts, account);
}

static void find_mailboxes(void) {
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) accounts = g_array_new(FALSE, FALSE, sizeof(gint64));
    g_autoptr(DbConn) conn = db_read_begin(instance->mail, &error);
    if (conn == NULL || !store_account_each(conn, note_inbox, accounts, &error))
        stop(error);
    account_count = accounts->len - accounts->len % COPIES;
    mailboxes = g_new(gint64, account_count);
    for (gint64 i = 0; i < account_count; i++) {
        g_autoptr(StoreMailbox) inbox = store_mailbox_find(
            instance->store, conn, g_array_index(accounts, gint64, i), "INBOX", &error);
        if (inbox == NULL)
            stop(error);
        mailboxes[i] = inbox->id;
    }
}

static void make_messages(gint64 messages) {
    find_mailboxes();
    account_count = MIN(account_count, messages); /* a few only: one each for the first accounts */
    per_round = MAX(1, messages / (ROUNDS * account_count));
    for (gint64 done = 0; done < messages; done += per_round * account_count)
        make_round();
}

int main(int argc, char **argv) {
    g_autoptr(GError) error = NULL;
    if (argc != 6) {
        g_printerr("usage: %s DIR ACCOUNTS MESSAGES PASSWORD KNOWN\n", argv[0]);
        return 2;
    }
    account_count = g_ascii_strtoll(argv[2], NULL, 10);
    password = argv[4];
    known = g_ascii_strtoll(argv[5], NULL, 10);
    crypto_init();
    log_set_level(LOG_LEVEL_WARNING);
    instance = instance_open(argv[1], &error);
    if (instance == NULL)
        stop(error);
    gint64 began = g_get_monotonic_time();
    make_accounts();
    gint64 between = g_get_monotonic_time();
    gint64 messages = g_ascii_strtoll(argv[3], NULL, 10);
    if (messages > 0)
        make_messages(messages);
    printf("%s accounts in %.1f s, %" G_GINT64_FORMAT " copies in %.1f s\n", argv[2],
           (double)(between - began) / 1e6, made * COPIES,
           (double)(g_get_monotonic_time() - between) / 1e6);
    g_free(mailboxes);
    instance_close(instance);
    return 0;
}
