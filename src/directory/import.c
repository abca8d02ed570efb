/* Taking in a table of units, from whatever office/ reads: CSV, .xlsx, .docx (the first table of
 * the file). Three forms are understood by the names of their columns, which may also be
 * Vietnamese:
 *
 *   code, name, type, parent_code          the national list of administrative units
 *   name, group, abbrev, address_rule      a body's departments, with the article that names them
 *   kind, name, abbreviation, address, parent, agreement, category, code      our own
 *
 * All rows or none, in one transaction; each wrong row is told by line and column. A unit that is
 * there already (same code, or same kind and address) is left alone, so that a file may be read
 * again after it was extended. Each row costs a few probes of an index, however many there are. */
#include "directory/internal.h"

#include "office/office.h"
#include "text/fold.h"

enum { ERRORS_MAXIMUM = 200, PROGRESS_STEP = 64 };

typedef enum {
    COLUMN_CODE,
    COLUMN_NAME,
    COLUMN_TYPE,
    COLUMN_PARENT_CODE,
    COLUMN_GROUP,
    COLUMN_ABBREVIATION,
    COLUMN_RULE,
    COLUMN_KIND,
    COLUMN_ADDRESS,
    COLUMN_PARENT,
    COLUMN_AGREEMENT,
    COLUMNS
} Column;

static const struct {
    const char *name;
    Column column;
} column_names[] = {
    {"code", COLUMN_CODE},
    {"name", COLUMN_NAME},
    {"type", COLUMN_TYPE},
    {"parent_code", COLUMN_PARENT_CODE},
    {"group", COLUMN_GROUP},
    {"category", COLUMN_GROUP},
    {"abbrev", COLUMN_ABBREVIATION},
    {"abbreviation", COLUMN_ABBREVIATION},
    {"address_rule", COLUMN_RULE},
    {"kind", COLUMN_KIND},
    {"address", COLUMN_ADDRESS},
    {"parent", COLUMN_PARENT},
    {"agreement", COLUMN_AGREEMENT},
    {"mã", COLUMN_CODE},
    {"tên đơn vị", COLUMN_NAME},
    {"loại", COLUMN_TYPE},
    {"nhóm", COLUMN_GROUP},
    {"viết tắt", COLUMN_ABBREVIATION},
    {"địa chỉ", COLUMN_ADDRESS},
    {"đơn vị cấp trên", COLUMN_PARENT},
    {"thỏa thuận", COLUMN_AGREEMENT},
};

/* What a row's type or article makes of it. */
static const struct {
    const char *word, *kind;
} type_kinds[] = {
    {"tỉnh", "province"},    {"thành phố trung ương", "province"},
    {"huyện", "district"},   {"quận", "district"},
    {"thị xã", "district"},  {"thành phố", "district"},
    {"xã", "commune"},       {"phường", "commune"},
    {"thị trấn", "commune"}, {"đặc khu", "commune"},
};
static const struct {
    const char *article, *kind;
} rule_kinds[] = {
    {"3.1.a", "department"}, {"3.1.b", "district"}, {"3.1.c", "commune"},
    {"3.1.d", "office"},     {"3.1.e", "other"},    {"14.2", "outside"},
};

typedef struct {
    Directory *directory;
    const Regulation *regulation;
    const DirectoryImportOptions *options;
    const AuditAct *act;
    DirectoryImport *out;
    const GPtrArray *rows; /* OfficeRow *, the header first */
    const OfficeRow *row;
    int columns[COLUMNS]; /* index in the file, or -1 */
} Import;

static const char *field(const Import *c, Column column) {
    int index = c->columns[column];
    return index < 0 ? "" : office_cell(c->row, (guint)index);
}

static void wrong(Import *c, const char *column, const char *value, const char *reason) {
    c->out->wrong++;
    if (c->out->wrong <= ERRORS_MAXIMUM)
        g_string_append_printf(c->out->errors, "Dòng %u, cột \"%s\": \"%s\": %s\n", c->row->line,
                               column, value, reason);
}

