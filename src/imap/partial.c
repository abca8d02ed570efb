/* See partial.h. */
#include "imap/partial.h"

gboolean imap_take_partial(ImapParser *args, ImapPartial *out) {
    if (out->given)
        return imap_parser_fail(args, "PARTIAL stands once");
    out->given = TRUE;
    if (!imap_take_space(args))
        return FALSE;
    out->from_end = imap_try_byte(args, '-');
    if (!imap_take_nz_number(args, &out->one) || !imap_try_byte(args, ':') ||
        imap_try_byte(args, '-') != out->from_end || !imap_take_nz_number(args, &out->other))
        return imap_parser_fail(args, "A stretch reads like 1:500 or -1:-100");
    return TRUE;
}

void imap_put_partial(Buffer *out, const ImapPartial *partial) {
    const char *sign = partial->from_end ? "-" : "";
    buffer_printf(out, "%s%u:%s%u", sign, partial->one, sign, partial->other);
}

StoreUids *imap_partial_of(const ImapPartial *partial, const StoreUids *uids) {
    StoreUids *result = store_uids_new();
    guint64 count = store_uids_count(uids);
    guint64 low = MIN(partial->one, partial->other), high = MAX(partial->one, partial->other);
    high = MIN(high, count);
    for (guint64 i = low; i <= high; i++) {
        guint64 place = partial->from_end ? count - (high - (i - low)) + 1 : i;
        store_uids_append(result, store_uids_at(uids, (guint32)place));
    }
    return result;
}
