/* The one table of subcommands. The usage text is made from it. */
#include "cli/cli.h"

/* clang-format off */
const CliCommand cli_commands[] = {
    {"init", NULL, cli_init, CLI_LOCAL, "--domain DOMAIN [--regulation FILE] [--port-offset N]", "make a new installation in the data directory"},
    {"serve", NULL, cli_serve, CLI_LOCAL, "", "run the system until SIGTERM; SIGHUP reloads"},
    {"check", NULL, cli_check, CLI_LOCAL, "", "verify settings, certificate and regulation, errors with file and line"},
    {"doctor", NULL, cli_doctor, 0, "[--repair] [--quick]", "verify every reference, count and byte"},
    {"backup", NULL, cli_backup, CLI_PATH_ARGUMENT, "DIRECTORY [--verify]", "copy the data directory while it runs"},
    {"restore", NULL, cli_restore, CLI_LOCAL | CLI_PATH_ARGUMENT, "DIRECTORY [--nothing-came-after]", "make the data directory from a backup"},
    {"upgrade", "list", cli_upgrade_list, 0, "", "copies of the databases from before upgrades"},
    {"upgrade", "undo", cli_upgrade_undo, CLI_LOCAL, "COPY", "go back to such a copy, with the program that ran before the upgrade"},
    {"system", "show", cli_system_show, 0, "", "which version runs where, on what, and whom it speaks to outside; the upgrades on record"},
    {"guide", NULL, cli_guide, 0, "--to FILE [--telephone TEXT]", "how to use the mail, for the units' people, as a page with the figures in force"},
    {"trace", NULL, cli_trace, 0, "[NUMBER | MESSAGE-ID | ADDRESS] [--queue N] [--session ID] [--since TIME] [--until TIME] [--limit N]", "what happened to a message, from reception to mailbox"},
    {"unit", "add", cli_unit_add, 0, "--kind KIND --name NAME [--parent KEY] [--abbreviation WORD]", "add a unit, with its mailbox"},
    {"unit", "list", cli_unit_list, 0, "[--kind KIND] [--parent KEY]", "the units"},
    {"unit", "show", cli_unit_show, 0, "KEY", "one unit"},
    {"unit", "import", cli_unit_import, CLI_FILE_ARGUMENT, "FILE [--agreement TEXT]", "add the units of a table (CSV, .xlsx, .docx), all or none"},
    {"unit", "rename", cli_unit_rename, 0, "KEY --name NAME", "give a new official name; the address stays"},

    {"account", "create", cli_account_create, CLI_PASSWORD, "--unit KEY [--person NAME] [--quota SIZE] [--one-time] [--request ID | --ground TEXT]", "give a person an account, or a unit's account its password"},
    {"account", "import", cli_account_import, CLI_FILE_ARGUMENT, "FILE [--dry-run] [--list] [--keep-addresses] [--request ID | --ground TEXT]", "give accounts to the people of a table (CSV, .xlsx, .docx), all or none"},
    {"account", "list", cli_account_list, 0, "[--unit KEY]", "the accounts"},
    {"account", "show", cli_account_show, 0, "ADDRESS", "one account"},
    {"account", "lock", cli_account_lock, 0, "ADDRESS --request ID | --ground TEXT | --idle | --takeover --evidence TEXT | --forbidden KHOẢN --evidence TEXT", "no signing in and no sending; mail still comes"},
    {"account", "unlock", cli_account_unlock, 0, "ADDRESS --request ID | --ground TEXT", "make a locked account active again"},
    {"account", "close", cli_account_close, 0, "ADDRESS --request ID | --ground TEXT", "end an account; its address stays taken"},
    {"account", "passwd", cli_account_passwd, CLI_PASSWORD, "ADDRESS [--one-time | --must-change] --request ID | --ground TEXT", "give a password anew: a one-time one, or one that is asked for"},
    {"account", "suspects", cli_account_suspects, 0, "", "accounts that sent more than they may: their mail for other domains is held"},
    {"account", "release", cli_account_release, 0, "ADDRESS [--drop] --request ID | --ground TEXT", "let the held mail of such an account go on, or drop it"},
    {"account", "forward", cli_account_forward, 0, "[ADDRESS [--to ADDRESS [--keep] | --off] [--request ID | --ground TEXT]]", "let an account's mail go on to another address of a state body; without options: where it goes; without words: all that forward"},
    {"account", "idle", cli_account_idle, 0, "[--unit KEY] [--today DATE] [--no-sign-in DAYS]", "accounts that lie unused so long that they may be locked, and the reasons that exempt"},
    {"account", "warn", cli_account_warn, 0, "[--unit KEY] [--today DATE] [--ground TEXT]", "write to those accounts and their units before any is locked"},
    {"account", "exempt", cli_account_exempt, 0, "ADDRESS --reason KIND --until DATE [--text TEXT] | --end", "record why an account lies unused"},
    {"account", "quota", cli_account_quota, 0, "ADDRESS SIZE", "how much it may keep"},
    {"account", "alias", cli_account_alias, 0, "ADDRESS [--add ALIAS | --remove ALIAS]", "further addresses of an account"},
    {"account", "delegate", cli_account_delegate, 0, "[UNIT-ADDRESS [PERSON-ADDRESS --document TEXT | --end]]", "who looks after a unit's mailbox"},

    {"request", "import", cli_request_import, CLI_FILE_ARGUMENT, "FILE --unit KEY [--number N --date DATE --signer NAME --signer-title TEXT] [--received DATE] [--check | --draft]", "receive a unit's document with its form (.docx, .xlsx, CSV)"},
    {"request", "document", cli_request_document, 0, "ID --number N --date DATE --signer NAME --signer-title TEXT [--received DATE]", "the document of a request that was entered before it came"},
    {"request", "list", cli_request_list, 0, "[--open] [--overdue] [--unit KEY]", "requests, the most urgent first"},
    {"request", "show", cli_request_show, 0, "ID", "one request with its lines"},
    {"request", "approve", cli_request_approve, 0, "ID [--line N] [--return-wrong]", "do what its lines ask for, all or those named"},
    {"request", "reject", cli_request_reject, 0, "ID --line N --reason TEXT", "return lines with the reason"},
    {"request", "form", cli_request_form, 0, "ID --to FILE | --blank 1|2 [--unit KEY] --to FILE", "what a request asks for, or a blank form, as in appendix 2 (.docx)"},
    {"request", "letter", cli_request_letter, 0, "ID --to FILE [--number N --sign TEXT --date DATE] [--form FORM --authority TEXT --title TEXT --signer NAME]", "the reply as a document (.docx), ready to number and sign"},
    {"request", "slips", cli_request_slips, 0, "ID --to FILE [--line N]", "one-time passwords for the new accounts, each on a slip of its own (.docx)"},
    {"request", "reply", cli_request_reply, 0, "ID --number N --date DATE", "record the reply that was sent; closes the request"},

    {"import", "mbox", cli_import_mbox, CLI_LOCAL, "FILE --account ADDRESS [--mailbox NAME] [--request ID | --ground TEXT]", "take the messages of an mbox, or of what `export mbox` made"},
    {"import", "maildir", cli_import_maildir, CLI_LOCAL, "DIRECTORY --account ADDRESS [--request ID | --ground TEXT]", "take the messages and folders of a Maildir"},
    {"import", "imap", cli_import_imap, CLI_LOCAL | CLI_READS_INPUT, "HOST --account ADDRESS --user NAME --password-stdin [--authzid NAME] | --accounts-stdin [--tls KIND] [--port N] [--ca FILE | --fingerprint HEX] [--only FOLDER] [--silence SECONDS] [--request ID | --ground TEXT]", "take the mail of accounts on another server, over IMAP"},
    {"import", "forget", cli_import_forget, 0, "ADDRESS", "forget what was moved in: the next import would take it again"},
    {"import", "begin", cli_import_begin, CLI_PIECE, "ADDRESS --kind KIND --from TEXT [--request ID | --ground TEXT]", "for the other import commands: put one on record"},
    {"import", "taken", cli_import_taken, CLI_PIECE, "ADDRESS --source NAME --uidvalidity N", "for import imap: which messages of a folder were taken"},
    {"import", "take", cli_import_take, CLI_PIECE | CLI_READS_INPUT, "ADDRESS", "for the other import commands: take a batch from standard input"},

    {"export", "mbox", cli_export_mbox, CLI_LOCAL, "--account ADDRESS --to DIRECTORY [--access TC-NUMBER] --request ID | --ground TEXT", "write all of an account's mail into mbox files"},
    {"export", "maildir", cli_export_maildir, CLI_LOCAL, "--account ADDRESS --to DIRECTORY [--access TC-NUMBER] --request ID | --ground TEXT", "write all of an account's mail into a Maildir"},
    {"export", "stream", cli_export_stream, 0, "ADDRESS --kind KIND --to TEXT [--access TC-NUMBER] --request ID | --ground TEXT", "for the other export commands: give the mail"},

    {"notice", "schedule", cli_notice_schedule, 0, "--from TIME --to TIME --reason TEXT [--emergency REASON]", "announce a stop of the service and write to everybody"},
    {"notice", "list", cli_notice_list, 0, "[--open]", "stops of the service, the latest first"},
    {"notice", "show", cli_notice_show, 0, "ID", "one stop, and who was told of it"},
    {"notice", "document", cli_notice_document, 0, "ID --to FILE [--number N --sign TEXT --date DATE] [--form FORM --authority TEXT --title TEXT --signer NAME]", "the notice as a document (.docx), ready to number and sign"},
    {"notice", "cancel", cli_notice_cancel, 0, "ID --reason TEXT", "take back a stop that has not begun, and write to everybody"},
    {"notice", "done", cli_notice_done, 0, "ID", "the service runs again: write to everybody"},

    {"incident", "list", cli_incident_list, 0, "[--open] [--state STATE] [--kind KIND] [--unit KEY] [--since TIME] [--until TIME]", "cases of incidents and forbidden acts, the newest first"},
    {"incident", "show", cli_incident_show, 0, "ID", "one case with its events, evidence and measures"},
    {"incident", "report", cli_incident_report, 0, "--kind KIND --what TEXT [--account ADDRESS | --unit KEY] [--when TIME]", "open a case"},
    {"incident", "evidence", cli_incident_evidence, CLI_FILE_ARGUMENT, "FILE --case ID", "keep a file as evidence of a case"},
    {"incident", "take", cli_incident_take, 0, "ID [--kind KIND] [--account ADDRESS] [--reason TEXT]", "handle a case from now on; take up a closed one again"},
    {"incident", "measure", cli_incident_measure, 0, "ID --measure KIND [--text TEXT] [--account ADDRESS] [--article ARTICLE | --law TEXT] [--by TEXT] [--document TEXT]", "record a measure and who decided it; a lock is done at once"},
    {"incident", "letter", cli_incident_letter, 0, "ID --to FILE [--ask TEXT] [--answer DATE] [--number N --sign TEXT --date DATE] [--form FORM --authority TEXT --title TEXT --signer NAME]", "the letter about a case to its unit (.docx)"},
    {"incident", "close", cli_incident_close, 0, "ID --result RESULT --why TEXT", "end a case: violation, no-blame, unfounded"},
    {"incident", "export", cli_incident_export, 0, "ID --to FILE --document TEXT --receiver TEXT", "a case with its evidence as one archive (.zip) for another authority"},
    {"incident", "register", cli_incident_register, 0, "[--since DATE] [--until DATE]", "the register of violations: who, what measure, who decided"},
    {"incident", "signups", cli_incident_signups, 0, "[--month YYYY-MM]", "mail of social networks, shops and the like to official addresses, by month"},
    {"hold", "begin", cli_hold_begin, 0, "ADDRESS | --case NAME --reason TEXT [--until DATE] --request ID | --ground TEXT", "nothing of an account or a case is deleted until it ends"},
    {"hold", "end", cli_hold_end, 0, "NUMBER --request ID | --ground TEXT", "end a hold"},
    {"hold", "list", cli_hold_list, 0, "", "what is held, why, by whom, until when"},
    {"access", "ask", cli_access_ask, 0, "ADDRESS --reader ADDRESS --days N --request ID | --ground TEXT", "ask to read somebody else's mailbox; a second person decides"},
    {"access", "approve", cli_access_approve, 0, "NUMBER --request ID | --ground TEXT", "let it be read, as the second person"},
    {"access", "refuse", cli_access_refuse, 0, "NUMBER --request ID | --ground TEXT", "do not"},
    {"access", "end", cli_access_end, 0, "NUMBER", "end it before its time"},
    {"access", "list", cli_access_list, 0, "", "who reads or read whose mailbox, on what ground"},

    {"role", "grant", cli_role_grant, 0, "ADDRESS ROLE --document TEXT [--unit KEY]", "let a person use the administration: department, centre, focal, head"},
    {"role", "revoke", cli_role_revoke, 0, "ADDRESS ROLE [--unit KEY]", "take a role away"},
    {"role", "list", cli_role_list, 0, "", "who has which role"},

    {"directory", "publish", cli_directory_publish, 0, "--to FOLDER [--unit KEY]", "make the public address book: pages, JSON, CSV, vCards"},
    {"directory", "except", cli_directory_except, 0, "[ADDRESS --document TEXT | ADDRESS --end]", "leave an account out of the public address book; without words: who is left out"},

    {"letter", "stop", cli_letter_stop, 0, "--from TIME --until TIME --why TEXT --to FILE [--emergency]", "the notice of a stop, as a document"},
    {"letter", "warning", cli_letter_warning, 0, "--to FOLDER [--unit KEY]", "a letter to each unit whose accounts lie unused"},
    {"letter", "incident", cli_letter_incident, 0, "UNIT --what TEXT --to FILE [--account ADDRESS]", "a letter to a unit about an incident"},

    {"report", "annual", cli_report_annual, 0, "[--unit KEY] [--year N | --from DATE --until DATE] [--docx | --xlsx | --csv | --json] [--to FILE]", "the yearly report of a unit or of everything"},
    {"report", "list", cli_report_list, 0, "[--year N]", "which units have sent theirs, and until when"},
    {"report", "remind", cli_report_remind, 0, "[--year N]", "write to the units whose report has not come in, with it attached as far as it can be filled in"},
    {"report", "sent", cli_report_sent, 0, "UNIT --number TEXT --date DATE [--year N] | --undo", "a unit's report came in"},
    {"report", "staff", cli_report_staff, 0, "UNIT --staff N --officials N --document TEXT [--year N] | --undo", "how many people a unit has, where the registry lacks some"},

    {"address", "propose", cli_address_propose, CLI_DATA_OPTIONAL, "--unit KEY --person NAME | --kind KIND --name NAME [--parent KEY]", "which address the regulation gives"},
    {"regulation", "show", cli_regulation_show, CLI_DATA_OPTIONAL, "[NAME]", "the regulation in force, or another one: every figure with its article"},
    {"regulation", "move", cli_regulation_move, 0, "[--preview] [--all] --request ID | --ground TEXT", "give everybody the address of the regulation in force; the old one stays alive as alias"},
    {"password", "check", cli_password_check, CLI_DATA_OPTIONAL | CLI_READS_INPUT, "", "judge passwords, one a line from standard input"},
    {"forward", "check", cli_forward_check, CLI_DATA_OPTIONAL, "FROM TO", "may mail be forwarded so?"},
    {"forward", "seen", cli_forward_seen, 0, "", "accounts into which outside accounts forward automatically, and how much"},
    {"calendar", "due", cli_calendar_due, CLI_DATA_OPTIONAL, "DATE", "last day to answer a request received on DATE"},
    {"calendar", "notice", cli_calendar_notice, CLI_DATA_OPTIONAL, "DATE", "latest day of notice for a stop on DATE"},
    {"calendar", "stop", cli_calendar_stop, CLI_DATA_OPTIONAL, "DATE [--today DATE]", "may the service stop on DATE?"},
    {"calendar", "inactive", cli_calendar_inactive, CLI_DATA_OPTIONAL, "DATE --today DATE", "is an account last active on DATE a candidate for locking?"},

    {"takeback", "find", cli_takeback_find, 0, "MESSAGE-ID | NUMBER", "in whose mailboxes a message is, and who has read it: before it is taken back"},
    {"takeback", "start", cli_takeback_start, 0, "MESSAGE-ID | NUMBER --request ID | --ground TEXT", "take a message back from all mailboxes (phishing, a mistake)"},
    {"takeback", "list", cli_takeback_list, 0, "", "what was taken back"},
    {"takeback", "undo", cli_takeback_undo, 0, "TH-NUMBER --request ID | --ground TEXT", "put a message back where it was"},
    {"secret", "list", cli_secret_list, 0, "", "messages with a state secret's stamp that are frozen where they arrived, and what was refused"},
    {"secret", "freeze", cli_secret_freeze, 0, "MESSAGE-ID | NUMBER --request ID | --ground TEXT", "freeze a message in all mailboxes: nobody can open it"},
    {"secret", "release", cli_secret_release, 0, "SM-NUMBER --request ID | --ground TEXT", "end that"},

    {"queue", "list", cli_queue_list, 0, "", "mail waiting for other domains"},
    {"queue", "show", cli_queue_show, 0, "NUMBER", "one entry"},
    {"queue", "retry", cli_queue_retry, 0, "NUMBER", "make an entry due now"},
    {"queue", "hold", cli_queue_hold, 0, "NUMBER [--release] [--why TEXT]", "hold an entry, or release it"},
    {"queue", "drop", cli_queue_drop, 0, "NUMBER", "remove an entry without a notice to its sender"},

    {"dns", "show", cli_dns_show, 0, "", "what the domain's zone must say for this installation"},
    {"dns", "check", cli_dns_check, 0, "", "compare that with what is published"},
    {"dkim", "create", cli_dkim_create, 0, "", "make a new pair of keys, not used yet"},
    {"dkim", "list", cli_dkim_list, 0, "", "the keys that sign mail on its way out"},
    {"dkim", "use", cli_dkim_use, 0, "[--unpublished]", "sign with the new keys; those in use become old"},
    {"dkim", "remove", cli_dkim_remove, 0, "SELECTOR", "remove an old or a new key"},
    {"index", "status", cli_index_status, 0, "", "the search index: how much it holds, what waits"},
    {"index", "update", cli_index_update, 0, "", "index now what waits, down to the last message"},
    {"index", "rebuild", cli_index_rebuild, 0, "", "throw the search index away and build it anew, while serving"},

    {"audit", "list", cli_audit_list, 0, "[--subject ADDRESS] [--limit N]", "who did what, when, on what ground"},
    {"audit", "search", cli_audit_search, 0, "[--subject ADDRESS] [--who NAME] [--act NAME] [--text TEXT] [--since TIME] [--until TIME]", "find acts in the whole trail"},
    {"audit", "export", cli_audit_export, 0, "--to FILE --request ID | --ground TEXT [--subject ADDRESS] [--who NAME] [--act NAME] [--since TIME] [--until TIME]", "the trail for somebody else, with the hashes of its chain"},
    {"audit", "verify", cli_audit_verify, 0, "[--known NUMBER:HASH]", "prove that the trail is whole"},

    {NULL, NULL, NULL, 0, NULL, NULL},
};
/* clang-format on */

const CliCommand *cli_find(char **words, guint *taken) {
    if (words == NULL || words[0] == NULL)
        return NULL;
    for (const CliCommand *c = cli_commands; c->noun != NULL; c++) {
        if (!g_str_equal(words[0], c->noun))
            continue;
        if (c->verb == NULL || (words[1] != NULL && g_str_equal(words[1], c->verb))) {
            *taken = c->verb == NULL ? 1 : 2;
            return c;
        }
    }
    return NULL;
}
