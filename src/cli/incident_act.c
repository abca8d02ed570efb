/* incident take | measure | close | letter | export: what is done with a case
 * [Điều 4.2.c, 11.5, 12.3, 13.2]. */
#include "cli/incident.h"

int cli_incident_take(CliCall *call) {
    char *kind = NULL, *account = NULL, *reason = NULL;
    const CliOption options[] = {
        {"kind", &kind, NULL, "it is of this kind", FALSE, NULL},
        {"account", &account, NULL, "the account concerned", FALSE, NULL},
        {"reason", &reason, NULL, "why a closed case is taken up again", FALSE, NULL},
        {NULL},
    };
    gint64 id;
    int status;
    if (!cli_options(call, options, 1, 1, &status))
        return status;
    if (!cli_incident_id(call, call->arguments[0], &id))
        return CLI_USAGE;
    const IncidentTake take = {kind, account, reason};
    const AuditAct act = {call->who, "Điều 12.3"};
    g_autoptr(GError) error = NULL;
    g_autoptr(Regulation) regulation = instance_regulation(call->instance);
    if (!incident_take(call->instance->directory, regulation, id, &take, &act, &error))
        return cli_refuse(call, g_steal_pointer(&error));
    return cli_incident_show_one(call, id);
}

int cli_incident_measure(CliCall *call) {
    char *measure = NULL, *text = NULL, *account = NULL, *article = NULL, *law = NULL, *by = NULL,
         *document = NULL;
    const CliOption options[] = {
        {"measure", &measure, NULL, "warning, lock, password, mail, discipline or other", TRUE,
         NULL},
        {"text", &text, NULL, "what was done, in one line", FALSE, NULL},
        {"account", &account, NULL, "the account; else the case's", FALSE, NULL},
        {"article", &article, NULL, "what it rests on, such as 8.3; else by the kind", FALSE, NULL},
        {"law", &law, NULL, "of a lock: another law, cited in full", FALSE, NULL},
        {"by", &by, NULL, "who decided, with post", FALSE, NULL},
        {"document", &document, NULL, "number and date of the decision", FALSE, NULL},
        {NULL},
    };
    gint64 id;
    int status;
    NewMeasure new = {0};
    if (!cli_options(call, options, 1, 1, &status))
        return status;
    if (!cli_incident_id(call, call->arguments[0], &id))
        return CLI_USAGE;
    if (!incident_measure_find(measure, &new.kind)) {
        g_string_append(call->err, "congvu: --measure là warning, lock, password, mail, discipline "
                                   "hoặc other; --measure is one of them\n");
        return CLI_USAGE;
    }
    new.text = text;
    new.account = account;
    new.article = article;
    new.law = law;
    new.decided_by = by;
    new.document = document;
    const AuditAct act = {call->who, document == NULL ? "" : document};
    g_autoptr(GError) error = NULL;
    g_autoptr(Regulation) regulation = instance_regulation(call->instance);
    if (!incident_measure(call->instance->directory, regulation, id, &new, &act, &error))
        return cli_refuse(call, g_steal_pointer(&error));
    status = cli_changed(call);
    return status == CLI_DONE ? cli_incident_show_one(call, id) : status;
}

int cli_incident_close(CliCall *call) {
    char *said = NULL, *why = NULL;
    const CliOption options[] = {
        {"result", &said, NULL, "violation, no-blame or unfounded", TRUE, NULL},
        {"why", &why, NULL, "the conclusion, in one line", TRUE, NULL},
        {NULL},
    };
    gint64 id;
    int status;
    IncidentResult result;
    if (!cli_options(call, options, 1, 1, &status))
        return status;
    if (!cli_incident_id(call, call->arguments[0], &id))
        return CLI_USAGE;
    if (!incident_result_find(said, &result)) {
        g_string_append(call->err,
                        "congvu: --result là violation, no-blame hoặc unfounded; --result "
                        "is one of them\n");
        return CLI_USAGE;
    }
    const AuditAct act = {call->who, "Điều 12.3"};
    g_autoptr(GError) error = NULL;
    if (!incident_close(call->instance->directory, id, result, why, &act, &error))
        return cli_refuse(call, g_steal_pointer(&error));
    return cli_incident_show_one(call, id);
}

/* ---- What is made of it ---- */

static int give(CliCall *call, gboolean secret, GBytes *file, GError *error) {
    if (file == NULL)
        return cli_refuse(call, error);
    cli_give(call, NULL, secret, file);
    g_bytes_unref(file);
    if (!g_str_equal(call->to, "-"))
        cli_print(call, "%s\n", call->to);
    return CLI_DONE;
}

/* With number and date it is the letter that is sent, and the case says so. */
static gboolean put_letter(CliCall *call, gint64 id, const LetterHead *head, GError **error) {
    if (head->number == NULL || head->day == CALENDAR_NONE)
        return TRUE;
    g_autofree char *number = head->sign == NULL
                                  ? g_strdup(head->number)
                                  : g_strdup_printf("%s/%s", head->number, head->sign);
    const AuditAct act = {call->who, "Điều 12.3"};
    return incident_letter_sent(call->instance->directory, id, number, head->day, &act, error);
}

int cli_incident_letter(CliCall *call) {
    g_autoptr(GPtrArray) asks = g_ptr_array_new();
    char *to = NULL, *answer = NULL;
    CliLetter letter = {0};
    IncidentLetter facts = {.head = {.day = CALENDAR_NONE}, .answer = CALENDAR_NONE};
    const CliOption options[] = {
        {"to", &to, NULL, "the file (.docx); - is standard output", TRUE},
        {"ask", NULL, NULL, "what the unit is asked to do; also several times", FALSE, asks},
        {"answer", &answer, NULL, "by which day", FALSE},
        CLI_LETTER_OPTIONS(letter),
        {NULL},
    };
    gint64 id;
    int status;
    if (!cli_options(call, options, 1, 1, &status))
        return status;
    if (!cli_incident_id(call, call->arguments[0], &id) ||
        (answer != NULL && !cli_letter_day(call, "--answer", answer, &facts.answer)) ||
        !cli_letter(call, &letter, &facts.head, &facts.signer))
        return CLI_USAGE;
    g_ptr_array_add(asks, NULL);
    facts.asks = asks->len > 1 ? (const char *const *)asks->pdata : NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(Regulation) regulation = instance_regulation(call->instance);
    GBytes *file = incident_letter(call->instance->directory, regulation, id, &facts, &error);
    if (file != NULL && !put_letter(call, id, &facts.head, &error))
        g_clear_pointer(&file, g_bytes_unref);
    return give(call, FALSE, file, g_steal_pointer(&error));
}

int cli_incident_export(CliCall *call) {
    char *to = NULL, *document = NULL, *receiver = NULL;
    const CliOption options[] = {
        {"to", &to, NULL, "the archive (.zip), readable by its owner alone", TRUE, NULL},
        {"document", &document, NULL, "number and date of the document that asks for it", TRUE,
         NULL},
        {"receiver", &receiver, NULL, "the authority that gets it", TRUE, NULL},
        {NULL},
    };
    gint64 id;
    int status;
    if (!cli_options(call, options, 1, 1, &status))
        return status;
    if (!cli_incident_id(call, call->arguments[0], &id))
        return CLI_USAGE;
    const AuditAct act = {call->who, document};
    g_autoptr(GError) error = NULL;
    Instance *instance = call->instance;
    g_autoptr(Regulation) regulation = instance_regulation(instance);
    GBytes *file = incident_export(instance->directory, instance->store, regulation, id, document,
                                   receiver, &act, &error);
    return give(call, TRUE, file, g_steal_pointer(&error));
}
