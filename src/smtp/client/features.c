/* What a server says in its answer to EHLO that it can do: one keyword a line, with its parameters
 * (RFC 5321 4.1.1.1). What is not known here is passed over. */
#include "smtp/client/internal.h"

static void take_feature(Client *client, Bytes line) {
    static const struct {
        const char *word;
        guint feature;
    } known[] = {
        {"PIPELINING", FEATURE_PIPELINING}, {"8BITMIME", FEATURE_8BITMIME},
        {"SMTPUTF8", FEATURE_SMTPUTF8},     {"DSN", FEATURE_DSN},
        {"STARTTLS", FEATURE_STARTTLS},     {"SIZE", FEATURE_SIZE},
        {"REQUIRETLS", FEATURE_REQUIRETLS},
    };
    Reader r = reader_of(bytes_strip(line));
    Bytes word;
    if (!reader_until(&r, ' ', &word)) {
        word = reader_rest(&r);
        r.at = r.end;
    }
    Bytes rest = bytes_strip(reader_rest(&r));
    for (gsize i = 0; i < G_N_ELEMENTS(known); i++)
        if (bytes_is_nocase(word, known[i].word))
            client->features |= known[i].feature;
    if (bytes_is_nocase(word, "SIZE") && !bytes_parse_u64(rest, &client->size_maximum))
        client->size_maximum = 0;
    g_autofree char *text = bytes_dup_string(rest);
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    for (char **w = words; *w != NULL; w++) {
        guint64 number;
        if (bytes_is_nocase(word, "AUTH") && g_ascii_strcasecmp(*w, "PLAIN") == 0)
            client->features |= FEATURE_AUTH_PLAIN;
        if (bytes_is_nocase(word, "AUTH") && g_ascii_strcasecmp(*w, "LOGIN") == 0)
            client->features |= FEATURE_AUTH_LOGIN;
        if (bytes_is_nocase(word, "LIMITS") && g_ascii_strncasecmp(*w, "RCPTMAX=", 8) == 0 &&
            bytes_parse_u64(bytes_of_string(*w + 8), &number) && number > 0)
            client->rcpt_maximum = (guint)MIN(number, 10000);
    }
}

void client_take_features(Client *client) {
    Reader r = reader_of(bytes_of(client->reply.words->str, client->reply.words->len));
    Bytes line;
    while (reader_until(&r, '\n', &line)) {
        r.at++;
        take_feature(client, line);
    }
}
