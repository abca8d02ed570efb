/* Reading an mbox line by line; see mbox.h. A line longer than LINE_BYTES comes in pieces. */
#include "moving/mbox.h"

#include "message/date.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    INPUT_BYTES = 256 * 1024,
    LINE_BYTES = 64 * 1024,
    EXPORT_FIELDS = 3, /* that mbox_write puts behind X-Congvu-Export */
    EXPORT_ENDS = 2,   /* line ends that it adds at most */
};

struct Mbox {
    int fd;
    gboolean seekable, ended;
    Buffer in;
    gint64 taken; /* bytes of the file before those in `in` */
    guint64 number;
    gint64 offset;
    GError *failed;
};

/* What is known of the message in hand. */
typedef struct {
    Buffer *content;
    MovingMessage *out;
    gboolean too_large, gone;
    gboolean exported, raw; /* X-Congvu-Export and its options */
    guint ends;             /* line ends at the end that are not the message's */
    gboolean has_length;
    guint64 length; /* Content-Length */
    guint fields;   /* header fields so far */
} Parse;

typedef struct {
    Bytes text;      /* with its line end */
    gboolean begins; /* a line, and not the rest of one */
    gboolean ends;
} Line;

static gboolean fill(Mbox *mbox) {
    while (!mbox->ended) {
        gsize room = INPUT_BYTES - mbox->in.n;
        if (room == 0)
            return TRUE;
        guint8 *to = buffer_reserve(&mbox->in, room);
        gssize n = read(mbox->fd, to, room);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            cv_fail_errno(&mbox->failed, CV_ERROR_STORAGE,
                          "không đọc tiếp được tệp; the file cannot be read on");
        mbox->ended = n <= 0;
        buffer_commit(&mbox->in, n < 0 ? 0 : (gsize)n);
        return n > 0;
    }
    return FALSE;
}

/* The next line without taking it; an empty text at the end. It stays valid until the next call.
 * begins must be remembered by the caller: see take(). */
static Bytes peek_line(Mbox *mbox, gboolean *ends) {
    for (;;) {
        Bytes in = buffer_bytes(&mbox->in);
        gssize end = bytes_find_byte(bytes_slice(in, 0, LINE_BYTES), '\n');
        if (end >= 0) {
            *ends = TRUE;
            return bytes_slice(in, 0, (gsize)end + 1);
        }
        if (in.n >= LINE_BYTES) {
            *ends = FALSE;
            /* A CR at the end may belong to a line end that comes. */
            gsize n = in.p[LINE_BYTES - 1] == '\r' ? LINE_BYTES - 1 : LINE_BYTES;
            return bytes_slice(in, 0, n);
        }
        if (!fill(mbox)) {
            *ends = TRUE;
            return buffer_bytes(&mbox->in);
        }
    }
}

static void take(Mbox *mbox, gsize n) {
    buffer_consume(&mbox->in, n);
    mbox->taken += (gint64)n;
}

static Bytes without_end(Bytes line) {
    if (line.n > 0 && line.p[line.n - 1] == '\n')
        line.n--;
    if (line.n > 0 && line.p[line.n - 1] == '\r')
        line.n--;
    return line;
}

/* ---- The line that begins a message ---- */

static gboolean is_weekday(Bytes text) {
    static const char days[] = "MonTueWedThuFriSatSun";
    for (gsize i = 0; i < 21; i += 3)
        if (text.n >= 4 && memcmp(text.p, days + i, 3) == 0 &&
            (text.p[3] == ' ' || text.p[3] == ','))
            return TRUE;
    return FALSE;
}

/* "+0700" as the last word, behind the year, where asctime has none: microseconds. */
static gint64 zone_behind(Bytes text) {
    Bytes last = bytes_slice(text, text.n < 6 ? text.n : text.n - 6, 6);
    guint64 number;
    if (last.n < 6 || last.p[0] != ' ' || (last.p[1] != '+' && last.p[1] != '-') ||
        !bytes_parse_u64(bytes_slice(last, 2, 4), &number))
        return 0;
    gint64 minutes = (gint64)(number / 100 * 60 + number % 100);
    return (last.p[1] == '-' ? -minutes : minutes) * 60 * G_USEC_PER_SEC;
}

