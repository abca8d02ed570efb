/* See listing.h. */
#include "moving/listing.h"

#include "text/charset.h"

static const struct {
    StoreUse use;
    const char *name;
} uses[] = {
    {STORE_USE_NONE, "-"},    {STORE_USE_DRAFTS, "drafts"},   {STORE_USE_SENT, "sent"},
    {STORE_USE_JUNK, "junk"}, {STORE_USE_TRASH, "trash"},     {STORE_USE_ARCHIVE, "archive"},
    {STORE_USE_ALL, "all"},   {STORE_USE_FLAGGED, "flagged"},
};

const char *listing_use_name(StoreUse use) {
    for (gsize i = 0; i < G_N_ELEMENTS(uses); i++)
        if (uses[i].use == use)
            return uses[i].name;
    return "-";
}

void listing_entry_free(ListingEntry *entry) {
    if (entry == NULL)
        return;
    g_free(entry->file);
    g_free(entry->name);
    g_free(entry);
}

/* One component of a path that stays where it is. */
static gboolean is_plain(Bytes file) {
    return file.n > 0 && file.n < 256 && bytes_find_byte(file, '/') < 0 && !bytes_has_nul(file) &&
           !bytes_is(file, ".") && !bytes_is(file, "..");
}

static gboolean read_use(Bytes text, StoreUse *use) {
    for (gsize i = 0; i < G_N_ELEMENTS(uses); i++)
        if (bytes_is(text, uses[i].name)) {
            *use = uses[i].use;
            return TRUE;
        }
    return FALSE;
}

static ListingEntry *read_entry(Bytes line) {
    Reader r = reader_of(line);
    Bytes file, use_name, subscribed;
    StoreUse use;
    if (!reader_until(&r, '\t', &file) || !reader_skip_byte(&r, '\t') || !is_plain(file) ||
        !reader_until(&r, '\t', &use_name) || !reader_skip_byte(&r, '\t') ||
        !read_use(use_name, &use) || !reader_until(&r, '\t', &subscribed) ||
        !reader_skip_byte(&r, '\t'))
        return NULL;
    Bytes name = reader_rest(&r);
    if (name.n == 0 || bytes_has_nul(name) || !text_is_utf8(name))
        return NULL;
    ListingEntry *entry = g_new0(ListingEntry, 1);
    *entry = (ListingEntry){bytes_dup_string(file), bytes_dup_string(name), use,
                            bytes_is(subscribed, "subscribed")};
    return entry;
}

GPtrArray *listing_read(Bytes text, GError **error) {
    g_autoptr(GPtrArray) entries =
        g_ptr_array_new_with_free_func((GDestroyNotify)listing_entry_free);
    Reader r = reader_of(text);
    Bytes line;
    gboolean good = reader_skip(&r, "congvu-mailboxes 1\n"), ended = FALSE;
    while (good && !ended && reader_until(&r, '\n', &line) && reader_skip_byte(&r, '\n')) {
        guint64 count;
        Reader end = reader_of(line);
        if (bytes_find_byte(line, '\t') < 0) {
            ended = reader_skip(&end, "end ") && reader_u64(&end, &count) && count == entries->len;
            break;
        }
        ListingEntry *entry = read_entry(line);
        good = entry != NULL;
        if (good)
            g_ptr_array_add(entries, entry);
    }
    if (good && ended && reader_done(&r))
        return g_steal_pointer(&entries);
    cv_fail(error, CV_ERROR_INPUT,
            "tệp " LISTING_FILE " thiếu hoặc sai; " LISTING_FILE
            " is cut short or broken: the export was perhaps interrupted, make it again");
    return NULL;
}

gboolean listing_write(Buffer *out, const GPtrArray *entries) {
    gboolean fits = buffer_append_string(out, "congvu-mailboxes 1\n");
    for (guint i = 0; i < entries->len && fits; i++) {
        const ListingEntry *entry = entries->pdata[i];
        fits = buffer_printf(out, "%s\t%s\t%s\t%s\n", entry->file, listing_use_name(entry->use),
                             entry->subscribed ? "subscribed" : "-", entry->name);
    }
    return fits && buffer_printf(out, "end %u\n", entries->len);
}
