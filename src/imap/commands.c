/* The one table of commands: name, states in which it is allowed, function. */
#include "imap/session.h"

static const ImapCommand commands[] = {
    {"APPEND", IMAP_AUTH_STATES, imap_cmd_append, 0},
    {"AUTHENTICATE", IMAP_STRANGER, imap_cmd_authenticate, 0},
    {"CAPABILITY", IMAP_ANY_STATE, imap_cmd_capability, 0},
    {"CHECK", IMAP_SELECTED, imap_cmd_noop, 0}, /* RFC 3501 6.4.1: like NOOP here */
    {"CLOSE", IMAP_SELECTED, imap_cmd_close, 0},
    {"COMPRESS", IMAP_AUTH_STATES, imap_cmd_compress, 0},
    {"COPY", IMAP_SELECTED, imap_cmd_copy, IMAP_COMMAND_UID},
    {"CREATE", IMAP_AUTH_STATES, imap_cmd_create, 0},
    {"DELETE", IMAP_AUTH_STATES, imap_cmd_delete, 0},
    {"DELETEACL", IMAP_AUTH_STATES, imap_cmd_deleteacl, 0},
    {"ENABLE", IMAP_AUTH_STATES, imap_cmd_enable, 0},
    {"EXAMINE", IMAP_AUTH_STATES, imap_cmd_examine, 0},
    {"EXPUNGE", IMAP_SELECTED, imap_cmd_expunge, IMAP_COMMAND_UID | IMAP_COMMAND_EXPUNGES},
    {"FETCH", IMAP_SELECTED, imap_cmd_fetch, IMAP_COMMAND_UID | IMAP_COMMAND_NO_EXPUNGE},
    {"GETACL", IMAP_AUTH_STATES, imap_cmd_getacl, 0},
    {"GETMETADATA", IMAP_AUTH_STATES, imap_cmd_getmetadata, 0},
    {"GETQUOTA", IMAP_AUTH_STATES, imap_cmd_getquota, 0},
    {"GETQUOTAROOT", IMAP_AUTH_STATES, imap_cmd_getquotaroot, 0},
    {"ID", IMAP_ANY_STATE, imap_cmd_id, 0},
    {"IDLE", IMAP_AUTH_STATES, imap_cmd_idle, 0},
    {"LIST", IMAP_AUTH_STATES, imap_cmd_list, 0},
    {"LISTRIGHTS", IMAP_AUTH_STATES, imap_cmd_listrights, 0},
    {"LOGIN", IMAP_STRANGER, imap_cmd_login, 0},
    {"LOGOUT", IMAP_ANY_STATE, imap_cmd_logout, 0},
    {"LSUB", IMAP_AUTH_STATES, imap_cmd_lsub, 0},
    {"MOVE", IMAP_SELECTED, imap_cmd_move, IMAP_COMMAND_UID | IMAP_COMMAND_EXPUNGES},
    {"MYRIGHTS", IMAP_AUTH_STATES, imap_cmd_myrights, 0},
    {"NAMESPACE", IMAP_AUTH_STATES, imap_cmd_namespace, 0},
    {"NOOP", IMAP_ANY_STATE, imap_cmd_noop, 0},
    {"NOTIFY", IMAP_AUTH_STATES, imap_cmd_notify, 0},
    {"RENAME", IMAP_AUTH_STATES, imap_cmd_rename, 0},
    {"REPLACE", IMAP_SELECTED, imap_cmd_replace, IMAP_COMMAND_UID | IMAP_COMMAND_EXPUNGES},
    {"SEARCH", IMAP_SELECTED, imap_cmd_search, IMAP_COMMAND_UID | IMAP_COMMAND_NO_EXPUNGE},
    {"SELECT", IMAP_AUTH_STATES, imap_cmd_select, 0},
    {"SETACL", IMAP_AUTH_STATES, imap_cmd_setacl, 0},
    {"SETMETADATA", IMAP_AUTH_STATES, imap_cmd_setmetadata, IMAP_COMMAND_LITERAL8},
    {"SETQUOTA", IMAP_AUTH_STATES, imap_cmd_setquota, 0},
    {"SORT", IMAP_SELECTED, imap_cmd_sort, IMAP_COMMAND_UID | IMAP_COMMAND_NO_EXPUNGE},
    {"STARTTLS", IMAP_STRANGER, imap_cmd_starttls, 0},
    {"STATUS", IMAP_AUTH_STATES, imap_cmd_status, 0},
    {"STORE", IMAP_SELECTED, imap_cmd_store, IMAP_COMMAND_UID | IMAP_COMMAND_NO_EXPUNGE},
    {"SUBSCRIBE", IMAP_AUTH_STATES, imap_cmd_subscribe, 0},
    {"THREAD", IMAP_SELECTED, imap_cmd_thread, IMAP_COMMAND_UID | IMAP_COMMAND_NO_EXPUNGE},
    {"UNSELECT", IMAP_SELECTED, imap_cmd_unselect, 0},
    {"UNSUBSCRIBE", IMAP_AUTH_STATES, imap_cmd_unsubscribe, 0},
};

const ImapCommand *imap_command_find(Bytes name) {
    for (gsize i = 0; i < G_N_ELEMENTS(commands); i++)
        if (bytes_is_nocase(name, commands[i].name))
            return &commands[i];
    return NULL;
}
