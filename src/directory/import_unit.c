/* Taking in a table of units. Three forms are understood by the names of their columns, which may
 * also be Vietnamese:
 *
 *   code, name, type, parent_code          the national list of administrative units
 *   name, group, abbrev, address_rule      a body's departments, with the article that names them
 *   kind, name, abbreviation, address, parent, agreement, category, code      our own
 *
 * A unit is known again by its code, else by kind and address. */
#include "directory/internal.h"

#include "directory/import_table.h"

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

static const ImportColumn column_names[] = {
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
    ImportTable table;
} Import;

static const char *field(const Import *c, Column column) {
    return import_field(&c->table, column);
}

static void wrong(Import *c, const char *column, const char *value, const char *reason) {
    import_wrong(&c->table, column, value, reason);
}

static gboolean check_header(const Import *c, GError **error) {
    const ImportTable *table = &c->table;
    if (import_has(table, COLUMN_NAME) &&
        (import_has(table, COLUMN_KIND) || import_has(table, COLUMN_TYPE) ||
         import_has(table, COLUMN_RULE)))
        return TRUE;
    return cv_fail(error, CV_ERROR_INPUT,
                   "Dòng %u: cần cột \"name\" và một trong các cột \"kind\", \"type\", "
                   "\"address_rule\"; the header needs the column name and one of kind, type, "
                   "address_rule",
                   table->row->line);
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
        c->table.out->present++;
    else if (ok &&
             !directory_unit_insert(c->directory, conn, c->regulation, &row,
                                    parent == NULL ? 0 : parent->id, &proposal, c->act, &id, error))
        return FALSE;
    else if (ok)
        c->table.out->added++;
    return TRUE;
}

static gboolean import(DbConn *conn, gpointer data, GError **error) {
    Import *c = data;
    const GPtrArray *rows = c->table.rows;
    for (guint i = 1; i < rows->len; i++) {
        c->table.row = rows->pdata[i];
        if (!take_row(c, conn, error))
            return FALSE;
        import_progress(&c->table, c->options, i);
    }
    return import_settle(&c->table, c->options, error);
}

gboolean directory_unit_import(Directory *d, const Regulation *regulation, Bytes file,
                               const DirectoryImportOptions *options, const AuditAct *act,
                               DirectoryImport *out, GError **error) {
    Import c = {.directory = d, .regulation = regulation, .options = options, .act = act};
    gboolean ok = import_table_read(&c.table, file, column_names, G_N_ELEMENTS(column_names),
                                    COLUMNS, out, error) &&
                  check_header(&c, error) &&
                  import_write(d->db, import, &c, &c.table, options, error);
    import_table_clear(&c.table);
    return ok;
}
