#include "imap/thread.h"

#include "base/crypto.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

typedef struct {
    const char *id, *references; /* "a b c" */
    gint64 date;
    guint64 subject;
    gboolean reply;
} Mail;

static MessageReferences references_of(const Mail *mail) {
    MessageReferences refs = {.own = mail->id == NULL ? 0 : message_id_hash(mail->id)};
    g_auto(GStrv) words = g_strsplit(mail->references == NULL ? "" : mail->references, " ", 0);
    for (char **word = words; *word != NULL; word++)
        if (**word != '\0')
            refs.ids[refs.count++] = message_id_hash(*word);
    return refs;
}

static char *threads_of(const Mail *mails, guint count, gboolean references, gsize high) {
    g_autoptr(ImapThreads) threads = imap_threads_new(references);
    g_auto(Buffer) out;
    g_auto(Buffer) all;
    buffer_init(&out, G_MAXUINT32);
    buffer_init(&all, G_MAXUINT32);
    for (guint i = 0; i < count; i++) {
        MessageReferences refs = references_of(&mails[i]);
        assert_true(imap_threads_add(threads, &(ImapThreadMessage){.uid = i + 1,
                                                                   .number = i + 1,
                                                                   .date = mails[i].date,
                                                                   .subject = mails[i].subject,
                                                                   .reply = mails[i].reply,
                                                                   .references = &refs}));
    }
    assert_true(imap_threads_finish(threads));
    for (gboolean done = FALSE; !done;) {
        done = imap_threads_write(threads, &out, high);
        buffer_append_bytes(&all, buffer_bytes(&out));
        buffer_clear(&out);
    }
    return buffer_steal_string(&all);
}

#define CHECK(references, wanted, ...)                                                             \
    do {                                                                                           \
        const Mail mails[] = {__VA_ARGS__};                                                        \
        for (gsize high = 1; high < 1000; high *= 10) { /* cut anywhere, it reads the same */      \
            g_autofree char *got = threads_of(mails, G_N_ELEMENTS(mails), references, high);       \
            assert_string_equal(got, wanted);                                                      \
        }                                                                                          \
    } while (0)

/* RFC 5256 3, THREAD, steps 1 to 4 */
static void replies_stand_below_what_they_answer(void **state) {
    CHECK(TRUE, "(1)", {"a", NULL, 1});
    CHECK(TRUE, "(1 2)", {"a", NULL, 1}, {"b", "a", 2});
    CHECK(TRUE, "(2 1)", {"b", "a", 1}, {"a", NULL, 2});
    CHECK(TRUE, "(1 (2 4)(3))", {"a", NULL, 9}, {"b", "a", 2}, {"c", "a", 3}, {"d", "b", 4});
    CHECK(TRUE, "(3 6 (4 1)(2 7 5))", {"f", "b c d", 23}, {"e", "b c", 44}, {"b", NULL, 3},
          {"d", "b c", 4}, {"h", "b c e g", 96}, {"c", "b", 6}, {"g", "b c e", 7});
    /* The chain that a message names itself wins over what others said of it. */
    CHECK(TRUE, "(3 2)(1)", {"a", NULL, 9}, {"b", "a c", 1}, {"c", "b", 2});
}

static void a_missing_parent_keeps_its_children_together(void **state) {
    CHECK(TRUE, "((1)(2))", {NULL, "a", 1}, {NULL, "a", 2});
    CHECK(TRUE, "(1)", {"b", "a", 1});
    CHECK(TRUE, "(1 2)", {"a", NULL, 1}, {"c", "a b", 2}); /* b is not there */
    CHECK(TRUE, "((2)(1))", {"c", "r x y", 2}, {"d", "r z", 1});
}

static void the_same_id_twice_is_two_messages(void **state) {
    CHECK(TRUE, "(1)(2)", {"a", NULL, 1}, {"a", NULL, 2});
    CHECK(TRUE, "(1 3)(2)", {"a", NULL, 1}, {"a", NULL, 2}, {"b", "a", 3});
}

static void references_that_run_in_circles_make_no_circle(void **state) {
    CHECK(TRUE, "(1)", {"a", "a", 1});
    CHECK(TRUE, "(2 1)", {"a", "b", 1}, {"b", "a", 2});
    CHECK(TRUE, "(3 1 2)", {"a", "c", 1}, {"b", "a", 2}, {"c", "b", 3});
    CHECK(TRUE, "(1)(2)", {"a", "b a", 1}, {"b", "a b", 2});
}

/* Steps 4 and 6: by the date of sending, then by the order in the mailbox. */
static void siblings_are_ordered_by_their_dates(void **state) {
    CHECK(TRUE, "(2)(3)(1)", {"a", NULL, 3}, {"b", NULL, 1}, {"c", NULL, 1});
    CHECK(TRUE, "(1 (4)(3)(2))", {"a", NULL, 1}, {"b", "a", 9}, {"c", "a", 8}, {"d", "a", 7});
    /* A missing message stands where its first child would. */
    CHECK(TRUE, "(3)((2)(1))(4)", {"a", "x", 6}, {"b", "x", 3}, {"c", NULL, 2}, {"d", NULL, 4});
}

