/* Taking in a table of people, each with an account. The columns, by any of their names:
 *
 *   họ và tên, name, full_name      required
 *   đơn vị, unit                    required: address name, abbreviation, national code, official
 *                                   name or "#12"
 *   tên gọi, given                  the given name, when it is not the last word
 *   chức vụ, title                  post
 *   loại, category                  cán bộ, công chức, viên chức, người lao động
 *   giới tính, gender               nam, nữ
 *   ngày sinh, dob                  sealed
 *   số CCCD, identity               sealed
 *   địa chỉ thư, address            the address that the person has already
 *   password_hash                   as another system kept it, see legacy_hash.h
 *
 * Other columns are left unread. */
#include "directory/internal.h"

#include "base/crypto.h"
#include "base/legacy_hash.h"
#include "directory/import_table.h"
#include "directory/match.h"
#include "directory/person.h"
#include "text/fold.h"

typedef enum {
    COLUMN_NAME,
    COLUMN_UNIT,
    COLUMN_GIVEN,
    COLUMN_TITLE,
    COLUMN_CATEGORY,
    COLUMN_SEX,
    COLUMN_BIRTH,
    COLUMN_IDENTITY,
    COLUMN_ADDRESS,
    COLUMN_HASH,
    COLUMNS
} Column;

static const ImportColumn column_names[] = {
    {"họ và tên", COLUMN_NAME},
    {"họ tên", COLUMN_NAME},
    {"name", COLUMN_NAME},
    {"full_name", COLUMN_NAME},
    {"đơn vị", COLUMN_UNIT},
    {"đơn vị công tác", COLUMN_UNIT},
    {"cơ quan", COLUMN_UNIT},
    {"unit", COLUMN_UNIT},
    {"tên gọi", COLUMN_GIVEN},
    {"given", COLUMN_GIVEN},
    {"chức vụ", COLUMN_TITLE},
    {"chức danh", COLUMN_TITLE},
    {"title", COLUMN_TITLE},
    {"loại", COLUMN_CATEGORY},
    {"đối tượng", COLUMN_CATEGORY},
    {"category", COLUMN_CATEGORY},
    {"giới tính", COLUMN_SEX},
    {"gender", COLUMN_SEX},
    {"sex", COLUMN_SEX},
    {"ngày sinh", COLUMN_BIRTH},
    {"ngày tháng năm sinh", COLUMN_BIRTH},
    {"ngày, tháng, năm sinh", COLUMN_BIRTH},
    {"dob", COLUMN_BIRTH},
    {"birth", COLUMN_BIRTH},
    {"số CCCD", COLUMN_IDENTITY},
    {"CCCD", COLUMN_IDENTITY},
    {"số CMT", COLUMN_IDENTITY},
    {"số CMND", COLUMN_IDENTITY},
    {"số CMND/CCCD", COLUMN_IDENTITY},
    {"số CCCD/CMND", COLUMN_IDENTITY},
    {"số định danh", COLUMN_IDENTITY},
    {"identity", COLUMN_IDENTITY},
    {"fake_cccd", COLUMN_IDENTITY},
    {"địa chỉ thư", COLUMN_ADDRESS},
    {"địa chỉ thư điện tử", COLUMN_ADDRESS},
    {"tài khoản", COLUMN_ADDRESS},
    {"address", COLUMN_ADDRESS},
    {"email", COLUMN_ADDRESS},
    {"password_hash", COLUMN_HASH},
    {"băm mật khẩu", COLUMN_HASH},
};

/* What a cell called its unit, resolved once for all rows that call it so. */
typedef struct {
    DirectoryUnit *unit; /* NULL: none, or several */
    char *reason;        /* why */
} Named;

static void named_free(gpointer data) {
    Named *named = data;
    directory_unit_free(named->unit);
    g_free(named->reason);
    g_free(named);
}

typedef struct {
    Directory *directory;
    const Regulation *regulation;
    const DirectoryImportOptions *options;
    const AuditAct *act;
    ImportTable table;
    NamingMemory *memory;
    GHashTable *units; /* what a cell says → Named */
    DirectoryUnitNames *official;
    GHashTable *named; /* people (gint64) whom a row of this file named */
    gint64 quota;
} Import;

/* A row, checked. */
typedef struct {
    char *name; /* NFC */
    const DirectoryUnit *unit;
    const char *given, *title, *category, *sex, *hash;
    char birth[PERSON_BIRTH_BYTES], identity[PERSON_IDENTITY_BYTES];
} Row;

static const char *field(const Import *c, Column column) {
    return import_field(&c->table, column);
}

static gboolean wrong(Import *c, const char *column, const char *value, const char *reason) {
    import_wrong(&c->table, column, value, reason);
    return FALSE;
}

/* ---- Units ---- */