static gboolean read_header(Import *c, GError **error) {
    for (int i = 0; i < COLUMNS; i++)
        c->columns[i] = -1;
    const OfficeRow *header = c->rows->pdata[0];
    for (guint i = 0; i < header->cells->len; i++) {
        g_autofree char *said = text_fold(bytes_of_string(office_cell(header, i)));
        for (gsize n = 0; n < G_N_ELEMENTS(column_names); n++) {
            g_autofree char *known = text_fold(bytes_of_string(column_names[n].name));
            if (g_str_equal(said, known))
                c->columns[column_names[n].column] = (int)i;
        }
    }
    if (c->columns[COLUMN_NAME] < 0 ||
        (c->columns[COLUMN_KIND] < 0 && c->columns[COLUMN_TYPE] < 0 && c->columns[COLUMN_RULE] < 0))
        return cv_fail(error, CV_ERROR_INPUT,
                       "Dòng %u: cần cột \"name\" và một trong các cột \"kind\", \"type\", "
                       "\"address_rule\"; the header needs the column name and one of kind, type, "
                       "address_rule",
                       header->line);
    return TRUE;
}

/* NULL after the row was called wrong. */
static const char *kind_of_row(Import *c) {
    const char *type = field(c, COLUMN_TYPE), *rule = field(c, COLUMN_RULE);
    if (*field(c, COLUMN_KIND) != '\0')
        return field(c, COLUMN_KIND);
    if (g_str_equal(type, "thành phố") && *field(c, COLUMN_PARENT_CODE) == '\0')
        return "province";
    for (gsize i = 0; i < G_N_ELEMENTS(type_kinds); i++)
        if (g_str_equal(type, type_kinds[i].word))
            return type_kinds[i].kind;
    for (gsize i = 0; i < G_N_ELEMENTS(rule_kinds); i++)
        if (g_str_has_prefix(rule, rule_kinds[i].article))
            return rule_kinds[i].kind;
    if (*type != '\0')
        wrong(c, "type", type, "không phải loại đơn vị hành chính đã biết");
    else
        wrong(c, "address_rule", rule, "không phải điểm, khoản đặt tên đã biết");
    return NULL;
}

/* The parent by its code or by the key in the file; *parent NULL when the row names none. */
static gboolean parent_of_row(Import *c, DbConn *conn, DirectoryUnit **parent, gboolean *ok,
                              GError **error) {
    const char *code = field(c, COLUMN_PARENT_CODE), *key = field(c, COLUMN_PARENT);
    *parent = NULL;
    *ok = TRUE;
    if (*code != '\0') {
        if (!directory_unit_by_code(conn, code, parent, error))
            return FALSE;
        if (*parent == NULL) {
            wrong(c, "parent_code", code, "chưa có đơn vị cấp trên mang mã này");
            *ok = FALSE;
        }
    } else if (*key != '\0') {
        g_autoptr(GError) failure = NULL;
        *parent = directory_unit_find_in(c->directory, conn, key, &failure);
        if (failure != NULL && cv_error_is(failure, CV_ERROR_STORAGE)) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return FALSE;
        }
        if (*parent == NULL) {
            wrong(c, "parent", key, failure->message);
            *ok = FALSE;
        }
    }
    return TRUE;
}

static gboolean set_code(DbConn *conn, gint64 unit, const char *code, GError **error) {
    DbStmt *stmt = db_prepare(conn, "UPDATE unit SET code = ? WHERE id = ? AND code = ''");
    db_bind(stmt, "ti", code, unit);
    return db_run(stmt, error);
}

/* Is the row's unit in the registry? *ok FALSE: another unit stands in its place. */
static gboolean find_present(Import *c, DbConn *conn, const DirectoryNewUnit *row,
                             const NamingProposal *proposal, gboolean *present, gboolean *ok,
                             GError **error) {
    g_autoptr(DirectoryUnit) unit = NULL;
    *ok = TRUE;
    *present = FALSE;
    if (*row->code != '\0' && !directory_unit_by_code(conn, row->code, &unit, error))
        return FALSE;
    *present = unit != NULL;
    if (*present)
        return TRUE;
    if (!directory_unit_by_address(conn, proposal->local, &unit, error))
        return FALSE;
    gboolean same = unit != NULL && g_str_equal(unit->kind, row->kind) &&
                    (*unit->code == '\0' || *row->code == '\0');
    if (same) {
        *present = TRUE;
        return *row->code == '\0' || set_code(conn, unit->id, row->code, error);
    }
    gboolean taken = FALSE;
    if (!directory_local_taken(proposal->local, &taken, conn, error))
        return FALSE;
    if (taken) {
        g_autofree char *reason =
            g_strdup_printf("địa chỉ %s đã được cấp cho %s (điểm e khoản 1 Điều 3 Quy chế)",
                            proposal->local, unit == NULL ? "tài khoản khác" : unit->name);
        wrong(c, "name", row->name, reason);
        *ok = FALSE;
    }
    return TRUE;
}

