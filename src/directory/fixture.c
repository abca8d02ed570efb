/* The fixture of the directory's tests. */
#include "directory/fixture.h"

#include "base/clock.h"

#include <glib/gstdio.h>

const AuditAct act = {"test (uid 0)", "Số 12/SNV-VP"};

int set_up(void **state) {
    crypto_init();
    Fixture *f = g_new0(Fixture, 1);
    f->folder = g_dir_make_tmp("directory-XXXXXX", NULL);
    f->path = g_build_filename(f->folder, "admin.db", NULL);
    f->db = db_open(f->path, &directory_schema, DB_OPEN_CREATE, NULL);
    assert_non_null(f->db);
    f->directory = directory_open(f->db, "bacninh.gov.vn", NULL);
    assert_non_null(f->directory);
    static const guint8 seal[CRYPTO_SEAL_KEY_BYTES] = "the key of the directory's tests";
    directory_set_seal(f->directory, seal);
    g_autofree char *file =
        g_build_filename(g_getenv("CV_SOURCE_ROOT"), "regulations", "bacninh-06-2022.conf", NULL);
    g_autoptr(GError) error = NULL;
    f->regulation = regulation_load(file, &error);
    if (error != NULL)
        fail_msg("%s", error->message);
    *state = f;
    return 0;
}

int tear_down(void **state) {
    Fixture *f = *state;
    clock_set_offset(0);
    directory_close(f->directory);
    db_close(f->db);
    regulation_unref(f->regulation);
    for (int i = 0; i < 3; i++) {
        static const char *const ends[] = {"", "-wal", "-shm"};
        g_autofree char *file = g_strconcat(f->path, ends[i], NULL);
        g_unlink(file);
    }
    g_rmdir(f->folder);
    g_free(f->folder);
    g_free(f->path);
    g_free(f);
    return 0;
}

static DirectoryUnit *unit(Fixture *f, const char *kind, const char *name, const char *abbreviation,
                           const char *parent) {
    g_autoptr(GError) error = NULL;
    DirectoryNewUnit new = {
        .kind = kind, .name = name, .abbreviation = abbreviation, .parent = parent};
    DirectoryUnit *made = directory_unit_add(f->directory, f->regulation, &new, &act, &error);
    if (error != NULL)
        fail_msg("%s: %s", name, error->message);
    return made;
}

void unit_named(Fixture *f, const char *kind, const char *name, const char *abbreviation,
                const char *parent, const char *address) {
    g_autoptr(DirectoryUnit) made = unit(f, kind, name, abbreviation, parent);
    assert_string_equal(made->address, address);
}

gint64 person(Fixture *f, const char *of, const char *name, const char *address) {
    g_autoptr(GError) error = NULL;
    DirectoryNewAccount new = {.unit = of, .name = name};
    g_autoptr(DirectoryAccount) made =
        directory_account_create(f->directory, f->regulation, &new, &act, &error);
    if (error != NULL)
        fail_msg("%s: %s", name, error->message);
    assert_string_equal(made->address, address);
    assert_int_equal(made->state, DIRECTORY_ACTIVE);
    return made->id;
}

void department(Fixture *f) {
    unit_named(f, "department", "Sở Thông tin và Truyền thông", "stttt", NULL, "stttt");
}

/* 0 when the address reaches nobody of ours. */
gint64 reached(Fixture *f, const char *address) {
    g_autoptr(DirectoryAccount) account = NULL;
    DirectoryFind find = directory_resolve(f->directory, bytes_of_string(address), &account, NULL);
    assert_true((find == DIRECTORY_FOUND) == (account != NULL));
    return account == NULL ? 0 : account->id;
}

DirectoryFind finding(Fixture *f, const char *address) {
    g_autoptr(DirectoryAccount) account = NULL;
    return directory_resolve(f->directory, bytes_of_string(address), &account, NULL);
}

void drain(Fixture *f) {
    g_autoptr(GArray) pending = directory_pending(f->directory, NULL);
    for (guint i = 0; i < pending->len; i++)
        assert_true(directory_pending_done(f->directory,
                                           &g_array_index(pending, DirectoryPending, i), 1, NULL));
}

gboolean is_pending(Fixture *f, gint64 account) {
    g_autoptr(GArray) pending = directory_pending(f->directory, NULL);
    for (guint i = 0; i < pending->len; i++)
        if (g_array_index(pending, DirectoryPending, i).account == account)
            return TRUE;
    return FALSE;
}
