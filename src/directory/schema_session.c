/* The tables of signing in with more than a password: browsers' sessions, where people signed in
 * from, second factors, passwords of programs. Only hashes and sealed values are in them. */
#include "directory/internal.h"

const char directory_schema_sessions[] =
    "CREATE TABLE web_session("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " hash BLOB NOT NULL UNIQUE," /* of what the cookie holds */
    " account INTEGER NOT NULL REFERENCES account(id),"
    " made INTEGER NOT NULL,"  /* Unix microseconds, as all below */
    " seen INTEGER NOT NULL,"  /* last use, give or take minutes */
    " until INTEGER NOT NULL," /* over then, unless it is used */
    " ends INTEGER NOT NULL,"  /* over then in any case */
    " peer TEXT NOT NULL,"
    " agent TEXT NOT NULL,"
    " limited INTEGER NOT NULL CHECK(limited IN (0, 1)));" /* only for setting up a second factor */
    "CREATE INDEX web_session_account ON web_session(account);"
    "CREATE INDEX web_session_until ON web_session(until);"

    /* Where an account was signed in to from; a row for each place, not for each time. */
    "CREATE TABLE sign_in("
    " account INTEGER NOT NULL REFERENCES account(id),"
    " door TEXT NOT NULL,"
    " peer TEXT NOT NULL,"
    " agent TEXT NOT NULL,"   /* '' for doors that have none */
    " network TEXT NOT NULL," /* of the peer: what makes a place a new one */
    " first INTEGER NOT NULL,"
    " last INTEGER NOT NULL,"
    " times INTEGER NOT NULL,"
    " PRIMARY KEY(account, door, peer, agent)) WITHOUT ROWID;"

    /* RFC 6238; secret is sealed. */
    "CREATE TABLE second_factor("
    " account INTEGER PRIMARY KEY REFERENCES account(id),"
    " secret BLOB NOT NULL,"
    " made INTEGER NOT NULL,"
    " confirmed INTEGER NOT NULL," /* 0: shown and not yet proven */
    " step INTEGER NOT NULL,"      /* the last one that was used: none is good twice */
    " failures INTEGER NOT NULL,"  /* wrong codes since the last right one */
    " failed INTEGER NOT NULL);"   /* when the last of them was */
    "CREATE TABLE recovery_code("
    " account INTEGER NOT NULL REFERENCES account(id),"
    " hash BLOB NOT NULL,"
    " PRIMARY KEY(account, hash)) WITHOUT ROWID;"

    "CREATE TABLE app_password("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " account INTEGER NOT NULL REFERENCES account(id),"
    " name TEXT NOT NULL,"     /* for its owner: \"Thunderbird ở cơ quan\" */
    " doors INTEGER NOT NULL," /* DIRECTORY_DOOR_… */
    " hash BLOB NOT NULL UNIQUE,"
    " made INTEGER NOT NULL,"
    " ends INTEGER NOT NULL," /* 0: never by itself */
    " used INTEGER NOT NULL," /* 0: not yet */
    " revoked INTEGER NOT NULL DEFAULT 0);"
    "CREATE INDEX app_password_account ON app_password(account);";
