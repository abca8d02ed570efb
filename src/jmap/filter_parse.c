/* Reading a filter (RFC 8620 5.5, RFC 8621 4.4.1). Pure but for the account's mailboxes and
 * keywords, which are looked up. */
#include "jmap/filter_node.h"

#include "jmap/arguments.h"

#include <string.h>

typedef struct {
    const JmapService *service;
    const JmapAccount *account;
    JmapFilter *filter;
    guint conditions;
    const char *wrong;
} Parse;

gint jmap_compare_numbers(gconstpointer a, gconstpointer b) {
    gint64 x = *(const gint64 *)a, y = *(const gint64 *)b;
    return x < y ? -1 : x > y;
}

static void node_clear(gpointer data) {
    JmapNode *one = data;
    g_clear_pointer(&one->mailboxes, g_array_unref);
    jmap_thread_set_clear(&one->threads);
    g_free(one->header);
    message_needle_free(one->needle);
    search_run_free(one->run);
    search_query_free(one->query);
    g_clear_pointer(&one->yes, g_array_unref);
    g_clear_pointer(&one->perhaps, g_array_unref);
}

static JmapNode *at(const Parse *parse, gint32 place) {
    return &g_array_index(parse->filter->nodes, JmapNode, place);
}

static gint32 add(Parse *parse, JmapNodeOp op) {
    JmapNode one = {.op = op, .first = -1, .next = -1};
    g_array_append_val(parse->filter->nodes, one);
    return (gint32)parse->filter->nodes->len - 1;
}

static void put_below(Parse *parse, gint32 above, gint32 child) {
    at(parse, child)->next = at(parse, above)->first;
    at(parse, above)->first = child;
}

static gboolean fail(Parse *parse, const char *type) {
    parse->wrong = type;
    return FALSE;
}

/* ---- Texts ---- */

static void add_text(Parse *parse, gint32 above, const char *header, const char *word) {
    Bytes text = bytes_of_string(word);
    gint32 place = add(parse, JMAP_NODE_TEXT);
    JmapNode *one = at(parse, place);
    one->header = g_strdup(header);
    one->needle = message_needle_new(header != NULL ? MESSAGE_NEEDLE_HEADER : MESSAGE_NEEDLE_BODY,
                                     header, text);
    one->query = search_query_new(header, FALSE, text);
    if (!search_query_is_useful(one->query))
        g_clear_pointer(&one->query, search_query_free);
    put_below(parse, above, place);
    if (header == NULL || g_ascii_strcasecmp(header, "Subject") == 0)
        g_ptr_array_add(parse->filter->words, g_strdup(word));
}

/* RFC 8621 4.4.1: what stands in quotes is a phrase, other words count each for itself. */
static char *next_word(const char **text) {
    const char *p = *text;
    while (g_ascii_isspace(*p))
        p++;
    if (*p == '\0')
        return NULL;
    GString *word = g_string_new(NULL);
    char quote = *p == '"' || *p == '\'' ? *p : '\0';
    if (quote != '\0' && strchr(p + 1, quote) == NULL)
        quote = '\0'; /* an apostrophe */
    for (p += quote != '\0'; *p != '\0'; p++) {
        if (quote == '\0' ? g_ascii_isspace(*p) : *p == quote)
            break;
        if (*p == '\\' && (p[1] == '"' || p[1] == '\'' || p[1] == '\\'))
            p++;
        g_string_append_c(word, *p);
    }
    *text = p + (quote != '\0' && *p != '\0');
    return g_string_free(word, FALSE);
}

/* Each word in one of the fields (NULL: the body). */
static gboolean add_words(Parse *parse, gint32 above, const char *const *fields, guint count,
                          const char *text) {
    enum { WORDS = 20 };
    guint words = 0;
    for (char *word; (word = next_word(&text)) != NULL; g_free(word)) {
        if (++words > WORDS) {
            g_free(word);
            return fail(parse, "unsupportedFilter");
        }
        if (*word == '\0')
            continue;
        gint32 or = add(parse, JMAP_NODE_OR);
        put_below(parse, above, or);
        for (guint i = 0; i < count; i++)
            add_text(parse, or, fields[i], word);
    }
    return TRUE;
}

static gboolean take_header(Parse *parse, gint32 above, json_t *value) {
    const char *name = json_string_value(json_array_get(value, 0));
    const char *text = json_string_value(json_array_get(value, 1));
    gsize count = json_array_size(value);
    if (name == NULL || *name == '\0' || count < 1 || count > 2 || (count == 2 && text == NULL))
        return fail(parse, "invalidArguments");
    add_text(parse, above, name, text == NULL ? "" : text);
    return TRUE;
}

