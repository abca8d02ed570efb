/* Lines are cheap to pass by: most are told from a stamp by their length. See mark.h. */
#include "secret/mark.h"

#include "text/fold.h"

#include <string.h>

enum {
    LINE_BYTES = 160, /* a longer line has no label */
    STAMP_BYTES = 80, /* a longer line is no stamp, with a blank between all its letters neither */
    TITLE_BYTES = 1024, /* of a subject or a file name */
    PIECES = 64,
};

void secret_text_init(SecretText *text, const RegulationSecrets *words) {
    *text = (SecretText){.words = words, .found = -1, .waiting = -1};
    text->compact = g_ptr_array_new_with_free_func(g_free);
    for (const char *const *stamp = words->stamps; *stamp != NULL; stamp++) {
        g_auto(GStrv) parts = g_strsplit(*stamp, " ", -1);
        g_ptr_array_add(text->compact, g_strjoinv("", parts));
        guint8 last = **stamp == '\0' ? 0 : (guint8)(*stamp)[strlen(*stamp) - 1];
        text->ends[(guint8)g_ascii_tolower((char)last)] = 1;
        text->ends[(guint8)g_ascii_toupper((char)last)] = 1;
    }
}

void secret_text_clear(SecretText *text) {
    g_clear_pointer(&text->compact, g_ptr_array_unref);
}

/* ---- Words ---- */

static gboolean is_letter(gunichar c) {
    return g_unichar_isalnum(c) || g_unichar_ismark(c);
}

/* What is left without the signs and blanks at both ends; part of text. */
static Bytes strip_signs(const char *text) {
    const char *end = text + strlen(text);
    while (*text != '\0' && !is_letter(g_utf8_get_char(text)))
        text = g_utf8_next_char(text);
    while (end > text) {
        const char *before = g_utf8_find_prev_char(text, end);
        if (before == NULL || is_letter(g_utf8_get_char(before)))
            break;
        end = before;
    }
    return bytes_of(text, (gsize)(end - text));
}

/* The first or the last run of letters, in small ones; NULL: there is none. g_free. */
static char *end_word(const char *text, gboolean last) {
    const char *from = NULL, *to = NULL;
    gboolean inside = FALSE;
    for (const char *p = text; *p != '\0'; p = g_utf8_next_char(p)) {
        gboolean letter = is_letter(g_utf8_get_char(p));
        if (letter && !inside) {
            if (from != NULL && !last)
                break;
            from = p;
        }
        inside = letter;
        if (letter)
            to = g_utf8_next_char(p);
    }
    return from == NULL ? NULL : text_casefold(bytes_of(from, (gsize)(to - from)));
}

static gboolean is_one_of(const char *const *list, const char *word) {
    return word != NULL && g_strv_contains(list, word);
}

/* The number of the stamp that this is when its blanks are left out; -1: none. */
static int stamp_of(const SecretText *text, Bytes words) {
    if (words.n == 0 || words.n > LINE_BYTES)
        return -1;
    g_autoptr(GString) compact = g_string_sized_new(words.n);
    g_autofree char *line = bytes_dup_string(words);
    for (const char *p = line; *p != '\0'; p = g_utf8_next_char(p))
        if (!g_unichar_isspace(g_utf8_get_char(p)))
            g_string_append_unichar(compact, g_utf8_get_char(p));
    for (guint i = 0; i < text->compact->len; i++)
        if (g_str_equal(compact->str, text->compact->pdata[i]))
            return (int)i;
    return -1;
}

/* ---- Lines ---- */

/* "[MẬT] …" */
static int stamp_in_bracket(const SecretText *text, const char *line) {
    if (*line != '[')
        return -1;
    const char *close = strchr(line, ']');
    if (close == NULL || close - line > LINE_BYTES)
        return -1;
    g_autofree char *inner = g_strndup(line + 1, (gsize)(close - line - 1));
    return stamp_of(text, strip_signs(inner));
}

