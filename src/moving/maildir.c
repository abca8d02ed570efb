/* Reading a Maildir; see maildir.h. */
#include "moving/maildir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    FOLDERS_MOST = STORE_MAILBOX_COUNT,
    SIDE_FILE_BYTES = 256 * 1024 * 1024, /* dovecot-uidlist of millions */
    KEYWORDS_MOST = 4096,                /* lines of dovecot-keywords that are read */
};

/* ---- Files ---- */

static int open_folder(int at, const char *name, GError **error) {
    int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        cv_fail_errno(error, errno == ENOENT ? CV_ERROR_NOT_FOUND : CV_ERROR_STORAGE,
                      "không mở được thư mục; cannot open the folder %s", name);
    return fd;
}

/* All of a regular file. */
static gboolean read_regular(int at, const char *name, Buffer *out, struct stat *st,
                             GError **error) {
    int fd = openat(at, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return cv_fail_errno(error, errno == ENOENT ? CV_ERROR_NOT_FOUND : CV_ERROR_STORAGE,
                             "không mở được tệp; cannot open");
    gboolean good = fstat(fd, st) == 0 && S_ISREG(st->st_mode);
    if (!good)
        cv_fail(error, CV_ERROR_INPUT, "không phải tệp thường; it is no regular file");
    else if ((guint64)st->st_size > out->maximum)
        good = cv_fail(error, CV_ERROR_LIMIT, "tệp lớn hơn %zu MB; it is larger than %zu MB",
                       out->maximum >> 20, out->maximum >> 20);
    while (good) {
        guint8 *to = buffer_reserve(out, 64 * 1024);
        gssize n = to == NULL ? -1 : read(fd, to, 64 * 1024);
        if (n < 0 && to != NULL && errno == EINTR)
            continue;
        if (n < 0)
            good = to == NULL
                       ? cv_fail(error, CV_ERROR_LIMIT, "tệp lớn quá; it is too large")
                       : cv_fail_errno(error, CV_ERROR_STORAGE, "không đọc được; cannot read");
        if (n <= 0)
            break;
        buffer_commit(out, (gsize)n);
    }
    close(fd);
    return good;
}

/* A file that may be missing; what cannot be read counts as missing. */
static void read_side_file(int at, const char *name, Buffer *out) {
    struct stat st;
    if (!read_regular(at, name, out, &st, NULL))
        buffer_clear(out);
}

static gboolean next_line(Reader *r, Bytes *line) {
    if (reader_done(r))
        return FALSE;
    if (!reader_until(r, '\n', line)) {
        *line = reader_rest(r);
        r->at = r->end;
    }
    reader_skip_byte(r, '\n');
    return TRUE;
}

/* ---- Folders ---- */

void maildir_folder_free(MaildirFolder *folder) {
    if (folder == NULL)
        return;
    g_free(folder->file);
    g_free(folder->name);
    g_free(folder);
}

static void add_folder(GPtrArray *folders, const char *file, char *name, StoreUse use,
                       gboolean subscribed) {
    MaildirFolder *folder = g_new0(MaildirFolder, 1);
    *folder = (MaildirFolder){g_strdup(file), name, use, subscribed};
    g_ptr_array_add(folders, folder);
}

/* dovecot: one name a line with '.' (in version 2, behind a line "V\t2", levels are separated by
 * tabs); Courier: names with "INBOX." before them. A set of names with '/'. */
static GHashTable *read_subscriptions(int at) {
    GHashTable *names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    static const char *const files[] = {"subscriptions", "courierimapsubscribed"};
    for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
        g_auto(Buffer) text;
        buffer_init(&text, LISTING_BYTES);
        read_side_file(at, files[i], &text);
        Reader r = reader_of(buffer_bytes(&text));
        Bytes line;
        while (next_line(&r, &line)) {
            if (line.n == 0 || bytes_has_nul(line) || bytes_is(line, "V\t2"))
                continue;
            g_autofree char *file = bytes_dup_string(line);
            g_strdelimit(file, "\t", '.');
            const char *bare = i == 1 && g_str_has_prefix(file, "INBOX.") ? file + 6 : file;
            char *name = maildir_decode_name(bare);
            if (name != NULL)
                g_hash_table_add(names, name);
        }
    }
    return names;
}