/* ---- Conditions ---- */

static gboolean take_mailbox(Parse *parse, gint32 above, json_t *value) {
    const char *id = json_string_value(value);
    if (id == NULL)
        return fail(parse, "invalidArguments");
    const JmapBox *box = jmap_box_of_id(parse->account, id);
    gint32 place = add(parse, box == NULL ? JMAP_NODE_NEVER : JMAP_NODE_IN);
    if (box != NULL)
        at(parse, place)->number = box->mailbox->id;
    put_below(parse, above, place);
    return TRUE;
}

static gboolean take_mailboxes(Parse *parse, gint32 above, json_t *value) {
    if (!json_is_array(value))
        return fail(parse, "invalidArguments");
    gint32 place = add(parse, JMAP_NODE_NOT_ONLY_IN);
    GArray *numbers = at(parse, place)->mailboxes = g_array_new(FALSE, FALSE, sizeof(gint64));
    put_below(parse, above, place);
    for (size_t i = 0; i < json_array_size(value); i++) {
        const char *id = json_string_value(json_array_get(value, i));
        if (id == NULL)
            return fail(parse, "invalidArguments");
        const JmapBox *box = jmap_box_of_id(parse->account, id);
        if (box != NULL)
            g_array_append_val(numbers, box->mailbox->id);
    }
    g_array_sort(numbers, jmap_compare_numbers);
    return TRUE;
}

static gboolean take_date(Parse *parse, gint32 above, JmapNodeOp op, json_t *value) {
    const char *text = json_string_value(value);
    gint64 us;
    if (text == NULL || !jmap_date_parse(text, &us))
        return fail(parse, "invalidArguments");
    gint32 place = add(parse, op);
    at(parse, place)->number = us;
    put_below(parse, above, place);
    return TRUE;
}

static gboolean take_size(Parse *parse, gint32 above, JmapNodeOp op, json_t *value) {
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        return fail(parse, "invalidArguments");
    gint32 place = add(parse, op);
    at(parse, place)->number = json_integer_value(value);
    put_below(parse, above, place);
    return TRUE;
}

StoreFlags jmap_keyword_bits(const JmapAccount *account, const char *keyword) {
    static const struct {
        const char *keyword;
        StoreFlags bit;
    } system[] = {{"$seen", STORE_SEEN},
                  {"$answered", STORE_ANSWERED},
                  {"$flagged", STORE_FLAGGED},
                  {"$draft", STORE_DRAFT}};
    for (gsize i = 0; i < G_N_ELEMENTS(system); i++)
        if (g_ascii_strcasecmp(system[i].keyword, keyword) == 0)
            return system[i].bit;
    for (guint i = 0; i < account->keywords->len; i++)
        if (account->keywords->pdata[i] != NULL &&
            g_ascii_strcasecmp(account->keywords->pdata[i], keyword) == 0)
            return (StoreFlags)1 << (i + STORE_KEYWORD_FIRST);
    return 0;
}

static gboolean take_keyword(Parse *parse, gint32 above, JmapNodeOp op, json_t *value) {
    const char *keyword = json_string_value(value);
    if (keyword == NULL || *keyword == '\0')
        return fail(parse, "invalidArguments");
    gint32 place = add(parse, op);
    at(parse, place)->bits = jmap_keyword_bits(parse->account, keyword);
    put_below(parse, above, place);
    return TRUE;
}

static gboolean take_attachment(Parse *parse, gint32 above, json_t *value) {
    if (!json_is_boolean(value))
        return fail(parse, "invalidArguments");
    gint32 place = add(parse, JMAP_NODE_ATTACHMENT);
    at(parse, place)->number = json_is_true(value);
    put_below(parse, above, place);
    return TRUE;
}

static gboolean take_text(Parse *parse, gint32 above, const char *name, json_t *value) {
    static const char *const everywhere[] = {"From", "To", "Cc", "Bcc", "Subject", NULL};
    static const struct {
        const char *name, *header;
    } fields[] = {{"from", "From"}, {"to", "To"},           {"cc", "Cc"},
                  {"bcc", "Bcc"},   {"subject", "Subject"}, {"body", NULL}};
    const char *text = json_string_value(value);
    if (g_str_equal(name, "text"))
        return text != NULL ? add_words(parse, above, everywhere, G_N_ELEMENTS(everywhere), text)
                            : fail(parse, "invalidArguments");
    for (gsize i = 0; i < G_N_ELEMENTS(fields); i++)
        if (g_str_equal(fields[i].name, name))
            return text != NULL ? add_words(parse, above, &fields[i].header, 1, text)
                                : fail(parse, "invalidArguments");
    return fail(parse, "unsupportedFilter");
}

