/* export maildir: Maildir++, as moving/maildir.h reads it. */
#include "cli/export.h"
#include "moving/maildir.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
    int folder, cur;
    GPtrArray *keywords; /* char *, in the order of their first use */
    GString *uidlist;    /* in pieces to a file of its own */
    int list;
    guint32 last;
} Mailbox;

enum { LETTERS = 26, LIST_BYTES = 256 * 1024 };

static char *name_folder(const char *mailbox, guint attempt) {
    if (g_str_equal(mailbox, "INBOX"))
        return g_strdup("cur"); /* the Maildir itself */
    g_autofree char *name = maildir_encode_name(mailbox);
    return attempt == 0 ? g_steal_pointer(&name) : g_strdup_printf("%s-%u", name, attempt + 1);
}

static gboolean make(int at, const char *name, GError **error) {
    return mkdirat(at, name, 0700) == 0 ||
           cv_fail_errno(error, CV_ERROR_STORAGE, "không tạo được thư mục; cannot make %s", name);
}

static int make_file(int at, const char *name, GError **error) {
    int fd = openat(at, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        cv_fail_errno(error, CV_ERROR_STORAGE, "không tạo được tệp; cannot make %s", name);
    return fd;
}

static gboolean begin(Export *export, GError **error) {
    const ListingEntry *entry = export->listing->pdata[export->listing->len - 1];
    gboolean inbox = g_str_equal(entry->file, "cur");
    Mailbox *mailbox = g_new0(Mailbox, 1);
    *mailbox = (Mailbox){.folder = -1, .cur = -1, .list = -1, .uidlist = g_string_new(NULL)};
    mailbox->keywords = g_ptr_array_new_with_free_func(g_free);
    export->state = mailbox;
    if (!inbox && !make(export->folder, entry->file, error))
        return FALSE;
    mailbox->folder = openat(export->folder, inbox ? "." : entry->file,
                             O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (mailbox->folder < 0)
        return cv_fail_errno(error, CV_ERROR_STORAGE, "không mở được; cannot open %s", entry->file);
    if (!make(mailbox->folder, "cur", error) || !make(mailbox->folder, "new", error) ||
        !make(mailbox->folder, "tmp", error))
        return FALSE;
    mailbox->cur = openat(mailbox->folder, "cur", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (mailbox->cur < 0)
        return cv_fail_errno(error, CV_ERROR_STORAGE, "không mở được; cannot open %s", entry->file);
    int mark = inbox ? -1 : make_file(mailbox->folder, "maildirfolder", error);
    if (mark >= 0)
        close(mark);
    return (inbox || mark >= 0) &&
           (mailbox->list = make_file(mailbox->folder, "dovecot-uidlist.part", error)) >= 0;
}

/* Indexes of the message's keywords among those of the mailbox. */
static guint index_keywords(Mailbox *mailbox, const GPtrArray *keywords, guint indexes[64]) {
    guint count = 0;
    for (guint i = 0; keywords != NULL && i < keywords->len && count < 64; i++) {
        guint at = 0;
        while (at < mailbox->keywords->len &&
               !g_str_equal(mailbox->keywords->pdata[at], keywords->pdata[i]))
            at++;
        if (at == mailbox->keywords->len)
            g_ptr_array_add(mailbox->keywords, g_strdup(keywords->pdata[i]));
        indexes[count++] = at;
    }
    return count;
}

static char *name_message(Mailbox *mailbox, const MovingMessage *message, gboolean raw) {
    guint indexes[64];
    guint count = index_keywords(mailbox, message->keywords, indexes);
    gint64 received = MAX(message->received, 0);
    GString *name = g_string_new(NULL);
    g_string_printf(name, "%" G_GINT64_FORMAT ".M%06dQ%u.congvu%s", received / G_USEC_PER_SEC,
                    (int)(received % G_USEC_PER_SEC), message->uid, raw ? ",R" : "");
    gboolean more = FALSE;
    for (guint i = 0; i < count; i++)
        if (indexes[i] >= LETTERS) {
            g_string_append_printf(name, "%s%u", more ? "." : ",K=", indexes[i]);
            more = TRUE;
        }
    g_string_append_printf(mailbox->uidlist, "%u :%s\n", message->uid, name->str);
    g_autofree char *flags = maildir_flags(message->flags, indexes, count);
    g_string_append(name, flags);
    return g_string_free(name, FALSE);
}

static gboolean write_list(Mailbox *mailbox, GError **error) {
    gboolean good =
        export_write(mailbox->list, bytes_of(mailbox->uidlist->str, mailbox->uidlist->len), error);
    g_string_truncate(mailbox->uidlist, 0);
    return good;
}

static gboolean write_message(Export *export, const MovingMessage *message, GError **error) {
    Mailbox *mailbox = export->state;
    g_auto(Buffer) changed;
    buffer_init(&changed, MAX(message->content.n, 1));
    gboolean fits;
    gboolean raw = !moving_append_lf(&changed, message->content, &fits);
    g_autofree char *name = name_message(mailbox, message, raw);
    int fd = make_file(mailbox->cur, name, error);
    if (fd < 0)
        return FALSE;
    gint64 received = MAX(message->received, 0);
    struct timespec time = {.tv_sec = received / G_USEC_PER_SEC,
                            .tv_nsec = received % G_USEC_PER_SEC * 1000};
    const struct timespec times[2] = {time, time};
    gboolean good =
        export_write(fd, raw ? message->content : buffer_bytes(&changed), error) &&
        (futimens(fd, times) == 0 ||
         cv_fail_errno(error, CV_ERROR_STORAGE, "không đặt được ngày; cannot set the date"));
    close(fd);
    mailbox->last = message->uid;
    return good && (mailbox->uidlist->len < LIST_BYTES || write_list(mailbox, error));
}

/* The header of the list needs the last UID, so it is put before what was gathered. */
static gboolean finish_list(Mailbox *mailbox, GError **error) {
    int from = openat(mailbox->folder, "dovecot-uidlist.part", O_RDONLY | O_CLOEXEC);
    int to = make_file(mailbox->folder, "dovecot-uidlist", error);
    g_autofree char *head = g_strdup_printf("3 V1 N%u\n", mailbox->last + 1);
    gboolean good = from >= 0 && to >= 0 && export_write(to, bytes_of_string(head), error);
    guint8 piece[64 * 1024];
    for (gssize n = 1; good && n > 0;) {
        n = read(from, piece, sizeof piece);
        good = n == 0 || (n > 0 && export_write(to, bytes_of(piece, (gsize)n), error));
    }
    if (from >= 0)
        close(from);
    if (to >= 0)
        close(to);
    if (good && unlinkat(mailbox->folder, "dovecot-uidlist.part", 0) == 0)
        return TRUE;
    return error != NULL && *error != NULL
               ? FALSE
               : cv_fail_errno(error, CV_ERROR_STORAGE,
                               "không ghi được; cannot write the list of "
                               "UIDs");
}

static gboolean write_keywords(const Mailbox *mailbox, GError **error) {
    if (mailbox->keywords->len == 0)
        return TRUE;
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < mailbox->keywords->len; i++)
        g_string_append_printf(text, "%u %s\n", i, (const char *)mailbox->keywords->pdata[i]);
    int fd = make_file(mailbox->folder, "dovecot-keywords", error);
    gboolean good = fd >= 0 && export_write(fd, bytes_of(text->str, text->len), error);
    if (fd >= 0)
        close(fd);
    return good;
}

/* Everything of the file system at once: a flush of each of a million files would take hours. */
static gboolean finish(Export *export, Mailbox *mailbox, GError **error) {
    return write_list(mailbox, error) && finish_list(mailbox, error) &&
           write_keywords(mailbox, error) &&
           (syncfs(export->folder) == 0 ||
            cv_fail_errno(error, CV_ERROR_STORAGE,
                          "không ghi được xuống đĩa; cannot flush the "
                          "export"));
}

static gboolean end(Export *export, GError **error) {
    Mailbox *mailbox = export->state;
    gboolean good = mailbox->list >= 0 && finish(export, mailbox, error);
    int fds[] = {mailbox->folder, mailbox->cur, mailbox->list};
    for (gsize i = 0; i < G_N_ELEMENTS(fds); i++)
        if (fds[i] >= 0)
            close(fds[i]);
    g_ptr_array_unref(mailbox->keywords);
    g_string_free(mailbox->uidlist, TRUE);
    g_free(g_steal_pointer(&export->state));
    return good;
}

/* What Dovecot reads: names with '.' between levels, one a line. */
static gboolean write_subscriptions(Export *export, GError **error) {
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < export->listing->len; i++) {
        const ListingEntry *entry = export->listing->pdata[i];
        if (entry->subscribed)
            g_string_append_printf(text, "%s\n", entry->file[0] == '.' ? entry->file + 1 : "INBOX");
    }
    int fd = make_file(export->folder, "subscriptions", error);
    gboolean good = fd >= 0 && export_write(fd, bytes_of(text->str, text->len), error) &&
                    (fsync(fd) == 0 || cv_fail_errno(error, CV_ERROR_STORAGE,
                                                     "không ghi được xuống đĩa; cannot "
                                                     "flush the subscriptions"));
    if (fd >= 0)
        close(fd);
    return good;
}

int cli_export_maildir(CliCall *call) {
    static const ExportForm form = {"maildir",     name_folder, begin,
                                    write_message, end,         write_subscriptions};
    return export_run(call, &form);
}
