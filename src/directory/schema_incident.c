/* The tables of cases of forbidden acts and incidents [Điều 8, 12.3]. They are casework/'s, but the
 * versions of admin.db are one list. What happened to a case step by step is the audit trail's,
 * under its name (SC-12). */
#include "directory/internal.h"

const char directory_schema_incidents[] =
    "CREATE TABLE incident("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " kind TEXT NOT NULL,"                                  /* of the regulation: spam, virus … */
    " state INTEGER NOT NULL CHECK(state BETWEEN 0 AND 3)," /* IncidentState */
    " source INTEGER NOT NULL,"                             /* IncidentSource */
    " opened INTEGER NOT NULL,"                             /* Unix microseconds */
    " happened INTEGER NOT NULL,"
    " account INTEGER NOT NULL,"  /* concerned; 0: none, or not known */
    " unit INTEGER NOT NULL,"     /* the account's, else the reporter's; 0: none */
    " reporter INTEGER NOT NULL," /* account; 0: nobody */
    " what TEXT NOT NULL,"
    " about TEXT NOT NULL," /* Message-ID of what was reported, or '' */
    " handler TEXT NOT NULL DEFAULT '',"
    " handled INTEGER NOT NULL DEFAULT 0,"
    " result INTEGER NOT NULL DEFAULT 0," /* IncidentResult */
    " closed INTEGER NOT NULL DEFAULT 0,"
    " closed_by TEXT NOT NULL DEFAULT '',"
    " closed_why TEXT NOT NULL DEFAULT '',"
    " letter_number TEXT NOT NULL DEFAULT '',"
    " letter_dated TEXT NOT NULL DEFAULT '');"
    "CREATE INDEX incident_opened ON incident(opened);"
    "CREATE INDEX incident_about ON incident(about) WHERE about <> '' AND state <> 3;"
    "CREATE INDEX incident_account ON incident(account, kind) WHERE state <> 3;"
    /* What was added to a case: another report, another attempt. */
    "CREATE TABLE incident_event("
    " id INTEGER PRIMARY KEY,"
    " incident INTEGER NOT NULL REFERENCES incident(id),"
    " moment INTEGER NOT NULL,"
    " record INTEGER NOT NULL," /* number in the audit trail; 0: none */
    " text TEXT NOT NULL);"
    "CREATE INDEX incident_event_of ON incident_event(incident);"
    "CREATE TABLE incident_evidence("
    " id INTEGER PRIMARY KEY,"
    " incident INTEGER NOT NULL REFERENCES incident(id),"
    " evidence INTEGER NOT NULL UNIQUE," /* row of mail.db, which has the bytes */
    " added INTEGER NOT NULL,"
    " added_by TEXT NOT NULL,"
    " sha256 TEXT NOT NULL,"
    " size INTEGER NOT NULL," /* bytes */
    " name TEXT NOT NULL,"    /* of a file, or '': a message */
    " sender TEXT NOT NULL,"  /* as the message says */
    " subject TEXT NOT NULL);"
    "CREATE INDEX incident_evidence_of ON incident_evidence(incident);"
    /* What was done, and who decided it [Điều 13.2]. */
    "CREATE TABLE incident_measure("
    " id INTEGER PRIMARY KEY,"
    " incident INTEGER NOT NULL REFERENCES incident(id),"
    " kind INTEGER NOT NULL,"    /* IncidentMeasure */
    " account INTEGER NOT NULL," /* 0: none */
    " article TEXT NOT NULL,"
    " text TEXT NOT NULL,"
    " decided_by TEXT NOT NULL,"
    " document TEXT NOT NULL,"
    " made INTEGER NOT NULL,"
    " made_by TEXT NOT NULL);"
    "CREATE INDEX incident_measure_of ON incident_measure(incident);"
    "CREATE INDEX incident_measure_made ON incident_measure(made);"
    /* From when on there are cases, and up to which record of the trail they were opened. */
    "CREATE TABLE incident_begin("
    " id INTEGER PRIMARY KEY CHECK(id = 1),"
    " moment INTEGER NOT NULL,"
    " record INTEGER NOT NULL);";