static gboolean resolve_unit(Import *c, DbConn *conn, const char *said, Named *out,
                             GError **error) {
    g_autoptr(GError) failure = NULL;
    out->unit = directory_unit_named(c->directory, conn, c->official, said, 0, &failure);
    if (failure != NULL && cv_error_is(failure, CV_ERROR_STORAGE)) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    if (out->unit == NULL)
        out->reason = g_strdup(failure->message);
    return TRUE;
}

static const Named *unit_of_row(Import *c, DbConn *conn, GError **error) {
    const char *said = field(c, COLUMN_UNIT);
    Named *named = g_hash_table_lookup(c->units, said);
    if (named != NULL)
        return named;
    named = g_new0(Named, 1);
    if (!resolve_unit(c, conn, said, named, error)) {
        named_free(named);
        return NULL;
    }
    g_hash_table_insert(c->units, g_strdup(said), named);
    return named;
}

/* ---- Fields ---- */

/* The cell as one of the words that it may be; *word "" for an empty cell. */
static gboolean read_word(Import *c, Column column, const char *label,
                          const char *(*read)(const char *), const char *may_be,
                          const char **word) {
    const char *said = field(c, column);
    *word = *said == '\0' ? "" : read(said);
    return *word != NULL || wrong(c, label, said, may_be);
}

/* The sealed fields: a wrong one is told without its value. */
static gboolean read_sealed(Import *c, Row *row) {
    const char *birth = field(c, COLUMN_BIRTH), *identity = field(c, COLUMN_IDENTITY);
    const char *why = *birth == '\0' ? NULL : person_birth_read(birth, row->birth);
    if (why != NULL)
        return wrong(c, "ngày sinh", NULL, why);
    why = *identity == '\0' ? NULL : person_identity_read(identity, row->identity);
    return why == NULL || wrong(c, "số CCCD", NULL, why);
}

static gboolean read_hash(Import *c, Row *row) {
    g_autoptr(GError) error = NULL;
    const char *hash = field(c, COLUMN_HASH);
    row->hash = *hash == '\0' ? NULL : hash;
    return row->hash == NULL || legacy_hash_check(hash, &error) ||
           wrong(c, "password_hash", NULL, error->message);
}

/* FALSE: wrong, and told so. */
static gboolean read_fields(Import *c, Row *row) {
    row->given = field(c, COLUMN_GIVEN);
    row->title = field(c, COLUMN_TITLE);
    row->name = text_nfc(bytes_of_string(field(c, COLUMN_NAME)));
    if (*row->name == '\0')
        return wrong(c, "họ và tên", "", "thiếu họ và tên");
    return read_word(c, COLUMN_SEX, "giới tính", person_sex_read, "chỉ nhận nam, nữ", &row->sex) &&
           read_word(c, COLUMN_CATEGORY, "loại", person_category_read,
                     "chỉ nhận cán bộ, công chức, viên chức, người lao động", &row->category) &&
           read_sealed(c, row) && read_hash(c, row);
}

/* ---- Known again ---- */

/* The address of the account of a person; NULL without error: no account. */
static gboolean address_of_person(DbConn *conn, gint64 person, char **local, GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT local FROM account WHERE person = ?");
    db_bind(stmt, "i", person);
    DbStep step = db_step(stmt, error);
    *local = step == DB_ROW ? g_strdup(db_column_text(stmt, 0)) : NULL;
    db_reset(stmt);
    return step != DB_FAILED;
}

/* *person 0: nobody has this number. *ok FALSE: another person has it, told so. */
static gboolean find_by_identity(Import *c, DbConn *conn, const Row *row, gint64 *person,
                                 gboolean *ok, GError **error) {
    guint8 hash[CRYPTO_DIGEST_BYTES];
    directory_identity_hash(c->directory, row->identity, hash);
    DbStmt *stmt = db_prepare(conn, "SELECT id, name FROM person WHERE identity_hash = ?");
    db_bind(stmt, "b", bytes_of(hash, sizeof hash));
    DbStep step = db_step(stmt, error);
    *ok = TRUE;
    *person = 0;
    if (step == DB_ROW) {
        g_autofree char *one = text_fold(bytes_of_string(row->name));
        g_autofree char *other = text_fold(bytes_of_string(db_column_text(stmt, 1)));
        *person = db_column_int(stmt, 0);
        if (!g_str_equal(one, other))
            *ok = wrong(c, "số CCCD", NULL, "số này đã thuộc về một người mang tên khác");
    }
    db_reset(stmt);
    return step != DB_FAILED;
}

/* The person of this unit and name whom no row has named yet: with the same birth date, else where
 * one of the two does not tell it. *person 0: nobody. */