static gboolean take_condition(Parse *parse, gint32 above, const char *name, json_t *value) {
    static const struct {
        const char *name;
        JmapNodeOp op;
    } plain[] = {{"before", JMAP_NODE_BEFORE},
                 {"after", JMAP_NODE_AFTER},
                 {"minSize", JMAP_NODE_MIN_SIZE},
                 {"maxSize", JMAP_NODE_MAX_SIZE},
                 {"hasKeyword", JMAP_NODE_HAS_KEYWORD},
                 {"notKeyword", JMAP_NODE_NOT_KEYWORD},
                 {"allInThreadHaveKeyword", JMAP_NODE_ALL_IN_THREAD},
                 {"someInThreadHaveKeyword", JMAP_NODE_SOME_IN_THREAD},
                 {"noneInThreadHaveKeyword", JMAP_NODE_NONE_IN_THREAD}};
    if (g_str_equal(name, "inMailbox"))
        return take_mailbox(parse, above, value);
    if (g_str_equal(name, "inMailboxOtherThan"))
        return take_mailboxes(parse, above, value);
    if (g_str_equal(name, "hasAttachment"))
        return take_attachment(parse, above, value);
    if (g_str_equal(name, "header"))
        return take_header(parse, above, value);
    for (gsize i = 0; i < G_N_ELEMENTS(plain); i++) {
        if (!g_str_equal(plain[i].name, name))
            continue;
        if (plain[i].op <= JMAP_NODE_AFTER)
            return take_date(parse, above, plain[i].op, value);
        return plain[i].op <= JMAP_NODE_MAX_SIZE ? take_size(parse, above, plain[i].op, value)
                                                 : take_keyword(parse, above, plain[i].op, value);
    }
    return take_text(parse, above, name, value);
}

/* ---- Operators ---- */

static gint32 take(Parse *parse, json_t *filter, guint depth);

static gint32 take_operator(Parse *parse, json_t *filter, guint depth) {
    const char *name = json_string_value(json_object_get(filter, "operator"));
    json_t *conditions = json_object_get(filter, "conditions");
    gboolean not = g_strcmp0(name, "NOT") == 0, and = g_strcmp0(name, "AND") == 0;
    if ((!not &&!and&&g_strcmp0(name, "OR") != 0) || !json_is_array(conditions) ||
        json_object_size(filter) != 2) {
        fail(parse, "invalidArguments");
        return -1;
    }
    gint32 place = add(parse, and? JMAP_NODE_AND : JMAP_NODE_OR);
    for (size_t i = 0; i < json_array_size(conditions); i++) {
        gint32 child = take(parse, json_array_get(conditions, i), depth + 1);
        if (child < 0)
            return -1;
        put_below(parse, place, child);
    }
    if (!not )
        return place;
    gint32 outer = add(parse, JMAP_NODE_NOT);
    put_below(parse, outer, place);
    return outer;
}

static gint32 take(Parse *parse, json_t *filter, guint depth) {
    const JmapLimits *limits = &parse->service->limits;
    const char *name;
    json_t *value;
    if (!json_is_object(filter)) {
        fail(parse, "invalidArguments");
        return -1;
    }
    if (depth > limits->filter_depth || ++parse->conditions > limits->filter_conditions) {
        fail(parse, "unsupportedFilter");
        return -1;
    }
    if (json_object_get(filter, "operator") != NULL)
        return take_operator(parse, filter, depth);
    gint32 place = add(parse, JMAP_NODE_AND);
    json_object_foreach(filter, name,
                        value) if (!json_is_null(value) &&
                                   !take_condition(parse, place, name, value)) return -1;
    return place;
}

JmapFilter *jmap_filter_new(const JmapService *service, const JmapAccount *account, json_t *filter,
                            const char **type) {
    g_autoptr(JmapFilter) made = g_new0(JmapFilter, 1);
    made->nodes = g_array_new(FALSE, TRUE, sizeof(JmapNode));
    g_array_set_clear_func(made->nodes, node_clear);
    made->words = g_ptr_array_new_with_free_func(g_free);
    Parse parse = {service, account, made, 0, NULL};
    gint32 root = add(&parse, JMAP_NODE_AND); /* always the first */
    gint32 child = filter == NULL ? add(&parse, JMAP_NODE_EVERY) : take(&parse, filter, 0);
    if (child < 0) {
        *type = parse.wrong;
        return NULL;
    }
    put_below(&parse, root, child);
    return g_steal_pointer(&made);
}
