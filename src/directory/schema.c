/* The tables of admin.db. `address` is the heart: one row for every local part that was ever given,
 * so that one probe answers both "whom does it reach" and "was it given before". */
#include "directory/access.h"
#include "directory/hold.h"
#include "directory/internal.h"

static const char directory_v1[] =
    /* The tree of units. address, abbreviation and suffix are local parts or pieces of them. */
    "CREATE TABLE unit("
    " id INTEGER PRIMARY KEY,"
    " kind TEXT NOT NULL,"
    " name TEXT NOT NULL,"           /* official */
    " abbreviation TEXT NOT NULL,"   /* not unique: \"td\" is a district's and a body's */
    " address TEXT NOT NULL UNIQUE," /* local part [Điều 3.1] */
    " suffix TEXT NOT NULL,"         /* behind the names of its people [Điều 3.2.a] */
    " parent INTEGER REFERENCES unit(id),"
    " category TEXT NOT NULL,"      /* sở, khối Đảng, … [Điều 1.2] */
    " code TEXT NOT NULL,"          /* of the national list of administrative units, or '' */
    " agreement TEXT NOT NULL,"     /* document that agreed the name [Điều 3.1.e], or '' */
    " valid_from INTEGER NOT NULL," /* Unix microseconds */
    " valid_until INTEGER,"         /* NULL: still there */
    " predecessor INTEGER REFERENCES unit(id));"
    "CREATE INDEX unit_abbreviation ON unit(abbreviation);"
    "CREATE INDEX unit_parent ON unit(parent);"
    "CREATE INDEX unit_code ON unit(code) WHERE code <> '';"

    "CREATE TABLE person("
    " id INTEGER PRIMARY KEY,"
    " name TEXT NOT NULL,"  /* NFC, as shown */
    " given TEXT NOT NULL," /* the given name when it is not the last word, else '' */
    " title TEXT NOT NULL,"
    " unit INTEGER NOT NULL REFERENCES unit(id));"
    "CREATE INDEX person_unit ON person(unit);"

    "CREATE TABLE account("
    " id INTEGER PRIMARY KEY AUTOINCREMENT," /* never reused: the store's number too */
    " local TEXT NOT NULL UNIQUE,"
    " name TEXT NOT NULL,"
    " kind INTEGER NOT NULL CHECK(kind BETWEEN 0 AND 2),"
    " state INTEGER NOT NULL CHECK(state BETWEEN 0 AND 3),"
    " unit INTEGER REFERENCES unit(id),"         /* NULL: a service */
    " person INTEGER REFERENCES person(id),"     /* NULL: a unit or a service */
    " quota INTEGER NOT NULL CHECK(quota >= 0)," /* bytes; 0: none */
    " created INTEGER NOT NULL,"
    " state_since INTEGER NOT NULL,"
    " state_why TEXT NOT NULL);"
    "CREATE INDEX account_unit ON account(unit);"
    "CREATE UNIQUE INDEX account_of_unit ON account(unit) WHERE kind = 0;"

    /* Every local part ever given. It is never deleted [Điều 3.1.e, 3.2.b]. */
    "CREATE TABLE address("
    " local TEXT PRIMARY KEY,"
    " account INTEGER NOT NULL REFERENCES account(id),"
    " live INTEGER NOT NULL CHECK(live IN (0, 1))," /* 0: only taken, reaches nobody */
    " given INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX address_account ON address(account);"

    "CREATE TABLE credential("
    " account INTEGER PRIMARY KEY REFERENCES account(id),"
    " hash TEXT NOT NULL,"
    " changed INTEGER NOT NULL);"

    /* A named person looks after the mailbox of the own unit [Điều 6.2]. */
    "CREATE TABLE delegation("
    " id INTEGER PRIMARY KEY,"
    " account INTEGER NOT NULL REFERENCES account(id),"
    " grantee INTEGER NOT NULL REFERENCES account(id),"
    " may INTEGER NOT NULL," /* DIRECTORY_MAY_… */
    " since INTEGER NOT NULL,"
    " until INTEGER NOT NULL," /* first moment without; G_MAXINT64: open */
    " document TEXT NOT NULL,"
    " phase INTEGER NOT NULL);" /* 0 not begun, 1 in force, 2 over: as marked for the store */
    "CREATE INDEX delegation_account ON delegation(account, grantee);"
    "CREATE INDEX delegation_grantee ON delegation(grantee, account);"
    "CREATE INDEX delegation_waiting ON delegation(since) WHERE phase = 0;"
    "CREATE INDEX delegation_running ON delegation(until) WHERE phase = 1;"

    /* What the store has still to learn; change is the number of an audit record. */
    "CREATE TABLE pending("
    " account INTEGER PRIMARY KEY REFERENCES account(id),"
    " change INTEGER NOT NULL);";

