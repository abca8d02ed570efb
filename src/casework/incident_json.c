/* Cases as JSON, for the interface, the command line and the hand-over alike. */
#include "casework/incident_internal.h"

static void put_time(JsonWriter *w, const char *key, gint64 time) {
    if (time == 0)
        json_put_null(w, key);
    else
        json_int(w, key, time);
}

static void put_text(JsonWriter *w, const char *key, const char *text) {
    json_text(w, key, *text == '\0' ? NULL : text);
}

static void put_members(JsonWriter *w, const Incident *i) {
    json_int(w, "id", i->id);
    json_text(w, "name", i->name);
    json_text(w, "kind", i->kind);
    json_text(w, "kind_text", i->kind_text);
    put_text(w, "article", i->article);
    json_text(w, "state", incident_state_name(i->state));
    json_text(w, "state_text", incident_state_text(i->state));
    json_text(w, "source", incident_source_name(i->source));
    json_int(w, "opened", i->opened);
    json_int(w, "happened", i->happened);
    put_text(w, "address", i->address);
    put_text(w, "person", i->person);
    put_text(w, "unit", i->unit_address);
    put_text(w, "unit_name", i->unit_name);
    put_text(w, "reporter", i->reporter_address);
    put_text(w, "reporter_name", i->reporter_name);
    json_text(w, "what", i->what);
    put_text(w, "message_id", i->about);
    put_text(w, "handler", i->handler);
    put_time(w, "handled", i->handled);
    json_text(w, "result", i->result == INCIDENT_OPEN ? NULL : incident_result_name(i->result));
    put_time(w, "closed", i->closed);
    put_text(w, "closed_by", i->closed_by);
    put_text(w, "closed_why", i->closed_why);
    put_text(w, "letter_number", i->letter_number);
    put_text(w, "letter_date", i->letter_dated);
    json_int(w, "events", i->events);
    json_int(w, "evidence", i->evidence);
    json_int(w, "measures", i->measures);
}

void incident_write(JsonWriter *w, const Incident *i) {
    json_open(w, NULL, '{');
    put_members(w, i);
    json_close(w, '}');
}

void incident_write_event(JsonWriter *w, const IncidentEvent *event) {
    json_open(w, NULL, '{');
    json_int(w, "moment", event->moment);
    if (event->record == 0)
        json_put_null(w, "record");
    else
        json_int(w, "record", event->record);
    json_text(w, "text", event->text);
    json_close(w, '}');
}

void incident_write_evidence(JsonWriter *w, const IncidentEvidence *e) {
    json_open(w, NULL, '{');
    json_int(w, "id", e->evidence);
    json_int(w, "added", e->added);
    json_text(w, "added_by", e->added_by);
    put_text(w, "file", e->name);
    put_text(w, "sender", e->sender);
    put_text(w, "subject", e->subject);
    json_int(w, "size", e->size);
    json_text(w, "sha256", e->sha256);
    json_close(w, '}');
}

void incident_write_measure(JsonWriter *w, const IncidentMeasureRow *m) {
    g_autofree char *name = incident_name(m->incident);
    json_open(w, NULL, '{');
    json_text(w, "incident", name);
    json_text(w, "measure", incident_measure_name(m->kind));
    json_text(w, "measure_text", incident_measure_text(m->kind));
    json_int(w, "made", m->made);
    json_text(w, "made_by", m->made_by);
    put_text(w, "address", m->address);
    put_text(w, "person", m->person);
    put_text(w, "unit_name", m->unit_name);
    put_text(w, "article", m->article);
    put_text(w, "text", m->text);
    put_text(w, "decided_by", m->decided_by);
    put_text(w, "document", m->document);
    json_close(w, '}');
}

gboolean incident_write_whole(JsonWriter *w, Directory *directory, const Incident *i,
                              GError **error) {
    g_autoptr(GPtrArray) events = incident_events(directory, i->id, error);
    g_autoptr(GPtrArray) evidence =
        events == NULL ? NULL : incident_evidence(directory, i->id, error);
    g_autoptr(GPtrArray) measures =
        evidence == NULL ? NULL : incident_measures(directory, i->id, 0, 0, error);
    if (measures == NULL)
        return FALSE;
    json_open(w, NULL, '{');
    put_members(w, i);
    json_open(w, "event_list", '[');
    for (guint n = 0; n < events->len; n++)
        incident_write_event(w, events->pdata[n]);
    json_close(w, ']');
    json_open(w, "evidence_list", '[');
    for (guint n = 0; n < evidence->len; n++)
        incident_write_evidence(w, evidence->pdata[n]);
    json_close(w, ']');
    json_open(w, "measure_list", '[');
    for (guint n = 0; n < measures->len; n++)
        incident_write_measure(w, measures->pdata[n]);
    json_close(w, ']');
    json_close(w, '}');
    return TRUE;
}
