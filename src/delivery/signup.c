/* Mail of social networks, shops and the like to official addresses [Điều 8.4]: seen by the domain
 * of its sender, counted, never refused. Whether a sender's domain is forged does not matter much
 * here: nobody is accused by a count, it tells where to ask. */
#include "base/metrics.h"
#include "delivery/internal.h"
#include "message/header.h"
#include "regulation/incident.h"

METRIC_COUNTER(signups_total, "congvu_signup_messages_total",
               "Messages of services that people sign up at, which came to official addresses");

/* Of the last address in a value. */
static Bytes domain_of(Bytes value) {
    gsize at = value.n;
    while (at > 0 && value.p[at - 1] != '@')
        at--;
    gsize end = at;
    while (end < value.n &&
           (g_ascii_isalnum((char)value.p[end]) || value.p[end] == '-' || value.p[end] == '.'))
        end++;
    return at == 0 ? bytes_of(NULL, 0) : bytes_slice(value, at, end - at);
}

void delivery_judge_signup(DeliveryRequest *request, Bytes header) {
    Delivery *delivery = request->delivery;
    if (request->submitter != 0 || request->door == NULL || delivery->directory == NULL)
        return;
    g_autoptr(Regulation) regulation = delivery_regulation(delivery);
    if (regulation == NULL)
        return;
    Bytes from, subject;
    const char *service = message_header_find(header, "From", &from)
                              ? regulation_signup_service(regulation, domain_of(from))
                              : NULL;
    if (service == NULL)
        service =
            regulation_signup_service(regulation, domain_of(bytes_of_string(request->sender)));
    if (service == NULL)
        return;
    metric_add(&signups_total, 1);
    request->service = g_strdup(service);
    if (!message_header_find(header, "Subject", &subject))
        return;
    g_autofree char *text = message_header_decode(subject);
    request->confirms = regulation_signup_confirms(regulation, text);
}