/* What the forms of appendix 2 say of a person. birth and identity are sealed (seal.c). */
static const char directory_v2[] =
    "ALTER TABLE person ADD COLUMN sex TEXT NOT NULL DEFAULT '';"      /* nam, nữ */
    "ALTER TABLE person ADD COLUMN category TEXT NOT NULL DEFAULT '';" /* công chức, … */
    "ALTER TABLE person ADD COLUMN birth BLOB;"                        /* sealed YYYY-MM-DD */
    "ALTER TABLE person ADD COLUMN identity BLOB;"                     /* sealed digits */
    "ALTER TABLE person ADD COLUMN identity_hash BLOB;"                /* keyed */
    "CREATE UNIQUE INDEX person_identity ON person(identity_hash)"
    " WHERE identity_hash IS NOT NULL;"
    "DROP INDEX person_unit;"
    "CREATE INDEX person_named ON person(unit, name);"
    "CREATE INDEX account_person ON account(person) WHERE person IS NOT NULL;";

/* Roles [Điều 10, 11]; unit 0: everything. */
static const char directory_v3[] =
    "CREATE TABLE role("
    " account INTEGER NOT NULL REFERENCES account(id),"
    " role INTEGER NOT NULL CHECK(role BETWEEN 0 AND 3)," /* DirectoryRole */
    " unit INTEGER NOT NULL,"
    " document TEXT NOT NULL,"
    " since INTEGER NOT NULL,"
    " PRIMARY KEY(account, role, unit)) WITHOUT ROWID;";

/* One-time passwords [Điều 12.2], and former ones for regulations that forbid them to come back. */
static const char directory_v4[] =
    "ALTER TABLE credential ADD COLUMN must_change INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE credential ADD COLUMN expires INTEGER NOT NULL DEFAULT 0;" /* 0: never */
    "CREATE TABLE former_password("
    " account INTEGER NOT NULL REFERENCES account(id),"
    " changed INTEGER NOT NULL," /* when it was set */
    " hash TEXT NOT NULL,"
    " PRIMARY KEY(account, changed)) WITHOUT ROWID;";

/* When an account was last used, why it may lie idle, and since when that is recorded
 * [Điều 4.2.c]. Days count from 1970-01-01, in Vietnam. */
static const char directory_v5[] =
    "CREATE TABLE activity("
    " account INTEGER PRIMARY KEY REFERENCES account(id),"
    " sent INTEGER NOT NULL," /* Unix microseconds; 0: never */
    " received INTEGER NOT NULL,"
    " signed_in INTEGER NOT NULL,"
    " warned INTEGER NOT NULL DEFAULT 0);" /* the letter before a lock */
    "CREATE TABLE activity_begin("
    " id INTEGER PRIMARY KEY CHECK(id = 1),"
    " moment INTEGER NOT NULL);"
    "CREATE TABLE exemption("
    " id INTEGER PRIMARY KEY,"
    " account INTEGER NOT NULL REFERENCES account(id),"
    " kind INTEGER NOT NULL," /* DirectoryExemption */
    " text TEXT NOT NULL,"
    " since INTEGER NOT NULL," /* first and last day */
    " until INTEGER NOT NULL);"
    "CREATE INDEX exemption_account ON exemption(account, until);";

/* When its owner stated to keep the regulation [Điều 12.1]; 0: not yet. */
static const char directory_v6[] =
    "ALTER TABLE account ADD COLUMN accepted INTEGER NOT NULL DEFAULT 0;";

/* One a line, so that two that are added at once do not touch. */
/* clang-format off */
static const char *const steps[] = {
    audit_schema_v1,
    directory_v1,
    directory_v2,
    directory_v3,
    directory_schema_requests,
    directory_v4,
    directory_v5,
    directory_schema_reports,
    directory_schema_usage,
    directory_v6,
    directory_schema_forwarding,
    directory_schema_notices,
    directory_schema_sessions,
    directory_schema_incidents,
    directory_schema_holds,
    directory_schema_access,
};
/* clang-format on */
const DbSchema directory_schema = {"admin", steps, G_N_ELEMENTS(steps)};
