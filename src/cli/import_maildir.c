/* import maildir: a Maildir with all its folders. */
#include "cli/import.h"
#include "moving/maildir.h"

typedef struct {
    CliCall *call;
    Mover *mover;
    const char *path;
    Buffer content;
    GPtrArray *keywords;
    gint64 done,
        all; /* messages; all: of the folders that were opened, and those to come unknown */
} Run;

static gboolean take_messages(Run *run, MaildirReader *reader, GError **error) {
    MovingMessage message = {.keywords = run->keywords};
    for (;;) {
        g_autofree char *label = NULL;
        g_autoptr(GError) why = NULL;
        MaildirNext next = maildir_next(reader, &run->content, &message, &label, &why);
        if (next == MAILDIR_END)
            return TRUE;
        if (next == MAILDIR_LEFT)
            mover_left(run->mover, label, why->message);
        else if (!mover_add(run->mover, &run->content, &message, label, error))
            return FALSE;
        cli_progress(run->call, ++run->done, run->all);
        if (run->content.capacity > 2 * MOVING_BATCH_BYTES)
            buffer_release(&run->content);
    }
}

static gboolean take_folder(Run *run, const MaildirFolder *folder, gboolean listed,
                            GError **error) {
    g_autoptr(GError) why = NULL;
    g_autoptr(MaildirReader) reader = maildir_open(run->path, folder, &why);
    StoreUse use = listed ? folder->use : import_use_of_name(folder->name);
    const MoverFolder wanted = {
        .target = folder->name, .use = use, .subscribed = folder->subscribed};
    if (!mover_send(run->mover, error))
        return FALSE;
    if (reader == NULL || !mover_folder(run->mover, &wanted, &why)) {
        mover_left(run->mover, folder->name, why->message);
        return TRUE;
    }
    run->all = run->done + maildir_count(reader);
    return take_messages(run, reader, error);
}

static gboolean take_folders(Run *run, GError **error) {
    g_autoptr(GError) failed = NULL;
    g_autoptr(GPtrArray) listing = import_read_listing(run->path, &failed);
    if (failed != NULL) {
        g_propagate_error(error, g_steal_pointer(&failed));
        return FALSE;
    }
    g_autoptr(GPtrArray) folders = maildir_folders(run->path, listing, error);
    if (folders == NULL)
        return FALSE;
    for (guint i = 0; i < folders->len; i++)
        if (!take_folder(run, folders->pdata[i], listing != NULL, error))
            return FALSE;
    return TRUE;
}

int cli_import_maildir(CliCall *call) {
    char *account = NULL;
    CliGround ground = {0};
    const CliOption options[] = {
        {"account", &account, NULL, "whose mail it will be", TRUE},
        CLI_GROUND_OPTIONS(ground),
        {NULL},
    };
    int status;
    if (!cli_options(call, options, 1, 1, &status))
        return status;
    g_autofree char *path = g_canonicalize_filename(call->arguments[0], NULL);
    g_autoptr(Door) door = door_open(call, &status);
    if (door == NULL)
        return status;
    g_autoptr(GError) error = NULL;
    const MoverOptions wanted = {
        .address = account, .kind = "maildir", .from = path, .ground = &ground};
    g_autoptr(Mover) mover = mover_open(call, door, &wanted, &error);
    if (mover == NULL)
        return cli_refuse(call, g_steal_pointer(&error));
    g_autoptr(GPtrArray) keywords = g_ptr_array_new_with_free_func(g_free);
    Run run = {.call = call, .mover = mover, .path = path, .keywords = keywords};
    buffer_init(&run.content, MOVING_MESSAGE_BYTES);
    gboolean read = take_folders(&run, &error);
    mover_send(mover, read ? &error : NULL); /* what was read before it failed, too */
    buffer_release(&run.content);
    return mover_report(mover, g_steal_pointer(&error));
}