/* "Độ mật: Tối mật" */
static int stamp_behind_label(const SecretText *text, const char *line) {
    const char *colon = strchr(line, ':');
    if (colon == NULL)
        return -1;
    g_autofree char *head = g_strndup(line, (gsize)(colon - line));
    Bytes label = strip_signs(head), value = strip_signs(colon + 1);
    g_autofree char *folded = text_casefold(label);
    if (!is_one_of(text->words->labels, folded))
        return -1;
    g_autofree char *given = text_casefold(value);
    for (guint i = 0; text->words->stamps[i] != NULL; i++) {
        g_autofree char *stamp = text_casefold(bytes_of_string(text->words->stamps[i]));
        if (g_str_equal(given, stamp))
            return (int)i;
    }
    return -1;
}

static void note_stamp(SecretText *text, int stamp) {
    if (text->found >= 0 && text->found != stamp)
        text->several = TRUE;
    text->found = stamp;
}

/* The line before ends with a word that makes another one of a stamp: "BẢO" / "MẬT". */
static gboolean is_undone_by_last(const SecretText *text) {
    const char *from = text->tail;
    while ((*from & 0xc0) == 0x80) /* cut inside of a character */
        from++;
    g_autofree char *valid = g_utf8_make_valid(from, -1);
    g_autofree char *word = end_word(valid, TRUE);
    return is_one_of(text->words->before, word);
}

static void keep_tail(SecretText *text, Bytes line) {
    gsize n = MIN(line.n, sizeof text->tail - 1);
    memcpy(text->tail, line.p + line.n - n, n);
    text->tail[n] = '\0';
}

/* Its last letter is a plain one with which no stamp ends. */
static gboolean ends_otherwise(const SecretText *text, Bytes line) {
    for (gsize i = line.n; i > 0; i--) {
        guint8 c = line.p[i - 1];
        if (c >= 0x80)
            return FALSE; /* a letter or a sign: it is not known yet */
        if (g_ascii_isalnum((char)c))
            return text->ends[c] == 0;
    }
    return TRUE;
}

static gboolean has_small_letter(Bytes line) {
    for (gsize i = 0; i < line.n; i++)
        if (g_ascii_islower((char)line.p[i]))
            return TRUE;
    return FALSE;
}

/* Nothing that a stamp or a label could be; without making a string of it, because nearly all lines
 * of all mail end here. */
static gboolean is_plain(const SecretText *text, Bytes line) {
    if (text->waiting >= 0 || line.p[0] == '[')
        return FALSE;
    if (line.n > LINE_BYTES || ends_otherwise(text, line))
        return TRUE;
    return bytes_find_byte(line, ':') < 0 && (line.n > STAMP_BYTES || has_small_letter(line));
}

static void take_line(SecretText *text, const char *line) {
    if (text->waiting >= 0) {
        g_autofree char *first = end_word(line, FALSE);
        if (!is_one_of(text->words->after, first)) /* "MẬT" / "KHẨU" */
            note_stamp(text, text->waiting);
        text->waiting = -1;
    }
    int stamp = stamp_of(text, strip_signs(line));
    if (stamp >= 0) {
        text->waiting = is_undone_by_last(text) ? -1 : stamp;
        return;
    }
    stamp = stamp_in_bracket(text, line);
    if (stamp < 0)
        stamp = stamp_behind_label(text, line);
    if (stamp >= 0)
        note_stamp(text, stamp);
}

void secret_text_line(SecretText *text, Bytes line) {
    line = bytes_strip(line);
    if (line.n == 0)
        return;
    if (!is_plain(text, line)) {
        g_autofree char *whole = text_nfc(bytes_slice(line, 0, LINE_BYTES));
        take_line(text, whole);
    }
    keep_tail(text, line);
}

void secret_text_lines(SecretText *text, Bytes lines) {
    Reader r = reader_of(lines);
    Bytes line;
    while (reader_until(&r, '\n', &line)) {
        secret_text_line(text, line);
        reader_skip_byte(&r, '\n');
    }
    secret_text_line(text, reader_rest(&r));
}

