/* A file that a unit sends, as CSV or a package: nothing falls over, the limits hold, and no number
 * that may be an identity number stays readable in a text. */
#include "casework/form.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
    g_autoptr(RequestForm) form = request_form_read(bytes_of(data, size), NULL);
    if (form == NULL)
        return 0;
    g_assert(form->lines->len > 0 && form->lines->len <= REQUEST_LINES_MAXIMUM);
    for (guint i = 0; i < form->lines->len; i++) {
        const RequestAsked *asked = form->lines->pdata[i];
        g_assert(asked->act < REQUEST_ACTS && asked->place > 0);
        g_assert(asked->act != REQUEST_ACT_UNKNOWN || asked->fault != NULL);
        char number[PERSON_IDENTITY_BYTES] = "";
        request_number_in(asked->what, number);
        request_number_in(asked->wanted, number);
        g_assert(*number == '\0');
    }
    g_assert(form->head.number != NULL && form->head.signer != NULL);
    return 0;
}
