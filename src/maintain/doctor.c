/* Doctor: everything that can be checked without knowing what people meant. The engine checks the
 * pages of both files, the store every reference and count, blob/ every message's bytes, the audit
 * trail its chain, and the directory's accounts are held against the store's. Repair writes anew
 * only what is counted or told a second time, and removes only what belongs to nobody.
 *
 * Progress is counted in bytes: of the two files, and of the messages when their hashes are asked
 * for, which is what takes long. */
#include "maintain/internal.h"

#include "audit/audit.h"

#include <sys/stat.h>

typedef struct {
    const MaintainData *data;
    MaintainDoctorFlags flags;
    MaintainFinding finding;
    MaintainProgress progress;
    gpointer user;
    gint64 done, all; /* bytes */
} Doctor;

static void tell(const Doctor *doctor, const char *what, gint64 more) {
    if (doctor->progress != NULL)
        doctor->progress(what, MIN(doctor->done + more, doctor->all), doctor->all, doctor->user);
}

static gint64 size_of(Db *db) {
    struct stat st;
    return stat(db_path(db), &st) == 0 ? (gint64)st.st_size : 0;
}

static gboolean measure(Doctor *doctor, GError **error) {
    gint64 messages = 0;
    if ((doctor->flags & MAINTAIN_DOCTOR_HASHES) != 0 &&
        (messages = blob_bytes(doctor->data->blobs, error)) < 0)
        return FALSE;
    doctor->all = size_of(doctor->data->admin) + size_of(doctor->data->mail) + messages;
    return TRUE;
}

/* *found: something is wrong with the file itself. */
static gboolean check_pages(Doctor *doctor, Db *db, const char *name, gboolean *found,
                            GError **error) {
    g_autoptr(GError) failed = NULL;
    tell(doctor, name, 0);
    g_autofree char *findings = db_integrity_check(db, &failed);
    if (failed != NULL) {
        g_propagate_error(error, g_steal_pointer(&failed));
        return FALSE;
    }
    g_auto(GStrv) lines = g_strsplit(findings == NULL ? "" : findings, "\n", -1);
    for (gsize i = 0; lines[i] != NULL; i++) {
        g_autofree char *text = g_strdup_printf("%s: %s", name, lines[i]);
        doctor->finding(text, doctor->user);
        *found = TRUE;
    }
    doctor->done += size_of(db);
    tell(doctor, name, 0);
    return TRUE;
}

/* A broken chain is told and never mended: the records are evidence. */
static gboolean check_trail(const Doctor *doctor, GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(doctor->data->admin, error);
    AuditState state;
    if (conn == NULL || !audit_verify(conn, 0, NULL, &state, NULL, NULL, error))
        return FALSE;
    if (state.broken != 0) {
        g_autofree char *text =
            g_strdup_printf("the audit trail was tampered with: record %" G_GINT64_FORMAT
                            " does not fit the records before it",
                            state.broken);
        doctor->finding(text, doctor->user);
    }
    return TRUE;
}

static gboolean check_directory(const Doctor *doctor, GError **error) {
    g_autoptr(DbConn) conn = db_read_begin(doctor->data->admin, error);
    return conn != NULL && directory_verify(conn, doctor->finding, doctor->user, error);
}

static gboolean repair(const Doctor *doctor, GError **error) {
    const MaintainData *data = doctor->data;
    return store_repair(data->store, doctor->finding, doctor->user, error) &&
           maintain_check_accounts(data, TRUE, doctor->finding, doctor->user, error) &&
           blob_sweep_files(data->blobs, doctor->finding, doctor->user, error) >= 0;
}

static void find(const char *text, gpointer data) {
    const Doctor *doctor = data;
    doctor->finding(text, doctor->user);
}

static void count_bytes(gint64 bytes, gpointer data) {
    const Doctor *doctor = data;
    if ((doctor->flags & MAINTAIN_DOCTOR_HASHES) != 0)
        tell(doctor, "blob", bytes);
}

static gboolean check_files(Doctor *doctor, GError **error) {
    gboolean damaged = FALSE;
    if (!check_pages(doctor, doctor->data->admin, "admin.db", &damaged, error) ||
        !check_pages(doctor, doctor->data->mail, "mail.db", &damaged, error))
        return FALSE;
    return !damaged || (doctor->flags & MAINTAIN_DOCTOR_REPAIR) == 0 ||
           cv_fail(error, CV_ERROR_CORRUPT,
                   "a damaged database file is not repaired in place; restore a backup");
}

gboolean maintain_doctor(const MaintainData *data, MaintainDoctorFlags flags,
                         MaintainFinding finding, MaintainProgress progress, gpointer user,
                         GError **error) {
    Doctor doctor = {data, flags, finding, progress, user, 0, 0};
    if ((flags & MAINTAIN_DOCTOR_REPAIR) != 0 && db_is_read_only(data->mail))
        return cv_fail(error, CV_ERROR_INPUT,
                       "repair needs the databases open for writing: stop the server, or let the "
                       "command talk to it");
    if (!measure(&doctor, error) || !check_files(&doctor, error))
        return FALSE;
    /* Before the look, so that what is still wrong after it is told. */
    if ((flags & MAINTAIN_DOCTOR_REPAIR) != 0 && !repair(&doctor, error))
        return FALSE;
    if (!check_trail(&doctor, error) || !check_directory(&doctor, error) ||
        !maintain_check_accounts(data, FALSE, finding, user, error) ||
        !store_verify(data->store, (flags & MAINTAIN_DOCTOR_HASHES) != 0, find, count_bytes,
                      &doctor, error))
        return FALSE;
    doctor.done = doctor.all;
    tell(&doctor, "done", 0);
    return TRUE;
}