/* Step 5 */
static void threads_of_one_subject_are_joined(void **state) {
    CHECK(TRUE, "(1 2)", {"a", NULL, 1, 7}, {"b", "c", 2, 7, TRUE});
    CHECK(TRUE, "(2 1)", {"a", NULL, 1, 7, TRUE}, {"b", NULL, 2, 7});
    CHECK(TRUE, "((1)(2))", {"a", NULL, 1, 7}, {"b", NULL, 2, 7});
    CHECK(TRUE, "((1)(2)(3))", {"a", NULL, 1, 7}, {"b", NULL, 2, 7}, {"c", NULL, 3, 7});
    CHECK(TRUE, "((1)(2))", {"a", NULL, 1, 7, TRUE}, {"b", NULL, 2, 7, TRUE});
    CHECK(TRUE, "((1)(2)(3)(4))", {"a", "x", 1, 7}, {"b", "x", 2, 7}, {"c", "y", 3, 7},
          {"d", "y", 4, 7});
    CHECK(TRUE, "((1)(2)(3))", {"a", NULL, 1, 7}, {"b", "x", 2, 7}, {"c", "x", 3, 7});
    CHECK(TRUE, "(1)(2)", {"a", NULL, 1, 0}, {"b", NULL, 2, 0}); /* an empty subject joins none */
}

/* RFC 5256 3, ORDEREDSUBJECT */
static void ordered_subject_groups_by_subject_alone(void **state) {
    CHECK(FALSE, "(4 (2)(8)(6))(3 (1)(7)(5))", {NULL, NULL, 10, 1}, {NULL, NULL, 9, 2},
          {NULL, NULL, 8, 1}, {NULL, NULL, 7, 2}, {NULL, NULL, 30, 1}, {NULL, NULL, 29, 2},
          {NULL, NULL, 28, 1}, {NULL, NULL, 27, 2});
    CHECK(FALSE, "(1 2)(3)", {NULL, NULL, 1, 0}, {NULL, NULL, 2, 0}, {NULL, NULL, 3, 5});
}

static void no_message_makes_no_thread(void **state) {
    for (gboolean references = FALSE; references <= TRUE; references++) {
        g_autofree char *got = threads_of(NULL, 0, references, 100);
        assert_string_equal(got, "");
    }
}

/* How the n-th of many messages refers to the others. */
typedef void (*Shape)(guint n, MessageReferences *refs);
static void chain(guint n, MessageReferences *refs) {
    refs->own = n;
    refs->ids[0] = n - 1;
    refs->count = n > 1;
}
static void chain_from_its_end(guint n, MessageReferences *refs) {
    refs->own = 1000000 - n;
    refs->ids[0] = refs->own - 1;
    refs->count = 1;
}
static void star(guint n, MessageReferences *refs) {
    refs->own = n;
    refs->ids[0] = 1;
    refs->count = n > 1;
}
/* A deep chain, then threads of two that are hung below its end. */
static void fringe(guint n, MessageReferences *refs) {
    chain(n, refs);
    if (n <= 50000)
        return;
    refs->own = n;
    refs->ids[0] = 50000;
    refs->ids[1] = n - (n % 2);
    refs->count = 2;
}
static void strangers(guint n, MessageReferences *refs) {
    refs->own = n;
    for (guint i = 0; i < MESSAGE_REFERENCES_KEPT; i++)
        refs->ids[i] = ((guint64)n << 32) + i + 1;
    refs->count = MESSAGE_REFERENCES_KEPT;
}

static void no_shape_of_100000_messages_takes_long(void **state) {
    static const Shape shapes[] = {chain, chain_from_its_end, star, fringe, strangers};
    for (gsize k = 0; k < G_N_ELEMENTS(shapes); k++) {
        gint64 began = g_get_monotonic_time();
        g_autoptr(ImapThreads) threads = imap_threads_new(TRUE);
        g_auto(Buffer) out;
        buffer_init(&out, G_MAXUINT32);
        MessageReferences refs;
        for (guint n = 1; n <= 100000; n++) {
            shapes[k](n, &refs);
            assert_true(imap_threads_add(
                threads, &(ImapThreadMessage){
                             .uid = n, .number = n, .date = n, .subject = n, .references = &refs}));
        }
        assert_true(imap_threads_finish(threads));
        while (!imap_threads_write(threads, &out, 1 << 30))
            ;
        assert_true(out.n > 500000); /* each number is there */
        if (g_get_monotonic_time() - began > 20 * G_USEC_PER_SEC)
            fail_msg("shape %zu took too long", k);
    }
}

int main(void) {
    crypto_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(replies_stand_below_what_they_answer),
        cmocka_unit_test(a_missing_parent_keeps_its_children_together),
        cmocka_unit_test(the_same_id_twice_is_two_messages),
        cmocka_unit_test(references_that_run_in_circles_make_no_circle),
        cmocka_unit_test(siblings_are_ordered_by_their_dates),
        cmocka_unit_test(threads_of_one_subject_are_joined),
        cmocka_unit_test(ordered_subject_groups_by_subject_alone),
        cmocka_unit_test(no_message_makes_no_thread),
        cmocka_unit_test(no_shape_of_100000_messages_takes_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
