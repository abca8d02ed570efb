/* request approve | reject | reply: what becomes of a unit's request [Điều 4.1, 4.2.b]. */
#include "cli/cli.h"

#include "casework/request.h"

/* ---- Which lines ---- */

static gboolean wrong_lines(CliCall *call, const char *said) {
    g_string_append_printf(
        call->err,
        "congvu: --line: \"%s\" không phải số mục như 3 hoặc 2,5-7; these are no "
        "lines such as 3 or 2,5-7\n",
        said);
    return FALSE;
}

/* "3", "2,5-7". */
static gboolean add_lines(CliCall *call, const char *said, GArray *lines) {
    g_auto(GStrv) parts = g_strsplit(said, ",", -1);
    for (gsize i = 0; parts[i] != NULL; i++) {
        guint64 first, last;
        g_auto(GStrv) ends = g_strsplit(g_strstrip(parts[i]), "-", 2);
        if (ends[0] == NULL || !bytes_parse_u64(bytes_of_string(ends[0]), &first))
            return wrong_lines(call, said);
        last = first;
        if (ends[1] != NULL && !bytes_parse_u64(bytes_of_string(ends[1]), &last))
            return wrong_lines(call, said);
        if (first == 0 || last < first || last > REQUEST_LINES_MAXIMUM)
            return wrong_lines(call, said);
        for (guint line = (guint)first; line <= (guint)last; line++)
            g_array_append_val(lines, line);
    }
    return TRUE;
}

gboolean cli_request_lines(CliCall *call, const GPtrArray *said, GArray *lines) {
    for (guint i = 0; i < said->len; i++)
        if (!add_lines(call, said->pdata[i], lines))
            return FALSE;
    return TRUE;
}

/* ---- approve, reject ---- */

int cli_request_approve(CliCall *call) {
    g_autoptr(GPtrArray) said = g_ptr_array_new();
    g_autoptr(GArray) lines = g_array_new(FALSE, FALSE, sizeof(guint));
    gboolean return_wrong = FALSE;
    const CliOption options[] = {
        {"line", NULL, NULL, "only this line (3, or 2,5-7), also several times", FALSE, said},
        {"return-wrong", NULL, &return_wrong,
         "return the lines that cannot be done, with what the check found", FALSE, NULL},
        {NULL},
    };
    int status;
    gint64 id;
    if (!cli_options(call, options, 1, 1, &status))
        return status;
    if (!cli_request_number(call, &id) || !cli_request_lines(call, said, lines))
        return CLI_USAGE;
    RequestChoice choice = {(const guint *)(gpointer)lines->data, lines->len, return_wrong};
    AuditAct act = {call->who, ""};
    g_autoptr(GError) error = NULL;
    g_autoptr(Regulation) regulation = instance_regulation(call->instance);
    gboolean ok = request_approve(call->instance->directory, regulation, id, &choice, &act, &error);
    /* Lines may be done though others were not. */
    status = cli_changed(call);
    if (!ok)
        return cli_refuse(call, g_steal_pointer(&error));
    return status == CLI_DONE ? cli_request_show_one(call, id) : status;
}

int cli_request_reject(CliCall *call) {
    g_autoptr(GPtrArray) said = g_ptr_array_new();
    g_autoptr(GArray) lines = g_array_new(FALSE, FALSE, sizeof(guint));
    char *reason = NULL;
    const CliOption options[] = {
        {"line", NULL, NULL,
         "this line (3, or 2,5-7), also several times; without: every line "
         "that is not decided",
         FALSE, said},
        {"reason", &reason, NULL, "why, as the reply will say it", TRUE, NULL},
        {NULL},
    };
    int status;
    gint64 id;
    if (!cli_options(call, options, 1, 1, &status))
        return status;
    if (!cli_request_number(call, &id) || !cli_request_lines(call, said, lines))
        return CLI_USAGE;
    RequestChoice choice = {(const guint *)(gpointer)lines->data, lines->len, FALSE};
    AuditAct act = {call->who, ""};
    g_autoptr(GError) error = NULL;
    g_autoptr(Regulation) regulation = instance_regulation(call->instance);
    if (!request_reject(call->instance->directory, regulation, id, &choice, reason, &act, &error))
        return cli_refuse(call, g_steal_pointer(&error));
    return cli_request_show_one(call, id);
}

/* ---- reply ---- */

int cli_request_reply(CliCall *call) {
    char *number = NULL, *date = NULL;
    const CliOption options[] = {
        {"number", &number, NULL, "number and sign of the reply", TRUE, NULL},
        {"date", &date, NULL, "its date", TRUE, NULL},
        {NULL},
    };
    int status;
    gint64 id;
    if (!cli_options(call, options, 1, 1, &status))
        return status;
    if (!cli_request_number(call, &id))
        return CLI_USAGE;
    AuditAct act = {call->who, ""};
    g_autoptr(GError) error = NULL;
    if (!request_reply(call->instance->directory, id, number, date, &act, &error))
        return cli_refuse(call, g_steal_pointer(&error));
    return cli_request_show_one(call, id);
}