const char *secret_text_end(SecretText *text) {
    if (text->waiting >= 0)
        note_stamp(text, text->waiting);
    const char *stamp = text->found < 0 || text->several ? NULL : text->words->stamps[text->found];
    text->found = text->waiting = -1;
    text->several = FALSE;
    text->tail[0] = '\0';
    return stamp;
}

/* ---- Titles ---- */

typedef struct {
    char *text;
    gboolean bracket; /* it stands in brackets */
} Piece;

static void piece_clear(gpointer data) {
    g_free(((Piece *)data)->text);
}

static gboolean is_separator(const char *at, const char *begin, gboolean file) {
    gunichar c = g_utf8_get_char(at);
    if (c == 0x2013 || c == 0x2014 || c == 0x201c || c == 0x201d)
        return TRUE;
    if (c >= 0x80)
        return FALSE;
    if (strchr("[](){}:|;\"", (int)c) != NULL || (file && strchr("_-.", (int)c) != NULL))
        return TRUE;
    return c == '-' && (at[1] == ' ' || at[1] == '\0' || at == begin || at[-1] == ' ');
}

/* Pieces with at least one letter. */
static GArray *split_title(const char *title, gboolean file) {
    GArray *pieces = g_array_new(FALSE, FALSE, sizeof(Piece));
    g_array_set_clear_func(pieces, piece_clear);
    const char *from = title;
    gboolean bracket = FALSE;
    for (const char *p = title;; p = g_utf8_next_char(p)) {
        if (*p != '\0' && !is_separator(p, title, file))
            continue;
        g_autofree char *raw = g_strndup(from, (gsize)(p - from));
        Bytes words = strip_signs(raw);
        Piece piece = {NULL, bracket && (*p == ']' || *p == ')')};
        if (words.n > 0 && pieces->len < PIECES) {
            piece.text = bytes_dup_string(words);
            g_array_append_val(pieces, piece);
        }
        if (*p == '\0')
            return pieces;
        bracket = *p == '[' || *p == '(';
        from = g_utf8_next_char(p);
    }
}

/* "Re", "Fwd" and what else stands before a subject that goes to and fro. */
static gboolean is_reply_word(const char *text) {
    static const char *const words[] = {"re", "fw",      "fwd",         "tl",  "ct",
                                        "aw", "trả lời", "chuyển tiếp", "v/v", NULL};
    g_autofree char *folded = text_casefold(bytes_of_string(text));
    return g_strv_contains(words, folded);
}

static gboolean stands_alone(const SecretText *text, const GArray *pieces, guint at) {
    const Piece *all = &g_array_index(pieces, Piece, 0);
    g_autofree char *before = at == 0 ? NULL : end_word(all[at - 1].text, TRUE);
    g_autofree char *after = at + 1 == pieces->len ? NULL : end_word(all[at + 1].text, FALSE);
    return !is_one_of(text->words->before, before) && !is_one_of(text->words->after, after);
}

const char *secret_title(const SecretText *text, Bytes title, gboolean file) {
    g_autofree char *whole = text_nfc(bytes_slice(title, 0, TITLE_BYTES));
    char *dot = file ? strrchr(whole, '.') : NULL;
    if (dot != NULL)
        *dot = '\0';
    g_autoptr(GArray) pieces = split_title(whole, file);
    while (pieces->len > 1 && is_reply_word(g_array_index(pieces, Piece, 0).text))
        g_array_remove_index(pieces, 0);
    int found = -1, seen = -1;
    for (guint i = 0; i < pieces->len; i++) {
        const Piece *piece = &g_array_index(pieces, Piece, i);
        int stamp = stamp_of(text, bytes_of_string(piece->text));
        if (stamp < 0)
            continue;
        if (seen >= 0 && seen != stamp)
            return NULL;
        seen = stamp;
        if ((i == 0 || i + 1 == pieces->len || piece->bracket) && stands_alone(text, pieces, i))
            found = stamp;
    }
    return found < 0 ? NULL : text->words->stamps[found];
}