static gboolean has_cur(int at, const char *name) {
    g_autofree char *cur = g_strconcat(name, "/cur", NULL);
    struct stat st;
    return fstatat(at, *name == '\0' ? "cur" : cur, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISDIR(st.st_mode);
}

static void add_listed(int at, const GPtrArray *listing, GPtrArray *folders) {
    for (guint i = 0; i < listing->len; i++) {
        const ListingEntry *entry = listing->pdata[i];
        const char *file = g_str_equal(entry->file, "cur") ? "" : entry->file;
        if (has_cur(at, file))
            add_folder(folders, file, g_strdup(entry->name), entry->use, entry->subscribed);
    }
}

static void add_found(int at, GPtrArray *folders) {
    g_autoptr(GHashTable) subscribed = read_subscriptions(at);
    if (has_cur(at, ""))
        add_folder(folders, "", g_strdup("INBOX"), STORE_USE_NONE, TRUE);
    DIR *dir = fdopendir(dup(at));
    for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;) {
        if (entry->d_name[0] != '.' || entry->d_name[1] == '\0' || entry->d_name[1] == '.' ||
            folders->len >= FOLDERS_MOST || !has_cur(at, entry->d_name))
            continue;
        char *name = maildir_decode_name(entry->d_name + 1);
        if (name != NULL)
            add_folder(folders, entry->d_name, name, STORE_USE_NONE,
                       g_hash_table_contains(subscribed, name));
    }
    if (dir != NULL)
        closedir(dir);
}

static int by_name(gconstpointer a, gconstpointer b) {
    const MaildirFolder *one = *(MaildirFolder *const *)a, *other = *(MaildirFolder *const *)b;
    int inbox = (*other->file == '\0') - (*one->file == '\0');
    return inbox != 0 ? inbox : strcmp(one->name, other->name);
}

GPtrArray *maildir_folders(const char *path, const GPtrArray *listing, GError **error) {
    g_autoptr(GPtrArray) folders =
        g_ptr_array_new_with_free_func((GDestroyNotify)maildir_folder_free);
    int at = open_folder(AT_FDCWD, path, error);
    if (at < 0)
        return NULL;
    if (listing != NULL)
        add_listed(at, listing, folders);
    else
        add_found(at, folders);
    close(at);
    if (folders->len == 0) {
        cv_fail(error, CV_ERROR_INPUT,
                "%s không phải Maildir (không có cur/); it is no Maildir: there is no cur/", path);
        return NULL;
    }
    g_ptr_array_sort(folders, by_name);
    return g_steal_pointer(&folders);
}

/* ---- One folder ---- */

typedef struct {
    guint32 uid;  /* of dovecot-uidlist; G_MAXUINT32: none */
    gboolean new; /* in new/ */
    gint64 seconds, micro;
    char *name;
} Entry;

struct MaildirReader {
    int cur, new;
    char *folder;
    GArray *entries; /* Entry */
    GPtrArray *keywords;
    guint at;
};

static void entry_clear(gpointer data) {
    g_free(((Entry *)data)->name);
}

/* Up to the flags and, for the list of UIDs, without what follows the base name. */
static Bytes base_of(const char *name) {
    const char *colon = strchr(name, ':');
    return bytes_of(name, colon == NULL ? strlen(name) : (gsize)(colon - name));
}

/* "1732435500.M123456P77Q3.host": the time of its delivery. */
static void read_time(Entry *entry) {
    Reader r = reader_of(base_of(entry->name));
    guint64 number;
    if (!reader_u64(&r, &number) || number > G_MAXINT64)
        return;
    entry->seconds = (gint64)number;
    while (!reader_done(&r)) {
        int c = reader_byte(&r);
        if (c == 'M' && reader_u64(&r, &number) && number < 1000000) {
            entry->micro = (gint64)number;
            return;
        }
    }
}

/* base name → UID */
static GHashTable *read_uidlist(int at) {
    g_auto(Buffer) text;
    buffer_init(&text, SIDE_FILE_BYTES);
    read_side_file(at, "dovecot-uidlist", &text);
    GHashTable *uids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    Reader r = reader_of(buffer_bytes(&text));
    Bytes line, unused;
    gboolean header = TRUE;
    while (next_line(&r, &line)) {
        Reader in = reader_of(line);
        guint64 uid;
        if (!header && reader_u64(&in, &uid) && uid < G_MAXUINT32 &&
            reader_until(&in, ':', &unused) && reader_skip_byte(&in, ':')) {
            g_autofree char *name = bytes_dup_string(reader_rest(&in));
            g_hash_table_replace(uids, bytes_dup_string(base_of(name)),
                                 GUINT_TO_POINTER((guint)uid));
        }
        header = FALSE;
    }
    return uids;
}

