/* What units report each year, and what of the directory is public. */
#include "directory/internal.h"

const char directory_schema_reports[] =
    /* Numbers that a unit told for its report, where the registry does not have everybody. */
    "CREATE TABLE report_staff("
    " unit INTEGER NOT NULL REFERENCES unit(id),"
    " year INTEGER NOT NULL,"
    " staff INTEGER NOT NULL CHECK(staff >= 0),"                        /* of all four categories */
    " officials INTEGER NOT NULL CHECK(officials BETWEEN 0 AND staff)," /* without workers */
    " document TEXT NOT NULL,"
    " told INTEGER NOT NULL," /* Unix microseconds */
    " PRIMARY KEY(unit, year)) WITHOUT ROWID;"

    /* The reports that came in [Điều 11.2]. */
    "CREATE TABLE report_sent("
    " unit INTEGER NOT NULL REFERENCES unit(id),"
    " year INTEGER NOT NULL,"
    " number TEXT NOT NULL,"
    " dated TEXT NOT NULL,"       /* YYYY-MM-DD, of the document */
    " recorded INTEGER NOT NULL," /* Unix microseconds */
    " PRIMARY KEY(unit, year)) WITHOUT ROWID;"

    /* The latest publication [Điều 11.1]; unit 0: everything. */
    "CREATE TABLE publication("
    " unit INTEGER PRIMARY KEY,"
    " published INTEGER NOT NULL,"
    " entries INTEGER NOT NULL);"
    /* Accounts that the head decided not to make public. */
    "CREATE TABLE publication_exception("
    " account INTEGER PRIMARY KEY REFERENCES account(id),"
    " document TEXT NOT NULL,"
    " since INTEGER NOT NULL);";

/* Weeks in which a person read or sent mail, counted from the one of 1970-01-01 [Phụ lục 1]; and
 * since when that is recorded. */
const char directory_schema_usage[] = "CREATE TABLE use_week("
                                      " account INTEGER NOT NULL REFERENCES account(id),"
                                      " week INTEGER NOT NULL,"
                                      " PRIMARY KEY(account, week)) WITHOUT ROWID;"
                                      "CREATE TABLE use_begin("
                                      " id INTEGER PRIMARY KEY CHECK(id = 1),"
                                      " moment INTEGER NOT NULL);";
