/* doctor, backup, restore, upgrade: looking after the data directory itself. */
#include "cli/cli.h"

#include "maintain/maintain.h"

#include <unistd.h>

/* What maintain/ hands back to its callbacks. */
typedef struct {
    CliCall *call;
    GPtrArray *findings; /* char *; of doctor */
} Work;

static void show_progress(const char *what G_GNUC_UNUSED, gint64 done, gint64 all, gpointer data) {
    const Work *work = data;
    if (all > 1) /* a step without a measure of its own is no bar */
        cli_progress(work->call, done, all);
}

static gboolean follow(gpointer instance, GError **error) {
    return instance_apply_pending(instance, error);
}

static MaintainData data_of(const CliCall *call) {
    const Instance *instance = call->instance;
    return (MaintainData){.directory = instance->path,
                          .admin = instance->admin,
                          .mail = instance->mail,
                          .blobs = instance->blobs,
                          .store = instance->store,
                          .follow = follow,
                          .follow_data = call->instance};
}

/* ---- doctor ---- */

static void keep_finding(const char *text, gpointer data) {
    const Work *work = data;
    g_ptr_array_add(work->findings, g_strdup(text));
}

/* The index is told apart from the mail: what is wrong in it costs a rebuild and nothing else. */
static gboolean doctor_search(CliCall *call, gboolean repair, Work *work, GError **error) {
    SearchIndex *search = call->instance->search;
    guint before = work->findings->len;
    if (search == NULL) {
        keep_finding("search.db: it could not be opened; searching goes on without it, slowly",
                     work);
        return TRUE;
    }
    if (!search_verify(search, keep_finding, work, error))
        return FALSE;
    if (!repair || work->findings->len == before)
        return TRUE;
    g_ptr_array_set_size(work->findings, (gint)before);
    cli_print(call, "search.db: it contradicts itself; it is thrown away and built anew\n");
    return search_reset(search, error);
}

int cli_doctor(CliCall *call) {
    gboolean repair = FALSE, quick = FALSE;
    const CliOption options[] = {
        {"repair", NULL, &repair,
         "count again what is counted twice, remove what belongs to nobody", FALSE},
        {"quick", NULL, &quick, "without reading every byte of every message", FALSE},
        {NULL},
    };
    int status;
    if (!cli_options(call, options, 0, 0, &status))
        return status;
    MaintainData data = data_of(call);
    MaintainDoctorFlags flags =
        (repair ? MAINTAIN_DOCTOR_REPAIR : 0) | (quick ? 0 : MAINTAIN_DOCTOR_HASHES);
    g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(g_free);
    Work work = {call, found};
    g_autoptr(GError) error = NULL;
    if (!maintain_doctor(&data, flags, keep_finding, show_progress, &work, &error) ||
        !doctor_search(call, repair, &work, &error)) {
        for (guint i = 0; i < found->len; i++) /* what was seen before the look ended */
            g_string_append_printf(call->err, "%s\n", (const char *)g_ptr_array_index(found, i));
        return cli_refuse(call, g_steal_pointer(&error));
    }
    if (call->json) {
        g_auto(Buffer) document;
        buffer_init(&document, 256 * 1024 * 1024);
        JsonWriter w = json_writer(&document);
        json_open(&w, NULL, '{');
        json_open(&w, "findings", '[');
        for (guint i = 0; i < found->len; i++)
            json_text(&w, NULL, g_ptr_array_index(found, i));
        json_close(&w, ']');
        json_close(&w, '}');
        cli_print_json(call, &document);
    } else {
        for (guint i = 0; i < found->len; i++)
            cli_print(call, "%s\n", (const char *)g_ptr_array_index(found, i));
        if (found->len == 0)
            cli_print(call, "everything is in order: databases, references, counts%s\n",
                      quick ? "" : ", the bytes of every message");
    }
    if (found->len == 0)
        return CLI_DONE;
    g_string_append_printf(call->err, "congvu: thấy %u chỗ mâu thuẫn; %u contradictions found%s\n",
                           found->len, found->len,
                           repair ? "; what stays needs a backup (congvu restore)"
                                  : "; `congvu doctor --repair` mends what can be known again, the "
                                    "rest needs a backup");
    return CLI_REFUSED;
}

/* ---- backup, restore ---- */

static int verify_backup(CliCall *call) {
    g_autoptr(GError) error = NULL;
    Work work = {.call = call};
    if (!maintain_backup_verify(call->arguments[0], show_progress, &work, &error))
        return cli_refuse(call, g_steal_pointer(&error));
    cli_print(call, "%s: the backup is whole, every byte as its manifest says\n",
              call->arguments[0]);
    return CLI_DONE;
}

