/* One pass over the bytes; a field is copied once. */
#include "office/csv.h"

static guint8 find_separator(Reader first_line) {
    static const guint8 candidates[] = {',', ';', '\t'};
    guint counts[G_N_ELEMENTS(candidates)] = {0}, best = 0;
    gboolean quoted = FALSE;
    for (int c; (c = reader_byte(&first_line)) != -1 && (quoted || c != '\n');) {
        quoted ^= c == '"';
        for (guint i = 0; i < G_N_ELEMENTS(candidates); i++)
            counts[i] += !quoted && c == candidates[i];
    }
    for (guint i = 1; i < G_N_ELEMENTS(candidates); i++)
        if (counts[i] > counts[best])
            best = i;
    return candidates[best];
}

void csv_init(Csv *csv, Bytes text) {
    *csv = (Csv){.rest = reader_of(text), .next_line = 1};
    csv->fields = g_ptr_array_new_with_free_func(g_free);
    reader_skip(&csv->rest, "\xef\xbb\xbf");
    csv->separator = find_separator(csv->rest);
}

void csv_clear(Csv *csv) {
    g_clear_pointer(&csv->fields, g_ptr_array_unref);
}

const char *csv_field(const Csv *csv, int column) {
    return column < 0 || (guint)column >= csv->fields->len ? "" : csv->fields->pdata[(guint)column];
}

static gboolean take_quoted(Csv *csv, GString *field) {
    for (int c; (c = reader_byte(&csv->rest)) != -1;) {
        if (c == '"' && !reader_skip_byte(&csv->rest, '"'))
            return TRUE;
        if (c == '\n')
            csv->next_line++;
        g_string_append_c(field, (char)c);
    }
    csv->broken = "a quotation mark is not closed";
    return FALSE;
}

/* TRUE: a separator followed, so a further field comes. */
static gboolean take_field(Csv *csv, GString *field) {
    if (reader_skip_byte(&csv->rest, '"') && !take_quoted(csv, field))
        return FALSE;
    for (int c; (c = reader_peek(&csv->rest)) != -1 && c != '\n'; reader_byte(&csv->rest)) {
        if (c == csv->separator) {
            reader_byte(&csv->rest);
            return TRUE;
        }
        g_string_append_c(field, (char)c);
    }
    return FALSE;
}

gboolean csv_next(Csv *csv) {
    while (!reader_done(&csv->rest) && csv->broken == NULL) {
        g_ptr_array_set_size(csv->fields, 0);
        csv->line = csv->next_line;
        gboolean more, any = FALSE;
        do {
            g_autoptr(GString) field = g_string_new(NULL);
            more = take_field(csv, field);
            char *text = g_strstrip(g_strdup(field->str));
            any = any || *text != '\0';
            g_ptr_array_add(csv->fields, text);
        } while (more);
        if (reader_skip_byte(&csv->rest, '\n'))
            csv->next_line++;
        if (any && csv->broken == NULL)
            return TRUE;
    }
    return FALSE;
}
