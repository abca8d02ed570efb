/* import imap: one account of another server, or many of a table. */
#include "cli/import_imap.h"

#include "office/csv.h"

enum { SILENCE_SECONDS = 120, PORT_STARTTLS = 143, PORT_IMPLICIT = 993 };

typedef struct {
    char *account, *user, *authzid, *tls, *port, *trust, *fingerprint, *only, *silence;
    gboolean password_stdin, accounts_stdin;
    CliGround ground;
} Given;

static gboolean wrong(CliCall *call, int *status, const char *text) {
    g_string_append_printf(call->err, "congvu: %s\n", text);
    *status = CLI_USAGE;
    return FALSE;
}

/* How to connect; strings are the caller's. */
static gboolean read_connection(CliCall *call, const Given *given, ImapClientOptions *out,
                                int *status) {
    const char *tls = given->tls == NULL ? "implicit" : given->tls;
    guint64 port = g_str_equal(tls, "implicit") ? PORT_IMPLICIT : PORT_STARTTLS;
    guint64 seconds = SILENCE_SECONDS;
    if (!g_str_equal(tls, "implicit") && !g_str_equal(tls, "starttls") && !g_str_equal(tls, "none"))
        return wrong(call, status, "--tls là starttls, implicit hoặc none; --tls is one of these");
    if (given->port != NULL &&
        (!bytes_parse_u64(bytes_of_string(given->port), &port) || port == 0 || port > 65535))
        return wrong(call, status, "--port phải từ 1 đến 65535; --port is a number of a port");
    if (given->silence != NULL && (!bytes_parse_u64(bytes_of_string(given->silence), &seconds) ||
                                   seconds == 0 || seconds > 3600))
        return wrong(call, status, "--silence từ 1 đến 3600 giây; --silence is in seconds");
    *out = (ImapClientOptions){
        .stream = {.host = call->arguments[0],
                   .port = (guint16)port,
                   .tls = g_str_equal(tls, "implicit"),
                   .trust = given->trust,
                   .fingerprint = given->fingerprint,
                   .time = (gint64)seconds * G_USEC_PER_SEC},
        .starttls = g_str_equal(tls, "starttls"),
        .user = given->user,
        .authzid = given->authzid,
    };
    return TRUE;
}

static gboolean check_words(CliCall *call, const Given *given, int *status) {
    if (given->accounts_stdin) {
        if (given->account != NULL || given->authzid != NULL ||
            (given->user != NULL) != given->password_stdin)
            return wrong(
                call, status,
                "--accounts-stdin không đi cùng --account, --authzid; --user với nó là tài "
                "khoản quản trị và cần --password-stdin; with it, --user is a master user "
                "and needs --password-stdin");
        return TRUE;
    }
    if (given->account == NULL || given->user == NULL || !given->password_stdin)
        return wrong(call, status,
                     "cần --account, --user và --password-stdin (hoặc --accounts-stdin); these are "
                     "needed");
    return TRUE;
}

/* One account with its report. */
static int move_account(CliCall *call, Door *door, const Given *given,
                        const ImapClientOptions *options, const char *address) {
    g_autoptr(GError) error = NULL;
    g_autofree char *from = g_strdup_printf(
        "%s@%s", options->authzid != NULL ? options->authzid : options->user, options->stream.host);
    const MoverOptions wanted = {
        .address = address, .kind = "imap", .from = from, .ground = &given->ground};
    g_autoptr(Mover) mover = mover_open(call, door, &wanted, &error);
    if (mover == NULL)
        return cli_refuse(call, g_steal_pointer(&error));
    import_account(call, mover, options, given->only, &error);
    return mover_report(mover, g_steal_pointer(&error));
}

