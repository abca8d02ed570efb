/* Cli: the subcommands of congvu, one file for each noun, one function for each verb, all in the
 * table of commands.c.
 *
 * A command is a function on an open Instance. It never touches standard input or output: it reads
 * call->input and writes to call->out and call->err, so that the same function runs in the process
 * that the operator started (no server running: it opened the data directory) and inside the
 * running server (remote.h carried the call there). Exit status: 0 done, 1 refused with the reason
 * and the article, 2 wrong usage. */
#ifndef CV_CLI_CLI_H
#define CV_CLI_CLI_H

#include "audit/audit.h"
#include "base/buffer.h"
#include "base/json.h"
#include "directory/password.h"
#include "serve/instance.h"

enum {
    CLI_DONE = 0,
    CLI_REFUSED = 1,
    CLI_USAGE = 2,
    CLI_LOOKED = -1, /* never an exit status: see CliCall.looking */
};

typedef struct CliCall CliCall;

typedef enum {
    CLI_DATA_OPTIONAL = 1 << 0, /* works without --data: call->instance may be NULL */
    CLI_LOCAL = 1 << 1,         /* opens the directory itself, or needs none: never sent */
    CLI_READS_INPUT = 1 << 2,   /* always reads standard input (else only with --password-stdin) */
    CLI_FILE_ARGUMENT = 1 << 3, /* the first argument is a file whose content is the input; "-":
                                 * standard input. The operator's process reads it. */
    CLI_PATH_ARGUMENT = 1 << 4, /* the first argument is a path: made absolute before it is sent */
    CLI_PASSWORD = 1 << 5,      /* needs a password: asked for on the terminal, twice, unless
                                 * --password-stdin is given */
    CLI_PIECE = 1 << 6,         /* one of many calls of one act, sent by another command (door.h):
                                 * not logged when it went well */
} CliFlags;

typedef struct {
    const char *noun, *verb; /* verb NULL: the noun alone is the command */
    int (*run)(CliCall *call);
    guint flags;
    const char *arguments; /* "--unit KEY --person NAME" for the usage line */
    const char *summary;   /* one line */
} CliCommand;

struct CliCall {
    const CliCommand *command;
    Instance *instance; /* NULL: none (CLI_DATA_OPTIONAL, CLI_LOCAL) */
    const char *data;   /* --data as given, or NULL */
    const char *who;    /* for the audit trail: "root (uid 0)" */
    char **arguments;   /* NULL-terminated, after noun and verb; options taken out by cli_options */
    Bytes input;        /* standard input or the file, see CliFlags */
    GString *out, *err; /* what the operator will read */
    gboolean json;      /* --json was given (every command takes it) */
    /* The words are only looked at: cli_options, which every command calls before anything else,
     * takes them and returns FALSE with CLI_LOOKED. So the operator's process learns from the
     * command's own table which word is a file, and tells wrong usage before it asks for a
     * password. */
    gboolean looking;
    /* --password-stdin; --no-password or --one-time were given; set by cli_options. */
    gboolean password_stdin, no_password;
    const char *to;   /* value of --to; set by cli_options */
    GPtrArray *files; /* CliFile *, see cli_give */
    /* Shows progress when the operator has a terminal. May be NULL: use cli_progress. */
    void (*progress)(CliCall *call, gint64 done, gint64 all);
    gpointer progress_data;
    /* Hands on what is in `out` and empties it, for answers larger than memory; FALSE: nobody reads
     * any more. May be NULL: then all stays in `out`. */
    gboolean (*flush)(CliCall *call);
    gpointer flush_data;
};

/* The table, ended by a noun of NULL. */
extern const CliCommand cli_commands[];
/* NULL when there is none; words: how many of argv it took. */
const CliCommand *cli_find(char **words, guint *taken);

/* help.c: the list of all commands; those of one noun (FALSE: there is no such noun); the command
 * that was perhaps meant by words that are none, or NULL. */
void cli_help_all(GString *to);
gboolean cli_help_noun(GString *to, const char *noun);
const CliCommand *cli_help_meant(char **words);

/* One option of a command. CLI_TEXT takes a value (raw bytes, not converted by the locale). */
typedef struct {
    const char *name; /* without dashes */
    char **text;      /* takes a value: *text points into call->arguments */
    gboolean *flag;   /* or is a switch */
    const char *explanation;
    gboolean required;
    GPtrArray *texts; /* or takes a value any number of times: they are added, borrowed */
} CliOption;
/* Takes the options out of call->arguments; what is left are the positional arguments, of which
 * there must be between least and most. FALSE: usage was written to call->err, return CLI_USAGE.
 * --help writes the usage and also returns FALSE with *help set: return CLI_DONE. Options end with
 * a name of NULL. */
gboolean cli_options(CliCall *call, const CliOption *options, guint least, guint most, int *status);

