#include "directory/import_table.h"

#include "text/fold.h"

enum { FAULTS_MAXIMUM = 200, PROGRESS_STEP = 64 };

void directory_import_clear(DirectoryImport *result) {
    if (result->errors != NULL)
        g_string_free(result->errors, TRUE);
    result->errors = NULL;
}

static void fault_free(gpointer data) {
    ImportFault *fault = data;
    g_free(fault->text);
    g_free(fault);
}

void import_table_clear(ImportTable *table) {
    g_clear_pointer(&table->by_text, g_hash_table_unref);
    g_clear_pointer(&table->faults, g_ptr_array_unref);
    g_clear_pointer(&table->file, office_file_free);
    g_clear_pointer(&table->at, g_free);
}

static void read_header(ImportTable *table, const ImportColumn *names, gsize count) {
    const OfficeRow *header = table->rows->pdata[0];
    for (guint i = 0; i < header->cells->len; i++) {
        g_autofree char *said = text_fold(bytes_of_string(office_cell(header, i)));
        for (gsize n = 0; n < count; n++) {
            g_autofree char *known = text_fold(bytes_of_string(names[n].name));
            if (g_str_equal(said, known))
                table->at[names[n].column] = (int)i;
        }
    }
    table->row = header;
}

gboolean import_table_read(ImportTable *table, Bytes file, const ImportColumn *names, gsize count,
                           int columns, DirectoryImport *out, GError **error) {
    *out = (DirectoryImport){.errors = g_string_new(NULL)};
    table->out = out;
    table->faults = g_ptr_array_new_with_free_func(fault_free);
    table->by_text = g_hash_table_new(g_str_hash, g_str_equal);
    table->at = g_new(int, (gsize)columns);
    for (int i = 0; i < columns; i++)
        table->at[i] = -1;
    table->file = office_read(file, error);
    if (table->file == NULL)
        return FALSE;
    const OfficeTable *first = table->file->tables->len == 0 ? NULL : table->file->tables->pdata[0];
    if (first == NULL || first->rows->len == 0)
        return cv_fail(error, CV_ERROR_INPUT, "tệp trống; the file has no header line");
    table->rows = first->rows;
    read_header(table, names, count);
    return TRUE;
}

gboolean import_has(const ImportTable *table, int column) {
    return table->at[column] >= 0;
}

const char *import_field(const ImportTable *table, int column) {
    int index = table->at[column];
    return index < 0 ? "" : office_cell(table->row, (guint)index);
}

void import_wrong(ImportTable *table, const char *column, const char *value, const char *reason) {
    table->out->wrong++;
    g_autofree char *text = value == NULL
                                ? g_strdup_printf("cột \"%s\": %s", column, reason)
                                : g_strdup_printf("cột \"%s\": \"%s\": %s", column, value, reason);
    ImportFault *fault = g_hash_table_lookup(table->by_text, text);
    if (fault == NULL && table->faults->len < FAULTS_MAXIMUM) {
        fault = g_new0(ImportFault, 1);
        fault->text = g_steal_pointer(&text);
        fault->line = table->row->line;
        g_ptr_array_add(table->faults, fault);
        g_hash_table_insert(table->by_text, fault->text, fault);
    }
    if (fault != NULL)
        fault->rows++;
}

static void write_faults(const ImportTable *table) {
    guint told = 0;
    for (guint i = 0; i < table->faults->len; i++) {
        const ImportFault *fault = table->faults->pdata[i];
        told += fault->rows;
        g_string_append_printf(table->out->errors, "Dòng %u, %s", fault->line, fault->text);
        if (fault->rows > 1)
            g_string_append_printf(table->out->errors, " (và %u dòng sau)", fault->rows - 1);
        g_string_append_c(table->out->errors, '\n');
    }
    if (told < table->out->wrong)
        g_string_append_printf(table->out->errors, "và %u dòng sai khác\n",
                               table->out->wrong - told);
}

gboolean import_settle(const ImportTable *table, const DirectoryImportOptions *options,
                       GError **error) {
    guint wrong = table->out->wrong;
    write_faults(table);
    if (wrong > 0)
        return cv_fail(error, CV_ERROR_INPUT,
                       "%u dòng sai, không nhập dòng nào; %u wrong rows, nothing was imported",
                       wrong, wrong);
    return !options->dry_run || cv_fail(error, CV_ERROR_BUSY, "a dry run");
}

gboolean import_write(Db *db, DbWork work, gpointer data, const ImportTable *table,
                      const DirectoryImportOptions *options, GError **error) {
    g_autoptr(GError) failure = NULL;
    if (db_write(db, work, data, &failure))
        return TRUE;
    if (options->dry_run && table->out->wrong == 0 && cv_error_is(failure, CV_ERROR_BUSY))
        return TRUE;
    table->out->added = 0;
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}

void import_progress(const ImportTable *table, const DirectoryImportOptions *options, guint i) {
    guint last = table->rows->len - 1;
    if (options->progress != NULL && (i % PROGRESS_STEP == 0 || i == last))
        options->progress(i, last, options->data);
}