/* A password as an operator's standard input has it: its first line. */
static char *first_line(Bytes input, Bytes *rest) {
    gssize end = bytes_find_byte(input, '\n');
    Bytes line = end < 0 ? input : bytes_slice(input, 0, (gsize)end);
    *rest = end < 0 ? bytes_slice(input, input.n, 0) : bytes_slice(input, (gsize)end + 1, input.n);
    if (line.n > 0 && line.p[line.n - 1] == '\r')
        line.n--;
    return bytes_has_nul(line) ? g_strdup("") : bytes_dup_string(line);
}

/* address,user[,password] a row; a first row that begins with "address" is a heading. */
static int move_table(CliCall *call, Door *door, const Given *given, ImapClientOptions *options,
                      Bytes table) {
    g_auto(Csv) csv;
    int worst = CLI_DONE;
    gboolean master = options->user != NULL;
    const char *master_user = options->user, *master_password = options->password;
    csv_init(&csv, table);
    while (csv_next(&csv)) {
        const char *address = csv_field(&csv, 0), *user = csv_field(&csv, 1);
        if (csv.line == 1 && g_ascii_strcasecmp(address, "address") == 0)
            continue;
        if (*address == '\0' || *user == '\0' || (!master && *csv_field(&csv, 2) == '\0')) {
            g_string_append_printf(call->err,
                                   "congvu: Dòng %u: thiếu địa chỉ, tên đăng nhập hoặc mật khẩu; "
                                   "address, user or password is missing\n",
                                   csv.line);
            worst = CLI_REFUSED;
            continue;
        }
        options->user = master ? master_user : user;
        options->password = master ? master_password : csv_field(&csv, 2);
        options->authzid = master ? user : NULL;
        int status = move_account(call, door, given, options, address);
        worst = status == CLI_DONE ? worst : status;
    }
    if (csv.broken == NULL)
        return worst;
    g_string_append_printf(call->err, "congvu: bảng tài khoản sai; the table is broken: %s\n",
                           csv.broken);
    return CLI_REFUSED;
}

static int move(CliCall *call, const Given *given, ImapClientOptions *options) {
    int status;
    Bytes rest = call->input;
    g_autofree char *password = NULL;
    g_autoptr(Door) door = door_open(call, &status);
    if (door == NULL)
        return status;
    if (given->password_stdin)
        password = first_line(call->input, &rest);
    options->password = password;
    status = given->accounts_stdin ? move_table(call, door, given, options, rest)
                                   : move_account(call, door, given, options, given->account);
    if (password != NULL)
        crypto_wipe(password, strlen(password));
    return status;
}

int cli_import_imap(CliCall *call) {
    Given given = {0};
    const CliOption options[] = {
        {"account", &given.account, NULL, "whose mail it will be", FALSE},
        {"user", &given.user, NULL, "who signs in there", FALSE},
        {"password-stdin", NULL, &given.password_stdin,
         "first line of standard input is that password", FALSE},
        {"authzid", &given.authzid, NULL, "whose mail is read there, when --user is a master user",
         FALSE},
        {"accounts-stdin", NULL, &given.accounts_stdin,
         "standard input is a table: address,user,password a row (with --user: address,user)",
         FALSE},
        {"tls", &given.tls, NULL, "implicit (993, unless given), starttls (143) or none", FALSE},
        {"port", &given.port, NULL, "another port", FALSE},
        {"ca", &given.trust, NULL, "PEM file of the authority that signed its certificate", FALSE},
        {"fingerprint", &given.fingerprint, NULL, "SHA-256 of its certificate, instead", FALSE},
        {"only", &given.only, NULL, "this folder alone", FALSE},
        {"silence", &given.silence, NULL,
         "seconds without an answer until a connection is given up", FALSE},
        CLI_GROUND_OPTIONS(given.ground),
        {NULL},
    };
    int status;
    ImapClientOptions connection;
    if (!cli_options(call, options, 1, 1, &status) || !check_words(call, &given, &status) ||
        !read_connection(call, &given, &connection, &status))
        return status;
    return move(call, &given, &connection);
}
