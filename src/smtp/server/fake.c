/* The played parts; see fake.h. Every opaque pointer of the real interfaces is the Fake. */
#include "smtp/server/fake.h"

static Fake *one; /* for calls that are given no handle */

static void opened(gint n) {
    __atomic_fetch_add(&one->open, n, __ATOMIC_SEQ_CST);
}

/* ---- Directory ---- */

static const struct {
    gint64 id;
    const char *address;
    DirectoryState state;
} accounts[] = {
    {1, "anh@bn.vn", DIRECTORY_ACTIVE},  {1, "alias@bn.vn", DIRECTORY_ACTIVE},
    {2, "binh@bn.vn", DIRECTORY_ACTIVE}, {3, "khoa@bn.vn", DIRECTORY_LOCKED},
    {4, "huy@bn.vn", DIRECTORY_CLOSED},  {5, "day@bn.vn", DIRECTORY_ACTIVE},
};

static DirectoryAccount *make_account(gsize i) {
    DirectoryAccount *account = g_new0(DirectoryAccount, 1);
    account->id = accounts[i].id;
    account->address = g_strdup(accounts[i].address);
    account->state = accounts[i].state;
    opened(1);
    return account;
}

void directory_account_free(DirectoryAccount *account) {
    if (account == NULL)
        return;
    opened(-1);
    g_free(account->address);
    g_free(account);
}

static gssize find_address(Bytes address) {
    for (gsize i = 0; i < G_N_ELEMENTS(accounts); i++)
        if (bytes_is_nocase(address, accounts[i].address))
            return (gssize)i;
    return -1;
}

DirectoryFind directory_resolve(Directory *directory, Bytes address, DirectoryAccount **out,
                                GError **error) {
    if (((Fake *)directory)->directory_fails) {
        cv_fail(error, CV_ERROR_STORAGE, "played failure");
        return DIRECTORY_FAILED;
    }
    if (bytes_is_nocase(address, "postmaster"))
        address = BYTES_LITERAL("anh@bn.vn");
    gssize i = find_address(address);
    if (i >= 0) {
        *out = make_account((gsize)i);
        return DIRECTORY_FOUND;
    }
    g_autofree char *text = bytes_dup_string(address);
    if (strrchr(text, '@') == NULL)
        return DIRECTORY_ADDRESS_BAD;
    return g_ascii_strcasecmp(strrchr(text, '@'), "@bn.vn") == 0 ? DIRECTORY_NO_SUCH
                                                                 : DIRECTORY_NOT_OURS;
}

DirectoryAccount *directory_account(Directory *directory, gint64 id, GError **error) {
    for (gsize i = 0; i < G_N_ELEMENTS(accounts); i++)
        if (accounts[i].id == id)
            return make_account(i);
    cv_fail(error, CV_ERROR_NOT_FOUND, "no account");
    return NULL;
}

gboolean directory_may_send_as(Directory *directory, gint64 account, Bytes address,
                               gint64 *as_account, GError **error) {
    gssize i = find_address(address);
    if (i >= 0 && accounts[i].id == account) {
        *as_account = account;
        return TRUE;
    }
    return cv_fail(error, CV_ERROR_REFUSED, "not the account's");
}

/* ---- Store and blobs ---- */

Db *store_db(Store *store) {
    return (Db *)store;
}
BlobStore *store_blobs(Store *store) {
    return (BlobStore *)store;
}
DbConn *db_read_begin(Db *db, GError **error) {
    return (DbConn *)db;
}
void db_read_end(DbConn *conn) {}

gboolean store_account_get(Store *store, DbConn *conn, gint64 account, StoreAccount *out,
                           GError **error) {
    *out = (StoreAccount){.account = account, .quota_limit = 1000, .quota_used = 0};
    if (account == 5)
        out->quota_used = 900;
    return TRUE;
}

struct BlobWriter {
    Fake *fake;
    GString *bytes;
};

BlobWriter *blob_writer_new(BlobStore *store) {
    BlobWriter *writer = g_new0(BlobWriter, 1);
    writer->fake = (Fake *)store;
    writer->bytes = g_string_new(NULL);
    opened(1);
    return writer;
}

