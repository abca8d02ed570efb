/* The index says of every message what reading it would say: random texts against random strings,
 * through batches, joins and expunges; and what happens to a damaged file. */
#include "search/search.h"

#include "base/clock.h"
#include "text/term.h"

#include <glib/gstdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

typedef struct {
    char *folder, *path;
    SearchIndex *index;
} Place;

static int set_up(void **state) {
    Place *place = g_new0(Place, 1);
    place->folder = g_dir_make_tmp("congvu-search-XXXXXX", NULL);
    place->path = g_build_filename(place->folder, "search.db", NULL);
    place->index = search_open(place->path, NULL);
    assert_non_null(place->index);
    *state = place;
    return 0;
}

static int tear_down(void **state) {
    Place *place = *state;
    search_close(place->index);
    GDir *dir = g_dir_open(place->folder, 0, NULL);
    for (const char *name; (name = g_dir_read_name(dir)) != NULL;) {
        g_autofree char *path = g_build_filename(place->folder, name, NULL);
        g_unlink(path);
    }
    g_dir_close(dir);
    g_rmdir(place->folder);
    g_free(place->folder);
    g_free(place->path);
    g_free(place);
    return 0;
}

/* ---- Messages that are known ---- */

typedef struct {
    SearchKind kind;
    const char *name;
    char *value;
} Text;

typedef struct {
    guint32 uid;
    GArray *texts; /* Text */
} Message;

static const char *const words[] = {"thông",   "thống", "thong",   "tin", "tín",  "tỉnh",
                                    "Sở",      "SỞ",    "so",      "đề",  "De",   "nghị",
                                    "a",       "an",    "bacninh", "vn",  "06",   "2022",
                                    "qđ-ubnd", "x",     "会议",    "re",  "from", "subject"};
static const char *const gaps[] = {" ", " ",  " ",   "  ",   ", ", ".",
                                   "@", ": ", " - ", "\r\n", "/",  ":"};
static const char *const names[] = {"Subject", "From",   "To",       "Cc",
                                    "Bcc",     "X-Loai", "Received", "In-Reply-To"};

static char *random_text(GRand *rand, guint most) {
    GString *text = g_string_new(NULL);
    guint n = (guint)g_rand_int_range(rand, 0, (gint)most);
    for (guint i = 0; i < n; i++) {
        g_string_append(text, words[g_rand_int_range(rand, 0, G_N_ELEMENTS(words))]);
        if (i + 1 < n || g_rand_int_range(rand, 0, 4) == 0)
            g_string_append(text, gaps[g_rand_int_range(rand, 0, G_N_ELEMENTS(gaps))]);
    }
    return g_string_free(text, FALSE);
}

static void text_clear(gpointer p) {
    g_free(((Text *)p)->value);
}

static void message_clear(gpointer p) {
    g_array_unref(((Message *)p)->texts);
}

static Message random_message(GRand *rand, guint32 uid) {
    Message m = {uid, g_array_new(FALSE, FALSE, sizeof(Text))};
    g_array_set_clear_func(m.texts, text_clear);
    guint n = (guint)g_rand_int_range(rand, 0, 5);
    for (guint i = 0; i < n; i++) {
        guint name = (guint)g_rand_int_range(rand, 0, G_N_ELEMENTS(names));
        Text text = {(SearchKind)MIN(name, SEARCH_FIELD), names[name], random_text(rand, 8)};
        if (g_rand_int_range(rand, 0, 4) == 0)
            text.kind = g_rand_boolean(rand) ? SEARCH_PART : SEARCH_BODY;
        g_array_append_val(m.texts, text);
    }
    Text body = {SEARCH_BODY, NULL, random_text(rand, 40)};
    g_array_append_val(m.texts, body);
    return m;
}

static void put(SearchBatch *batch, const Message *m) {
    search_batch_message(batch, m->uid);
    for (guint i = 0; i < m->texts->len; i++) {
        const Text *text = &g_array_index(m->texts, Text, i);
        Bytes all = bytes_of_string(text->value), name = bytes_of_string(text->name);
        gssize cut = bytes_find_byte(all, ' ');
        if (cut > 0) /* in two pieces */
            search_batch_text(batch, text->kind, name, bytes_slice(all, 0, (gsize)cut), FALSE);
        search_batch_text(batch, text->kind, name,
                          cut > 0 ? bytes_slice(all, (gsize)cut, all.n) : all, TRUE);
    }
    search_batch_end(batch, TRUE);
}

