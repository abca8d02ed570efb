/* Whole sessions on a real store: two of them, signed in and with one mailbox open unless the first
 * byte says otherwise. The rest is what the clients send: 0xfe ends a piece, 0xfd changes over to
 * the other client. Each answer is read as a client reads it, who counts the messages: a number
 * that cannot be, bytes between the lines or a NUL where none may stand end the run. */
#include "auth/auth.h"
#include "base/crypto.h"
#include "base/log.h"
#include "directory/usage.h"
#include "imap/imap.h"
#include "net/memory.h"

#include <glib/gstdio.h>

int LLVMFuzzerTestOneInput(const guint8 *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

enum { RUNS_A_STORE = 300 };

static struct {
    char *folder;
    Db *db;
    BlobStore *blobs;
    Store *store;
    guint runs;
    gint64 account; /* a new one for each run; the next number is its neighbour */
} place;

/* ---- Played: who there is ---- */

static DirectoryAccount *make_account(gint64 id) {
    DirectoryAccount *account = g_new0(DirectoryAccount, 1);
    account->id = id;
    account->address = g_strdup(id == place.account ? "anh@bn.vn" : "binh@bn.vn");
    account->state = DIRECTORY_ACTIVE;
    account->quota = 100000;
    return account;
}

void directory_account_free(DirectoryAccount *account) {
    if (account == NULL)
        return;
    g_free(account->address);
    g_free(account);
}

DirectoryFind directory_login(Directory *directory, Bytes login, DirectoryAccount **out,
                              GError **error) {
    if (bytes_is_nocase(login, "anh@bn.vn") || bytes_is_nocase(login, "anh"))
        *out = make_account(place.account);
    else if (bytes_is_nocase(login, "binh@bn.vn") || bytes_is_nocase(login, "binh"))
        *out = make_account(place.account + 1);
    else
        return DIRECTORY_NO_SUCH;
    return DIRECTORY_FOUND;
}

DirectoryAccount *directory_account(Directory *directory, gint64 id, GError **error) {
    return make_account(id);
}

void directory_used(Directory *directory, gint64 account) {}

char *directory_credential(Directory *directory, gint64 account, GError **error) {
    return g_strdup("x");
}

struct AuthAttempt {
    DirectoryAccount *account;
};

AuthAttempt *auth_begin(Auth *auth, Bytes name, Bytes password, const char *peer, const char *door,
                        const char *session, void (*done)(gpointer data), gpointer data) {
    AuthAttempt *attempt = g_new0(AuthAttempt, 1);
    directory_login(NULL, name, &attempt->account, NULL);
    done(data);
    return attempt;
}

AuthResult auth_result(AuthAttempt *attempt) {
    return attempt->account == NULL ? AUTH_FAILED : AUTH_OK;
}
const DirectoryAccount *auth_account(AuthAttempt *attempt) {
    return attempt->account;
}
const char *auth_text(AuthAttempt *attempt) {
    return "no";
}
const char *auth_warning(AuthAttempt *attempt) {
    return NULL;
}
void auth_attempt_free(AuthAttempt *attempt) {
    if (attempt != NULL)
        directory_account_free(attempt->account);
    g_free(attempt);
}
gboolean auth_parse_plain(Bytes message, Bytes *name, Bytes *password) {
    *name = *password = message;
    return message.n > 0;
}
guint8 *auth_base64_decode(Bytes text, gsize *length) {
    *length = text.n;
    return g_memdup2(text.p, text.n);
}

/* ---- The place ---- */

static void remove_tree(const char *path) {
    GDir *dir = g_dir_open(path, 0, NULL);
    for (const char *name; dir != NULL && (name = g_dir_read_name(dir)) != NULL;) {
        g_autofree char *below = g_build_filename(path, name, NULL);
        remove_tree(below);
    }
    if (dir != NULL)
        g_dir_close(dir);
    g_remove(path);
}

static void place_close(void) {
    if (place.folder == NULL)
        return;
    g_clear_pointer(&place.store, store_close);
    g_clear_pointer(&place.blobs, blob_store_close);
    g_clear_pointer(&place.db, db_close);
    remove_tree(place.folder);
    g_clear_pointer(&place.folder, g_free);
}

static void place_open(void) {
    if (place.folder != NULL && ++place.runs % RUNS_A_STORE != 0)
        return;
    place_close();
    place.folder = g_mkdtemp(g_strdup("/dev/shm/congvu-imap-XXXXXX"));
    if (place.folder == NULL)
        place.folder = g_dir_make_tmp("congvu-imap-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(place.folder, "mail.db", NULL);
    g_autofree char *blobs = g_build_filename(place.folder, "blob", NULL);
    place.db = db_open(path, &store_schema, DB_OPEN_CREATE, NULL);
    place.blobs = blob_store_open(blobs, place.db, NULL);
    place.store = store_open(place.db, place.blobs, NULL);
    g_assert(place.store != NULL);
}

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    crypto_init();
    log_open("/dev/null", NULL);
    log_set_level(LOG_LEVEL_ERROR);
    atexit(place_close);
    return 0;
}

/* ---- A client that counts ---- */

typedef struct {
    NetSession *session;
    guint64 exists;
} Client;

static void check_numbers(Client *client, Bytes line) {
    Reader r = reader_of(line);
    guint64 number = 0;
    if (!reader_skip(&r, "* ") || !reader_u64(&r, &number))
        return;
    if (reader_skip(&r, " EXISTS\r\n")) {
        client->exists = number;
    } else if (reader_skip(&r, " EXPUNGE\r\n")) {
        if (number == 0 || number > client->exists)
            abort();
        client->exists--;
    } else if (reader_skip(&r, " FETCH (")) {
        if (number == 0 || number > client->exists)
            abort();
    }
}

/* "{12}\r\n" at the end of the line: how many bytes follow; -1: no literal. */
static gint64 literal_of(Bytes line) {
    gssize at = (gssize)line.n - 3;
    if (at < 1 || memcmp(line.p + at, "}\r\n", 3) != 0)
        return -1;
    while (at > 0 && g_ascii_isdigit(line.p[at - 1]))
        at--;
    guint64 size = 0;
    if (at == 0 || line.p[at - 1] != '{' ||
        !bytes_parse_u64(bytes_slice(line, (gsize)at, line.n - 3 - (gsize)at), &size))
        return -1;
    return (gint64)size;
}

static void read_answers(Client *client) {
    Buffer *out = net_memory_output(client->session);
    Reader r = reader_of(buffer_bytes(out));
    while (!reader_done(&r)) {
        for (gboolean first = TRUE;; first = FALSE) {
            Bytes rest = reader_rest(&r), skipped;
            gssize lf = bytes_find_byte(rest, '\n');
            if (lf < 1 || rest.p[lf - 1] != '\r')
                abort();
            Bytes line = bytes_slice(rest, 0, (gsize)lf + 1);
            if (bytes_has_nul(line))
                abort();
            if (first)
                check_numbers(client, line);
            r.at += line.n;
            gint64 literal = literal_of(line);
            if (literal < 0)
                break;
            if (!reader_take(&r, (gsize)literal, &skipped))
                abort();
        }
    }
    buffer_clear(out);
}

static void feed(Client *client, Bytes piece) {
    if (net_memory_closed(client->session))
        return;
    net_memory_feed(client->session, piece);
    net_memory_run(client->session);
    read_answers(client);
}

/* Signs in and selects a mailbox of three messages. */
static void furnish(Client *client) {
    static const struct {
        const char *flags, *message;
    } mails[] = {
        {"(\\Seen tag) ", "Subject: mot\r\nFrom: a@b\r\nContent-Type: text/plain\r\n\r\nx\r\n"},
        {"", "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nmot\r\n--b\r\n"
             "Content-Type: message/rfc822\r\n\r\nSubject: trong\r\n\r\nx\r\n--b--\r\n"},
        {"(\\Flagged) ", "Content-Transfer-Encoding: base64\r\n\r\naGVsbG8=\r\n"},
    };
    g_autoptr(GString) said = g_string_new("p1 LOGIN anh@bn.vn x\r\np2 CREATE a\r\n");
    for (gsize i = 0; i < G_N_ELEMENTS(mails); i++)
        g_string_append_printf(said, "p3 APPEND a %s{%zu+}\r\n%s\r\n", mails[i].flags,
                               strlen(mails[i].message), mails[i].message);
    g_string_append(said, "p4 SELECT a\r\n");
    feed(client, bytes_of(said->str, said->len));
    if (client->exists != G_N_ELEMENTS(mails))
        abort();
}

int LLVMFuzzerTestOneInput(const guint8 *data, size_t size) {
    if (size == 0)
        return 0;
    place_open();
    place.account += 2;
    ImapService service = {.store = place.store};
    imap_options_default(&service.options);
    service.options.cleartext_loopback = TRUE;
    service.options.append = 20000;
    Client clients[2] = {0};
    NetMemoryOptions options = {.loopback = TRUE, .secure = (data[0] & 2) != 0};
    for (guint i = 0; i < 2; i++)
        clients[i].session = net_memory_new(&imap_protocol, &service, &options);
    if (data[0] & 1)
        furnish(&clients[0]);
    if (data[0] & 4)
        feed(&clients[0], BYTES_LITERAL("q1 ENABLE IMAP4rev2 QRESYNC\r\n"));
    if (data[0] & 8)
        feed(&clients[1], BYTES_LITERAL("q1 LOGIN anh@bn.vn x\r\nq2 SELECT a\r\n"));
    guint turn = 0;
    for (gsize at = 1; at < size;) {
        gsize end = at;
        while (end < size && data[end] < 0xfd)
            end++;
        feed(&clients[turn], bytes_of(data + at, end - at));
        if (end < size && data[end] == 0xfd)
            turn = 1 - turn;
        at = end + 1;
    }
    for (guint i = 0; i < 2; i++)
        net_memory_free(clients[i].session);
    return 0;
}
