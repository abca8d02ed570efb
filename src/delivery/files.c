/* Files in a message are judged by their formats [Điều 9.2]: what is submitted by both lists, what
 * comes from outside by what is never taken. Only the first bytes of each are decoded. */
#include "delivery/internal.h"

#include "message/structure.h"

/* A file is what has a name, or counts as an attachment. */
static gboolean is_file(const MessagePart *part) {
    return part->kind == MESSAGE_PART_LEAF && !part->opaque &&
           (part->filename.n > 0 || part->attachment);
}

static Verdict *judge(const Regulation *regulation, const MessagePart *part, Bytes all,
                      gboolean incoming) {
    guint8 head[REGULATION_FILE_HEAD];
    gsize n = 0, got;
    MessageDecoder d;
    message_decoder_init(
        &d, part->encoding,
        bytes_slice(all, (gsize)part->body_start, (gsize)(part->body_end - part->body_start)));
    while (n < sizeof head && (got = message_decoder_read(&d, head + n, sizeof head - n)) > 0)
        n += got;
    return regulation_check_file(regulation, part->filename, bytes_of(head, n), incoming);
}

Verdict *delivery_judge_files(DeliveryRequest *request, Bytes all) {
    g_autoptr(Regulation) regulation = delivery_regulation(request->delivery);
    MessagePartIter iter;
    MessagePart part;
    if (regulation == NULL || !message_part_iter_init(&iter, request->parsed->structure))
        return NULL;
    while (message_part_next(&iter, &part)) {
        if (!is_file(&part) || part.body_end < part.body_start)
            continue;
        g_autoptr(Verdict) verdict = judge(regulation, &part, all, request->submitter == 0);
        if (!verdict->allowed)
            return g_steal_pointer(&verdict);
        if (verdict->text_vi[0] != '\0' && request->warning == NULL)
            request->warning = g_strdup(verdict->text_vi);
    }
    return NULL;
}
