/* The operator's end of an export; see export.h. The messages come from `export stream`, which puts
 * the act on record before it reads anything. */
#include "cli/export.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

gboolean export_write(int fd, Bytes bytes, GError **error) {
    while (bytes.n > 0) {
        gssize n = write(fd, bytes.p, bytes.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return cv_fail_errno(error, errno == ENOSPC ? CV_ERROR_BUSY : CV_ERROR_STORAGE,
                                 "không ghi được; the export cannot be written");
        bytes = bytes_slice(bytes, (gsize)n, bytes.n);
    }
    return TRUE;
}

/* ---- What comes ---- */

static gboolean end_mailbox(Export *export, GError **error) {
    gboolean good = !export->open || export->form->end(export, error);
    export->open = FALSE;
    return good;
}

static gboolean begin_mailbox(Export *export, Bytes payload, GError **error) {
    BatchMailbox mailbox;
    char *name = NULL;
    if (!end_mailbox(export, error))
        return FALSE;
    if (!batch_read_mailbox(payload, &mailbox, &name))
        return cv_fail(error, CV_ERROR_INTERNAL, "a mailbox of the export is broken");
    ListingEntry *entry = g_new0(ListingEntry, 1);
    *entry = (ListingEntry){NULL, name, mailbox.use, mailbox.subscribed};
    for (guint attempt = 0; entry->file == NULL; attempt++) {
        g_autofree char *file = export->form->name(name, attempt);
        g_autofree char *folded = g_utf8_casefold(file, -1); /* file systems of others */
        if (g_hash_table_add(export->files, g_steal_pointer(&folded)))
            entry->file = g_steal_pointer(&file);
    }
    g_ptr_array_add(export->listing, entry);
    export->open = TRUE;
    return export->form->begin(export, error);
}

static gboolean add_message(Export *export, Bytes payload, GError **error) {
    BatchMessage message;
    if (!batch_read_message(payload, &message))
        return cv_fail(error, CV_ERROR_INTERNAL, "a message of the export is broken");
    gboolean good = export->open && export->form->write(export, &message.message, error);
    export->bytes += (gint64)message.message.content.n;
    export->done++;
    cli_progress(export->call, export->done, MAX(export->all, export->done));
    g_ptr_array_unref(message.message.keywords);
    return good;
}

static gboolean take_record(Export *export, const BatchRecord *record, GError **error) {
    guint64 number = 0;
    if (record->kind == 'B')
        return begin_mailbox(export, record->payload, error);
    if (record->kind == 'M')
        return add_message(export, record->payload, error);
    if (!batch_read_number(record->payload, &number) || number > G_MAXINT64)
        return cv_fail(error, CV_ERROR_INTERNAL, "a record of the export is broken");
    if (record->kind == 'T')
        export->all = (gint64)number;
    export->ended = record->kind == 'E' && (gint64)number == export->done;
    return TRUE;
}

static gboolean take_batch(Bytes batch, gpointer data) {
    Export *export = data;
    Reader r;
    BatchRecord record;
    gboolean good = batch_open(batch, &r);
    while (good && batch_next(&r, &record))
        good = take_record(export, &record, &export->failed);
    if ((!good || !reader_done(&r)) && export->failed == NULL)
        cv_fail(&export->failed, CV_ERROR_INTERNAL,
                "the export is of another version of congvu: start the server with the program "
                "that runs this command");
    return export->failed == NULL;
}

/* ---- The folder ---- */

static gboolean flush_folder(int fd, GError **error) {
    return fsync(fd) == 0 || cv_fail_errno(error, CV_ERROR_STORAGE,
                                           "không ghi được xuống đĩa; cannot flush the "
                                           "folder of the export");
}

/* -1: it exists and is not empty, or cannot be made. */
static int make_folder(const char *path, GError **error) {
    g_autofree char *parent = g_path_get_dirname(path);
    gboolean made = mkdir(path, 0700) == 0;
    if (!made && errno != EEXIST) {
        cv_fail_errno(error, CV_ERROR_STORAGE, "không tạo được thư mục; cannot make %s", path);
        return -1;
    }
    GDir *dir = made ? NULL : g_dir_open(path, 0, NULL);
    gboolean empty = made || (dir != NULL && g_dir_read_name(dir) == NULL);
    if (dir != NULL)
        g_dir_close(dir);
    if (!empty) {
        cv_fail(error, CV_ERROR_EXISTS,
                "%s đã có: hãy nêu một thư mục mới; it is there already and is not overwritten: "
                "name a new folder",
                path);
        return -1;
    }
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int above = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    gboolean flushed = fd >= 0 && above >= 0 && fsync(above) == 0;
    if (above >= 0)
        close(above);
    if (!flushed) {
        cv_fail_errno(error, CV_ERROR_STORAGE, "không mở được thư mục; cannot open %s", path);
        if (fd >= 0)
            close(fd);
        return -1;
    }
    return fd;
}

static gboolean write_listing(Export *export, GError **error) {
    g_auto(Buffer) text;
    buffer_init(&text, LISTING_BYTES);
    if (!listing_write(&text, export->listing))
        return cv_fail(error, CV_ERROR_LIMIT, "the list of mailboxes is too long");
    int fd = openat(export->folder, LISTING_FILE,
                    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return cv_fail_errno(error, CV_ERROR_STORAGE,
                             "không tạo được tệp; cannot make " LISTING_FILE);
    gboolean good =
        export_write(fd, buffer_bytes(&text), error) &&
        (fsync(fd) == 0 || cv_fail_errno(error, CV_ERROR_STORAGE,
                                         "không ghi được xuống đĩa; cannot flush " LISTING_FILE));
    close(fd);
    return good;
}

/* ---- The command ---- */

static gboolean run(Export *export, Door *door, const char *account, const char *path,
                    const CliGround *ground, const char *access, GError **error) {
    const char *words[] = {"export",
                           "stream",
                           account,
                           "--kind",
                           export->form->kind,
                           "--to",
                           path,
                           ground->request != NULL ? "--request" : "--ground",
                           ground->request != NULL ? ground->request : ground->text,
                           access == NULL ? NULL : "--access",
                           access,
                           NULL};
    g_autoptr(GError) failed = NULL;
    gboolean asked = door_ask(door, words, bytes_of(NULL, 0), NULL, take_batch, export, &failed);
    if (export->failed != NULL) {
        g_propagate_error(error, g_steal_pointer(&export->failed));
        return FALSE;
    }
    if (!asked) {
        g_propagate_error(error, g_steal_pointer(&failed));
        return FALSE;
    }
    if (!export->ended)
        return cv_fail(error, CV_ERROR_INTERNAL,
                       "bản xuất bị cắt ngang; the export was cut short: make it again");
    return end_mailbox(export, error) &&
           (export->form->finish == NULL || export->form->finish(export, error)) &&
           flush_folder(export->folder, error) && write_listing(export, error) &&
           flush_folder(export->folder, error);
}

static int report(Export *export, const char *account, const char *path) {
    g_autofree char *size = cli_size_text(export->bytes);
    if (export->call->json) {
        g_auto(Buffer) document;
        buffer_init(&document, 64 * 1024);
        JsonWriter w = json_writer(&document);
        json_open(&w, NULL, '{');
        json_text(&w, "account", account);
        json_text(&w, "to", path);
        json_int(&w, "mailboxes", export->listing->len);
        json_int(&w, "messages", export->done);
        json_int(&w, "bytes", export->bytes);
        json_close(&w, '}');
        cli_print_json(export->call, &document);
        return CLI_DONE;
    }
    cli_print(export->call,
              "%s: đã xuất %" G_GINT64_FORMAT " thư (%s) của %u hộp vào %s, đã ghi xuống đĩa; "
              "exported and flushed\n",
              account, export->done, size, export->listing->len, path);
    return CLI_DONE;
}

static int refuse_without_ground(CliCall *call) {
    g_string_append(call->err,
                    "congvu: xem, xuất thư của người khác là việc thanh tra, kiểm tra (Điều 10): "
                    "nêu căn cứ bằng --ground TEXT; say on what ground: --ground TEXT or --request "
                    "ID\n");
    return CLI_REFUSED;
}

static gboolean has_ground(CliGround *ground) {
    char **texts[] = {&ground->request, &ground->text};
    guint given = 0;
    for (guint i = 0; i < 2; i++) {
        if (*texts[i] != NULL && *g_strstrip(*texts[i]) == '\0')
            *texts[i] = NULL;
        given += *texts[i] != NULL;
    }
    return given == 1;
}

int export_run(CliCall *call, const ExportForm *form) {
    char *account = NULL, *to = NULL, *access = NULL;
    CliGround ground = {0};
    const CliOption options[] = {
        {"account", &account, NULL, "whose mail", TRUE},
        {"to", &to, NULL, "a folder that does not exist yet", TRUE},
        {"access", &access, NULL, "the approved access to a person's mail: TC-3", FALSE},
        CLI_GROUND_OPTIONS(ground),
        {NULL},
    };
    int status;
    if (!cli_options(call, options, 0, 0, &status))
        return status;
    if (!has_ground(&ground))
        return refuse_without_ground(call);
    g_autofree char *path = g_canonicalize_filename(to, NULL);
    g_autoptr(Door) door = door_open(call, &status);
    if (door == NULL)
        return status;
    g_autoptr(GError) error = NULL;
    int folder = make_folder(path, &error);
    if (folder < 0)
        return cli_refuse(call, g_steal_pointer(&error));
    Export export = {.call = call, .form = form, .folder = folder};
    export.listing = g_ptr_array_new_with_free_func((GDestroyNotify)listing_entry_free);
    export.files = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    gboolean good = run(&export, door, account, path, &ground, access, &error);
    if (!good && export.open)
        form->end(&export, NULL);
    status = good ? report(&export, account, path) : cli_refuse(call, g_steal_pointer(&error));
    if (!good && export.listing->len == 0)
        rmdir(path); /* refused before anything was written */
    g_ptr_array_unref(export.listing);
    g_hash_table_unref(export.files);
    close(folder);
    return status;
}