typedef struct {
    const char *header;
    gboolean everything;
    char *needle;
} Ask;

static gboolean contains(const char *name, const char *value, const char *needle) {
    g_autofree char *all =
        g_strconcat(name == NULL ? "" : name, name == NULL ? "" : ": ", value, NULL);
    g_autofree char *with = text_form(bytes_of_string(needle), FALSE, NULL);
    g_autofree char *without = text_form(bytes_of_string(needle), TRUE, NULL);
    gboolean plain = g_str_equal(with, without);
    g_autofree char *text = text_form(bytes_of_string(all), plain, NULL);
    return strstr(text, plain ? without : with) != NULL;
}

static gboolean matches(const Message *m, const Ask *ask) {
    for (guint i = 0; i < m->texts->len; i++) {
        const Text *t = &g_array_index(m->texts, Text, i);
        gboolean own = t->kind <= SEARCH_FIELD;
        if (ask->header != NULL ? own && g_ascii_strcasecmp(t->name, ask->header) == 0 &&
                                      contains(NULL, t->value, ask->needle)
            : ask->everything ? contains(t->name, t->value, ask->needle)
                              : t->kind == SEARCH_BODY && contains(NULL, t->value, ask->needle))
            return TRUE;
    }
    return FALSE;
}

static gboolean holds(const GArray *uids, guint32 uid) {
    for (guint i = 0; i < uids->len; i++)
        if (g_array_index(uids, guint32, i) == uid)
            return TRUE;
    return FALSE;
}

static guint perhaps_seen;

static void check(SearchIndex *index, gint64 mailbox, const GArray *messages, guint32 upto,
                  const Ask *ask) {
    g_autoptr(SearchQuery) query =
        search_query_new(ask->header, ask->everything, bytes_of_string(ask->needle));
    if (!search_query_is_useful(query))
        return;
    g_autoptr(SearchRun) run = search_run_new(index, query, mailbox, 7);
    while (!search_run_step(run, clock_monotonic() + CLOCK_SECOND))
        ;
    const SearchAnswer *answer = search_run_answer(run);
    assert_int_equal(answer->upto, upto);
    perhaps_seen += answer->perhaps->len;
    for (guint i = 0; i < messages->len; i++) {
        const Message *m = &g_array_index(messages, Message, i);
        gboolean meets = matches(m, ask), yes = holds(answer->yes, m->uid);
        gboolean perhaps = holds(answer->perhaps, m->uid);
        if (perhaps ? yes : yes != meets)
            fail_msg("uid %u, header %s, %s \"%s\": index %d %d, text %d", m->uid, ask->header,
                     ask->everything ? "TEXT" : "BODY", ask->needle, yes, perhaps, meets);
    }
}

static Ask random_ask(GRand *rand) {
    Ask ask = {.needle = random_text(rand, 5)};
    if (*ask.needle == '\0') {
        g_free(ask.needle);
        ask.needle = g_strdup("tin");
    }
    /* Begin and end within words. */
    gint from = g_rand_int_range(rand, 0, 3), less = g_rand_int_range(rand, 0, 3);
    const char *start = ask.needle, *end = ask.needle + strlen(ask.needle);
    while (from-- > 0 && g_utf8_next_char(start) < end)
        start = g_utf8_next_char(start);
    while (less-- > 0 && g_utf8_prev_char(end) > start)
        end = g_utf8_prev_char(end);
    char *cut = g_strndup(start, (gsize)(end - start));
    g_strstrip(cut);
    g_free(ask.needle);
    ask.needle = *cut == '\0' ? g_strdup("o") : g_strdup(cut);
    g_free(cut);
    guint how = (guint)g_rand_int_range(rand, 0, 4);
    if (how == 0)
        ask.header = names[g_rand_int_range(rand, 0, G_N_ELEMENTS(names))];
    ask.everything = how == 1;
    return ask;
}