/* RFC 4155 Appendix A: the date is in UTC where it names no zone. *received 0: none. */
static gboolean is_postmark(Bytes line, gint64 *received) {
    enum { WORDS_BEFORE_DATE = 8 };
    Bytes text = without_end(line);
    Reader r = reader_of(text);
    *received = 0;
    if (!reader_skip(&r, "From "))
        return FALSE;
    Bytes rest = bytes_strip(reader_rest(&r));
    if (rest.n == 0 || bytes_is(rest, "-"))
        return TRUE; /* as Thunderbird writes it */
    for (guint words = 0; words < WORDS_BEFORE_DATE && rest.n > 0; words++) {
        gint zone;
        if (is_weekday(rest) && message_date_parse(rest, received, &zone)) {
            *received -= zone == 0 ? zone_behind(rest) : 0;
            return TRUE;
        }
        gssize space = bytes_find_byte(rest, ' ');
        if (space < 0)
            return FALSE;
        rest = bytes_strip(bytes_slice(rest, (gsize)space, rest.n));
    }
    return FALSE;
}

/* ---- Header fields that tell of the file ---- */

static void set_flag(MovingMessage *out, int letter) {
    static const struct {
        char letter;
        StoreFlags flag;
    } letters[] = {{'R', STORE_SEEN},
                   {'A', STORE_ANSWERED},
                   {'F', STORE_FLAGGED},
                   {'D', STORE_DELETED},
                   {'T', STORE_DRAFT}};
    for (gsize i = 0; i < G_N_ELEMENTS(letters); i++)
        if (letters[i].letter == letter)
            out->flags |= letters[i].flag;
}

static void read_status(Parse *parse, Bytes value) {
    for (gsize i = 0; i < value.n; i++)
        set_flag(parse->out, value.p[i]);
}

static void read_keywords(Parse *parse, Bytes value) {
    Reader r = reader_of(bytes_strip(value));
    while (!reader_done(&r)) {
        Bytes word;
        if (!reader_until(&r, ' ', &word)) {
            word = reader_rest(&r);
            r.at = r.end;
        }
        moving_add_keyword(parse->out->keywords, bytes_strip(word));
        reader_skip_byte(&r, ' ');
    }
}

/* nsMsgMessageFlags: read, replied, marked, expunged, forwarded. */
static void read_mozilla(Parse *parse, Bytes value) {
    char text[9];
    value = bytes_strip(value);
    if (value.n == 0 || value.n >= sizeof text)
        return;
    memcpy(text, value.p, value.n);
    text[value.n] = '\0';
    guint64 bits = g_ascii_strtoull(text, NULL, 16);
    parse->out->flags |= ((bits & 1) != 0 ? STORE_SEEN : 0) |
                         ((bits & 2) != 0 ? STORE_ANSWERED : 0) |
                         ((bits & 4) != 0 ? STORE_FLAGGED : 0);
    parse->gone |= (bits & 8) != 0;
    if ((bits & 0x1000) != 0)
        moving_add_keyword(parse->out->keywords, BYTES_LITERAL("$Forwarded"));
}

static void read_length(Parse *parse, Bytes value) {
    parse->has_length = bytes_parse_u64(bytes_strip(value), &parse->length);
}

/* The first message of a mailbox that UW-IMAP keeps is its own data. */
static void read_base(Parse *parse, Bytes value G_GNUC_UNUSED) {
    parse->gone = TRUE;
}

static void read_nothing(Parse *parse G_GNUC_UNUSED, Bytes value G_GNUC_UNUSED) {}

static const struct {
    const char *name;
    void (*read)(Parse *parse, Bytes value);
    gboolean ours; /* mbox_write writes it */
} fields[] = {
    {"Status:", read_status, TRUE},
    {"X-Status:", read_status, TRUE},
    {"X-Keywords:", read_keywords, TRUE},
    {"X-Mozilla-Status:", read_mozilla, FALSE},
    {"X-Mozilla-Status2:", read_nothing, FALSE},
    {"X-Mozilla-Keys:", read_keywords, FALSE},
    {"Content-Length:", read_length, FALSE},
    {"X-UID:", read_nothing, FALSE},
    {"X-IMAPbase:", read_nothing, FALSE},
    {"X-IMAP:", read_base, FALSE},
};

/* "1 MICROSECONDS OPTIONS" */
static gboolean read_export(Parse *parse, Bytes line) {
    Reader r = reader_of(without_end(line));
    guint64 received;
    if (!reader_skip(&r, "X-Congvu-Export: 1 ") || !reader_u64(&r, &received) ||
        received > G_MAXINT64 || !reader_skip_byte(&r, ' '))
        return FALSE;
    parse->exported = TRUE;
    parse->out->received = (gint64)received;
    parse->raw = reader_skip_byte(&r, 'r');
    while (parse->ends < EXPORT_ENDS && reader_skip_byte(&r, 'n'))
        parse->ends++;
    return TRUE;
}

