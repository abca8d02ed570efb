/* The first byte chooses a part of the grammar, the rest is its input. What is taken must keep its
 * promises; nothing may read past the end (the sanitizers see that). */
#include "base/crypto.h"
#include "imap/append_grammar.h"
#include "imap/collector.h"
#include "imap/fetch.h"
#include "imap/metadata.h"
#include "imap/objectid.h"
#include "imap/partial.h"
#include "imap/pattern.h"
#include "imap/sort_keys.h"
#include "imap/thread.h"
#include "imap/url.h"

#include "message/base_subject.h"
#include "text/charset.h"
#include "text/collate.h"

int LLVMFuzzerTestOneInput(const guint8 *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    crypto_init();
    return 0;
}

static void fuzz_items(ImapParser *parser) {
    g_auto(ImapItems) items = {0};
    if (!imap_take_items(parser, &items))
        return;
    for (guint i = 0; i < items.items->len; i++) {
        const ImapItem *item = items.items->pdata[i];
        if (item->kind >= IMAP_ITEM_SECTION && item->label == NULL)
            abort();
        if (item->partial && item->length == 0)
            abort();
    }
}

static void fuzz_set(ImapParser *parser) {
    g_auto(ImapSet) set = {0};
    guint32 before = 0;
    if (!imap_take_set(parser, &set) || set.saved)
        return;
    imap_set_resolve(&set, 1000);
    for (guint i = 0; i < set.ranges->len; i++) {
        ImapRange r = g_array_index(set.ranges, ImapRange, i);
        if (r.low > r.high || (i > 0 && r.low <= before) || !imap_set_contains(&set, r.low) ||
            !imap_set_contains(&set, r.high))
            abort();
        before = r.high;
    }
    imap_set_bound(&set, 500);
    if (imap_set_highest(&set) > 500 || (set.ranges->len > 0 && imap_set_contains(&set, 0)))
        abort();
}

static void fuzz_words(ImapParser *parser) {
    Bytes out;
    gboolean nil;
    guint64 number;
    const guint8 *before;
    do {
        before = parser->in.at;
        if (imap_take_string(parser, &out) && bytes_has_nul(out))
            abort();
        imap_take_nstring(parser, &out, &nil);
        imap_try_byte(parser, ' ');
        imap_take_list_mailbox(parser, &out);
        imap_take_flag(parser, &out);
        imap_take_number64(parser, &number);
        imap_try_word(parser, "NIL");
        imap_at_literal_header(parser);
        imap_take_tag(parser, &out);
        imap_try_byte(parser, ' ');
    } while (parser->in.at > before);
    if (parser->in.at < before)
        abort();
}

static void fuzz_dates(ImapParser *parser) {
    guint32 julian;
    gint64 us;
    if (imap_take_date(parser, &julian) && !g_date_valid_julian(julian))
        abort();
    imap_take_date_time(parser, &us);
}

/* The words of APPEND, a line for each piece. */
static void fuzz_append(Bytes in) {
    ImapAppendGrammar grammar;
    imap_append_grammar_init(&grammar, FALSE);
    guint messages = 0;
    ImapAppendWord word = IMAP_APPEND_MORE;
    while (in.n > 0 && word != IMAP_APPEND_BAD && word != IMAP_APPEND_END) {
        gssize end = bytes_find_byte(in, '\n');
        Bytes piece = bytes_slice(in, 0, end < 0 ? in.n : (gsize)end);
        in = bytes_slice(in, piece.n + 1, in.n);
        g_auto(ImapParser) parser;
        imap_parser_init(&parser, piece);
        do {
            const guint8 *before = parser.in.at;
            gboolean inside = grammar.inside;
            word = imap_append_next(&grammar, &parser);
            messages += word == IMAP_APPEND_MESSAGE || word == IMAP_APPEND_CATENATE;
            if (grammar.messages != messages || (word == IMAP_APPEND_URL && !inside) ||
                (word >= IMAP_APPEND_MESSAGE && word != IMAP_APPEND_END && parser.in.at == before))
                abort();
        } while (word == IMAP_APPEND_CATENATE || word == IMAP_APPEND_URL ||
                 word == IMAP_APPEND_CLOSE);
    }
    imap_append_grammar_clear(&grammar);
}

static void fuzz_names(ImapParser *parser) {
    g_auto(ImapUrl) url = {0};
    ImapEntry entry = {0};
    if (imap_url_parse(reader_rest(&parser->in), &url) &&
        (url.uid == 0 || url.section == NULL || (url.partial && url.length == 0) ||
         (url.mailbox != NULL && *url.mailbox == '\0')))
        abort();
    if (imap_take_entry(parser, TRUE, &entry) && *entry.name != '\0' && *entry.name != '/')
        abort();
    g_free(entry.name);
}

/* A pattern without wildcards matches itself and nothing longer. */
static void fuzz_pattern(Bytes in) {
    Reader r = reader_of(in);
    Bytes pattern;
    if (!reader_until(&r, '\n', &pattern))
        return;
    r.at++;
    Bytes name = reader_rest(&r);
    gboolean matched = imap_pattern_match(pattern, name);
    gboolean plain =
        bytes_find_byte(pattern, '*') < 0 && bytes_find_byte(pattern, '%') < 0 && pattern.n < 1000;
    if (plain && matched && pattern.n != name.n)
        abort();
    if (plain && !imap_pattern_match(pattern, pattern) && !bytes_starts_nocase(pattern, "inbox"))
        abort();
}

