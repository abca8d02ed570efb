/* What a submission counts against the limits of its account and unit [Điều 8.3]. The figures are
 * the regulation's of this moment; counting is the transaction's (queue/limit.h). */
#include "base/log.h"
#include "base/metrics.h"
#include "delivery/internal.h"

METRIC_COUNTER(suspects_total, "congvu_outgoing_suspects_total",
               "Accounts whose mail for other domains was held because they sent too much");

static void take_figures(const Regulation *regulation, QueueLimits *limits) {
    static const RegulationFigure account[LIMIT_MEASURES] = {
        FIGURE_OUTGOING_MESSAGES, FIGURE_OUTGOING_RECIPIENTS, FIGURE_OUTGOING_OUTSIDE};
    static const RegulationFigure unit[LIMIT_MEASURES] = {FIGURE_OUTGOING_UNIT_MESSAGES,
                                                          FIGURE_OUTGOING_UNIT_RECIPIENTS,
                                                          FIGURE_OUTGOING_UNIT_OUTSIDE};
    limits->window = regulation_figure(regulation, FIGURE_OUTGOING_MINUTES) * 60 * G_USEC_PER_SEC;
    for (int m = 0; m < LIMIT_MEASURES; m++) {
        limits->account[m] = regulation_figure(regulation, account[m]);
        limits->unit[m] = regulation_figure(regulation, unit[m]);
    }
}

gboolean delivery_prepare_limit(DeliveryRequest *request, GError **error) {
    Delivery *delivery = request->delivery;
    if (request->submitter == 0 || delivery->directory == NULL)
        return TRUE;
    g_autoptr(Regulation) regulation = delivery_regulation(delivery);
    g_autoptr(DirectoryAccount) account =
        directory_account(delivery->directory, request->submitter, error);
    if (account == NULL)
        return FALSE;
    if (regulation == NULL)
        return TRUE;
    take_figures(regulation, &request->limits);
    gint64 outside = g_hash_table_size(request->addresses);
    request->sent = (QueueSent){.account = account->id,
                                .unit = account->unit,
                                .count = {1, request->recipients->len + outside, outside},
                                .session = request->session};
    request->counted = TRUE;
    return TRUE;
}

void delivery_tell_limit(const DeliveryRequest *request) {
    if (request->limit != LIMIT_CROSSED)
        return;
    metric_add(&suspects_total, 1);
    log_event(LOG_LEVEL_WARNING, "outgoing.suspect", "session", request->session, "account",
              log_number(request->submitter), "what_to_do", "congvu account suspects", NULL);
}
