/* incident list | show | report | evidence: cases of forbidden acts and incidents
 * [Điều 8, 12.3]. */
#include "cli/incident.h"

#include "admin/suspect.h"
#include "base/clock.h"
#include "directory/unit.h"
#include "serve/incidents.h"

enum { FILE_BYTES = 64 * 1024 * 1024 };

gboolean cli_incident_id(CliCall *call, const char *said, gint64 *id) {
    if (incident_parse(said, id))
        return TRUE;
    g_string_append_printf(call->err,
                           "congvu: \"%s\" không phải số của một hồ sơ; it is no case's number "
                           "(incident list shows them)\n",
                           said);
    return FALSE;
}

gboolean cli_incident_refresh(CliCall *call, GError **error) {
    Instance *instance = call->instance;
    return suspects_record(instance->directory, instance->mail, error) &&
           incidents_take(instance, error);
}

/* ---- As text ---- */

static void print_line(CliCall *call, const Incident *i) {
    g_autofree char *opened = cli_time(i->opened);
    cli_print(call, "%s\t%.16s\t%s\t%s\t%s\t%s\n", i->name, opened, i->kind_text,
              incident_state_text(i->state),
              *i->address != '\0'        ? i->address
              : *i->unit_address != '\0' ? i->unit_address
                                         : "-",
              i->what);
}

static void print_given(CliCall *call, const char *name, const char *value) {
    if (*value != '\0')
        cli_print(call, "%s: %s\n", name, value);
}

static void print_end(CliCall *call, const Incident *i) {
    if (i->closed == 0)
        return;
    g_autofree char *closed = cli_time(i->closed);
    cli_print(call, "kết luận: %s, %s, %s: %s\n", incident_result_text(i->result), i->closed_by,
              closed, i->closed_why);
}

static void print_head(CliCall *call, const Incident *i) {
    g_autofree char *opened = cli_time(i->opened);
    g_autofree char *happened = cli_time(i->happened);
    g_autofree char *cite = regulation_cite(i->article);
    cli_print(call,
              "hồ sơ: %s\nloại: %s%s%s%s\nnội dung: %s\nxảy ra: %s\nlập: %s, %s\n"
              "trạng thái: %s\n",
              i->name, i->kind_text, *cite == '\0' ? "" : " (", cite, *cite == '\0' ? "" : ")",
              i->what, happened, opened, incident_source_text(i->source),
              incident_state_text(i->state));
    print_given(call, "tài khoản liên quan", i->address);
    print_given(call, "người sử dụng", i->person);
    print_given(call, "đơn vị", i->unit_name);
    print_given(call, "người báo cáo", i->reporter_address);
    print_given(call, "Message-ID", i->about);
    if (i->handled != 0) {
        g_autofree char *handled = cli_time(i->handled);
        cli_print(call, "người xử lý: %s, %s\n", i->handler, handled);
    }
    if (*i->letter_number != '\0')
        cli_print(call, "văn bản gửi đơn vị: %s ngày %s\n", i->letter_number, i->letter_dated);
}

static void print_events(CliCall *call, const GPtrArray *events) {
    for (guint n = 0; n < events->len; n++) {
        const IncidentEvent *event = events->pdata[n];
        g_autofree char *moment = cli_time(event->moment);
        cli_print(call, "sự kiện: %s, %s\n", moment, event->text);
    }
}

static void print_evidence(CliCall *call, const GPtrArray *evidence) {
    for (guint n = 0; n < evidence->len; n++) {
        const IncidentEvidence *e = evidence->pdata[n];
        g_autofree char *added = cli_time(e->added);
        g_autofree char *size = cli_size_text(e->size);
        cli_print(call, "chứng cứ %u: %s, %s, %s, %s\n  SHA-256 %s\n", n + 1,
                  *e->name != '\0' ? e->name : e->subject, size, e->added_by, added, e->sha256);
    }
}