static gboolean is_odd(guint32 uid, gpointer data) {
    return uid % 2 == 1;
}

static void merge_all(SearchIndex *index, gint64 mailbox,
                      gboolean (*alive)(guint32 uid, gpointer data)) {
    gboolean more = TRUE;
    while (more)
        assert_true(search_merge(index, mailbox, alive, NULL, &more, NULL));
}

static void the_index_says_what_reading_says(void **state) {
    Place *place = *state;
    guint32 seed = g_random_int();
    g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
    g_autoptr(GArray) messages = g_array_new(FALSE, FALSE, sizeof(Message));
    g_array_set_clear_func(messages, message_clear);
    guint32 uid = 0, upto = 0;
    print_message("seed %u\n", seed);
    for (guint round = 0; round < 40; round++) {
        g_autoptr(SearchBatch) batch = search_batch_new(place->index, 5, 7);
        guint count = (guint)g_rand_int_range(rand, 1, 12);
        for (guint i = 0; i < count; i++) {
            uid += (guint32)g_rand_int_range(rand, 1, 4);
            Message m = random_message(rand, uid);
            put(batch, &m);
            g_array_append_val(messages, m);
        }
        upto = uid + (round % 2);
        uid = upto;
        g_autoptr(GError) error = NULL;
        if (!search_batch_commit(batch, upto, &error))
            fail_msg("%s", error->message);
        if (round == 30)
            merge_all(place->index, 5, NULL);
        for (guint i = 0; i < 40; i++) {
            Ask ask = random_ask(rand);
            check(place->index, 5, messages, upto, &ask);
            g_free(ask.needle);
        }
    }
    assert_true(perhaps_seen > 0);
    SearchStatus before, after;
    assert_true(search_status(place->index, &before, NULL));
    merge_all(place->index, 5, is_odd);
    assert_true(search_status(place->index, &after, NULL));
    assert_true(after.segments <= before.segments);
    for (guint i = messages->len; i-- > 0;)
        if (!is_odd(g_array_index(messages, Message, i).uid, NULL))
            g_array_remove_index(messages, i);
    for (guint i = 0; i < 200; i++) {
        Ask ask = random_ask(rand);
        check(place->index, 5, messages, upto, &ask);
        g_free(ask.needle);
    }
}

static void put_one(SearchIndex *index, gint64 mailbox, guint32 uidvalidity, guint32 uid,
                    const char *body) {
    g_autoptr(SearchBatch) batch = search_batch_new(index, mailbox, uidvalidity);
    search_batch_message(batch, uid);
    search_batch_text(batch, SEARCH_BODY, bytes_of(NULL, 0), bytes_of_string(body), TRUE);
    search_batch_end(batch, TRUE);
    g_autoptr(GError) error = NULL;
    if (!search_batch_commit(batch, uid, &error))
        fail_msg("%s", error->message);
}

/* How many of (yes, perhaps), and up to where. */
static void assert_body(SearchIndex *index, gint64 mailbox, guint32 uidvalidity, const char *text,
                        guint yes, guint perhaps, guint32 upto) {
    g_autoptr(SearchQuery) query = search_query_new(NULL, FALSE, bytes_of_string(text));
    g_autoptr(SearchRun) run = search_run_new(index, query, mailbox, uidvalidity);
    while (!search_run_step(run, clock_monotonic() + CLOCK_SECOND))
        ;
    assert_int_equal(search_run_answer(run)->yes->len, yes);
    assert_int_equal(search_run_answer(run)->perhaps->len, perhaps);
    assert_int_equal(search_run_answer(run)->upto, upto);
}

static void mailboxes_and_their_validities_are_kept_apart(void **state) {
    Place *place = *state;
    put_one(place->index, 1, 10, 5, "thông tin");
    put_one(place->index, 2, 10, 9, "thông báo");
    assert_body(place->index, 1, 10, "thong tin", 1, 0, 5);
    assert_body(place->index, 2, 10, "thong tin", 0, 0, 9);
    assert_body(place->index, 1, 11, "thong tin", 0, 0, 0);
    assert_body(place->index, 3, 10, "thong tin", 0, 0, 0);
    assert_true(search_drop(place->index, 1, NULL));
    assert_body(place->index, 1, 10, "thong tin", 0, 0, 0);
    assert_body(place->index, 2, 10, "thong bao", 1, 0, 9);
}