/* Gathers commands out of input that comes in pieces of `piece` bytes; how they look in all. */
static guint32 gather(Bytes in, gsize piece) {
    ImapCollector collector;
    g_auto(Buffer) input;
    guint32 seen = 5381;
    buffer_init(&input, 1 << 20);
    imap_collector_init(&collector);
    while (in.n > 0 || input.n > 0) {
        Bytes next = bytes_slice(in, 0, piece);
        in = bytes_slice(in, next.n, in.n);
        buffer_append_bytes(&input, next);
        ImapCollect got;
        while ((got = imap_collect(&collector, &input, 300)) != IMAP_COLLECT_MORE) {
            Bytes text = buffer_bytes(&collector.text);
            for (gsize i = 0; i < text.n; i++)
                seen = seen * 33 + text.p[i];
            seen = seen * 33 + got;
            if (got == IMAP_COLLECT_LITERAL && collector.literal_size + text.n < 300)
                imap_collector_accept(&collector);
            else
                imap_collector_reset(&collector);
        }
        if (next.n == 0)
            break;
    }
    imap_collector_clear(&collector);
    return seen;
}

static void fuzz_sort(ImapParser *parser) {
    ImapSortProgram program = {0};
    if (imap_take_sort_program(parser, &program) &&
        (program.count == 0 || program.count > IMAP_SORT_KEYS || program.texts > program.count))
        abort();
}

static void fuzz_partial(ImapParser *parser) {
    ImapPartial partial = {0};
    Bytes id;
    if (!imap_take_partial(parser, &partial)) {
        if (imap_take_objectid(parser, &id) && (id.n == 0 || id.n > 255))
            abort();
        return;
    }
    g_autoptr(StoreUids) uids = store_uids_new();
    for (guint32 uid = 2; uid < 200; uid += 3)
        store_uids_append(uids, uid);
    g_autoptr(StoreUids) some = imap_partial_of(&partial, uids);
    guint64 wanted = (guint64)MAX(partial.one, partial.other) - MIN(partial.one, partial.other) + 1;
    if (store_uids_count(some) > MIN(wanted, store_uids_count(uids)) ||
        (store_uids_count(some) > 0 && store_uids_sequence(uids, store_uids_at(some, 1)) == 0))
        abort();
}

/* What is a base already stays as it is; keys hold no NUL and keep their limit. */
static void fuzz_subject(Bytes in) {
    gboolean reply;
    g_autofree char *text = text_make_valid(in, NULL);
    g_autofree char *base = message_base_subject(text, &reply);
    g_autofree char *again = message_base_subject(base, &reply);
    if (!g_str_equal(base, again) || reply)
        abort();
    g_auto(Buffer) key;
    buffer_init(&key, 300);
    if (!text_collation_key(in, 100, &key) || key.n > 100 || bytes_has_nul(buffer_bytes(&key)))
        abort();
}

/* Every message is told once, and the parentheses close. */
static void fuzz_threads(Bytes in) {
    enum { MOST = 60 };
    Reader r = reader_of(in);
    gboolean algorithm = reader_byte(&r) & 1;
    g_autoptr(ImapThreads) threads = imap_threads_new(!algorithm);
    guint32 count = 0;
    while (!reader_done(&r) && count < MOST) {
        int kind = reader_byte(&r), refs = kind & 7;
        MessageReferences references = {.own = (guint64)(kind >> 4)};
        while (refs-- > 0 && !reader_done(&r))
            references.ids[references.count++] = (guint64)(reader_byte(&r) & 31) + 1;
        count++;
        imap_threads_add(threads, &(ImapThreadMessage){.uid = count,
                                                       .number = count,
                                                       .date = reader_byte(&r),
                                                       .subject = (guint64)(kind & 3),
                                                       .reply = (kind & 8) != 0,
                                                       .references = &references});
    }
    g_auto(Buffer) out;
    buffer_init(&out, 1 << 20);
    imap_threads_finish(threads);
    while (!imap_threads_write(threads, &out, out.n + 1))
        ;
    guint64 seen = 0, number;
    gint depth = 0;
    Reader told = reader_of(buffer_bytes(&out));
    while (told.at != NULL && !reader_done(&told)) {
        if (reader_u64(&told, &number)) {
            if (number == 0 || number > count || (seen >> number & 1))
                abort();
            seen |= 1ull << number;
            continue;
        }
        int c = reader_byte(&told);
        depth += c == '(' ? 1 : c == ')' ? -1 : 0;
        if (depth < 0 || (c != '(' && c != ')' && c != ' '))
            abort();
    }
    if (depth != 0 || (guint32)__builtin_popcountll(seen) != count)
        abort();
}

int LLVMFuzzerTestOneInput(const guint8 *data, size_t size) {
    if (size == 0)
        return 0;
    Bytes in = bytes_of(data + 1, size - 1);
    g_auto(ImapParser) parser;
    imap_parser_init(&parser, in);
    switch (data[0] % 12) {
    case 0:
        fuzz_items(&parser);
        break;
    case 1:
        fuzz_set(&parser);
        break;
    case 2:
        fuzz_words(&parser);
        break;
    case 3:
        fuzz_dates(&parser);
        break;
    case 4:
        fuzz_pattern(in);
        break;
    case 6:
        fuzz_sort(&parser);
        break;
    case 7:
        fuzz_partial(&parser);
        break;
    case 8:
        fuzz_subject(in);
        break;
    case 9:
        fuzz_threads(in);
        break;
    case 10:
        fuzz_append(in);
        break;
    case 11:
        fuzz_names(&parser);
        break;
    default: /* however the bytes are cut, the commands are the same */
        if (gather(in, in.n) != gather(in, 1) || gather(in, 7) != gather(in, 1))
            abort();
    }
    return 0;
}