static gboolean list_files(MaildirReader *reader, int at, gboolean new, GHashTable *uids,
                           GError **error) {
    DIR *dir = fdopendir(dup(at));
    if (dir == NULL)
        return cv_fail_errno(error, CV_ERROR_STORAGE, "không đọc được thư mục; cannot list %s",
                             reader->folder);
    for (struct dirent *found; (found = readdir(dir)) != NULL;) {
        if (found->d_name[0] == '.')
            continue;
        Entry entry = {.uid = G_MAXUINT32, .new = new, .name = g_strdup(found->d_name)};
        read_time(&entry);
        g_autofree char *base = bytes_dup_string(base_of(entry.name));
        gpointer uid;
        if (g_hash_table_lookup_extended(uids, base, NULL, &uid))
            entry.uid = GPOINTER_TO_UINT(uid);
        g_array_append_val(reader->entries, entry);
    }
    closedir(dir);
    return TRUE;
}

static int in_order(gconstpointer a, gconstpointer b) {
    const Entry *one = a, *other = b;
    if (one->uid != other->uid)
        return one->uid < other->uid ? -1 : 1;
    if (one->seconds != other->seconds)
        return one->seconds < other->seconds ? -1 : 1;
    if (one->micro != other->micro)
        return one->micro < other->micro ? -1 : 1;
    return strcmp(one->name, other->name);
}

/* "0 viec\n1 $Forwarded\n": by index. */
static GPtrArray *read_keywords(int at) {
    GPtrArray *keywords = g_ptr_array_new_with_free_func(g_free);
    g_auto(Buffer) text;
    buffer_init(&text, 1024 * 1024);
    read_side_file(at, "dovecot-keywords", &text);
    Reader r = reader_of(buffer_bytes(&text));
    Bytes line;
    while (next_line(&r, &line)) {
        Reader in = reader_of(line);
        guint64 index;
        if (!reader_u64(&in, &index) || index >= KEYWORDS_MOST || !reader_skip_byte(&in, ' '))
            continue;
        if (keywords->len <= index)
            g_ptr_array_set_size(keywords, (gint)index + 1);
        g_free(keywords->pdata[index]);
        keywords->pdata[index] = bytes_dup_string(bytes_strip(reader_rest(&in)));
    }
    return keywords;
}

