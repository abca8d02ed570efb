/* The table of stops for maintenance [Điều 10.2.b]. It is casework/'s, but the versions of admin.db
 * are one list. */
#include "directory/internal.h"

const char directory_schema_notices[] =
    "CREATE TABLE notice("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " since INTEGER NOT NULL," /* the stop, Unix microseconds */
    " until INTEGER NOT NULL CHECK(until > since),"
    " reason TEXT NOT NULL,"
    " emergency TEXT NOT NULL," /* why it could not be announced in time; '': it was */
    " state INTEGER NOT NULL CHECK(state BETWEEN 0 AND 2)," /* NoticeState */
    " made INTEGER NOT NULL,"                               /* Unix microseconds */
    " made_by TEXT NOT NULL,"
    " ended INTEGER NOT NULL DEFAULT 0," /* cancelled or done */
    " ended_by TEXT NOT NULL DEFAULT '',"
    " ended_why TEXT NOT NULL DEFAULT '',"
    /* Since when everybody has the mail; 0: it is still to be sent. */
    " told INTEGER NOT NULL DEFAULT 0,"
    " told_end INTEGER NOT NULL DEFAULT 0,"
    " delivered INTEGER NOT NULL DEFAULT 0," /* mailboxes that took the first mail */
    " refused INTEGER NOT NULL DEFAULT 0);"
    "CREATE INDEX notice_open ON notice(since) WHERE state = 0;"
    "CREATE INDEX notice_untold ON notice(id)"
    " WHERE told = 0 OR (state <> 0 AND told_end = 0);";
