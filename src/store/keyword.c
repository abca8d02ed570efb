/* Keywords: the names behind the upper bits of a message's flags, numbered by account. An account
 * has few, so a lookup reads them all. */
#include "store/internal.h"

static StoreFlags bit_of(gint64 bit) {
    return G_GUINT64_CONSTANT(1) << bit;
}

GPtrArray *store_keyword_list(Store *store, DbConn *conn, gint64 account, GError **error) {
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_set_size(names, STORE_KEYWORD_COUNT);
    DbStmt *stmt = db_prepare(conn, "SELECT bit, name FROM keyword WHERE account = ?");
    db_bind_int(stmt, 1, account);
    DbStep step;
    while ((step = db_step(stmt, error)) == DB_ROW) {
        gint64 place = db_column_int(stmt, 0) - STORE_KEYWORD_FIRST;
        if (place < 0 || place >= STORE_KEYWORD_COUNT) {
            cv_fail(error, CV_ERROR_CORRUPT,
                    "a keyword of account %" G_GINT64_FORMAT
                    " has no valid number; run `congvu doctor`",
                    account);
            return NULL;
        }
        g_free(names->pdata[place]);
        names->pdata[place] = g_strdup(db_column_text(stmt, 1));
    }
    return step == DB_FAILED ? NULL : g_steal_pointer(&names);
}

/* RFC 9051 9: flag-keyword = … / atom. */
static gboolean is_keyword(const char *name) {
    gsize n = strlen(name);
    if (n == 0 || n > STORE_KEYWORD_BYTES)
        return FALSE;
    for (const char *p = name; *p != '\0'; p++)
        if ((guint8)*p <= ' ' || (guint8)*p >= 0x7f || strchr("(){%*\"\\]", *p) != NULL)
            return FALSE;
    return TRUE;
}

static gint64 find_keyword(const GPtrArray *list, const char *name) {
    for (guint i = 0; i < list->len; i++)
        if (list->pdata[i] != NULL && g_ascii_strcasecmp(list->pdata[i], name) == 0)
            return (gint64)i + STORE_KEYWORD_FIRST;
    return -1;
}

/* Adds the name to the account (and to `list`). */
static gint64 make_keyword(DbConn *conn, gint64 account, GPtrArray *list, const char *name,
                           GError **error) {
    if (!is_keyword(name)) {
        cv_fail(error, CV_ERROR_INPUT, "a keyword has 1 to %d printable ASCII characters",
                STORE_KEYWORD_BYTES);
        return -1;
    }
    guint place = 0;
    while (place < list->len && list->pdata[place] != NULL)
        place++;
    if (place == list->len) {
        cv_fail(error, CV_ERROR_LIMIT, "an account may use %d different keywords",
                STORE_KEYWORD_COUNT);
        return -1;
    }
    DbStmt *stmt = db_prepare(conn, "INSERT INTO keyword(account, bit, name) VALUES(?,?,?)");
    db_bind(stmt, "iit", account, (gint64)place + STORE_KEYWORD_FIRST, name);
    if (!db_run(stmt, error))
        return -1;
    list->pdata[place] = g_strdup(name);
    return (gint64)place + STORE_KEYWORD_FIRST;
}

gboolean store_keywords_of(DbConn *conn, gint64 account, const char *const *names, gboolean make,
                           StoreFlags *bits, GError **error) {
    StoreFlags all = 0;
    if (names != NULL && names[0] != NULL) {
        g_autoptr(GPtrArray) list = store_keyword_list(NULL, conn, account, error);
        if (list == NULL)
            return FALSE;
        for (; *names != NULL; names++) {
            gint64 bit = find_keyword(list, *names);
            if (bit < 0 && !make)
                continue;
            if (bit < 0 && (bit = make_keyword(conn, account, list, *names, error)) < 0)
                return FALSE;
            all |= bit_of(bit);
        }
    }
    *bits = all;
    return TRUE;
}

gboolean store_keyword_bits(Store *store, DbConn *conn, gint64 account, const char *const *names,
                            StoreFlags *bits, GError **error) {
    return store_keywords_of(conn, account, names, TRUE, bits, error);
}

/* Learns the translations of the bits in `missing`. */
static gboolean learn(DbConn *conn, StoreKeywordMap *map, StoreFlags missing, GError **error) {
    g_autoptr(GPtrArray) list = store_keyword_list(NULL, conn, map->from, error);
    if (list == NULL)
        return FALSE;
    for (gint64 bit = STORE_KEYWORD_FIRST; bit < STORE_KEYWORD_FIRST + STORE_KEYWORD_COUNT; bit++) {
        if ((missing & bit_of(bit)) == 0)
            continue;
        const char *name = list->pdata[bit - STORE_KEYWORD_FIRST];
        map->to_bit[bit] = 0; /* a bit without a name means nothing and is not carried */
        const char *const names[] = {name, NULL};
        if (name != NULL &&
            !store_keywords_of(conn, map->to, names, TRUE, &map->to_bit[bit], error))
            return FALSE;
        map->known |= bit_of(bit);
    }
    return TRUE;
}

gboolean store_keyword_map(DbConn *conn, StoreKeywordMap *map, StoreFlags flags, StoreFlags *out,
                           GError **error) {
    StoreFlags keywords = map->same ? 0 : flags & ~STORE_SYSTEM_FLAGS;
    if ((keywords & ~map->known) != 0 && !learn(conn, map, keywords & ~map->known, error))
        return FALSE;
    StoreFlags result = flags & ~keywords;
    for (; keywords != 0; keywords &= keywords - 1)
        result |= map->to_bit[__builtin_ctzll(keywords)];
    *out = result;
    return TRUE;
}
