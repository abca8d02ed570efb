/* The search index alone: how long a message takes to be put in, how large the index is, how long
 * common and rare strings take in one mailbox, in processor time of the thread that asks. Texts are
 * runs of words of the files that are named (Vietnamese ones), so that syllables have the
 * frequencies of the language.
 *
 *   build/bench/bench_search FOLDER MESSAGES BYTES FILE… */
#include "search/search.h"

#include "base/clock.h"

#include <stdio.h>

/* Processor time of this thread, in microseconds: other work on the machine does not count. */
static gint64 cpu_time(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return t.tv_sec * G_GINT64_CONSTANT(1000000) + t.tv_nsec / 1000;
}

typedef struct {
    GPtrArray *words;
    GRand *rand;
} Source;

static Source read_words(char **files, int n) {
    Source source = {g_ptr_array_new_with_free_func(g_free), g_rand_new_with_seed(7)};
    for (int i = 0; i < n; i++) {
        g_autofree char *text = NULL;
        if (!g_file_get_contents(files[i], &text, NULL, NULL))
            g_error("cannot read %s", files[i]);
        g_auto(GStrv) words = g_strsplit_set(text, " \t\r\n", -1);
        for (char **word = words; *word != NULL; word++)
            if (**word != '\0')
                g_ptr_array_add(source.words, g_strdup(*word));
    }
    if (source.words->len < 1000)
        g_error("too few words");
    return source;
}

static void make_text(Source *source, GString *text, gsize bytes, guint number) {
    g_string_truncate(text, 0);
    while (text->len < bytes) {
        guint at = (guint)g_rand_int_range(source->rand, 0, (gint)source->words->len - 40);
        guint count = (guint)g_rand_int_range(source->rand, 10, 40);
        for (guint i = 0; i < count && text->len < bytes; i++)
            g_string_append_printf(text, "%s ", (const char *)source->words->pdata[at + i]);
    }
    g_string_append_printf(text, "số hiệu %u", number);
}

static void add(SearchBatch *batch, guint32 uid, const GString *text) {
    g_autofree char *id = g_strdup_printf("<%u.%08x@may.bacninh.gov.vn>", uid, uid * 2654435761u);
    search_batch_message(batch, uid);
    search_batch_text(batch, SEARCH_FIELD, BYTES_LITERAL("Message-ID"), bytes_of_string(id), TRUE);
    search_batch_text(batch, SEARCH_SUBJECT, BYTES_LITERAL("Subject"),
                      bytes_of(text->str, MIN(text->len, 60)), TRUE);
    search_batch_text(batch, SEARCH_BODY, bytes_of(NULL, 0), bytes_of(text->str, text->len), TRUE);
    search_batch_end(batch, TRUE);
}

static void commit(SearchIndex *index, SearchBatch **batch, guint32 uid) {
    g_autoptr(GError) error = NULL;
    gboolean more = TRUE;
    if (!search_batch_commit(*batch, uid, &error))
        g_error("%s", error->message);
    search_batch_free(*batch);
    *batch = search_batch_new(index, 1, 1);
    while (more)
        if (!search_merge(index, 1, NULL, NULL, &more, &error))
            g_error("%s", error->message);
}

static void ask(SearchIndex *index, const char *header, gboolean everything, const char *text) {
    gint64 best = G_MAXINT64, slowest = 0;
    guint yes = 0;
    for (int round = 0; round < 5; round++) {
        gint64 start = cpu_time();
        g_autoptr(SearchQuery) query = search_query_new(header, everything, bytes_of_string(text));
        g_autoptr(SearchRun) run = search_run_new(index, query, 1, 1);
        gint64 slice = start;
        while (!search_run_step(run, clock_monotonic() + 15000)) {
            slowest = MAX(slowest, cpu_time() - slice);
            slice = cpu_time();
        }
        yes = search_run_answer(run)->yes->len;
        best = MIN(best, cpu_time() - start);
    }
    printf("%s \"%s\": %u hits, %.2f ms, longest step %.1f ms\n",
           header != NULL ? header
           : everything   ? "TEXT"
                          : "BODY",
           text, yes, (double)best / 1000, (double)slowest / 1000);
}

int main(int argc, char **argv) {
    if (argc < 5)
        g_error("usage: %s FOLDER MESSAGES BYTES FILE…", argv[0]);
    g_autofree char *path = g_build_filename(argv[1], "search.db", NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(SearchIndex) index = search_open(path, &error);
    if (index == NULL)
        g_error("%s", error->message);
    guint32 messages = (guint32)g_ascii_strtoull(argv[2], NULL, 10);
    Source source = read_words(argv + 4, argc - 4);
    g_autoptr(SearchBatch) batch = search_batch_new(index, 1, 1);
    GString *text = g_string_new(NULL);
    gint64 taken = 0;
    for (guint32 uid = 1; uid <= messages; uid++) {
        make_text(&source, text, (gsize)g_ascii_strtoull(argv[3], NULL, 10), uid);
        gint64 start = cpu_time();
        add(batch, uid, text);
        if (search_batch_is_full(batch) || uid == messages)
            commit(index, &batch, uid);
        taken += cpu_time() - start;
    }
    SearchStatus status;
    if (!search_status(index, &status, &error))
        g_error("%s", error->message);
    printf("%u messages: %.0f µs each, %" G_GINT64_FORMAT " segments, %.1f MB\n", messages,
           (double)taken / messages, status.segments, (double)status.bytes / 1e6);
    ask(index, NULL, FALSE, "thong tin");
    ask(index, NULL, FALSE, "thông tin");
    ask(index, NULL, FALSE, "thu dien tu cong vu");
    ask(index, NULL, FALSE, "uy ban nhan dan");
    ask(index, NULL, FALSE, "so hieu 77");
    ask(index, NULL, FALSE, "khong co trong thu nao");
    ask(index, NULL, FALSE, "a");
    ask(index, "subject", FALSE, "thong tin");
    ask(index, NULL, TRUE, "thong tin");
    ask(index, NULL, TRUE, "77.");
    g_string_free(text, TRUE);
    g_ptr_array_unref(source.words);
    g_rand_free(source.rand);
    return 0;
}
