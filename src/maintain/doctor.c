/* Doctor: everything that can be checked without knowing what people meant. The engine checks the
 * pages of both files, the store every reference and count, blob/ every message's bytes. Repair
 * writes anew only what is counted a second time, and removes only what belongs to nobody. */
#include "maintain/maintain.h"

typedef struct {
    MaintainFinding finding;
    MaintainProgress progress;
    gpointer user;
} Doctor;

static void say(const Doctor *doctor, const char *what, gint64 done) {
    if (doctor->progress != NULL)
        doctor->progress(what, done, 1, doctor->user);
}

/* *found: something is wrong with the file itself. */
static gboolean check_pages(const Doctor *doctor, Db *db, const char *name, gboolean *found,
                            GError **error) {
    g_autoptr(GError) failed = NULL;
    say(doctor, name, 0);
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
    say(doctor, name, 1);
    return TRUE;
}

static gboolean repair(const MaintainData *data, const Doctor *doctor, GError **error) {
    say(doctor, "repair", 0);
    if (!store_repair(data->store, doctor->finding, doctor->user, error) ||
        blob_sweep(data->blobs, error) < 0)
        return FALSE;
    say(doctor, "repair", 1);
    return TRUE;
}

gboolean maintain_doctor(const MaintainData *data, MaintainDoctorFlags flags,
                         MaintainFinding finding, MaintainProgress progress, gpointer user,
                         GError **error) {
    Doctor doctor = {finding, progress, user};
    if ((flags & MAINTAIN_DOCTOR_REPAIR) != 0 && db_is_read_only(data->mail))
        return cv_fail(error, CV_ERROR_INPUT,
                       "repair needs the databases open for writing: stop the server, or let the "
                       "command talk to it");
    gboolean damaged = FALSE;
    if (!check_pages(&doctor, data->admin, "admin.db", &damaged, error) ||
        !check_pages(&doctor, data->mail, "mail.db", &damaged, error))
        return FALSE;
    if (damaged && (flags & MAINTAIN_DOCTOR_REPAIR) != 0)
        return cv_fail(error, CV_ERROR_CORRUPT,
                       "a damaged database file is not repaired in place; restore a backup");
    /* Before the look, so that what is still wrong after it is told. */
    if ((flags & MAINTAIN_DOCTOR_REPAIR) != 0 && !repair(data, &doctor, error))
        return FALSE;
    say(&doctor, "store", 0);
    if (!store_verify(data->store, (flags & MAINTAIN_DOCTOR_HASHES) != 0, finding, user, error))
        return FALSE;
    say(&doctor, "store", 1);
    return TRUE;
}