static gboolean find_by_name(Import *c, DbConn *conn, const Row *row, gint64 *person,
                             GError **error) {
    DbStmt *stmt = db_prepare(conn, "SELECT id, birth, identity_hash IS NULL FROM person"
                                    " WHERE unit = ? AND name = ? ORDER BY id");
    db_bind(stmt, "it", row->unit->id, row->name);
    gint64 same = 0, perhaps = 0;
    DbStep step;
    while (same == 0 && (step = db_step(stmt, error)) == DB_ROW) {
        char birth[PERSON_BIRTH_BYTES];
        gint64 id = db_column_int(stmt, 0);
        if (g_hash_table_contains(c->named, &id) ||
            (*row->identity != '\0' && db_column_int(stmt, 2) == 0))
            continue;
        if (!directory_birth_unseal(c->directory, id, db_column_bytes(stmt, 1), birth, error))
            return FALSE;
        if (g_str_equal(birth, row->birth))
            same = id;
        else if (perhaps == 0 && (*birth == '\0' || *row->birth == '\0'))
            perhaps = id;
    }
    *person = same != 0 ? same : perhaps;
    if (same != 0)
        db_reset(stmt);
    return same != 0 || step != DB_FAILED;
}

static gboolean find_present(Import *c, DbConn *conn, const Row *row, gint64 *person, gboolean *ok,
                             GError **error) {
    *ok = TRUE;
    if (*row->identity == '\0')
        return find_by_name(c, conn, row, person, error);
    if (!directory_seal_ready(c->directory, error) ||
        !find_by_identity(c, conn, row, person, ok, error))
        return FALSE;
    gint64 namesake = 0;
    if (*person == 0 && !find_by_name(c, conn, row, &namesake, error))
        return FALSE;
    if (namesake != 0)
        *ok = wrong(c, "họ và tên", row->name,
                    "đơn vị đã có người cùng tên, chưa ghi số định danh, mà ngày sinh không khác: "
                    "không đoán có phải một người hay không. Bỏ số định danh ở dòng này nếu là một "
                    "người; nếu là hai, lập tài khoản riêng (account create)");
    return TRUE;
}

/* ---- Address ---- */

/* *ok FALSE: told why. */
static gboolean take_given_address(Import *c, DbConn *conn, const char *said,
                                   NamingProposal *proposal, gboolean *ok, GError **error) {
    DirectoryParts parts;
    gboolean taken = FALSE;
    *ok = FALSE;
    if (!directory_address_split(bytes_of_string(said), c->directory->domain, &parts) ||
        (!parts.ours && !parts.bare) || !naming_is_local(parts.local, TRUE)) {
        wrong(c, "địa chỉ thư", said, "không phải địa chỉ của miền thư này");
        return TRUE;
    }
    if (g_str_equal(parts.local, proposal->local)) {
        *ok = TRUE;
        return TRUE;
    }
    if (!c->options->keep_addresses) {
        g_autofree char *reason = g_strdup_printf(
            "theo Quy chế là %s (%s); thêm --keep-addresses để giữ địa chỉ đang dùng",
            proposal->local, proposal->article);
        wrong(c, "địa chỉ thư", said, reason);
        return TRUE;
    }
    if (!directory_local_taken(parts.local, &taken, conn, error))
        return FALSE;
    if (taken) {
        wrong(c, "địa chỉ thư", said, "địa chỉ đã được cấp (điểm e khoản 1 Điều 3 Quy chế)");
        return TRUE;
    }
    g_strlcpy(proposal->local, parts.local, sizeof proposal->local);
    proposal->rule = "kept";
    *ok = TRUE;
    return TRUE;
}

static gboolean address_of_row(Import *c, DbConn *conn, const Row *row, NamingProposal *proposal,
                               gboolean *ok, GError **error) {
    NamingPerson person = {.name = bytes_of_string(row->name),
                           .given = *row->given == '\0' ? NULL : row->given,
                           .suffix = row->unit->suffix,
                           .identity = *row->identity == '\0' ? NULL : row->identity,
                           .memory = c->memory};
    g_autoptr(GError) failure = NULL;
    const char *said = field(c, COLUMN_ADDRESS);
    *ok = naming_person(c->regulation, &person, directory_local_taken, conn, proposal, &failure);
    if (!*ok && proposal->refusal == NULL) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    if (!*ok)
        wrong(c, "họ và tên", row->name, proposal->refusal->text_vi);
    else if (*said != '\0')
        return take_given_address(c, conn, said, proposal, ok, error);
    return TRUE;
}

/* ---- Writing ---- */

static gboolean insert_person(Import *c, DbConn *conn, const Row *row, gint64 *id, GError **error) {
    DbStmt *stmt = db_prepare(conn, "INSERT INTO person(name, given, title, unit, sex, category)"
                                    " VALUES(?, ?, ?, ?, ?, ?)");
    db_bind(stmt, "tttitt", row->name, row->given, row->title, row->unit->id, row->sex,
            row->category);
    if (!db_run(stmt, error))
        return FALSE;
    *id = db_last_insert_id(conn);
    return directory_person_seal(c->directory, conn, *id, row->birth, row->identity, error);
}