static void print_measures(CliCall *call, const GPtrArray *measures) {
    for (guint n = 0; n < measures->len; n++) {
        const IncidentMeasureRow *m = measures->pdata[n];
        g_autofree char *made = cli_time(m->made);
        cli_print(call, "biện pháp: %s%s%s, %s, %s\n", incident_measure_text(m->kind),
                  *m->text == '\0' ? "" : ": ", m->text, m->made_by, made);
        if (*m->decided_by != '\0' || *m->document != '\0')
            cli_print(call, "  người quyết định: %s%s%s\n", m->decided_by,
                      *m->document == '\0' ? "" : ", văn bản ", m->document);
    }
}

static gboolean print_whole(CliCall *call, const Incident *i, GError **error) {
    Directory *directory = call->instance->directory;
    g_autoptr(GPtrArray) events = incident_events(directory, i->id, error);
    g_autoptr(GPtrArray) evidence =
        events == NULL ? NULL : incident_evidence(directory, i->id, error);
    g_autoptr(GPtrArray) measures =
        evidence == NULL ? NULL : incident_measures(directory, i->id, 0, 0, error);
    if (measures == NULL)
        return FALSE;
    print_head(call, i);
    print_events(call, events);
    print_evidence(call, evidence);
    print_measures(call, measures);
    print_end(call, i);
    return TRUE;
}

int cli_incident_show_one(CliCall *call, gint64 id) {
    g_autoptr(GError) error = NULL;
    g_autoptr(Regulation) regulation = instance_regulation(call->instance);
    g_autoptr(Incident) incident = incident_find(call->instance->directory, regulation, id, &error);
    if (incident == NULL)
        return cli_refuse(call, g_steal_pointer(&error));
    g_auto(Buffer) document;
    buffer_init(&document, INCIDENT_LISTING_BYTES);
    JsonWriter w = json_writer(&document);
    if (!(call->json ? incident_write_whole(&w, call->instance->directory, incident, &error)
                     : print_whole(call, incident, &error)))
        return cli_refuse(call, g_steal_pointer(&error));
    if (call->json)
        cli_print_json(call, &document);
    return CLI_DONE;
}

/* ---- list, show ---- */

static gboolean take_filter(CliCall *call, const char *state, const char *since, const char *until,
                            IncidentFilter *filter) {
    filter->state = INCIDENT_STATES;
    if (state != NULL && !incident_state_find(state, &filter->state)) {
        g_string_append(call->err,
                        "congvu: --state là new, taken, measured hoặc closed; --state is "
                        "one of them\n");
        return FALSE;
    }
    return (since == NULL || cli_moment(call, "--since", since, FALSE, &filter->from)) &&
           (until == NULL || cli_moment(call, "--until", until, TRUE, &filter->until));
}

int cli_incident_list(CliCall *call) {
    char *state = NULL, *kind = NULL, *key = NULL, *since = NULL, *until = NULL;
    IncidentFilter filter = {0};
    const CliOption options[] = {
        {"open", NULL, &filter.open, "only those that are not closed", FALSE, NULL},
        {"state", &state, NULL, "new, taken, measured or closed", FALSE, NULL},
        {"kind", &kind, NULL, "of this kind, as the regulation's file names it", FALSE, NULL},
        {"unit", &key, NULL, "of this unit and those below it", FALSE, NULL},
        {"since", &since, NULL, "opened from this day or moment on", FALSE, NULL},
        {"until", &until, NULL, "opened until then", FALSE, NULL},
        {NULL},
    };
    int status;
    if (!cli_options(call, options, 0, 0, &status))
        return status;
    if (!take_filter(call, state, since, until, &filter))
        return CLI_USAGE;
    g_autoptr(GError) error = NULL;
    Directory *directory = call->instance->directory;
    g_autoptr(Regulation) regulation = instance_regulation(call->instance);
    g_autoptr(DirectoryUnit) unit =
        key == NULL ? NULL : directory_unit_find(directory, key, &error);
    if ((key != NULL && unit == NULL) || !cli_incident_refresh(call, &error))
        return cli_refuse(call, g_steal_pointer(&error));
    filter.kind = kind;
    filter.unit = unit == NULL ? 0 : unit->id;
    g_autoptr(GPtrArray) list = incident_list(directory, regulation, &filter, &error);
    if (list == NULL)
        return cli_refuse(call, g_steal_pointer(&error));
    g_auto(Buffer) document;
    buffer_init(&document, INCIDENT_LISTING_BYTES);
    JsonWriter w = json_writer(&document);
    json_open(&w, NULL, '[');
    for (guint i = 0; i < list->len; i++) {
        if (call->json)
            incident_write(&w, list->pdata[i]);
        else
            print_line(call, list->pdata[i]);
    }
    json_close(&w, ']');
    if (call->json)
        cli_print_json(call, &document);
    return CLI_DONE;
}