void blob_writer_limit_memory(BlobWriter *writer, gsize bytes) {}

gboolean blob_writer_append(BlobWriter *writer, Bytes bytes, GError **error) {
    if (writer->fake->blob_fails)
        return cv_fail(error, CV_ERROR_STORAGE, "played failure");
    g_string_append_len(writer->bytes, (const char *)bytes.p, (gssize)bytes.n);
    return TRUE;
}

gboolean blob_writer_view(BlobWriter *writer, Bytes *out, GError **error) {
    *out = bytes_of(writer->bytes->str, writer->bytes->len);
    return TRUE;
}

void blob_writer_free(BlobWriter *writer) {
    if (writer == NULL)
        return;
    opened(-1);
    g_string_free(writer->bytes, TRUE);
    g_free(writer);
}

/* ---- Delivery ---- */

struct DeliveryRequest {
    Fake *fake;
    BlobWriter *writer;
    FakeMessage *message;
    GString *recipients;
    void (*done)(gpointer data);
    gpointer data;
};

DeliveryRequest *delivery_request_new(Delivery *delivery, BlobWriter *writer) {
    DeliveryRequest *request = g_new0(DeliveryRequest, 1);
    request->fake = (Fake *)delivery;
    request->writer = writer;
    request->message = g_new0(FakeMessage, 1);
    request->recipients = g_string_new(NULL);
    g_ptr_array_add(request->fake->messages, request->message);
    opened(1);
    return request;
}

void delivery_request_free(DeliveryRequest *request) {
    if (request == NULL)
        return;
    opened(-1);
    blob_writer_free(request->writer);
    g_string_free(request->recipients, TRUE);
    g_free(request);
}

void delivery_request_set_look(DeliveryRequest *request) {}

void delivery_request_set_forwards(DeliveryRequest *request) {}

void delivery_request_set_sent_as(DeliveryRequest *request, gint64 account) {}

void delivery_request_set_session(DeliveryRequest *request, const char *session, const char *door,
                                  gint64 submitter) {
    request->message->session = g_strdup(session);
    request->message->door = g_strdup(door);
    request->message->submitter = submitter;
}

void delivery_request_set_sender(DeliveryRequest *request, const char *sender, const char *dsn,
                                 const char *body, gboolean smtputf8) {
    request->message->sender = g_strdup(sender);
    request->message->dsn = g_strdup(dsn);
    request->message->body = g_strdup(body);
    request->message->smtputf8 = smtputf8;
}

void delivery_request_add(DeliveryRequest *request, const char *address, gint64 account,
                          const char *dsn) {
    g_string_append_printf(request->recipients, "%s=%d%s%s;", address, (int)account,
                           dsn == NULL ? "" : " ", dsn == NULL ? "" : dsn);
}

static gpointer end_on_thread(gpointer data) {
    DeliveryRequest *request = data;
    g_usleep(1000);
    request->done(request->data);
    return NULL;
}

void delivery_submit(DeliveryRequest *request, void (*done)(gpointer data), gpointer data) {
    GString *bytes = request->writer->bytes;
    request->message->content = g_strndup(bytes->str, bytes->len);
    request->message->size = bytes->len;
    request->message->recipients = g_strdup(request->recipients->str);
    request->done = done;
    request->data = data;
    if (request->fake->delivery == FAKE_AT_ONCE)
        done(data);
    else if (request->fake->delivery == FAKE_ON_THREAD)
        g_thread_unref(g_thread_new("fake", end_on_thread, request));
    else
        request->fake->waiting = request;
}

int delivery_code(const DeliveryRequest *request) {
    return request->fake->delivery_code;
}

const char *delivery_text(const DeliveryRequest *request) {
    return request->fake->delivery_code == 0 ? "2.0.0 Accepted as 77"
                                             : "5.3.4 Tệp gửi kèm quá 20 MB [Điều 5.1]";
}

void fake_deliver(Fake *fake) {
    DeliveryRequest *request = g_steal_pointer(&fake->waiting);
    request->done(request->data);
}

/* ---- Auth ---- */