static void what_was_indexed_meanwhile_is_not_indexed_twice(void **state) {
    Place *place = *state;
    put_one(place->index, 1, 10, 5, "một");
    g_autoptr(SearchBatch) batch = search_batch_new(place->index, 1, 10);
    search_batch_message(batch, 5);
    search_batch_end(batch, TRUE);
    g_autoptr(GError) error = NULL;
    assert_false(search_batch_commit(batch, 5, &error));
    assert_true(cv_error_is(error, CV_ERROR_EXISTS));
}

static void a_message_beyond_the_limits_is_read_at_each_search(void **state) {
    Place *place = *state;
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < SEARCH_MESSAGE_TERMS + 10; i++)
        g_string_append_printf(text, "w%u ", i);
    put_one(place->index, 1, 10, 1, text->str);
    g_string_assign(text, "");
    for (guint i = 0; i < 1000; i++)
        g_string_append(text, "long");
    put_one(place->index, 1, 10, 2, text->str);
    put_one(place->index, 1, 10, 3, "short");
    assert_body(place->index, 1, 10, "absent", 0, 2, 3);
    assert_body(place->index, 1, 10, "w7 w8", 1, 1, 3);
    assert_body(place->index, 1, 10, text->str, 0, 2, 3);
    assert_body(place->index, 1, 10, "hort", 1, 2, 3);
    g_string_free(text, TRUE);
}

static void a_wrong_byte_costs_the_mailbox_a_rebuild_and_no_other(void **state) {
    Place *place = *state;
    put_one(place->index, 1, 10, 5, "thông tin xyzzyword");
    put_one(place->index, 2, 10, 9, "thông báo");
    search_close(g_steal_pointer(&place->index));
    g_autofree char *content = NULL;
    gsize n;
    assert_true(g_file_get_contents(place->path, &content, &n, NULL));
    gssize at = bytes_find(bytes_of(content, n), BYTES_LITERAL("xyzzyword"));
    assert_true(at > 0);
    content[at] = 'y';
    assert_true(g_file_set_contents(place->path, content, (gssize)n, NULL));
    place->index = search_open(place->path, NULL);
    assert_body(place->index, 1, 10, "thong tin", 0, 0, 0);
    assert_body(place->index, 2, 10, "thong bao", 1, 0, 9);
    put_one(place->index, 1, 10, 5, "thông tin xyzzyword");
    assert_body(place->index, 1, 10, "thong tin", 1, 0, 5);
}

static void a_file_that_is_no_index_is_made_anew(void **state) {
    Place *place = *state;
    static const char *const contents[] = {"", "no database at all, only some text here",
                                           "SQLite format 3"};
    for (guint i = 0; i < G_N_ELEMENTS(contents); i++) {
        search_close(g_steal_pointer(&place->index));
        assert_true(g_file_set_contents(place->path, contents[i], -1, NULL));
        place->index = search_open(place->path, NULL);
        assert_non_null(place->index);
        put_one(place->index, 1, 10, 1, "thông tin");
        assert_body(place->index, 1, 10, "thong tin", 1, 0, 1);
    }
    assert_true(search_reset(place->index, NULL));
    assert_body(place->index, 1, 10, "thong tin", 0, 0, 0);
    put_one(place->index, 1, 10, 1, "thông tin");
    assert_body(place->index, 1, 10, "thong tin", 1, 0, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_index_says_what_reading_says, set_up, tear_down),
        cmocka_unit_test_setup_teardown(mailboxes_and_their_validities_are_kept_apart, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_was_indexed_meanwhile_is_not_indexed_twice, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_message_beyond_the_limits_is_read_at_each_search, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_wrong_byte_costs_the_mailbox_a_rebuild_and_no_other,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_file_that_is_no_index_is_made_anew, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