int cli_incident_show(CliCall *call) {
    gint64 id;
    int status;
    g_autoptr(GError) error = NULL;
    if (!cli_options(call, NULL, 1, 1, &status))
        return status;
    if (!cli_incident_id(call, call->arguments[0], &id))
        return CLI_USAGE;
    if (!cli_incident_refresh(call, &error))
        return cli_refuse(call, g_steal_pointer(&error));
    return cli_incident_show_one(call, id);
}

/* ---- report, evidence ---- */

int cli_incident_report(CliCall *call) {
    char *kind = NULL, *what = NULL, *account = NULL, *unit = NULL, *when = NULL;
    const CliOption options[] = {
        {"kind", &kind, NULL, "as the regulation's file names it: spam, virus, takeover …", TRUE,
         NULL},
        {"what", &what, NULL, "what was seen, in one line", TRUE, NULL},
        {"account", &account, NULL, "the account concerned", FALSE, NULL},
        {"unit", &unit, NULL, "the unit, where no account is concerned", FALSE, NULL},
        {"when", &when, NULL, "when it happened, \"YYYY-MM-DD hh:mm\"; else now", FALSE, NULL},
        {NULL},
    };
    int status;
    NewIncident new = {.source = INCIDENT_OPERATOR};
    if (!cli_options(call, options, 0, 0, &status))
        return status;
    if (when != NULL && !cli_moment(call, "--when", when, FALSE, &new.happened))
        return CLI_USAGE;
    new.kind = kind;
    new.what = what;
    new.account = account;
    new.unit = unit;
    const AuditAct act = {call->who, "Điều 12.3"};
    g_autoptr(GError) error = NULL;
    g_autoptr(Regulation) regulation = instance_regulation(call->instance);
    g_autoptr(Incident) incident =
        incident_report(call->instance->directory, regulation, &new, &act, &error);
    if (incident == NULL)
        return cli_refuse(call, g_steal_pointer(&error));
    return cli_incident_show_one(call, incident->id);
}

int cli_incident_evidence(CliCall *call) {
    char *said = NULL;
    const CliOption options[] = {
        {"case", &said, NULL, "the case that the file belongs to", TRUE, NULL},
        {NULL},
    };
    gint64 id, evidence;
    int status;
    if (!cli_options(call, options, 1, 1, &status))
        return status;
    if (!cli_incident_id(call, said, &id))
        return CLI_USAGE;
    g_autoptr(GError) error = NULL;
    Instance *instance = call->instance;
    g_autoptr(Regulation) regulation = instance_regulation(instance);
    g_autoptr(Incident) incident = incident_find(instance->directory, regulation, id, &error);
    if (incident == NULL)
        return cli_refuse(call, g_steal_pointer(&error));
    if (call->input.n == 0 || call->input.n > FILE_BYTES) {
        g_string_append_printf(call->err,
                               "congvu: tệp chứng cứ rỗng hoặc lớn hơn %d MB; the file is empty or "
                               "larger than %d MB\n",
                               FILE_BYTES >> 20, FILE_BYTES >> 20);
        return CLI_REFUSED;
    }
    g_autofree char *base = g_path_get_basename(call->arguments[0]);
    g_autofree char *name = g_utf8_make_valid(base, -1);
    const StoreEvidence new = {
        .address = call->who, .what = name, .wanted = id, .received = clock_now()};
    if (!store_evidence_file(instance->store, call->input, &new, &evidence, &error) ||
        !incidents_take(instance, &error))
        return cli_refuse(call, g_steal_pointer(&error));
    return cli_incident_show_one(call, id);
}
