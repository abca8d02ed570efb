/* password check, forward check: the regulation's verdict on a password [Điều 5.2] or on a
 * forwarding address [Điều 8.5], for people and scripts. */
#include "cli/cli.h"

static gboolean take_regulation(CliCall *call, guint arguments, Regulation **regulation,
                                int *status) {
    char *file = NULL;
    const CliOption options[] = {
        {"regulation", &file, NULL, "file, or the name of a shipped regulation", FALSE},
        {NULL},
    };
    if (!cli_options(call, options, arguments, arguments, status))
        return FALSE;
    g_autoptr(GError) error = NULL;
    *regulation = cli_regulation(call, file, &error);
    if (*regulation == NULL)
        *status = cli_refuse(call, g_steal_pointer(&error));
    return *regulation != NULL;
}

/* One line, or one JSON document on a line of its own. */
static void print_verdict(CliCall *call, const Verdict *verdict) {
    if (!call->json) {
        if (verdict->allowed)
            cli_print(call, "accept\n");
        else
            cli_print(call, "refuse: %s (%s)\n", verdict->text_en, verdict->article);
        return;
    }
    g_auto(Buffer) document;
    buffer_init(&document, 64 * 1024);
    JsonWriter w = json_writer(&document);
    json_open(&w, NULL, '{');
    json_bool(&w, "allowed", verdict->allowed);
    json_text(&w, "rule", verdict->rule);
    json_text(&w, "article", verdict->article);
    json_text(&w, "vi", verdict->text_vi);
    json_text(&w, "en", verdict->text_en);
    json_close(&w, '}');
    cli_print_json(call, &document);
}

int cli_password_check(CliCall *call) {
    g_autoptr(Regulation) regulation = NULL;
    int status;
    if (!take_regulation(call, 0, &regulation, &status))
        return status;
    status = CLI_DONE;
    Bytes rest = call->input;
    while (rest.n > 0) {
        gssize end = bytes_find_byte(rest, '\n');
        Bytes line = end < 0 ? rest : bytes_slice(rest, 0, (gsize)end);
        rest = end < 0 ? bytes_of(NULL, 0) : bytes_slice(rest, (gsize)end + 1, rest.n);
        if (line.n > 0 && line.p[line.n - 1] == '\r')
            line.n--;
        g_autoptr(Verdict) verdict = regulation_check_password(regulation, line, NULL, FALSE);
        print_verdict(call, verdict);
        if (!verdict->allowed)
            status = CLI_REFUSED;
    }
    return status;
}

int cli_forward_check(CliCall *call) {
    g_autoptr(Regulation) regulation = NULL;
    int status;
    if (!take_regulation(call, 2, &regulation, &status))
        return status;
    const char *own = call->instance == NULL ? NULL : call->instance->config->domain;
    g_autoptr(Verdict) verdict = regulation_check_forward(
        regulation, bytes_of_string(call->arguments[0]), bytes_of_string(call->arguments[1]), own);
    print_verdict(call, verdict);
    return verdict->allowed ? CLI_DONE : CLI_REFUSED;
}