/* Writes "congvu: message" to call->err and returns the exit status for it. Takes the error. */
int cli_refuse(CliCall *call, GError *error);
void cli_print(CliCall *call, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* A document of --json, with a line end. */
void cli_print_json(CliCall *call, Buffer *document);
void cli_progress(CliCall *call, gint64 done, gint64 all);
/* progress.c, in the operator's process: a bar on standard error when that is a terminal, and its
 * end, after which other text may be written. */
void cli_bar_show(gint64 done, gint64 all);
void cli_bar_end(void);
/* The first line of the input without its line end: a password given with --password-stdin. */
Bytes cli_password(const CliCall *call);

/* ---- Files that a command makes (files.c) ---- */

typedef struct {
    char *name; /* in the folder that --to names; NULL: --to is the file itself, "-" standard output
                 */
    gboolean secret; /* readable by its owner alone */
    GBytes *content;
} CliFile;
/* Gives a file to the operator, who said where with the option --to (which the command must take
 * and require). Written when the command ends with CLI_DONE; either one file without a name, or any
 * with. */
void cli_give(CliCall *call, const char *name, gboolean secret, GBytes *content);
GPtrArray *cli_files_new(void);
void cli_files_add(GPtrArray *files, const char *name, gboolean secret, GBytes *content);
/* In the operator's process. STORAGE. */
gboolean cli_files_write(const GPtrArray *files, const char *to, GError **error);

/* The regulation that the command judges by: the instance's, else the file named (NULL: the shipped
 * default). */
Regulation *cli_regulation(CliCall *call, const char *file, GError **error);
/* "YYYY-MM-DD hh:mm:ss" in Vietnam's time; g_free. "-" for 0. */
char *cli_time(gint64 microseconds);

/* ---- For the commands that change something (change.c) ---- */

/* On what ground an account is given, locked or closed [Điều 4.1]; values of the options
 * --request and --ground. */
typedef struct {
    char *request, *text;
} CliGround;
#define CLI_GROUND_OPTIONS(ground)                                                                 \
    {"request", &(ground).request, NULL, "number of the request", FALSE}, {                        \
        "ground", &(ground).text, NULL, "the document that asks for it", FALSE                     \
    }
/* Fills act for the audit trail; it points into call and ground. needed: refused without a ground,
 * but on a system with a port offset, where "bootstrap" stands for it. FALSE: return *status. */
gboolean cli_act(CliCall *call, const CliGround *ground, gboolean needed, AuditAct *act,
                 int *status);
/* On shifted ports: it is being set up or tried, and a ground is not asked for. */
gboolean cli_is_trial(const CliCall *call);
/* record.c: an act that no other layer records, into the audit trail. before and after: JSON or
 * NULL. */
gboolean cli_record(CliCall *call, const char *act, const char *subject, const char *before,
                    const char *after, GError **error);
/* The same on a ground. */
gboolean cli_record_on(CliCall *call, const char *ground, const char *act, const char *subject,
                       const char *before, const char *after, GError **error);
/* dns.c: every key's record is published. REFUSED names the first that is not. */
gboolean cli_dns_keys_published(CliCall *call, GError **error);
/* account_password.c: says what is to be done with a one-time password, to call->err; the password
 * itself is the caller's to print. */
void cli_explain_one_time(CliCall *call, const char *address, const DirectoryOneTime *one_time);
/* After a change to the directory: brings the store in step. Returns the exit status. */
int cli_changed(CliCall *call);
/* "2GB", "500 MB", "1073741824", "2GiB": bytes. A GB is 2^30, as the regulation reads it
 * [Điều 5.1]. */
gboolean cli_size(const char *text, gint64 *bytes);
/* "1.5 GB"; g_free. */
char *cli_size_text(gint64 bytes);
/* YYYY-MM-DD: the beginning of that day in Vietnam, Unix microseconds. FALSE: said why. */
gboolean cli_day(CliCall *call, const char *option, const char *text, gint64 *microseconds);
/* The same with an hour if wanted: "YYYY-MM-DD hh:mm" or "YYYY-MM-DD hh:mm:ss", or T between. end:
 * a day means its end. */
gboolean cli_moment(CliCall *call, const char *option, const char *text, gboolean end,
                    gint64 *microseconds);

/* request.c: the number of a request, the first argument. FALSE: said why. */
gboolean cli_request_number(CliCall *call, gint64 *id);
/* request_decide.c: all values of --line as guints; none for all lines. FALSE: said why. */
gboolean cli_request_lines(CliCall *call, const GPtrArray *said, GArray *lines);
/* Writes it with its lines. Returns the exit status. */
int cli_request_show_one(CliCall *call, gint64 id);

/* Runs one command; used by main and by remote.c. */
int cli_run(CliCall *call);
/* The whole program: argv as main got it. */
int cli_main(int argc, char **argv);

/* ---- Commands ---- */
int cli_access_approve(CliCall *call);
int cli_access_ask(CliCall *call);
int cli_access_end(CliCall *call);
int cli_access_list(CliCall *call);
int cli_access_refuse(CliCall *call);
int cli_account_alias(CliCall *call);
int cli_account_close(CliCall *call);
int cli_account_create(CliCall *call);
int cli_account_delegate(CliCall *call);
int cli_account_exempt(CliCall *call);
int cli_account_forward(CliCall *call);
int cli_account_idle(CliCall *call);
int cli_account_import(CliCall *call);
int cli_account_list(CliCall *call);
int cli_account_lock(CliCall *call);
int cli_account_passwd(CliCall *call);
int cli_account_quota(CliCall *call);
int cli_account_release(CliCall *call);
int cli_account_show(CliCall *call);
int cli_account_suspects(CliCall *call);
int cli_account_unlock(CliCall *call);
int cli_account_warn(CliCall *call);
int cli_address_propose(CliCall *call);
int cli_audit_export(CliCall *call);
int cli_audit_search(CliCall *call);
int cli_audit_list(CliCall *call);
int cli_audit_verify(CliCall *call);
int cli_backup(CliCall *call);
int cli_calendar_due(CliCall *call);
int cli_calendar_inactive(CliCall *call);
int cli_calendar_notice(CliCall *call);
int cli_calendar_stop(CliCall *call);
int cli_check(CliCall *call);
int cli_doctor(CliCall *call);
int cli_export_maildir(CliCall *call);
int cli_export_mbox(CliCall *call);
int cli_export_stream(CliCall *call);
int cli_forward_check(CliCall *call);
int cli_forward_seen(CliCall *call);
int cli_guide(CliCall *call);
int cli_hold_begin(CliCall *call);
int cli_hold_end(CliCall *call);
int cli_hold_list(CliCall *call);
int cli_import_begin(CliCall *call);
int cli_import_forget(CliCall *call);
int cli_import_imap(CliCall *call);
int cli_import_maildir(CliCall *call);
int cli_import_mbox(CliCall *call);
int cli_import_take(CliCall *call);
int cli_import_taken(CliCall *call);
int cli_incident_close(CliCall *call);
int cli_incident_evidence(CliCall *call);
int cli_incident_export(CliCall *call);
int cli_incident_letter(CliCall *call);
int cli_incident_list(CliCall *call);
int cli_incident_measure(CliCall *call);
int cli_incident_report(CliCall *call);
int cli_incident_show(CliCall *call);
int cli_incident_signups(CliCall *call);
int cli_incident_take(CliCall *call);
int cli_incident_register(CliCall *call);
int cli_index_rebuild(CliCall *call);
int cli_index_status(CliCall *call);
int cli_index_update(CliCall *call);
int cli_init(CliCall *call);
int cli_letter_incident(CliCall *call);
int cli_letter_stop(CliCall *call);
int cli_letter_warning(CliCall *call);
int cli_password_check(CliCall *call);
int cli_dkim_create(CliCall *call);
int cli_dkim_list(CliCall *call);
int cli_dkim_remove(CliCall *call);
int cli_dkim_use(CliCall *call);
int cli_dns_check(CliCall *call);
int cli_dns_show(CliCall *call);
int cli_directory_except(CliCall *call);
int cli_directory_publish(CliCall *call);
int cli_notice_cancel(CliCall *call);
int cli_notice_done(CliCall *call);
int cli_notice_list(CliCall *call);
int cli_notice_schedule(CliCall *call);
int cli_notice_show(CliCall *call);
int cli_notice_document(CliCall *call);
int cli_queue_drop(CliCall *call);
int cli_queue_hold(CliCall *call);
int cli_queue_list(CliCall *call);
int cli_queue_retry(CliCall *call);
int cli_queue_show(CliCall *call);
int cli_request_approve(CliCall *call);
int cli_request_document(CliCall *call);
int cli_request_form(CliCall *call);
int cli_request_import(CliCall *call);
int cli_request_letter(CliCall *call);
int cli_request_list(CliCall *call);
int cli_request_reject(CliCall *call);
int cli_request_reply(CliCall *call);
int cli_request_show(CliCall *call);
int cli_request_slips(CliCall *call);
int cli_regulation_move(CliCall *call);
int cli_regulation_show(CliCall *call);
int cli_report_annual(CliCall *call);
int cli_report_list(CliCall *call);
int cli_report_remind(CliCall *call);
int cli_report_sent(CliCall *call);
int cli_report_staff(CliCall *call);
int cli_restore(CliCall *call);
int cli_upgrade_list(CliCall *call);
int cli_upgrade_undo(CliCall *call);
int cli_role_grant(CliCall *call);
int cli_role_list(CliCall *call);
int cli_role_revoke(CliCall *call);
int cli_secret_freeze(CliCall *call);
int cli_secret_list(CliCall *call);
int cli_secret_release(CliCall *call);
int cli_serve(CliCall *call);
int cli_system_show(CliCall *call);
int cli_takeback_find(CliCall *call);
int cli_takeback_list(CliCall *call);
int cli_takeback_start(CliCall *call);
int cli_takeback_undo(CliCall *call);
int cli_trace(CliCall *call);
int cli_unit_add(CliCall *call);
int cli_unit_import(CliCall *call);
int cli_unit_list(CliCall *call);
int cli_unit_rename(CliCall *call);
int cli_unit_show(CliCall *call);

#endif
