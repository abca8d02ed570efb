/* Where the bytes of a section lie. The stored structure counts from the start of the blob; what a
 * reader sees begins with the message's prefix (Return-Path, Delivered-To), which belongs to the
 * outermost header. */
#include "imap/fetch.h"

ImapPart imap_part_find(const StoreMessage *message, const ImapItem *item) {
    MessageRange range;
    if (item->depth == 0 && item->section == MESSAGE_SECTION_BODY)
        return (ImapPart){0, message->size, TRUE};
    if (!message_section_find(message->structure, item->path, item->depth, item->section, &range))
        return (ImapPart){0};
    guint64 prefix = message->prefix.n;
    ImapPart part = {range.start + prefix, range.end + prefix, TRUE};
    if (item->depth == 0 && item->section == MESSAGE_SECTION_HEADER)
        part.start = 0;
    if (part.end > message->size || part.start > part.end)
        return (ImapPart){0}; /* damaged: as if it were not there */
    return part;
}

ImapPart imap_part_cut(ImapPart part, const ImapItem *item) {
    if (!item->partial)
        return part;
    /* Past the end there is an empty string (RFC 9051 6.4.5). */
    guint64 length = part.end - part.start;
    guint64 skip = MIN(item->offset, length);
    part.start += skip;
    part.end = part.start + MIN(item->length, length - skip);
    return part;
}
