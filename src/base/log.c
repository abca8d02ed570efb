/* Structured log lines; see log.h. Lines are built in memory and leave with a single write, so
 * lines of several threads never mix and a rotated file ends on a whole line. */
#include "base/log.h"

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 16 * 1024 };

static int log_fd = STDERR_FILENO;
static char *log_path;
static LogLevel least_level = LOG_LEVEL_INFO; /* atomic */
static GMutex reopen_lock;

static const char *const level_names[] = {"debug", "info", "warning", "error"};

gboolean log_reopen(GError **error) {
    if (log_path == NULL)
        return TRUE;
    int fd = open(log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
    if (fd < 0)
        return cv_fail_errno(error, CV_ERROR_STORAGE, "cannot open the log file %s", log_path);
    g_mutex_lock(&reopen_lock);
    /* dup2 swaps the file atomically: a thread in the middle of write(2) finishes in the old one.
     */
    if (log_fd == STDERR_FILENO)
        __atomic_store_n(&log_fd, fd, __ATOMIC_RELEASE);
    else {
        dup3(fd, log_fd, O_CLOEXEC);
        close(fd);
    }
    g_mutex_unlock(&reopen_lock);
    return TRUE;
}

gboolean log_open(const char *path, GError **error) {
    g_autofree char *before = log_path;
    log_path = g_strdup(path);
    if (log_reopen(error)) {
        return TRUE;
    }
    g_free(log_path);
    log_path = g_steal_pointer(&before);
    return FALSE;
}

void log_set_level(LogLevel least) {
    __atomic_store_n(&least_level, least, __ATOMIC_RELAXED);
}

gboolean log_enabled(LogLevel level) {
    return level >= __atomic_load_n(&least_level, __ATOMIC_RELAXED);
}

static gboolean is_plain(guint8 c) {
    return (c > ' ' && c != '"' && c != '=' && c != '\\' && c < 0x7f) || c >= 0x80;
}

static void append_value(Buffer *line, const char *value) {
    Bytes v = bytes_of_string(value);
    gboolean plain = v.n > 0;
    for (gsize i = 0; i < v.n && plain; i++)
        plain = is_plain(v.p[i]);
    if (plain && g_utf8_validate(value, (gssize)v.n, NULL)) {
        buffer_append_bytes(line, v);
        return;
    }
    gboolean utf8 = g_utf8_validate(value, (gssize)v.n, NULL);
    buffer_append_byte(line, '"');
    for (gsize i = 0; i < v.n; i++) {
        guint8 c = v.p[i];
        if (c == '"' || c == '\\')
            buffer_printf(line, "\\%c", c);
        else if (c < ' ' || c == 0x7f || (c >= 0x80 && !utf8))
            buffer_printf(line, "\\x%02x", c);
        else
            buffer_append_byte(line, c);
    }
    buffer_append_byte(line, '"');
}

void log_event(LogLevel level, const char *event, ...) {
    if (!log_enabled(level))
        return;
    g_auto(Buffer) line;
    buffer_init(&line, LINE_MAX_BYTES);
    g_autofree char *now = clock_format_iso(clock_now());
    buffer_printf(&line, "time=%s level=%s event=%s", now, level_names[level], event);
    va_list args;
    va_start(args, event);
    for (const char *key = va_arg(args, const char *); key != NULL;
         key = va_arg(args, const char *)) {
        const char *value = va_arg(args, const char *);
        if (value == NULL)
            continue;
        gsize before = line.n;
        buffer_printf(&line, " %s=", key);
        append_value(&line, value);
        if (line.overflow || line.n > LINE_MAX_BYTES - 32) { /* an endless value is cut, not lost */
            buffer_truncate(&line, before);
            line.overflow = FALSE;
            buffer_printf(&line, " %s=(too-long)", key);
        }
    }
    va_end(args);
    line.maximum++;
    buffer_append_byte(&line, '\n');
    Bytes out = buffer_bytes(&line);
    while (out.n > 0) {
        gssize n = write(__atomic_load_n(&log_fd, __ATOMIC_ACQUIRE), out.p, out.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return; /* nowhere to say it; mail goes on */
        out = bytes_slice(out, (gsize)n, out.n);
    }
}

const char *log_number(gint64 value) {
    static __thread char ring[16][24];
    static __thread unsigned next;
    char *slot = ring[next++ % 16];
    g_snprintf(slot, sizeof ring[0], "%" G_GINT64_FORMAT, value);
    return slot;
}
