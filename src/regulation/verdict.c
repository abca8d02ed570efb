/* Verdicts: a rule's text from the file with its placeholders filled in, and the article written
 * as a Vietnamese reader expects it: điểm, khoản, Điều. */
#include "regulation/data.h"

#include "base/buffer.h"

#include <stdarg.h>

enum { TEXT_MAXIMUM = 4096 };

void verdict_free(Verdict *verdict) {
    if (verdict == NULL)
        return;
    g_free(verdict->rule);
    g_free(verdict->article);
    g_free(verdict->text_vi);
    g_free(verdict->text_en);
    g_free(verdict);
}

/* Vietnamese for who uses the system, English for who looks after its code; the Vietnamese text
 * names the article in the regulation's own way. */
gboolean verdict_fail(const Verdict *verdict, GError **error) {
    gsize n = strlen(verdict->text_vi);
    if (n > 0 && verdict->text_vi[n - 1] == '.')
        n--;
    const char *open = verdict->article[0] == 0 ? "" : " (";
    const char *close = verdict->article[0] == 0 ? "" : ")";
    return cv_fail(error, CV_ERROR_REFUSED, "%.*s; %s%s%s%s", (int)n, verdict->text_vi,
                   verdict->text_en, open, verdict->article, close);
}

char *regulation_cite(const char *article) {
    if (g_str_has_prefix(article, "Điều "))
        article += strlen("Điều ");
    if (article[0] == 0)
        return g_strdup("");
    const char *layer = layer_of_article(article);
    g_autofree char *number = g_strndup(article, (gsize)(layer - article));
    g_auto(GStrv) parts = g_strsplit(number, ".", 3);
    GString *out = g_string_new(NULL);
    guint n = g_strv_length(parts);
    if (n > 2)
        g_string_append_printf(out, "điểm %s ", parts[2]);
    if (n > 1)
        g_string_append_printf(out, "khoản %s ", parts[1]);
    g_string_append_printf(out, "Điều %s Quy chế", parts[0]);
    if (*layer != 0)
        g_string_append_printf(out, " theo%s", layer);
    return g_string_free(out, FALSE);
}

typedef struct {
    const char *name, *value;
} Pair;

static const char *value_of(const Pair *pairs, gsize n, Bytes name) {
    for (gsize i = 0; i < n; i++)
        if (bytes_is(name, pairs[i].name))
            return pairs[i].value;
    return "";
}

/* Text from outside goes into answers of line protocols: control characters become spaces. */
static void append_value(Buffer *out, const char *value) {
    for (const char *p = value; *p != 0; p++)
        buffer_append_byte(out, g_ascii_iscntrl(*p) ? ' ' : (guint8)*p);
}

static char *fill_in(const char *text, const Pair *pairs, gsize n) {
    g_auto(Buffer) out;
    buffer_init(&out, TEXT_MAXIMUM);
    Reader r = reader_of(bytes_of_string(text));
    while (!reader_done(&r)) {
        Bytes plain, name;
        if (!reader_until(&r, '{', &plain)) {
            buffer_append_bytes(&out, reader_rest(&r));
            break;
        }
        buffer_append_bytes(&out, plain);
        reader_skip_byte(&r, '{');
        if (!reader_until(&r, '}', &name))
            break;
        reader_skip_byte(&r, '}');
        append_value(&out, value_of(pairs, n, name));
    }
    return buffer_steal_string(&out);
}

Verdict *verdict_refuse(const Regulation *regulation, RuleId id, ...) {
    const Rule *rule = &regulation->rules[id];
    g_autofree char *cite = regulation_cite(rule->article);
    Pair pairs[8] = {{"cite", cite}};
    gsize n = 1;
    va_list args;
    va_start(args, id);
    for (const char *name; n < G_N_ELEMENTS(pairs) && (name = va_arg(args, const char *)) != NULL;)
        pairs[n++] = (Pair){name, va_arg(args, const char *)};
    va_end(args);
    Verdict *verdict = g_new(Verdict, 1);
    *verdict = (Verdict){FALSE, g_strdup(rule->name), g_strdup(rule->article),
                         fill_in(rule->vi, pairs, n), fill_in(rule->en, pairs, n)};
    return verdict;
}

Verdict *verdict_allow(const char *rule, const char *article) {
    Verdict *verdict = g_new(Verdict, 1);
    *verdict = (Verdict){TRUE, g_strdup(rule), g_strdup(article), g_strdup(""), g_strdup("")};
    return verdict;
}

char *regulation_show_size(guint64 bytes, gboolean vietnamese) {
    static const char *const names[] = {"B", "KB", "MB", "GB", "TB"};
    gsize unit = 0;
    guint64 scale = 1;
    while (unit + 1 < G_N_ELEMENTS(names) && bytes / scale >= 1024) {
        scale *= 1024;
        unit++;
    }
    guint64 whole = bytes / scale, rest = bytes % scale;
    if (rest == 0)
        return g_strdup_printf("%" G_GUINT64_FORMAT " %s", whole, names[unit]);
    /* Rounded up, so that what is just over a limit never looks equal to it. */
    guint64 hundredths = (rest * 100 + scale - 1) / scale;
    if (hundredths == 100) {
        whole++;
        hundredths = 0;
    }
    if (hundredths == 0)
        return g_strdup_printf("%" G_GUINT64_FORMAT " %s", whole, names[unit]);
    return g_strdup_printf("%" G_GUINT64_FORMAT "%c%02" G_GUINT64_FORMAT " %s", whole,
                           vietnamese ? ',' : '.', hundredths, names[unit]);
}