/* TRUE: the field was read and does not belong to the message. */
static gboolean read_field(Parse *parse, Bytes line) {
    if (parse->fields == 0 && read_export(parse, line))
        return TRUE;
    /* What we wrote has its three lines on top; whatever follows is the message's. */
    if (parse->exported && parse->fields > EXPORT_FIELDS)
        return FALSE;
    for (gsize i = 0; i < G_N_ELEMENTS(fields); i++)
        if (bytes_starts_nocase(line, fields[i].name) && (!parse->exported || fields[i].ours)) {
            fields[i].read(parse, bytes_slice(line, strlen(fields[i].name), line.n));
            return TRUE;
        }
    return FALSE;
}

/* ---- The message ---- */

static void keep(Parse *parse, Bytes line) {
    if (parse->too_large)
        return;
    Bytes text = line;
    gboolean ended = line.n > 0 && line.p[line.n - 1] == '\n';
    if (!parse->raw && ended)
        text = without_end(line);
    parse->too_large = !buffer_append_bytes(parse->content, text) ||
                       (!parse->raw && ended && !buffer_append_string(parse->content, "\r\n"));
}

/* ">From " and ">>From " lose a '>'. */
static Bytes unquoted(Bytes line) {
    gsize at = 0;
    while (at < line.n && line.p[at] == '>')
        at++;
    Bytes rest = bytes_slice(line, at, 5);
    return at > 0 && bytes_is(rest, "From ") ? bytes_slice(line, 1, line.n) : line;
}

typedef enum { HEADER_BODY, HEADER_NEXT, HEADER_END } HeaderEnd;

static HeaderEnd read_header(Mbox *mbox, Parse *parse) {
    gboolean begins = TRUE, dropping = FALSE;
    for (;;) {
        gboolean ends;
        gint64 unused;
        Bytes line = peek_line(mbox, &ends);
        if (line.n == 0)
            return HEADER_END;
        if (begins && ends && is_postmark(line, &unused) && without_end(line).n > 6)
            return HEADER_NEXT;
        if (begins) {
            /* Our own lines are never folded: what looks so is the message's first line. */
            gboolean folded = line.p[0] == ' ' || line.p[0] == '\t';
            gboolean blank = without_end(line).n == 0;
            dropping = !blank && (folded ? dropping && !parse->exported : read_field(parse, line));
            parse->fields += !folded;
            if (blank) {
                keep(parse, line);
                take(mbox, line.n);
                return HEADER_BODY;
            }
        }
        if (!dropping)
            keep(parse, parse->exported && begins ? unquoted(line) : line);
        take(mbox, line.n);
        begins = ends;
    }
}

/* Does a message, or the end, stand at this distance? Only for a file that can be read anywhere. */
static gboolean is_boundary(Mbox *mbox, guint64 distance) {
    char text[1024];
    gint64 at;
    if (!mbox->seekable || __builtin_add_overflow(mbox->taken, distance, &at))
        return FALSE;
    gssize n = pread(mbox->fd, text, sizeof text, at);
    if (n < 0)
        return FALSE;
    struct stat st;
    if (n == 0) /* the end itself, and nowhere beyond it */
        return fstat(mbox->fd, &st) == 0 && st.st_size == at;
    Reader r = reader_of(bytes_of(text, (gsize)n));
    while (reader_skip(&r, "\n") || reader_skip(&r, "\r\n"))
        ;
    Bytes line;
    gint64 unused;
    if (reader_done(&r))
        return n < (gssize)sizeof text; /* empty lines, then the end */
    return reader_until(&r, '\n', &line) && is_postmark(line, &unused);
}

/* mboxcl: exactly so many bytes, then whatever separates. */
static void read_counted(Mbox *mbox, Parse *parse) {
    guint64 left = parse->length;
    while (left > 0) {
        gboolean ends;
        Bytes line = peek_line(mbox, &ends);
        if (line.n == 0)
            return;
        line = bytes_slice(line, 0, (gsize)MIN(left, line.n));
        keep(parse, line);
        take(mbox, line.n);
        left -= line.n;
    }
    for (gboolean ends;;) { /* to the next message */
        Bytes line = peek_line(mbox, &ends);
        if (line.n == 0 || without_end(line).n > 0)
            return;
        take(mbox, line.n);
    }
}

