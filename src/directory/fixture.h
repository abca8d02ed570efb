/* What the directory's tests share: a directory of its own in a temporary folder under the shipped
 * regulation, the acts that fill it, and what a test asks it. Every function fails the test when
 * the directory does; only the tests include this. */
#ifndef CV_DIRECTORY_FIXTURE_H
#define CV_DIRECTORY_FIXTURE_H

#include "directory/account.h"
#include "directory/directory.h"
#include "directory/import.h"
#include "directory/unit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

typedef struct {
    char *folder, *path;
    Db *db;
    Directory *directory;
    Regulation *regulation;
} Fixture;

/* By whom and on whose request everything here is done. */
extern const AuditAct act;

int set_up(void **state);
int tear_down(void **state);
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

/* Adds a unit, which must be given this local part; abbreviation and parent may be NULL. */
void unit_named(Fixture *f, const char *kind, const char *name, const char *abbreviation,
                const char *parent, const char *address);
/* The department that most tests need: stttt. */
void department(Fixture *f);
/* Adds a person to a unit, who must be given this whole address; returns the account. */
gint64 person(Fixture *f, const char *of, const char *name, const char *address);

/* The account that mail to the address reaches, 0 when it is nobody of ours. */
gint64 reached(Fixture *f, const char *address);
DirectoryFind finding(Fixture *f, const char *address);

/* What the store has not been told yet: whether the account is among it, and telling it all. */
gboolean is_pending(Fixture *f, gint64 account);
void drain(Fixture *f);

/* The call, which names its GError ** `error`, fails with this kind and a text that has this. */
#define assert_refused(call, wanted, text)                                                         \
    do {                                                                                           \
        GError *error_ = NULL;                                                                     \
        GError **error = &error_;                                                                  \
        assert_false(call);                                                                        \
        assert_non_null(error_);                                                                   \
        if (!cv_error_is(error_, wanted) || strstr(error_->message, text) == NULL)                 \
            fail_msg("kind %d: %s", error_->code, error_->message);                                \
        g_error_free(error_);                                                                      \
    } while (0)

#endif
