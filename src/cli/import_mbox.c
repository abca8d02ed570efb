/* import mbox: one file into one mailbox, or a folder that `export mbox` made into all of its
 * mailboxes. */
#include "cli/import.h"
#include "moving/mbox.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
    CliCall *call;
    Mover *mover;
    Buffer content;
    GPtrArray *keywords;
    gint64 done, all; /* bytes of all files */
} Run;

static gboolean take_one(Run *run, const Mbox *mbox, MboxNext next, const MovingMessage *message,
                         const char *file, GError **error) {
    g_autofree char *label =
        g_strdup_printf("%s, thư thứ %" G_GUINT64_FORMAT " (byte %" G_GINT64_FORMAT ")", file,
                        mbox_number(mbox), mbox_offset(mbox));
    if (next == MBOX_MESSAGE)
        return mover_add(run->mover, &run->content, message, label, error);
    if (next == MBOX_TOO_LARGE)
        mover_left(run->mover, label, "thư lớn hơn 128 MB; the message is larger than 128 MB");
    return TRUE; /* MBOX_GONE: the other program had deleted it */
}

static gboolean read_messages(Run *run, Mbox *mbox, const char *file, GError **error) {
    MovingMessage message = {.keywords = run->keywords};
    for (;;) {
        MboxNext next = mbox_next(mbox, &run->content, &message, error);
        if (next == MBOX_END)
            return TRUE;
        if (next == MBOX_FAILED || !take_one(run, mbox, next, &message, file, error))
            return FALSE;
        cli_progress(run->call, run->done + mbox_position(mbox), run->all);
        if (run->content.capacity > 2 * MOVING_BATCH_BYTES)
            buffer_release(&run->content);
    }
}

static gboolean read_file(Run *run, const char *path, const ListingEntry *entry, GError **error) {
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    struct stat st;
    if (fd < 0)
        return cv_fail_errno(error, CV_ERROR_NOT_FOUND, "không mở được tệp; cannot open %s", path);
    if (fstat(fd, &st) != 0 || S_ISDIR(st.st_mode)) {
        close(fd);
        return cv_fail(
            error, CV_ERROR_INPUT,
            "%s là thư mục không do `congvu export mbox` tạo ra; it is a folder that was "
            "not made by it: name one file",
            path);
    }
    const MoverFolder folder = {
        .target = entry->name, .use = entry->use, .subscribed = entry->subscribed};
    g_autoptr(Mbox) mbox = mbox_open(fd, error);
    gboolean good = mbox != NULL && mover_folder(run->mover, &folder, error) &&
                    read_messages(run, mbox, path, error);
    run->done += S_ISREG(st.st_mode) ? st.st_size : 0;
    close(fd);
    return good;
}

static gint64 size_of(const char *path) {
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode) ? st.st_size : 0;
}

static gboolean read_files(Run *run, const char *path, const char *mailbox, GError **error) {
    g_autoptr(GError) failed = NULL;
    g_autoptr(GPtrArray) listing = import_read_listing(path, &failed);
    if (failed != NULL && g_file_test(path, G_FILE_TEST_IS_DIR)) {
        g_propagate_error(error, g_steal_pointer(&failed));
        return FALSE;
    }
    if (listing == NULL) {
        ListingEntry entry = {.name = (char *)mailbox};
        run->all = size_of(path);
        return read_file(run, path, &entry, error);
    }
    for (guint i = 0; i < listing->len; i++) {
        const ListingEntry *entry = listing->pdata[i];
        g_autofree char *file = g_build_filename(path, entry->file, NULL);
        run->all += size_of(file);
    }
    for (guint i = 0; i < listing->len; i++) {
        const ListingEntry *entry = listing->pdata[i];
        g_autofree char *file = g_build_filename(path, entry->file, NULL);
        if (!read_file(run, file, entry, error))
            return FALSE;
    }
    return TRUE;
}

int cli_import_mbox(CliCall *call) {
    char *account = NULL, *mailbox = (char *)"INBOX";
    CliGround ground = {0};
    const CliOption options[] = {
        {"account", &account, NULL, "whose mail it will be", TRUE},
        {"mailbox", &mailbox, NULL, "where it goes: INBOX unless given; it is made when missing",
         FALSE},
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
        .address = account, .kind = "mbox", .from = path, .ground = &ground};
    g_autoptr(Mover) mover = mover_open(call, door, &wanted, &error);
    if (mover == NULL)
        return cli_refuse(call, g_steal_pointer(&error));
    g_autoptr(GPtrArray) keywords = g_ptr_array_new_with_free_func(g_free);
    Run run = {.call = call, .mover = mover, .keywords = keywords};
    buffer_init(&run.content, MOVING_MESSAGE_BYTES);
    gboolean read = read_files(&run, path, mailbox, &error);
    mover_send(mover, read ? &error : NULL); /* what was read before it failed, too */
    buffer_release(&run.content);
    return mover_report(mover, g_steal_pointer(&error));
}