static DirectoryNewUnit row_of_fields(const Import *c, const char *kind, const char *name) {
    gboolean agreed = g_str_equal(kind, "other") || g_str_equal(kind, "outside");
    DirectoryNewUnit row = {
        .kind = kind,
        .name = name,
        .abbreviation = field(c, COLUMN_ABBREVIATION),
        .address = field(c, COLUMN_ADDRESS),
        .agreement = field(c, COLUMN_AGREEMENT),
        .category = field(c, COLUMN_GROUP),
        .code = field(c, COLUMN_CODE),
    };
    if (agreed && *row.address == '\0')
        row.address = row.abbreviation;
    if (agreed && *row.agreement == '\0' && c->options->agreement != NULL)
        row.agreement = c->options->agreement;
    return row;
}

/* One row; FALSE only when the storage fails. */
static gboolean take_row(Import *c, DbConn *conn, GError **error) {
    const char *kind = kind_of_row(c);
    g_autofree char *name =
        g_strstrip(g_strjoin(" ", field(c, COLUMN_TYPE), field(c, COLUMN_NAME), NULL));
    g_autoptr(DirectoryUnit) parent = NULL;
    gboolean ok = TRUE, present = FALSE;
    if (kind == NULL)
        return TRUE;
    if (!parent_of_row(c, conn, &parent, &ok, error))
        return FALSE;
    if (!ok)
        return TRUE;
    DirectoryNewUnit row = row_of_fields(c, kind, name);
    g_auto(NamingProposal) proposal = {0};
    g_autoptr(GError) refused = NULL;
    if (!directory_unit_propose_in(conn, c->regulation, &row, parent, FALSE, &proposal, &refused)) {
        wrong(c, "name", field(c, COLUMN_NAME),
              proposal.refusal == NULL ? refused->message : proposal.refusal->text_vi);
        return TRUE;
    }
    if (!find_present(c, conn, &row, &proposal, &present, &ok, error))
        return FALSE;
    gint64 id = 0;
    if (present)
        c->out->present++;
    else if (ok &&
             !directory_unit_insert(c->directory, conn, c->regulation, &row,
                                    parent == NULL ? 0 : parent->id, &proposal, c->act, &id, error))
        return FALSE;
    else if (ok)
        c->out->added++;
    return TRUE;
}

static gboolean import(DbConn *conn, gpointer data, GError **error) {
    Import *c = data;
    const DirectoryImportOptions *options = c->options;
    if (!read_header(c, error))
        return FALSE;
    for (guint i = 1; i < c->rows->len; i++) {
        c->row = c->rows->pdata[i];
        if (!take_row(c, conn, error))
            return FALSE;
        if (options->progress != NULL && (i % PROGRESS_STEP == 0 || i + 1 == c->rows->len))
            options->progress(i, c->rows->len - 1, options->progress_data);
    }
    if (c->out->wrong > 0)
        return cv_fail(error, CV_ERROR_INPUT,
                       "%u dòng sai, không nhập dòng nào; %u wrong rows, nothing was imported",
                       c->out->wrong, c->out->wrong);
    return TRUE;
}

gboolean directory_unit_import(Directory *d, const Regulation *regulation, Bytes file,
                               const DirectoryImportOptions *options, const AuditAct *act,
                               DirectoryImport *out, GError **error) {
    *out = (DirectoryImport){.errors = g_string_new(NULL)};
    g_autoptr(OfficeFile) read = office_read(file, error);
    if (read == NULL)
        return FALSE;
    const OfficeTable *table = read->tables->len == 0 ? NULL : read->tables->pdata[0];
    if (table == NULL || table->rows->len == 0)
        return cv_fail(error, CV_ERROR_INPUT, "tệp trống; the file has no header line");
    Import c = {.directory = d,
                .regulation = regulation,
                .options = options,
                .act = act,
                .rows = table->rows,
                .out = out};
    gboolean ok = db_write(d->db, import, &c, error);
    if (!ok)
        out->added = 0;
    return ok;
}

void directory_import_clear(DirectoryImport *result) {
    if (result->errors != NULL)
        g_string_free(result->errors, TRUE);
    result->errors = NULL;
}
