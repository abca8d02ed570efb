/* The tables of requests [Điều 4]. They are casework/'s, but the versions of admin.db are one list,
 * so they stand beside the others. */
#include "directory/internal.h"

const char directory_schema_requests[] =
    /* An address that lives on for a time after a move or a change of name. */
    "ALTER TABLE address ADD COLUMN until INTEGER;" /* Unix microseconds; NULL: open */
    "CREATE INDEX address_ending ON address(until) WHERE until IS NOT NULL AND live = 1;"

    /* A document by which a unit asks for something. */
    "CREATE TABLE request("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " unit INTEGER NOT NULL REFERENCES unit(id)," /* who sent it [Điều 4.2.a] */
    " number TEXT NOT NULL,"                      /* as printed; '' while there is no document */
    " number_key TEXT NOT NULL,"                  /* folded, without blanks */
    " dated TEXT NOT NULL,"                       /* YYYY-MM-DD */
    " signer TEXT NOT NULL,"
    " signer_title TEXT NOT NULL,"
    " subject TEXT NOT NULL," /* V/v */
    " addressee TEXT NOT NULL,"
    " basis TEXT NOT NULL,"       /* Căn cứ */
    " place TEXT NOT NULL,"       /* of the date line */
    " recipients TEXT NOT NULL,"  /* Nơi nhận */
    " received INTEGER NOT NULL," /* Unix microseconds; 0 while there is no document */
    " due TEXT NOT NULL,"         /* last day for the reply [Điều 4.2.b] */
    " state INTEGER NOT NULL CHECK(state BETWEEN 0 AND 4)," /* RequestState */
    " decided_by TEXT NOT NULL DEFAULT '',"
    " decided INTEGER NOT NULL DEFAULT 0,"
    " reply_number TEXT NOT NULL DEFAULT '',"
    " reply_dated TEXT NOT NULL DEFAULT '',"
    " replied_by TEXT NOT NULL DEFAULT '',"
    " replied INTEGER NOT NULL DEFAULT 0,"
    " entered_by TEXT NOT NULL,"
    " entered INTEGER NOT NULL,"
    " content BLOB NOT NULL,"             /* keyed hash of what its lines ask */
    " file BLOB,"                         /* as it came, sealed; NULL once it was deleted */
    " wiped INTEGER NOT NULL DEFAULT 0);" /* when the file and the sealed columns were deleted */
    "CREATE UNIQUE INDEX request_document ON request(unit, dated, number_key)"
    " WHERE number_key <> '';"
    "CREATE INDEX request_content ON request(content);"
    "CREATE INDEX request_open ON request(due) WHERE state < 4;"
    "CREATE INDEX request_kept ON request(replied) WHERE state = 4 AND wiped = 0;"

    "CREATE TABLE request_line("
    " request INTEGER NOT NULL REFERENCES request(id),"
    " line INTEGER NOT NULL,"  /* 1, 2 … in the order of the file */
    " place INTEGER NOT NULL," /* row of the file */
    " ordinal TEXT NOT NULL,"  /* STT, as printed */
    " act INTEGER NOT NULL,"   /* RequestAct */
    " said TEXT NOT NULL,"     /* Nội dung đề nghị, as printed */
    " name TEXT NOT NULL,"
    " sex TEXT NOT NULL,"
    " title TEXT NOT NULL,"
    " category TEXT NOT NULL,"
    " unit_said TEXT NOT NULL,"
    " address_said TEXT NOT NULL,"
    " birth BLOB,"           /* sealed YYYY-MM-DD */
    " identity BLOB,"        /* sealed digits */
    " what TEXT NOT NULL,"   /* Thông tin cần thay đổi */
    " wanted TEXT NOT NULL," /* Thông tin mới */
    " note TEXT NOT NULL,"
    " fault TEXT NOT NULL,"   /* what cannot be read in it, in words */
    " finding TEXT NOT NULL," /* why it cannot be done, as of the last check */
    " state INTEGER NOT NULL CHECK(state BETWEEN 0 AND 3)," /* RequestLineState */
    " reason TEXT NOT NULL DEFAULT '',"                     /* why it was returned */
    " address TEXT NOT NULL DEFAULT ''," /* proposed or meant; once done: what it now is */
    " account INTEGER REFERENCES account(id),"
    " decided_by TEXT NOT NULL DEFAULT '',"
    " decided INTEGER NOT NULL DEFAULT 0,"
    " PRIMARY KEY(request, line)) WITHOUT ROWID;";