/* An empty line is kept back until it is known that no message begins behind it. */
static void read_lines(Mbox *mbox, Parse *parse, gboolean after_blank) {
    g_autofree char *held = NULL; /* "\n" or "\r\n" */
    gboolean begins = TRUE;
    for (;;) {
        gboolean ends;
        gint64 unused;
        Bytes line = peek_line(mbox, &ends);
        if (line.n == 0)
            return; /* an empty line at the end of the file separates too */
        if (begins && after_blank && ends && is_postmark(line, &unused))
            return;
        if (held != NULL) {
            keep(parse, bytes_of_string(held));
            g_clear_pointer(&held, g_free);
        }
        gboolean blank = begins && ends && without_end(line).n == 0;
        if (blank)
            held = bytes_dup_string(line);
        else
            keep(parse, begins ? unquoted(line) : line);
        after_blank = blank;
        take(mbox, line.n);
        begins = ends;
    }
}

static void read_message(Mbox *mbox, Parse *parse) {
    HeaderEnd end = read_header(mbox, parse);
    if (end != HEADER_BODY)
        return;
    if (parse->has_length && !parse->exported && is_boundary(mbox, parse->length))
        read_counted(mbox, parse);
    else
        read_lines(mbox, parse, TRUE);
}

/* ---- Outside ---- */

Mbox *mbox_open(int fd, GError **error) {
    g_autoptr(Mbox) mbox = g_new0(Mbox, 1);
    mbox->fd = fd;
    buffer_init(&mbox->in, INPUT_BYTES);
    mbox->seekable = lseek(fd, 0, SEEK_CUR) == 0;
    for (;;) { /* empty lines may stand before the first message */
        gboolean ends;
        gint64 unused;
        Bytes line = peek_line(mbox, &ends);
        if (mbox->failed != NULL) {
            g_propagate_error(error, g_steal_pointer(&mbox->failed));
            return NULL;
        }
        if (line.n == 0 || (ends && is_postmark(line, &unused)))
            return g_steal_pointer(&mbox);
        if (without_end(line).n > 0) {
            cv_fail(error, CV_ERROR_INPUT,
                    "tệp không phải dạng mbox; the file is no mbox: it must begin with a line "
                    "\"From SENDER DATE\"");
            return NULL;
        }
        take(mbox, line.n);
    }
}

void mbox_free(Mbox *mbox) {
    if (mbox == NULL)
        return;
    buffer_release(&mbox->in);
    g_clear_error(&mbox->failed);
    g_free(mbox);
}

guint64 mbox_number(const Mbox *mbox) {
    return mbox->number;
}

gint64 mbox_offset(const Mbox *mbox) {
    return mbox->offset;
}

gint64 mbox_position(const Mbox *mbox) {
    return mbox->taken;
}

static void finish(Parse *parse, gint64 postmark) {
    Buffer *content = parse->content;
    Bytes all = buffer_bytes(content);
    gsize end_bytes = parse->raw ? 1 : 2;
    for (guint i = 0; i < parse->ends && all.n >= end_bytes && all.p[all.n - 1] == '\n'; i++)
        all.n -= end_bytes;
    buffer_truncate(content, all.n);
    parse->out->content = buffer_bytes(content);
    if (parse->exported)
        return;
    parse->out->received = postmark > 0 ? postmark : moving_header_date(parse->out->content);
}

MboxNext mbox_next(Mbox *mbox, Buffer *content, MovingMessage *out, GError **error) {
    gboolean ends;
    gint64 postmark;
    GPtrArray *keywords = out->keywords;
    g_ptr_array_set_size(keywords, 0);
    buffer_clear(content);
    *out = (MovingMessage){.keywords = keywords};
    Parse parse = {.content = content, .out = out};
    Bytes line = peek_line(mbox, &ends);
    mbox->offset = mbox->taken;
    if (line.n > 0) {
        is_postmark(line, &postmark);
        mbox->number++;
        take(mbox, line.n);
        read_message(mbox, &parse);
    }
    if (mbox->failed != NULL) {
        g_propagate_error(error, g_steal_pointer(&mbox->failed));
        return MBOX_FAILED;
    }
    if (line.n == 0)
        return MBOX_END;
    if (parse.gone)
        return MBOX_GONE;
    if (parse.too_large)
        return MBOX_TOO_LARGE;
    finish(&parse, postmark);
    return MBOX_MESSAGE;
}