static gboolean write_row(Import *c, DbConn *conn, const Row *row, const NamingProposal *proposal,
                          gint64 *person, GError **error) {
    DirectoryNewRow account = {.local = proposal->local,
                               .name = row->name,
                               .kind = DIRECTORY_PERSON,
                               .unit = row->unit->id,
                               .quota = c->quota};
    gint64 id = 0;
    if (!insert_person(c, conn, row, &account.person, error))
        return FALSE;
    *person = account.person;
    return directory_account_insert(conn, &account, &id, error) &&
           (row->hash == NULL || directory_credential_set(conn, id, row->hash, error)) &&
           directory_account_record_new(c->directory, conn, id, proposal, c->act, error);
}

static void tell(Import *c, const Row *row, gint64 person, const char *local, gboolean present) {
    g_hash_table_add(c->named, g_memdup2(&person, sizeof person));
    *(present ? &c->table.out->present : &c->table.out->added) += 1;
    if (c->options->each == NULL)
        return;
    g_autofree char *address = g_strconcat(local, "@", c->directory->domain, NULL);
    DirectoryImported told = {c->table.row->line, row->name, row->unit->address, address, present};
    c->options->each(&told, c->options->data);
}

/* A row whose fields are right; FALSE only when the storage fails. */
static gboolean take_checked(Import *c, DbConn *conn, const Row *row, GError **error) {
    gint64 person = 0;
    gboolean ok = FALSE;
    if (!find_present(c, conn, row, &person, &ok, error))
        return FALSE;
    if (!ok)
        return TRUE;
    if (person != 0) {
        g_autofree char *local = NULL;
        if (!address_of_person(conn, person, &local, error))
            return FALSE;
        tell(c, row, person, local == NULL ? "" : local, TRUE);
        return TRUE;
    }
    g_auto(NamingProposal) proposal = {0};
    if (!address_of_row(c, conn, row, &proposal, &ok, error))
        return FALSE;
    if (!ok)
        return TRUE;
    if (!write_row(c, conn, row, &proposal, &person, error))
        return FALSE;
    tell(c, row, person, proposal.local, FALSE);
    return TRUE;
}

static gboolean take_row(Import *c, DbConn *conn, GError **error) {
    const Named *named = unit_of_row(c, conn, error);
    if (named == NULL)
        return FALSE;
    Row row = {.unit = named->unit};
    gboolean ok = TRUE;
    if (named->unit == NULL)
        wrong(c, "đơn vị", field(c, COLUMN_UNIT), named->reason);
    else if (read_fields(c, &row))
        ok = take_checked(c, conn, &row, error);
    g_free(row.name);
    return ok;
}

static gboolean import(DbConn *conn, gpointer data, GError **error) {
    Import *c = data;
    const GPtrArray *rows = c->table.rows;
    c->official = directory_unit_names(conn, error);
    if (c->official == NULL)
        return FALSE;
    for (guint i = 1; i < rows->len; i++) {
        c->table.row = rows->pdata[i];
        if (!take_row(c, conn, error))
            return FALSE;
        import_progress(&c->table, c->options, i);
    }
    return import_settle(&c->table, c->options, error);
}

static gboolean check_header(const Import *c, GError **error) {
    if (import_has(&c->table, COLUMN_NAME) && import_has(&c->table, COLUMN_UNIT))
        return TRUE;
    return cv_fail(error, CV_ERROR_INPUT,
                   "Dòng %u: cần cột \"họ và tên\" và cột \"đơn vị\"; the header needs the columns "
                   "name and unit",
                   c->table.row->line);
}

gboolean directory_person_import(Directory *d, const Regulation *regulation, Bytes file,
                                 const DirectoryImportOptions *options, const AuditAct *act,
                                 DirectoryImport *out, GError **error) {
    Import c = {.directory = d,
                .regulation = regulation,
                .options = options,
                .act = act,
                .memory = naming_memory_new(),
                .units = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, named_free),
                .named = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL),
                .quota = regulation_figure(regulation, FIGURE_PERSON_QUOTA)};
    gboolean ok = import_table_read(&c.table, file, column_names, G_N_ELEMENTS(column_names),
                                    COLUMNS, out, error) &&
                  check_header(&c, error) &&
                  import_write(d->db, import, &c, &c.table, options, error);
    import_table_clear(&c.table);
    naming_memory_free(c.memory);
    g_hash_table_unref(c.units);
    g_hash_table_unref(c.named);
    directory_unit_names_free(c.official);
    return ok;
}
