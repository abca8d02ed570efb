/* From the greeting to the signed-in state; see internal.h. */
#include "imap/client/internal.h"

#include "base/crypto.h"

static void read_capabilities(ImapClient *client, Bytes words) {
    const struct {
        const char *name;
        gboolean *has;
    } known[] = {
        {"SASL-IR", &client->sasl_ir},
        {"AUTH=PLAIN", &client->auth_plain},
        {"LOGINDISABLED", &client->login_disabled},
        {"NAMESPACE", &client->name_space},
        {"LIST-EXTENDED", &client->list_extended},
        {"SPECIAL-USE", &client->special_use},
        {"STARTTLS", &client->starttls},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(known); i++)
        *known[i].has = FALSE;
    Reader r = reader_of(words);
    Bytes word;
    while (imap_response_next_flag(&r, &word))
        for (gsize i = 0; i < G_N_ELEMENTS(known); i++)
            *known[i].has |= bytes_is_nocase(word, known[i].name);
}

static gboolean on_capability(ImapClient *client, const ImapResponse *response,
                              gpointer data G_GNUC_UNUSED, GError **error G_GNUC_UNUSED) {
    if (response->kind == IMAP_RESPONSE_CAPABILITY)
        read_capabilities(client, response->text);
    return TRUE;
}

static gboolean ask_capabilities(ImapClient *client, GError **error) {
    return imap_client_command(client, "CAPABILITY", NULL, on_capability, NULL, error);
}

static gboolean read_greeting(ImapClient *client, gboolean *signed_in, GError **error) {
    g_auto(ImapResponse) greeting = {0};
    if (!imap_client_response(client, NULL, &greeting, error))
        return FALSE;
    if (greeting.kind != IMAP_RESPONSE_STATUS ||
        (greeting.status != IMAP_STATUS_OK && greeting.status != IMAP_STATUS_PREAUTH))
        return cv_fail(error, CV_ERROR_NETWORK,
                       "máy chủ nguồn không nhận kết nối: %.*s; the other server does not take us",
                       (int)MIN(greeting.text.n, 200), (const char *)greeting.text.p);
    *signed_in = greeting.status == IMAP_STATUS_PREAUTH;
    return TRUE;
}

/* RFC 9051 6.2.1: what came before the handshake is thrown away; here it is an attack. */
static gboolean start_tls(ImapClient *client, GError **error) {
    if (!client->starttls)
        return cv_fail(error, CV_ERROR_AUTH,
                       "máy chủ nguồn không có STARTTLS; the other server offers no STARTTLS: try "
                       "--tls implicit");
    if (!imap_client_command(client, "STARTTLS", NULL, NULL, NULL, error))
        return FALSE;
    if (client->in.n > 0)
        return cv_fail(error, CV_ERROR_AUTH,
                       "máy chủ nguồn gửi dữ liệu trước khi bắt tay TLS; "
                       "something was sent before the TLS handshake");
    return net_stream_start_tls(client->stream, error) && ask_capabilities(client, error);
}

static gboolean login(ImapClient *client, const ImapClientOptions *options, GError **error) {
    g_autoptr(GString) command = g_string_new("LOGIN ");
    gboolean good = imap_client_append_string(command, options->user, error);
    g_string_append_c(command, ' ');
    good = good && imap_client_append_string(command, options->password, error) &&
           imap_client_command(client, command->str, NULL, on_capability, NULL, error);
    crypto_wipe(command->str, command->len);
    return good;
}

/* RFC 4616 2; RFC 4959. */
static gboolean authenticate(ImapClient *client, const ImapClientOptions *options, GError **error) {
    g_autoptr(GString) plain = g_string_new(options->authzid);
    g_string_append_c(plain, '\0');
    g_string_append(plain, options->user);
    g_string_append_c(plain, '\0');
    g_string_append(plain, options->password);
    char *coded = g_base64_encode((const guchar *)plain->str, plain->len);
    char *command = g_strconcat("AUTHENTICATE PLAIN ", coded, NULL);
    gboolean good = client->sasl_ir
                        ? imap_client_command(client, command, NULL, on_capability, NULL, error)
                        : imap_client_continue(client, "AUTHENTICATE PLAIN", coded, error);
    crypto_wipe(plain->str, plain->len);
    crypto_wipe(coded, strlen(coded));
    crypto_wipe(command, strlen(command));
    g_free(coded);
    g_free(command);
    return good;
}

static gboolean present(ImapClient *client, const ImapClientOptions *options, GError **error) {
    if (client->auth_plain)
        return authenticate(client, options, error);
    if (options->authzid != NULL)
        return cv_fail(error, CV_ERROR_AUTH,
                       "máy chủ nguồn không có AUTH=PLAIN nên không dùng được --authzid; the other "
                       "server offers no AUTH=PLAIN, which --authzid needs");
    if (client->login_disabled)
        return cv_fail(
            error, CV_ERROR_AUTH,
            "máy chủ nguồn không cho đăng nhập khi chưa mã hóa; the other server takes no "
            "password without TLS: try --tls starttls or implicit");
    return login(client, options, error);
}

gboolean imap_client_sign_in(ImapClient *client, const ImapClientOptions *options, GError **error) {
    gboolean signed_in = FALSE;
    g_autoptr(GError) refused = NULL;
    if (!read_greeting(client, &signed_in, error) || !ask_capabilities(client, error) ||
        (options->starttls && !start_tls(client, error)))
        return FALSE;
    if (signed_in)
        return TRUE;
    if (present(client, options, &refused))
        return ask_capabilities(client, error);
    if (cv_error_is(refused, CV_ERROR_REFUSED))
        return cv_fail(error, CV_ERROR_AUTH, "không đăng nhập được là %s; cannot sign in: %s",
                       options->authzid != NULL ? options->authzid : options->user,
                       refused->message);
    g_propagate_error(error, g_steal_pointer(&refused));
    return FALSE;
}
