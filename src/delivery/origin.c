/* Mail from outside that somebody's provider forwarded here by itself [Điều 8.5, "hoặc ngược lại"].
 * Who forwards writes signs of it: into the envelope sender (Gmail's "+caf_="), or into the header.
 * A person who passes one message on by hand sends it in the own name and leaves none of them; the
 * Resent-From of a redirect by hand (RFC 5322 3.6.6) is the envelope sender too, that of a rule is
 * not. Forwarding from a state body's account is allowed and not marked. */
#include "base/log.h"
#include "base/metrics.h"
#include "delivery/internal.h"
#include "message/header.h"

enum { VALUE_BYTES = 4096 };

METRIC_COUNTER(seen_total, "congvu_forwarded_into_total",
               "Messages from outside that were forwarded here automatically from accounts that no "
               "state body gave");

/* The first address of a value: between angle brackets, or a word with an @. NULL: none. */
static char *first_address(Bytes value) {
    g_auto(Buffer) line;
    buffer_init(&line, VALUE_BYTES);
    if (!message_header_unfold(value, &line))
        return NULL;
    g_autofree char *text = buffer_steal_string(&line);
    g_auto(GStrv) words = g_strsplit_set(text, " \t,;<>()\"", -1);
    for (char **word = words; *word != NULL; word++)
        if (strchr(*word, '@') != NULL)
            return g_strdup(*word);
    return NULL;
}

/* Is this field a sign? Its name as text (static), with *who the address in it or NULL. */
static const char *sign_of(const DeliveryRequest *request, const MessageHeaderField *field,
                           char **who) {
    static const char *const plain[] = {"X-MS-Exchange-Inbox-Rules-Loop", "X-Forwarded-For",
                                        "X-Forwarded-To"};
    for (guint i = 0; i < G_N_ELEMENTS(plain); i++) {
        if (!bytes_is_nocase(field->name, plain[i]))
            continue;
        if (i < 2) /* the third names whom it was forwarded to */
            *who = first_address(field->value);
        return plain[i];
    }
    if (bytes_is_nocase(field->name, "Auto-Submitted") &&
        bytes_starts_nocase(bytes_strip(field->value), "auto-forwarded"))
        return "Auto-Submitted";
    if (!bytes_is_nocase(field->name, "Resent-From"))
        return NULL;
    *who = first_address(field->value);
    if (*who != NULL && g_ascii_strcasecmp(*who, request->sender) != 0)
        return "Resent-From";
    g_clear_pointer(who, g_free);
    return NULL;
}

static void find_sign(DeliveryRequest *request, Bytes header) {
    if (strstr(request->sender, "+caf_=") != NULL) {
        request->sign = "+caf_=";
        return;
    }
    if (!request->look)
        return;
    MessageHeaderField field;
    for (MessageHeaderIter iter = message_header_iter(header);
         request->forwarder == NULL && message_header_next(&iter, &field);) {
        g_autofree char *who = NULL;
        const char *sign = sign_of(request, &field, &who);
        if (sign == NULL)
            continue;
        request->sign = sign;
        request->forwarder = g_steal_pointer(&who);
    }
}

Verdict *delivery_judge_origin(DeliveryRequest *request, Bytes header) {
    Delivery *delivery = request->delivery;
    if (request->submitter != 0 || request->door == NULL || delivery->directory == NULL)
        return NULL;
    find_sign(request, header);
    if (request->sign == NULL)
        return NULL;
    if (request->forwarder == NULL)
        request->forwarder = g_strdup(request->sender);
    g_autoptr(Regulation) regulation = delivery_regulation(delivery);
    g_autoptr(Verdict) verdict =
        regulation == NULL
            ? NULL
            : regulation_check_forwarded(regulation, bytes_of_string(request->forwarder),
                                         directory_domain(delivery->directory));
    if (verdict == NULL || verdict->allowed) {
        request->sign = NULL;
        return NULL;
    }
    metric_add(&seen_total, 1);
    log_event(LOG_LEVEL_INFO, "forward.seen", "session", request->session, "sender",
              request->sender, "forwarder", request->forwarder, "sign", request->sign, NULL);
    return regulation_figure(regulation, FIGURE_FORWARD_REFUSE) != 0 ? g_steal_pointer(&verdict)
                                                                     : NULL;
}
