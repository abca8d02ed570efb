/* What all commands share: options, refusals, output; see cli.h. */
#include "cli/cli.h"

#include <stdarg.h>

static void write_usage(const CliCall *call, const CliOption *options, GString *to) {
    const CliCommand *c = call->command;
    g_string_append_printf(to, "congvu --data DIR %s%s%s %s\n  %s\n", c->noun,
                           c->verb == NULL ? "" : " ", c->verb == NULL ? "" : c->verb, c->arguments,
                           c->summary);
    for (const CliOption *o = options; o != NULL && o->name != NULL; o++)
        g_string_append_printf(to, "  --%-18s %s%s\n", o->name, o->explanation,
                               o->required ? " (needed)" : "");
    g_string_append(to, "  --json               answer as JSON\n");
}

static gboolean wrong_usage(CliCall *call, const CliOption *options, int *status,
                            const char *format, ...) G_GNUC_PRINTF(4, 5);

static gboolean wrong_usage(CliCall *call, const CliOption *options, int *status,
                            const char *format, ...) {
    g_string_append(call->err, "congvu: ");
    va_list args;
    va_start(args, format);
    g_string_append_vprintf(call->err, format, args);
    va_end(args);
    g_string_append(call->err, "\nusage: ");
    write_usage(call, options, call->err);
    *status = CLI_USAGE;
    return FALSE;
}

static const CliOption *option_by_name(const CliOption *options, Bytes name) {
    for (const CliOption *o = options; o != NULL && o->name != NULL; o++)
        if (bytes_is(name, o->name))
            return o;
    return NULL;
}

/* Takes the option at arguments[*at]; "--name value" and "--name=value" are the same. */
static gboolean take_option(CliCall *call, const CliOption *options, guint *at, int *status) {
    char *word = call->arguments[*at];
    char *equals = strchr(word, '=');
    Bytes name = bytes_of(word + 2, equals == NULL ? strlen(word + 2) : (gsize)(equals - word - 2));
    const CliOption *o = option_by_name(options, name);
    if (o == NULL)
        return wrong_usage(call, options, status,
                           "không có tùy chọn %s ở đây; there is no option %s here", word, word);
    if (o->flag != NULL) {
        if (equals != NULL)
            return wrong_usage(call, options, status,
                               "tùy chọn %s không nhận giá trị; the option %s takes no value", word,
                               word);
        *o->flag = TRUE;
        call->password_stdin |= g_str_equal(o->name, "password-stdin");
        call->no_password |=
            g_str_equal(o->name, "no-password") || g_str_equal(o->name, "one-time");
        return TRUE;
    }
    char *value = equals != NULL ? equals + 1 : call->arguments[*at + 1];
    if (value == NULL)
        return wrong_usage(call, options, status,
                           "tùy chọn %s cần một giá trị; the option %s needs a value", word, word);
    if (equals == NULL)
        (*at)++;
    if (o->texts != NULL)
        g_ptr_array_add(o->texts, value);
    else
        *o->text = value;
    if (g_str_equal(o->name, "to"))
        call->to = value;
    return TRUE;
}

gboolean cli_options(CliCall *call, const CliOption *options, guint least, guint most,
                     int *status) {
    guint kept = 0;
    gboolean only_arguments = FALSE;
    for (guint at = 0; call->arguments[at] != NULL; at++) {
        char *word = call->arguments[at];
        if (only_arguments || !g_str_has_prefix(word, "--")) {
            call->arguments[kept++] = word;
        } else if (word[2] == '\0') {
            only_arguments = TRUE;
        } else if (g_str_equal(word, "--json")) {
            call->json = TRUE;
        } else if (g_str_equal(word, "--help")) {
            write_usage(call, options, call->out);
            *status = CLI_DONE;
            return FALSE;
        } else if (!take_option(call, options, &at, status)) {
            return FALSE;
        }
    }
    call->arguments[kept] = NULL;
    for (const CliOption *o = options; o != NULL && o->name != NULL; o++)
        if (o->required && o->text != NULL && *o->text == NULL)
            return wrong_usage(call, options, status,
                               "cần tùy chọn --%s; the option --%s is needed", o->name, o->name);
    if (kept < least)
        return wrong_usage(call, options, status, "thiếu một tham số; an argument is missing");
    if (kept > most)
        return wrong_usage(call, options, status,
                           "thừa tham số \"%s\"; \"%s\" is one argument too many",
                           call->arguments[most], call->arguments[most]);
    *status = CLI_LOOKED;
    return !call->looking;
}

int cli_refuse(CliCall *call, GError *error) {
    g_string_append_printf(call->err, "congvu: %s\n", error->message);
    g_error_free(error);
    return CLI_REFUSED;
}

void cli_print(CliCall *call, const char *format, ...) {
    va_list args;
    va_start(args, format);
    g_string_append_vprintf(call->out, format, args);
    va_end(args);
}

void cli_print_json(CliCall *call, Buffer *document) {
    Bytes text = buffer_bytes(document);
    g_string_append_len(call->out, (const char *)text.p, (gssize)text.n);
    g_string_append_c(call->out, '\n');
}

void cli_progress(CliCall *call, gint64 done, gint64 all) {
    if (call->progress != NULL)
        call->progress(call, done, all);
}

Bytes cli_password(const CliCall *call) {
    gssize end = bytes_find_byte(call->input, '\n');
    Bytes line = end < 0 ? call->input : bytes_slice(call->input, 0, (gsize)end);
    if (line.n > 0 && line.p[line.n - 1] == '\r')
        line.n--;
    return line;
}

Regulation *cli_regulation(CliCall *call, const char *file, GError **error) {
    if (call->instance != NULL && file == NULL)
        return instance_regulation(call->instance);
    g_autofree char *path = regulation_find(file, error);
    return path == NULL ? NULL : regulation_load(path, error);
}

char *cli_time(gint64 microseconds) {
    if (microseconds == 0)
        return g_strdup("-");
    g_autoptr(GDateTime) at =
        g_date_time_new_from_unix_utc(microseconds / G_USEC_PER_SEC + 7 * 3600);
    return at == NULL ? g_strdup("-") : g_date_time_format(at, "%Y-%m-%d %H:%M:%S");
}

int cli_run(CliCall *call) {
    return call->command->run(call);
}