int cli_backup(CliCall *call) {
    gboolean verify = FALSE;
    const CliOption options[] = {
        {"verify", NULL, &verify, "compare the backup in DIRECTORY with its manifest instead",
         FALSE},
        {NULL},
    };
    int status;
    if (!cli_options(call, options, 1, 1, &status))
        return status;
    if (verify)
        return verify_backup(call);
    MaintainData data = data_of(call);
    MaintainBackup result = {0};
    Work work = {.call = call};
    g_autoptr(GError) error = NULL;
    if (!maintain_backup(&data, call->arguments[0], show_progress, &work, &result, &error))
        return cli_refuse(call, g_steal_pointer(&error));
    g_autofree char *size = cli_size_text(result.bytes);
    cli_print(call, "%s: %" G_GINT64_FORMAT " files, %s; %" G_GINT64_FORMAT " of them linked\n",
              call->arguments[0], result.files, size, result.linked);
    if (result.missing == 0)
        return CLI_DONE;
    g_string_append_printf(call->err,
                           "congvu: một số thư đã mất nội dung; %" G_GINT64_FORMAT
                           " messages have no bytes any more and are "
                           "not in the backup; run `congvu doctor`\n",
                           result.missing);
    return CLI_REFUSED;
}

int cli_restore(CliCall *call) {
    gboolean nothing_after = FALSE;
    const CliOption options[] = {
        {"nothing-came-after", NULL, &nothing_after,
         "no mail came, went or changed after the backup (the server was stopped before)", FALSE},
        {NULL},
    };
    int status;
    if (!cli_options(call, options, 1, 1, &status))
        return status;
    if (call->data == NULL) {
        g_string_append(call->err, "congvu: chưa nêu thư mục dữ liệu cần tạo; say which data "
                                   "directory to make: congvu --data DIR restore …\n");
        return CLI_USAGE;
    }
    g_autoptr(GError) error = NULL;
    Work work = {.call = call};
    if (!maintain_restore(call->arguments[0], call->data,
                          nothing_after ? MAINTAIN_RESTORE_NOTHING_CAME_AFTER : 0, show_progress,
                          &work, &error))
        return cli_refuse(call, g_steal_pointer(&error));
    cli_print(call, "%s is restored from %s\nstart it with: congvu --data %s serve\n", call->data,
              call->arguments[0], call->data);
    return CLI_DONE;
}

/* ---- upgrade ---- */

int cli_upgrade_list(CliCall *call) {
    const CliOption options[] = {{NULL}};
    int status;
    if (!cli_options(call, options, 0, 0, &status))
        return status;
    g_autoptr(GPtrArray) names = maintain_upgrade_copies(call->instance->path);
    if (!call->json) {
        for (guint i = 0; i < names->len; i++)
            cli_print(call, "%s\n", (const char *)g_ptr_array_index(names, i));
        if (names->len == 0)
            cli_print(call, "chưa có bản sao nào; there is no copy from before an upgrade\n");
        return CLI_DONE;
    }
    g_auto(Buffer) document;
    buffer_init(&document, 1024 * 1024);
    JsonWriter w = json_writer(&document);
    json_open(&w, NULL, '[');
    for (guint i = 0; i < names->len; i++)
        json_text(&w, NULL, g_ptr_array_index(names, i));
    json_close(&w, ']');
    cli_print_json(call, &document);
    return CLI_DONE;
}

int cli_upgrade_undo(CliCall *call) {
    const CliOption options[] = {{NULL}};
    int status;
    if (!cli_options(call, options, 1, 1, &status))
        return status;
    if (call->data == NULL) {
        g_string_append(call->err, "congvu: chưa nêu thư mục dữ liệu; say which data directory: "
                                   "congvu --data DIR upgrade undo …\n");
        return CLI_USAGE;
    }
    g_autoptr(GError) error = NULL;
    int lock = instance_lock(call->data, &error);
    gboolean done = lock >= 0 && maintain_go_back(call->data, call->arguments[0], &error);
    if (lock >= 0)
        close(lock);
    if (!done)
        return cli_refuse(call, g_steal_pointer(&error));
    cli_print(call,
              "%s: the databases are those of %s again; clients will fetch their mailboxes anew, "
              "and the queue is held\n",
              call->data, call->arguments[0]);
    return CLI_DONE;
}