struct AuthAttempt {
    Fake *fake;
    AuthResult result, verdict;
    DirectoryAccount account;
    void (*done)(gpointer data);
    gpointer data;
};

AuthAttempt *auth_begin(Auth *auth, Bytes name, Bytes password, const char *peer, const char *door,
                        const char *session, void (*done)(gpointer data), gpointer data) {
    AuthAttempt *attempt = g_new0(AuthAttempt, 1);
    opened(1);
    attempt->fake = (Fake *)auth;
    gssize i = find_address(name);
    attempt->verdict = i >= 0 && bytes_is(password, "mat-khau") ? AUTH_OK : AUTH_FAILED;
    if (attempt->verdict == AUTH_OK && accounts[i].state == DIRECTORY_LOCKED)
        attempt->verdict = AUTH_LOCKED;
    if (i >= 0)
        attempt->account =
            (DirectoryAccount){.id = accounts[i].id, .address = (char *)accounts[i].address};
    attempt->done = done;
    attempt->data = data;
    attempt->fake->attempt = attempt;
    if (attempt->fake->auth == FAKE_AT_ONCE)
        fake_authenticate(attempt->fake);
    return attempt;
}

void fake_authenticate(Fake *fake) {
    AuthAttempt *attempt = fake->attempt;
    attempt->result = attempt->verdict;
    attempt->done(attempt->data);
}

AuthResult auth_result(AuthAttempt *attempt) {
    return attempt->result;
}
const DirectoryAccount *auth_account(AuthAttempt *attempt) {
    return &attempt->account;
}
const char *auth_text(AuthAttempt *attempt) {
    return "Sai tên hoặc mật khẩu / Wrong name or password";
}

const char *auth_warning(AuthAttempt *attempt) {
    return NULL;
}

void auth_attempt_free(AuthAttempt *attempt) {
    if (attempt == NULL)
        return;
    opened(-1);
    if (attempt->fake->attempt == attempt)
        attempt->fake->attempt = NULL;
    g_free(attempt);
}

gboolean auth_parse_plain(Bytes message, Bytes *name, Bytes *password) {
    Reader r = reader_of(message);
    Bytes authzid;
    if (!reader_until(&r, 0, &authzid) || !reader_skip_byte(&r, 0) || !reader_until(&r, 0, name))
        return FALSE;
    r.at++;
    *password = reader_rest(&r);
    return name->n > 0 && password->n > 0 && !bytes_has_nul(*password);
}

guint8 *auth_base64_decode(Bytes text, gsize *length) {
    for (gsize i = 0; i < text.n; i++)
        if (!g_ascii_isalnum((char)text.p[i]) && strchr("+/=", text.p[i]) == NULL)
            return NULL;
    if (text.n % 4 != 0)
        return NULL;
    g_autofree char *copy = bytes_dup_string(text);
    return g_base64_decode(copy, length);
}

/* ---- The whole ---- */

static gboolean disk_low(gpointer data) {
    return ((Fake *)data)->disk_low;
}

static void message_free(gpointer data) {
    FakeMessage *message = data;
    g_free(message->content);
    g_free(message->sender);
    g_free(message->dsn);
    g_free(message->body);
    g_free(message->recipients);
    g_free(message->door);
    g_free(message->session);
    g_free(message);
}

Fake *fake_new(SmtpDoor door) {
    Fake *fake = one = g_new0(Fake, 1);
    fake->messages = g_ptr_array_new_with_free_func(message_free);
    fake->service = (SmtpService){
        .door = door,
        .directory = (Directory *)fake,
        .store = (Store *)fake,
        .delivery = (Delivery *)fake,
        .auth = (Auth *)fake,
        .disk_low = disk_low,
        .disk_low_data = fake,
    };
    smtp_options_init(&fake->service.options);
    fake->service.options.hostname = "mail.bn.vn";
    fake->service.options.starttls = TRUE;
    return fake;
}

void fake_free(Fake *fake) {
    g_ptr_array_unref(fake->messages);
    g_free(fake);
}

FakeMessage *fake_last(Fake *fake) {
    return fake->messages->len == 0 ? NULL : fake->messages->pdata[fake->messages->len - 1];
}