static gboolean open_files(MaildirReader *reader, int at, GError **error) {
    reader->cur = open_folder(at, "cur", error);
    reader->new =
        reader->cur < 0 ? -1 : openat(at, "new", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (reader->cur < 0)
        return FALSE;
    g_autoptr(GHashTable) uids = read_uidlist(at);
    reader->keywords = read_keywords(at);
    if (!list_files(reader, reader->cur, FALSE, uids, error) ||
        (reader->new >= 0 && !list_files(reader, reader->new, TRUE, uids, error)))
        return FALSE;
    g_array_sort(reader->entries, in_order);
    return TRUE;
}

MaildirReader *maildir_open(const char *path, const MaildirFolder *folder, GError **error) {
    g_autoptr(MaildirReader) reader = g_new0(MaildirReader, 1);
    reader->cur = reader->new = -1;
    reader->folder = g_strdup(folder->name);
    reader->entries = g_array_new(FALSE, FALSE, sizeof(Entry));
    g_array_set_clear_func(reader->entries, entry_clear);
    int top = open_folder(AT_FDCWD, path, error);
    int at = top < 0                 ? -1
             : *folder->file == '\0' ? dup(top)
                                     : open_folder(top, folder->file, error);
    gboolean good = at >= 0 && open_files(reader, at, error);
    if (top >= 0)
        close(top);
    if (at >= 0)
        close(at);
    return good ? g_steal_pointer(&reader) : NULL;
}

void maildir_free(MaildirReader *reader) {
    if (reader == NULL)
        return;
    if (reader->cur >= 0)
        close(reader->cur);
    if (reader->new >= 0)
        close(reader->new);
    g_array_unref(reader->entries);
    g_clear_pointer(&reader->keywords, g_ptr_array_unref);
    g_free(reader->folder);
    g_free(reader);
}

guint maildir_count(const MaildirReader *reader) {
    return reader->entries->len;
}

/* ---- One message ---- */

static void add_keyword(const MaildirReader *reader, MovingMessage *out, guint64 index) {
    if (index < reader->keywords->len && reader->keywords->pdata[index] != NULL)
        moving_add_keyword(out->keywords, bytes_of_string(reader->keywords->pdata[index]));
}

static void read_flags(const MaildirReader *reader, const Entry *entry, MovingMessage *out) {
    const char *info = strstr(entry->name, ":2,");
    for (const char *p = info == NULL ? "" : info + 3; *p != '\0' && *p != ','; p++) {
        if (*p >= 'a' && *p <= 'z')
            add_keyword(reader, out, (guint64)(*p - 'a'));
        else if (*p == 'P')
            moving_add_keyword(out->keywords, BYTES_LITERAL("$Forwarded"));
        out->flags |= *p == 'D'   ? STORE_DRAFT
                      : *p == 'F' ? STORE_FLAGGED
                      : *p == 'R' ? STORE_ANSWERED
                      : *p == 'S' ? STORE_SEEN
                      : *p == 'T' ? STORE_DELETED
                                  : 0;
    }
}

/* Our own fields of a base name: ",K=27.31" keywords beyond the letters, ",R" bytes as they are. */
static gboolean read_own_fields(const MaildirReader *reader, const Entry *entry,
                                MovingMessage *out) {
    gboolean raw = FALSE;
    g_autofree char *base = bytes_dup_string(base_of(entry->name));
    g_auto(GStrv) fields = g_strsplit(base, ",", 16);
    for (gsize i = 1; fields[0] != NULL && fields[i] != NULL; i++) {
        raw |= g_str_equal(fields[i], "R");
        if (!g_str_has_prefix(fields[i], "K="))
            continue;
        Reader r = reader_of(bytes_of_string(fields[i] + 2));
        for (guint64 index; reader_u64(&r, &index); reader_skip_byte(&r, '.'))
            add_keyword(reader, out, index);
    }
    return raw;
}

static gboolean read_message(const MaildirReader *reader, const Entry *entry, Buffer *content,
                             MovingMessage *out, GError **error) {
    g_auto(Buffer) file;
    buffer_init(&file, MOVING_MESSAGE_BYTES);
    struct stat st;
    if (!read_regular(entry->new ? reader->new : reader->cur, entry->name, &file, &st, error))
        return FALSE;
    Bytes text = buffer_bytes(&file);
    if (text.n >= 2 && text.p[0] == 0x1f && text.p[1] == 0x8b)
        return cv_fail(error, CV_ERROR_INPUT,
                       "tệp nén gzip; the file is compressed: unpack it there first");
    gboolean raw = read_own_fields(reader, entry, out);
    if (!(raw ? buffer_append_bytes(content, text) : moving_append_crlf(content, text)))
        return cv_fail(error, CV_ERROR_LIMIT,
                       "thư lớn hơn 128 MB; the message is larger than 128 MB");
    if (!entry->new)
        read_flags(reader, entry, out);
    out->received = (gint64)st.st_mtim.tv_sec * G_USEC_PER_SEC + st.st_mtim.tv_nsec / 1000;
    out->content = buffer_bytes(content);
    return TRUE;
}

MaildirNext maildir_next(MaildirReader *reader, Buffer *content, MovingMessage *out, char **label,
                         GError **error) {
    if (reader->at >= reader->entries->len)
        return MAILDIR_END;
    const Entry *entry = &g_array_index(reader->entries, Entry, reader->at++);
    GPtrArray *keywords = out->keywords;
    g_ptr_array_set_size(keywords, 0);
    buffer_clear(content);
    *out = (MovingMessage){.keywords = keywords};
    *label = g_strdup_printf("%s, %s/%s", reader->folder, entry->new ? "new" : "cur", entry->name);
    return read_message(reader, entry, content, out, error) ? MAILDIR_MESSAGE : MAILDIR_LEFT;
}
