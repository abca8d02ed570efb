/* Any text as a regulation: loaded whole or refused with a reason, and what was loaded answers. */
#include "regulation/calendar.h"
#include "regulation/naming.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);
int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
    g_autofree char *text = g_strndup((const char *)data, size);
    g_autoptr(GError) error = NULL;
    g_autoptr(Regulation) regulation = regulation_load_text(text, &error);
    if (regulation == NULL) {
        g_assert(error != NULL && error->message[0] != 0);
        return 0;
    }
    g_auto(NamingProposal) proposal;
    NamingPerson person = {
        .name = BYTES_LITERAL("Tran Van Anh"), .suffix = "stttt", .identity = "999167941133"};
    g_assert(naming_person(regulation, &person, NULL, NULL, &proposal, NULL) ||
             proposal.refusal != NULL);
    g_autoptr(Verdict) password =
        regulation_check_password(regulation, BYTES_LITERAL("Abcdef@1"), "abc", TRUE);
    g_autoptr(Verdict) forward = regulation_check_forward(regulation, BYTES_LITERAL("a@b.gov.vn"),
                                                          BYTES_LITERAL("a@c.vn"), NULL);
    g_assert(password->rule != NULL && forward->rule != NULL);
    calendar_due(regulation, 19000);
    return 0;
}
