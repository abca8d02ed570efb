/* doctor, backup, restore: looking after the data directory. */
#include "cli/cli.h"

#include "maintain/maintain.h"

static MaintainData data_of(const Instance *instance) {
    return (MaintainData){.directory = instance->path,
                          .admin = instance->admin,
                          .mail = instance->mail,
                          .blobs = instance->blobs,
                          .store = instance->store};
}

static void pass_progress(const char *what, gint64 done, gint64 all, gpointer user) {
    cli_progress(user, done, all);
}

typedef struct {
    CliCall *call;
    JsonWriter w;
    guint count;
} Findings;

static void note_finding(const char *text, gpointer user) {
    Findings *findings = user;
    findings->count++;
    if (findings->call->json)
        json_text(&findings->w, NULL, text);
    else
        cli_print(findings->call, "%s\n", text);
}

/* Progress and findings come from one call: the findings hold the call. */
static void doctor_progress(const char *what, gint64 done, gint64 all, gpointer user) {
    pass_progress(what, done, all, ((Findings *)user)->call);
}

int cli_doctor(CliCall *call) {
    gboolean repair = FALSE, quick = FALSE;
    const CliOption options[] = {
        {"repair", NULL, &repair, "remove what belongs to nobody", FALSE},
        {"quick", NULL, &quick, "do not read every byte of every message", FALSE},
        {NULL},
    };
    int status;
    if (!cli_options(call, options, 0, 0, &status))
        return status;
    guint flags = (repair ? MAINTAIN_DOCTOR_REPAIR : 0) | (quick ? 0 : MAINTAIN_DOCTOR_HASHES);
    g_auto(Buffer) document;
    buffer_init(&document, 64 * 1024 * 1024);
    Findings findings = {.call = call, .w = json_writer(&document)};
    json_open(&findings.w, NULL, '[');
    MaintainData data = data_of(call->instance);
    g_autoptr(GError) error = NULL;
    if (!maintain_doctor(&data, flags, note_finding, doctor_progress, &findings, &error))
        return cli_refuse(call, g_steal_pointer(&error));
    json_close(&findings.w, ']');
    if (call->json)
        cli_print_json(call, &document);
    else if (findings.count == 0)
        cli_print(call, "everything is in order\n");
    return findings.count == 0 ? CLI_DONE : CLI_REFUSED;
}

int cli_backup(CliCall *call) {
    int status;
    if (!cli_options(call, NULL, 1, 1, &status))
        return status;
    MaintainData data = data_of(call->instance);
    MaintainBackup result;
    g_autoptr(GError) error = NULL;
    if (!maintain_backup(&data, call->arguments[0], pass_progress, call, &result, &error))
        return cli_refuse(call, g_steal_pointer(&error));
    if (call->json) {
        g_auto(Buffer) document;
        buffer_init(&document, 64 * 1024);
        JsonWriter w = json_writer(&document);
        json_open(&w, NULL, '{');
        json_text(&w, "directory", call->arguments[0]);
        json_int(&w, "files", result.files);
        json_int(&w, "linked", result.linked);
        json_int(&w, "bytes", result.bytes);
        json_int(&w, "missing", result.missing);
        json_close(&w, '}');
        cli_print_json(call, &document);
    } else {
        cli_print(call, "backed up to %s: %" G_GINT64_FORMAT " files, %" G_GINT64_FORMAT " bytes\n",
                  call->arguments[0], result.files, result.bytes);
    }
    if (result.missing == 0)
        return CLI_DONE;
    g_string_append_printf(call->err,
                           "congvu: %" G_GINT64_FORMAT
                           " files of messages are missing; run `congvu doctor`\n",
                           result.missing);
    return CLI_REFUSED;
}

int cli_restore(CliCall *call) {
    gboolean nothing_after = FALSE;
    const CliOption options[] = {
        {"nothing-came-after", NULL, &nothing_after,
         "the server was stopped before the backup: clients may go on with what they know", FALSE},
        {NULL},
    };
    int status;
    if (!cli_options(call, options, 1, 1, &status))
        return status;
    if (call->data == NULL) {
        g_string_append(call->err, "congvu: say where to: congvu --data DIR restore …\n");
        return CLI_USAGE;
    }
    g_autoptr(GError) error = NULL;
    if (!maintain_restore(call->arguments[0], call->data,
                          nothing_after ? MAINTAIN_RESTORE_NOTHING_CAME_AFTER : 0, pass_progress,
                          call, &error))
        return cli_refuse(call, g_steal_pointer(&error));
    cli_print(call, "restored %s from %s\n", call->data, call->arguments[0]);
    return CLI_DONE;
}
