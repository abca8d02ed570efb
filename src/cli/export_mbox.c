/* export mbox: a file for each mailbox (mboxrd, moving/mbox.h). */
#include "cli/export.h"
#include "moving/mbox.h"

#include <fcntl.h>
#include <unistd.h>

enum {
    OUT_BYTES = 1024 * 1024, /* written out from here on */
    NAME_BYTES = 200,
};

typedef struct {
    int fd;
    Buffer out;
} Mailbox;

/* The mailbox's name with '.' between levels, cut between two characters. */
static char *name_file(const char *mailbox, guint attempt) {
    g_autofree char *name = g_strdup(mailbox);
    g_strdelimit(name, "/", '.');
    if (*name == '.')
        *name = '_';
    gsize n = MIN(strlen(name), (gsize)NAME_BYTES);
    while (n > 0 && ((guint8)name[n] & 0xc0) == 0x80)
        n--;
    name[n] = '\0';
    return attempt == 0 ? g_strconcat(name, ".mbox", NULL)
                        : g_strdup_printf("%s-%u.mbox", name, attempt + 1);
}

static gboolean begin(Export *export, GError **error) {
    const ListingEntry *entry = export->listing->pdata[export->listing->len - 1];
    Mailbox *mailbox = g_new0(Mailbox, 1);
    export->state = mailbox;
    buffer_init(&mailbox->out, (gsize)2 * BATCH_BYTES_MAXIMUM);
    mailbox->fd = openat(export->folder, entry->file,
                         O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    return mailbox->fd >= 0 || cv_fail_errno(error, CV_ERROR_STORAGE,
                                             "không tạo được tệp; cannot make %s", entry->file);
}

static gboolean write_out(Mailbox *mailbox, GError **error) {
    gboolean good = export_write(mailbox->fd, buffer_bytes(&mailbox->out), error);
    if (mailbox->out.capacity > 8 * OUT_BYTES)
        buffer_release(&mailbox->out);
    buffer_clear(&mailbox->out);
    return good;
}

static gboolean write_message(Export *export, const MovingMessage *message, GError **error) {
    Mailbox *mailbox = export->state;
    if (!mbox_write(&mailbox->out, message))
        return cv_fail(error, CV_ERROR_LIMIT, "a message is too large for an mbox");
    return mailbox->out.n < OUT_BYTES || write_out(mailbox, error);
}

static gboolean end(Export *export, GError **error) {
    Mailbox *mailbox = export->state;
    gboolean good = mailbox->fd >= 0 && write_out(mailbox, error) &&
                    (fsync(mailbox->fd) == 0 || cv_fail_errno(error, CV_ERROR_STORAGE,
                                                              "không ghi được xuống đĩa; cannot "
                                                              "flush the export"));
    if (mailbox->fd >= 0)
        close(mailbox->fd);
    buffer_release(&mailbox->out);
    g_free(g_steal_pointer(&export->state));
    return good;
}

int cli_export_mbox(CliCall *call) {
    static const ExportForm form = {"mbox", name_file, begin, write_message, end, NULL};
    return export_run(call, &form);
}
