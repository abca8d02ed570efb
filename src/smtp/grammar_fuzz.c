/* Any line is taken as MAIL or RCPT arguments; what is accepted must keep its promises. */
#include "smtp/grammar.h"

int LLVMFuzzerTestOneInput(const guint8 *data, size_t size);

int LLVMFuzzerTestOneInput(const guint8 *data, size_t size) {
    Reader r = reader_of(bytes_of(data, size));
    SmtpPath path;
    if (smtp_take_path(&r, &path)) {
        if (path.address.n > SMTP_PATH_LIMIT || bytes_has_nul(path.address) ||
            bytes_find_byte(path.address, '\n') >= 0 || bytes_find_byte(path.address, '\r') >= 0)
            abort();
        if (path.domain.n > 0 && !smtp_is_domain(path.domain))
            abort();
    }
    SmtpParameter parameter;
    gsize rounds = 0;
    while (smtp_take_parameter(&r, &parameter) == SMTP_PARAMETER) {
        if (parameter.name.n == 0 || ++rounds > size)
            abort();
        smtp_is_xtext(parameter.value);
    }
    smtp_is_greeting_name(bytes_of(data, size));
    return 0;
}
